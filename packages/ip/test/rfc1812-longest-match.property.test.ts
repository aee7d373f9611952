import { failure, type Route } from '@synos/interfaces';
import { inPrefix, ipv4FromWord } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { any, createBench, own, peerMac } from './support/bench.js';
import { FakeDevice } from './support/fake-device.js';

interface Entry {
  readonly word: number;
  readonly length: number;
  readonly device: number;
  readonly metric: number;
}

// Few bits vary, so that prefixes nest and collide.
const wordArbitrary = fc
  .integer({ min: 0, max: 0x3f })
  .map((bits) => (20 << 24) | ((bits & 7) << 16) | ((bits >>> 3) << 29) | 0);
const entryArbitrary: fc.Arbitrary<Entry> = fc
  .record({
    word: wordArbitrary,
    length: fc.constantFrom(0, 1, 2, 3, 8, 13, 14, 15, 16, 24, 32),
    device: fc.integer({ min: 2, max: 4 }),
    metric: fc.integer({ min: 0, max: 2 }),
  })
  .map((entry) => ({ ...entry, word: entry.length === 0 ? 0 : entry.word & (-1 << (32 - entry.length)) }));

type Step =
  | { readonly do: 'add' | 'remove'; readonly entry: Entry }
  | { readonly do: 'link'; readonly device: number; readonly up: boolean }
  | { readonly do: 'ask'; readonly word: number };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), entry: entryArbitrary }),
  fc.record({ do: fc.constant('remove' as const), entry: entryArbitrary }),
  fc.record({ do: fc.constant('link' as const), device: fc.integer({ min: 2, max: 4 }), up: fc.boolean() }),
  fc.record({ do: fc.constant('ask' as const), word: wordArbitrary }),
);

test('the longest prefix over a link that is up wins, then the least metric, then who came first', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 40 }), (steps) => {
      const bench = createBench();
      const devices = [2, 3, 4].map((i) => (i === 2 ? bench.device : new FakeDevice(`eth${i}`, bench.packets, i)));
      bench.ip.removeAddress(bench.device, own);
      devices.forEach((device, i) => {
        if (i > 0) expect(bench.ip.addDevice(device)).toBe(i + 2);
        bench.ip.addAddress(device, ipv4FromWord((10 << 24) | ((i + 2) << 8) | 1), 128);
      });
      let model: Entry[] = [];
      const up = [true, true, true];
      for (const step of steps) {
        if (step.do === 'ask') {
          const address = ipv4FromWord(step.word);
          const fits = model.filter((one) => inPrefix(address, ipv4FromWord(one.word), 96 + one.length));
          const usable = fits.filter((one) => up[one.device - 2]);
          const [best] = usable
            .map((one, order) => ({ one, order }))
            .sort((a, b) => b.one.length - a.one.length || a.one.metric - b.one.metric || a.order - b.order);
          const found = bench.transport.host.route(any, address) as Route | number;
          if (best === undefined) {
            expect(found).toBe(fits.length > 0 ? failure.networkDown : failure.networkUnreachable);
          } else {
            expect((found as Route).device).toBe(best.one.device);
            expect((found as Route).source.w3).toBe((10 << 24) | (best.one.device << 8) | 1);
          }
        } else if (step.do === 'link') {
          up[step.device - 2] = step.up;
          devices[step.device - 2]!.linkUp = step.up;
          devices[step.device - 2]!.changed();
        } else {
          const { word, length, device, metric } = step.entry;
          const route = { prefix: ipv4FromWord(word), bits: 96 + length, device, metric };
          const same = (one: Entry): boolean =>
            one.word === word && one.length === length && one.device === device && one.metric === metric;
          if (step.do === 'add') {
            expect(bench.ip.addRoute(route)).toBe(model.some(same) ? failure.addressInUse : 0);
            if (!model.some(same)) model.push(step.entry);
          } else {
            expect(bench.ip.removeRoute(route)).toBe(model.some(same) ? 0 : failure.networkUnreachable);
            model = model.filter((one) => !same(one));
          }
        }
      }
      expect(bench.ip.routes()).toHaveLength(model.length + 3);
      bench.end();
      for (const device of devices) device.close();
      expect(peerMac).toHaveLength(6);
    }),
    { numRuns: process.env.SYNOS_LONG ? 3000 : 150 },
  );
});
