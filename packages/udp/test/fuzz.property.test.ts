import { failureName, type NetworkErrorKind, networkErrorKind, type TransportEndpoint } from '@synos/interfaces';
import { emitUdp, ipv4Any } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcast, FakeHost, multicast, own, peer } from './fake-host.js';

const dropped = (counters: Readonly<Record<string, number>>): number =>
  Object.entries(counters)
    .filter(([name]) => name.startsWith('dropped'))
    .reduce((sum, [, count]) => sum + count, 0);

const mutated = fc
  .record({
    payload: fc.uint8Array({ maxLength: 60 }),
    destinationPort: fc.constantFrom(7, 8, 40_000),
    edits: fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 3 }),
    cut: fc.nat(80),
  })
  .map(({ payload, destinationPort, edits, cut }) => {
    const bytes = emitUdp({ sourcePort: 9, destinationPort, payload }, peer, own);
    for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
    return bytes.subarray(0, Math.max(0, bytes.length - (cut > 20 ? 0 : cut)));
  });

test('any bytes: never an exception, each packet is given back, each drop has a counter', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), fc.constantFrom(own, broadcast, multicast)),
      ),
      (arrivals) => {
        const host = new FakeHost();
        const plain = host.bound(ipv4Any, 7);
        const connected = host.bound(own, 8);
        connected.connect({ address: peer, port: 9 });
        arrivals.forEach(([bytes, destination], index) => {
          host.arrive(bytes, peer, destination);
          const { counters } = host.udp;
          expect((counters.received ?? 0) + dropped(counters)).toBe(index + 1);
        });
        expect(host.packets.used).toBe(0);
        expect(plain.takeError()).toBe(0);
        host.udp.dispose();
        expect(host.blocks.usedBytes).toBe(0);
      },
    ),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 200 },
  );
});

const kinds: readonly NetworkErrorKind[] = [
  networkErrorKind.portUnreachable,
  networkErrorKind.packetTooBig,
  networkErrorKind.hostUnreachable,
  networkErrorKind.timeExceeded,
];

test('any quoted bytes: never an exception, only a peer can bring an error', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(24),
      fc.nat(30),
      fc.constantFrom(...kinds),
      (bytes, offset, length, kind) => {
        const host = new FakeHost();
        const endpoint = host.bound(own, 40);
        endpoint.connect({ address: peer, port: 7 });
        const copy = new Uint8Array(bytes);
        const view = new DataView(copy.buffer);
        const error = { kind, source: { ...own }, destination: { ...peer }, view, offset, length, mtuBytes: 100 };
        const isBelieved = host.udp.networkError(error);
        const isOurs =
          length >= 8 &&
          offset + 8 <= bytes.length &&
          view.getUint16(offset) === 40 &&
          view.getUint16(offset + 2) === 7;
        expect(isBelieved).toBe(isOurs);
        expect(isOurs || endpoint.takeError() === 0).toBe(true);
      },
    ),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 200 },
  );
});

test('any call inside any callback is safe', () => {
  const action = fc.record({ call: fc.nat(9), which: fc.nat(3), port: fc.integer({ min: 7, max: 9 }) });
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 60, size: 'max' }), (actions) => {
      const host = new FakeHost();
      const endpoints: TransportEndpoint[] = [];
      const pending = [...actions];
      const bytes = new Uint8Array(50);
      const act = (): void => {
        const next = pending.pop();
        if (next === undefined) return;
        const { call, which, port } = next;
        const endpoint = endpoints[which % Math.max(1, endpoints.length)];
        if (endpoint === undefined || call === 0) {
          const opened = host.open();
          opened.setOption('reuseAddress', 1);
          opened.bind({ address: own, port });
          opened.listenReadiness({ readinessChanged: act });
          endpoints.push(opened);
          return;
        }
        const result = [
          () => endpoint.connect({ address: peer, port: 9 }),
          // To itself: its own datagrams come back at once.
          () => endpoint.connect({ address: own, port }),
          () => endpoint.send(bytes, 0, port, 0, { address: own, port }),
          () => endpoint.send(bytes, 0, port, 0, null),
          () => endpoint.receive(bytes, 0, 50, 0, null),
          () => endpoint.shutdown(3),
          () => endpoint.close() ?? 0,
          () => endpoint.takeError(),
          () => endpoint.abort() ?? 0,
        ][call % 9]!();
        expect(result >= 0 || failureName(result) !== undefined).toBe(true);
      };
      for (let round = 0; round < 200 && pending.length > 0; round += 1) {
        act();
        for (const { bytes: packet } of host.sent.splice(0)) host.arrive(packet, own, own);
        host.udp.deliverEvents();
      }
      host.udp.dispose();
      expect(host.blocks.usedBytes).toBe(0);
      expect(host.packets.used).toBe(0);
      expect(host.ports.held).toBe(0);
    }),
    { numRuns: process.env.SYNOS_LONG ? 10_000 : 100 },
  );
});
