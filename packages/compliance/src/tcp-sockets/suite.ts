import type { Case } from '../case.js';
import type { TcpTarget } from '../tcp-target.js';
import { addDescriptorCases } from './descriptor-cases.js';
import { Program } from './program.js';
import { addReadinessCases } from './readiness-cases.js';
import { addStreamCases } from './stream-cases.js';
import { addViewCases } from './view-cases.js';
import { addWaitCases } from './wait-cases.js';

/** Abilities that cases may need; a setup names those it lacks. */
export type TcpSocketsAbility =
  /** The calls of epoll(7). */
  | 'epoll'
  /** readv, writev, recvmsg, sendmsg. */
  | 'vectors';

export type AddSocketsCase = (
  clause: string,
  name: string,
  body: (program: Program) => void,
  needs?: readonly TcpSocketsAbility[],
) => void;

/**
 * The *sockets* level of a {@link TcpTarget}: descriptors, errors, calls that wait and end in virtual time, readiness, and
 * the looks inside. It is a check of the door, not of TCP: that is the state suite's. Targets are made with 192.0.2.77
 * reachable.
 *
 * @example
 * ```ts
 * for (const c of tcpSocketsSuite(() => createMyTarget())) test(c.name, c.run);
 * ```
 */
export function tcpSocketsSuite(setup: () => TcpTarget): Case[] {
  const cases: Case[] = [];
  const add: AddSocketsCase = (clause, name, body, needs = []) => {
    cases.push({ name, clause, needs, run: () => body(new Program(setup())) });
  };
  addDescriptorCases(add);
  addStreamCases(add);
  addWaitCases(add);
  addReadinessCases(add);
  addViewCases(add);
  return cases;
}
