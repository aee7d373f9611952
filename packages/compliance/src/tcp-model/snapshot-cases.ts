import { check, equal, sameBytes } from '../check.js';
import type { TcpTarget, TcpTargetInput, TcpTargetOutputs, TcpTargetSnapshot } from '../tcp-target.js';
import { performOn } from '../tcp-target-perform.js';
import { reach, type Situation, situationNames } from './situation.js';
import type { AddCase } from './suite.js';

/** A snapshot tells everything: what was restored goes on like what was never stopped. */
export function addSnapshotCases(add: AddCase): void {
  const needs = ['snapshot'] as const;
  for (const name of situationNames) {
    add(
      'TcpTarget.restore',
      `${name}: what is restored goes on the same, again and again`,
      (target) => {
        const situation = reach(target, name);
        const { snapshot, restore } = abilities(target);
        target.events();
        const start = snapshot();
        const expected = continuation(situation).map((input) => performOn(target, input));
        const end = snapshot();
        for (let round = 0; round < 2; round++) {
          restore(start);
          const inputs = continuation(situation);
          inputs.forEach((input, index) => {
            sameOutputs(performOn(target, input), expected[index]!, `${name}, ${input.kind} (input ${index})`);
          });
        }
        restore(end);
        equal(target.drain().length, 0, 'packets that wait after all were taken');
      },
      needs,
    );

    add(
      'TcpTarget.step',
      `${name}: a step is what the input does, and changes nothing else`,
      (target) => {
        const situation = reach(target, name);
        const { snapshot, step } = abilities(target);
        target.events();
        let state: TcpTargetSnapshot = snapshot();
        const inputs = continuation(situation);
        const foreseen = inputs.map((input) => {
          const next = step(state, input);
          const again = step(state, input);
          sameOutputs(again.outputs, next.outputs, `${name}, the same step again (${input.kind})`);
          state = next.snapshot;
          return next.outputs;
        });
        inputs.forEach((input, index) => {
          sameOutputs(performOn(target, input), foreseen[index]!, `${name}, ${input.kind} (input ${index})`);
        });
      },
      needs,
    );
  }
}

function abilities(target: TcpTarget): Required<Pick<TcpTarget, 'snapshot' | 'restore' | 'step'>> {
  const { snapshot, restore, step } = target;
  check(
    snapshot !== undefined && restore !== undefined && step !== undefined,
    "the target has no snapshots: leave these cases out by lacking 'snapshot'",
  );
  return { snapshot: snapshot.bind(target), restore: restore.bind(target), step: step.bind(target) };
}

/** Some of everything: text in and out of order, calls, ends, and time for every timer. */
function continuation({ target, peer, handle, listener, tcb }: Situation): TcpTargetInput[] {
  const text = Uint8Array.of(0x61, 0x62, 0x63);
  const now = target.now();
  const deliver = (segment: Parameters<typeof peer.packet>[0]): TcpTargetInput => {
    return { kind: 'deliver', bytes: peer.packet(segment) };
  };
  const ack = { ack: true, acknowledgment: tcb.sndNxt };
  const inputs: TcpTargetInput[] = [
    { kind: 'advance', timeMs: now + 1500 },
    deliver({ syn: true, sequence: (tcb.rcvNxt - 1) | 0 }),
    deliver({ ...ack, sequence: (tcb.rcvNxt + 3) | 0, text }),
    { kind: 'advance', timeMs: now + 1800 },
    deliver({ ...ack, sequence: tcb.rcvNxt, text }),
  ];
  if (handle !== undefined && handle !== listener) {
    inputs.push({ kind: 'send', handle, bytes: new Uint8Array(2000).fill(0x64) });
    inputs.push({ kind: 'receive', handle, maximumBytes: 4 });
    inputs.push({ kind: 'advance', timeMs: now + 4000 });
    inputs.push({ kind: 'close', handle });
    inputs.push({ kind: 'receive', handle, maximumBytes: 100 });
  }
  if (listener !== undefined) inputs.push({ kind: 'accept', handle: listener });
  inputs.push({ kind: 'advance', timeMs: now + 9000 });
  inputs.push(deliver({ ...ack, fin: true, sequence: (tcb.rcvNxt + 6) | 0 }));
  inputs.push({ kind: 'advance', timeMs: now + 400_000 });
  inputs.push(deliver({ ...ack, sequence: tcb.rcvNxt }));
  return inputs;
}

function sameOutputs(actual: TcpTargetOutputs, expected: TcpTargetOutputs, what: string): void {
  equal(actual.packets.length, expected.packets.length, `${what}: packets`);
  actual.packets.forEach((packet, index) => {
    equal(packet.timeMs, expected.packets[index]!.timeMs, `${what}: time of packet ${index}`);
    sameBytes(packet.bytes, expected.packets[index]!.bytes, `${what}: packet ${index}`);
  });
  const describe = (outputs: TcpTargetOutputs): string =>
    outputs.events.map((event) => `${event.kind} ${event.handle} ${event.error ?? ''} at ${event.timeMs}`).join('; ');
  equal(describe(actual), describe(expected), `${what}: events`);
  if (actual.result instanceof Uint8Array && expected.result instanceof Uint8Array) {
    sameBytes(actual.result, expected.result, `${what}: bytes received`);
  } else {
    equal(actual.result, expected.result, `${what}: answer`);
  }
}
