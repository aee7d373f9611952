import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultsFrom, faultsFromJson, faultsToJson, type LinkFault, shrinkFaults } from '../src/index.js';

test('ddmin: whatever set of causes is needed together, exactly that set is found, in order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(99), { maxLength: 6 }), fc.integer({ min: 0, max: 60 }), (causes, noise) => {
      const list = [...new Set([...causes, ...Array.from({ length: noise }, (_, index) => 200 + index)])];
      list.sort((x, y) => ((x * 7919) % 1009) - ((y * 7919) % 1009));
      const found = shrinkFaults(list, (some) => causes.every((cause) => some.includes(cause)));
      expect(found).toEqual(list.filter((entry) => causes.includes(entry)));
    }),
  );
});

test('what is found still fails and loses no single entry, however odd the failure', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 40 }), fc.nat(30), (list, modulus) => {
      // Not monotonic: more is sometimes less.
      const fails = (some: readonly number[]): boolean => some.reduce((sum, n) => sum + n, 0) % (modulus + 2) === 1;
      fc.pre(fails(list));
      const found = shrinkFaults(list, fails);
      expect(fails(found)).toBe(true);
      for (let i = 0; i < found.length; i++) expect(fails(found.filter((_, index) => index !== i))).toBe(false);
    }),
  );
});

test('a list that does not fail is refused; runs are bounded', () => {
  expect(() => shrinkFaults([1, 2, 3], () => false)).toThrow('does not fail');
  let runs = 0;
  shrinkFaults(
    Array.from({ length: 100 }, (_, index) => index),
    (list) => {
      runs++;
      return list.length === 100;
    },
    { maxRuns: 10 },
  );
  expect(runs).toBeLessThanOrEqual(10);
});

const action: fc.Arbitrary<LinkFault['action']> = fc.oneof(
  fc.constantFrom('deliver' as const, 'drop' as const, 'duplicate' as const, 'corrupt' as const),
  fc.record({ delayMs: fc.double({ min: 0, max: 1e6, noNaN: true }).map((ms) => ms + 0) }),
  fc.record({ atBit: fc.nat(0xffffff), pattern: fc.integer({ min: 1, max: 0x7fff }) }),
);
const faults = fc.array(fc.record({ from: fc.constantFrom('a' as const, 'b' as const), ordinal: fc.nat(), action }));

test('faults survive JSON', () => {
  fc.assert(fc.property(faults, (list) => void expect(faultsFromJson(faultsToJson(list))).toEqual(list)));
});

test('anything else is refused by a value, never an exception', () => {
  const isList = (read: unknown): boolean => Array.isArray(read);
  fc.assert(fc.property(fc.string(), (text) => void faultsFromJson(text)));
  fc.assert(fc.property(fc.json(), (text) => void faultsFromJson(text)));
  for (const bad of ['{', '{}', '[1]', '[{"from":"c","ordinal":0,"action":"drop"}]']) {
    expect(isList(faultsFromJson(bad))).toBe(false);
  }
  expect(faultsFromJson('[{"from":"a","ordinal":0,"action":{"atBit":1,"pattern":65535}}]')).toEqual({
    error: 'entry 0 is no fault',
  });
});

test('the faults of one direction, in the order of sending', () => {
  const list: LinkFault[] = [
    { from: 'a', ordinal: 5, action: 'drop' },
    { from: 'b', ordinal: 1, action: 'drop' },
    { from: 'a', ordinal: 2, action: 'duplicate' },
  ];
  expect(faultsFrom(list, 'a')).toEqual([
    { ordinal: 2, action: 'duplicate' },
    { ordinal: 5, action: 'drop' },
  ]);
});
