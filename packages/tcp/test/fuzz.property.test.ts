import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flag } from '../src/flag.js';
import type { Tcb } from '../src/tcb.js';
import { eventPlan, resolveEvent, resolveSegment, segmentPlan, textByte } from '../src/testing/index.js';
import { allStates, Conversation } from './conversation.js';
import { addressA, addressB, Pair } from './fake-network.js';

const numRuns = process.env.SYNOS_LONG ? 20_000 : 300;

interface Inside {
  tcp: { core: { demux: { flows: readonly (object | null)[] }; host: { packets: { used: number } } }; dispose(): void };
  host: { packets: { used: number }; blocks: { usedBytes: number } };
}

/** What must hold of every connection at any time. */
function checkInvariants(c: Conversation): void {
  const { tcp, host } = c.target as unknown as Inside;
  expect(host.packets.used).toBe(0);
  for (const flow of tcp.core.demux.flows) {
    if (flow === null || !('sendBytes' in flow)) continue;
    const tcb = flow as Tcb;
    const out = (tcb.sndNxt - tcb.sndUna) | 0;
    expect(out).toBeGreaterThanOrEqual(0);
    if ((tcb.flags & flag.synAcked) !== 0) expect(out).toBeLessThanOrEqual(tcb.sendBytes + 1);
    expect((tcb.rcvAdv - tcb.rcvNxt) | 0).toBeGreaterThanOrEqual(0);
    expect(tcb.recvBytes).toBeLessThanOrEqual(tcb.options.receiveBufferBytes + 65_535);
    expect(tcb.sendBytes).toBeLessThanOrEqual(tcb.options.sendBufferBytes);
    expect(tcb.sendBlock === null).toBe(tcb.sendBytes === 0);
    let recorded = 0;
    for (let i = 0; i < (tcb.records?.count ?? 0); i++) recorded += tcb.records!.length(i);
    if ((tcb.flags & flag.synAcked) !== 0) expect(recorded).toBe(out);
    if ((tcb.flags & flag.synAcked) !== 0 && out > 0) expect(tcb.rtoDueMs).not.toBe(0);
    if (tcb.outOfOrder !== null) {
      expect(tcb.outOfOrder.count).toBeGreaterThan(0);
      expect((tcb.outOfOrder.left(0) - tcb.rcvNxt) | 0).toBeGreaterThan(0);
    }
  }
}

describe('whatever comes', () => {
  test.each([false, true])(
    'any events in any state, timestamps: %s: no exception, and the invariants hold',
    (timestamps) => {
      const peerOptions = { hasTimestamp: timestamps, sackPermitted: true, windowScale: 2 };
      fc.assert(
        fc.property(
          fc.constantFrom(...allStates),
          fc.constantFrom(100, 4000, 262_144),
          fc.array(eventPlan(timestamps), { maxLength: 40 }),
          (begin, receiveBufferBytes, plans) => {
            const c = new Conversation({ peerOptions, timestamps, receiveBufferBytes }).reach(begin);
            const handle = Math.max(c.handle, c.listener);
            for (const plan of plans) {
              const input = resolveEvent(plan, handle, c.peerView(), c.now);
              if (input.kind === 'deliver') c.target.deliver(input.bytes);
              else if (input.kind === 'advance') c.target.advanceTo(input.timeMs);
              else if (input.kind === 'send') c.target.send(input.handle, input.bytes);
              else if (input.kind === 'receive') c.target.receive(input.handle, input.maximumBytes);
              else if (input.kind === 'close') c.target.close(input.handle);
              else if (input.kind === 'abort') c.target.abort(input.handle);
              const accepted = c.listener >= 0 ? c.target.accept(c.listener) : 'invalid';
              if (typeof accepted === 'number') c.handle = accepted;
              checkInvariants(c);
            }
            const { tcp, host } = c.target as unknown as Inside;
            tcp.dispose();
            expect(host.blocks.usedBytes).toBe(0);
            expect(host.packets.used).toBe(0);
          },
        ),
        { numRuns },
      );
    },
  );

  test('what the user reads is the peer’s stream, whatever order and repetition', () => {
    fc.assert(
      fc.property(fc.array(segmentPlan(false), { maxLength: 60 }), (plans) => {
        const c = new Conversation({ timestamps: false }).connected();
        const base = c.seq;
        let read = 0;
        for (const plan of plans) {
          c.target.deliver(resolveSegment(plan, c.peerView(), c.now));
          const bytes = c.receive();
          if (typeof bytes === 'string') continue;
          for (const byte of bytes) expect(byte).toBe(textByte(base + read++));
        }
      }),
      { numRuns },
    );
  });

  test('raw and mutated bytes at the door: each is counted, none throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 90 }),
        fc.array(fc.tuple(fc.nat(79), fc.nat(255)), { maxLength: 4 }),
        fc.boolean(),
        (raw, mutations, isRaw) => {
          const pair = new Pair();
          const listener = pair.b.open();
          listener.bind({ address: addressB, port: 80 });
          listener.listen(4);
          const client = pair.a.open();
          client.connect({ address: addressB, port: 80 });
          const bytes = isRaw ? Uint8Array.from(raw) : pair.a.host.sent.at(-1)!.bytes.slice();
          if (!isRaw) for (const [at, value] of mutations) if (at < bytes.length) bytes[at] = value;
          pair.b.deliver(bytes, addressA);
          expect(pair.b.host.packets.used).toBe(0);
          const { counters } = pair.b.tcp;
          const counted = Object.entries(counters).filter(
            ([name]) => name.startsWith('drop') || name === 'passiveOpens',
          );
          expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(1);
        },
      ),
      { numRuns: numRuns / 4 },
    );
  });
});
