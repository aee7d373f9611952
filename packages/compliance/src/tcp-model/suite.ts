import type { Case } from '../case.js';
import { check } from '../check.js';
import type { TcpTarget } from '../tcp-target.js';
import { addCallCases } from './call-cases.js';
import { addClauseCases } from './clause-cases.js';
import { compare } from './compare.js';
import { tcpModel } from './segment-arrives.js';
import { reach, type Situation, type SituationName, situationNames, stateInside } from './situation.js';
import { addSnapshotCases } from './snapshot-cases.js';
import { ackPositions, cellSegment, type FlagSet, tcpFlagSets, windowPositions } from './table.js';
import type { ModelVariant } from './types.js';

/** Abilities that cases may need; a setup names those it lacks. */
export type TcpAbility =
  /** `snapshot()`, `restore()` and `step()` are there. */
  | 'snapshot'
  /** Timestamps (RFC 7323) and `honours` has them. */
  | 'timestamps'
  /** Retransmission, zero windows, keep-alive: more than the states. */
  | 'timers'
  /** Challenge ACKs are limited (RFC 5961 §7). */
  | 'challenge-limit';

export type AddCase = (
  clause: string,
  name: string,
  body: (target: TcpTarget) => void,
  needs?: readonly TcpAbility[],
) => void;

/**
 * RFC 9293's state machine, exhaustively: every state is reached by segments and user calls alone, then every flag set
 * at every window position and ACK position is held against {@link tcpModel}; then user calls in every state, and
 * cases by clause (RFC 5961, 6191, 7323, 6298) and snapshots. Some 290 cases, of which 180 walk through all cells of a state and
 * flag set.
 *
 * @example
 * ```ts
 * for (const c of tcpStateSuite(() => createTcpTarget())) test(c.name, c.run);
 * ```
 */
export function tcpStateSuite(setup: () => TcpTarget, variant: ModelVariant = {}): Case[] {
  const cases: Case[] = [];
  const add: AddCase = (clause, name, body, needs = []) => {
    cases.push({ name, clause, needs, run: () => body(setup()) });
  };

  for (const name of situationNames) {
    add('RFC 9293 §3.3.2', `${name} is reached by segments and calls alone`, (target) => {
      const situation = reach(target, name);
      const inside = stateInside(situation);
      check(
        inside === undefined || inside === situation.tcb.state,
        `the target is in ${inside}, expected ${situation.tcb.state}`,
      );
    });
  }

  for (const name of situationNames) {
    for (const set of tcpFlagSets) {
      cases.push({
        name: `${name}: ${set.name} at every window and ACK position`,
        clause: name === 'SYN_SENT' ? 'RFC 9293 §3.10.7.3' : 'RFC 9293 §3.10.7.4',
        needs: [],
        run: () => runRow(setup, name, set, variant),
      });
    }
  }

  addCallCases(add);
  addClauseCases(add);
  addSnapshotCases(add);
  return cases;
}

function runRow(setup: () => TcpTarget, name: SituationName, set: FlagSet, variant: ModelVariant): void {
  const again = repeat(setup, name);
  for (const window of windowPositions) {
    for (const ack of set.ack ? ackPositions : ackPositions.slice(3, 4)) {
      const situation = again();
      const segment = cellSegment(situation.tcb, { flags: set, window, ack });
      const where = `${name}, ${set.name}, sequence ${window.name}${set.ack ? `, acknowledging ${ack.name}` : ''}`;
      compare(situation, segment, tcpModel(situation.tcb, segment, variant), where);
    }
  }
}

/** The same situation again and again: by snapshots where the target has them, else on a fresh target each time. */
function repeat(setup: () => TcpTarget, name: SituationName): () => Situation {
  const first = reach(setup(), name);
  const { target } = first;
  if (target.snapshot === undefined || target.restore === undefined) return () => reach(setup(), name);
  const snapshot = target.snapshot();
  return () => {
    target.restore!(snapshot);
    return first;
  };
}
