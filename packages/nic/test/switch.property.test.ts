import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSwitch } from '../src/index.js';
import { broadcast, frame, newPool, receiveAll, tags } from './frames.js';

const ports = 4;
const ageMs = 100;
const mac = (n: number): Uint8Array<ArrayBuffer> => new Uint8Array([2, 0, 0, n >> 2, 0, n]);

/** The switch as the standard tells it: a list of who was heard where and when. */
function createModel(tableSize: number) {
  const heard = new Map<number, { port: number; atMs: number }>();
  return (from: number, source: number, destination: number | null, nowMs: number): number[] => {
    const known = (n: number): number | undefined => {
      const station = heard.get(n);
      return station !== undefined && nowMs - station.atMs < ageMs ? station.port : undefined;
    };
    if (!heard.has(source) && heard.size >= tableSize) {
      for (const [n, station] of heard) if (nowMs - station.atMs >= ageMs) heard.delete(n);
    }
    if (heard.has(source) || heard.size < tableSize) heard.set(source, { port: from, atMs: nowMs });
    const to = destination === null ? undefined : known(destination);
    if (to !== undefined) return to === from ? [] : [to];
    return Array.from({ length: ports }, (_, port) => port).filter((port) => port !== from);
  };
}

test('IEEE 802.1D §7.7: every frame goes to the ports that the model names, whatever came before', () => {
  const step = fc.record({
    from: fc.nat(ports - 1),
    source: fc.nat(11),
    destination: fc.option(fc.nat(11)),
    waitMs: fc.oneof(fc.constant(0), fc.nat(60), fc.constant(ageMs)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (steps, tableSize) => {
      const pool = newPool();
      const lan = createSwitch({ ports, ageMs, tableSize });
      const model = createModel(tableSize);
      let nowMs = 0;
      for (const [index, { from, source, destination, waitMs }] of steps.entries()) {
        nowMs += waitMs;
        lan.port(index % ports).advance(nowMs);
        const to = destination === null ? broadcast : mac(destination);
        lan.port(from).transmit(frame(pool, 60, index, to, mac(source)));
        const expected = model(from, source, destination, nowMs);
        const reached: number[] = [];
        for (let port = 0; port < ports; port++) {
          const received = tags(receiveAll(lan.port(port)));
          if (received.length > 0) reached.push(port);
          expect(received.every((tag) => tag === index)).toBe(true);
        }
        expect(reached).toEqual(expected);
        expect(lan.stationCount).toBeLessThanOrEqual(tableSize);
      }
      expect(pool.used).toBe(0);
    }),
  );
});
