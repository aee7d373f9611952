import { performOn, type TcpTargetInput } from '@synos/compliance';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptySnapshot, type StepInput, step } from '../src/index.js';
import { createTcpTarget, eventPlan, resolveEvent } from '../src/testing/index.js';
import { allStates, Conversation } from './conversation.js';

const numRuns = process.env.SYNOS_LONG ? 5000 : 250;

function apply(target: ReturnType<typeof createTcpTarget>, input: TcpTargetInput): unknown {
  return { ...performOn(target, input), now: target.now() };
}

describe('restore(snapshot(x)) behaves as x under any continuation', () => {
  test.each([false, true])('whole targets, timestamps: %s', (timestamps) => {
    const peerOptions = timestamps
      ? { hasTimestamp: true, windowScale: 2, sackPermitted: true }
      : { sackPermitted: true };
    fc.assert(
      fc.property(
        fc.constantFrom(...allStates),
        fc.array(eventPlan(timestamps), { maxLength: 15 }),
        fc.array(eventPlan(timestamps), { maxLength: 25 }),
        (begin, before, after) => {
          const one = new Conversation({ peerOptions, timestamps }).reach(begin);
          const handle = Math.max(one.handle, one.listener);
          for (const plan of before) apply(one.target, resolveEvent(plan, handle, one.peerView(), one.now));
          const other = createTcpTarget({ startMs: 77_777.5 });
          other.restore(JSON.parse(JSON.stringify(one.target.snapshot())));
          for (const plan of after) {
            const input = resolveEvent(plan, handle, one.peerView(), one.now);
            expect(apply(other, input)).toEqual(apply(one.target, input));
            expect(other.state({ localPort: 80, remoteAddress: '192.0.2.2', remotePort: 4000 })).toEqual(one.view());
          }
        },
      ),
      { numRuns },
    );
  });

  test('step is pure, and steps in a row are the machine itself', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allStates), fc.array(eventPlan(false), { maxLength: 12 }), (begin, plans) => {
        const one = new Conversation({ timestamps: false }).reach(begin);
        const handle = Math.max(one.handle, one.listener);
        one.target.drain();
        one.target.events();
        for (const plan of plans) {
          const before = one.target.snapshot();
          const frozen = JSON.stringify(before);
          const input = resolveEvent(plan, handle, one.peerView(), one.now);
          const stepped = one.target.step(before, input);
          expect(JSON.stringify(before)).toBe(frozen);
          const { packets, events, result } = stepped.outputs;
          const applied = apply(one.target, input);
          expect({ packets, events, result, now: one.target.now() }).toEqual(applied);
          // The generator's state and nothing else may differ: the original never draws.
          expect(JSON.parse(JSON.stringify(stepped.snapshot)).tcp.connections).toEqual(
            JSON.parse(JSON.stringify(one.target.snapshot())).tcp.connections,
          );
        }
      }),
      { numRuns: numRuns / 5 },
    );
  });

  test('step on snapshots alone: from nothing to ESTABLISHED', () => {
    const here = { w0: 0, w1: 0, w2: 0xffff, w3: 0x0a000001 };
    const there = { w0: 0, w1: 0, w2: 0xffff, w3: 0x0a000002 };
    let a = emptySnapshot(0);
    let b = emptySnapshot(0, [1, 2]);
    const wire: { to: 'a' | 'b'; input: StepInput }[] = [];
    const run = (who: 'a' | 'b', input: StepInput): void => {
      const { snapshot, outputs } = step(who === 'a' ? a : b, input);
      if (who === 'a') a = snapshot;
      else b = snapshot;
      for (const output of outputs) {
        if (output.kind !== 'segment') continue;
        const { bytes, source, destination } = output;
        wire.push({ to: who === 'a' ? 'b' : 'a', input: { kind: 'segment', bytes, source, destination } });
      }
    };
    run('b', { kind: 'call', call: 'open' });
    run('b', { kind: 'call', call: 'bind', local: { address: there, port: 80 } });
    run('b', { kind: 'call', call: 'listen', backlog: 1 });
    run('a', { kind: 'call', call: 'open' });
    run('a', { kind: 'call', call: 'bind', local: { address: here, port: 1234 } });
    run('a', { kind: 'call', call: 'connect', remote: { address: there, port: 80 } });
    while (wire.length > 0) {
      const { to, input } = wire.shift()!;
      run(to, input);
    }
    expect(a.connections.map((one) => one.fields.state)).toEqual([4]);
    expect(b.connections.map((one) => one.fields.state)).toEqual([4]);
    expect(b.endpoints[0]!.listening!.accepting).toEqual([0]);
  });
});
