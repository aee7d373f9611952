import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { allCases, hex } from '../reference/cases.js';
import { createPair, regions } from './against-reference.js';

const cases = allCases();
const runs = process.env.SYNOS_LONG ? 100_000 : 1_200;

const near = (address: number): fc.Arbitrary<bigint> =>
  fc.integer({ min: -16, max: 16 }).map((offset) => BigInt.asUintN(64, BigInt(address + offset)));

/** Numbers that arithmetic finds interesting, and addresses near the ends of what is mapped. */
const register: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...[0x1000_0100, 0x1000_0800, 0x1000_1f00].map(BigInt)) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 0x1f00 }).map((offset) => BigInt(regions.data.address + offset)) },
  ...[0x1000_0000, 0x1000_1000, 0x1000_2000, 0xffff_f000, 2 ** 32, 2 ** 47, -(2 ** 47), 0, 0x40_0100].map(near),
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 70n }) },
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.integer({ min: 0, max: 63 }).map((shift) => 1n << BigInt(shift)),
  fc.integer({ min: 0, max: 64 }).map((shift) => (1n << BigInt(shift)) - 1n),
  fc.integer({ min: 0, max: 63 }).map((shift) => BigInt.asUintN(64, -1n << BigInt(shift))),
);
const flags = fc.integer({ min: 0, max: 0x7f }).map((bits) => {
  const names = [0x1, 0x4, 0x10, 0x40, 0x80, 0x800, 0x400];
  return names.reduce((all, flag, index) => ((bits >> index) & 1 ? all | flag : all), 0x202);
});

/** Cases that seldom fault, so that programs get on. */
const tame = [...cases.keys()].filter((index) => {
  const { form, choice } = cases[index]!;
  if (form.isPrivileged || form.kind === 'trap') return false;
  const { memory } = choice;
  if (memory === undefined || memory.ripRelative === true) return true;
  return memory.index === undefined && memory.base !== undefined && Math.abs(memory.displacement) < 200;
});
const tamePrograms = {
  picks: fc.array(fc.constantFrom(...tame), { minLength: 1, maxLength: 10 }),
  registers: fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0x1000_0100, max: 0x1000_1f00 }).map(BigInt) }, register),
    { minLength: 18, maxLength: 18 },
  ),
};
const wildPrograms = {
  picks: fc.array(fc.nat(cases.length - 1), { minLength: 1, maxLength: 4 }),
  registers: fc.array(register, { minLength: 18, maxLength: 18 }),
};

const program = fc.record({
  body: fc.oneof({ weight: 2, arbitrary: fc.record(tamePrograms) }, fc.record(wildPrograms)),
  flags,
  // Anywhere, and where a page ends.
  offset: fc.oneof(fc.constant(0x100), fc.integer({ min: 4060, max: 4100 })),
  seed: fc.integer(),
  budget: fc.constantFrom(1, 1000),
});

test('random instructions do what the reference does', () => {
  const pair = createPair();
  let compared = 0;
  fc.assert(
    fc.property(program, ({ body: { picks, registers }, flags: start, offset, seed, budget }) => {
      const code = Uint8Array.from(picks.flatMap((pick) => [...cases[pick]!.bytes]));
      const verdict = pair.run(
        { registers, flags: start, code, codeAt: regions.code.address + offset, seed },
        30,
        budget,
      );
      if (verdict.kind === 'same') compared += 1;
      if (verdict.kind === 'different')
        throw new Error(`${verdict.what}: ${picks.map((pick) => hex(cases[pick]!.bytes)).join(' | ')}`);
    }),
    { numRuns: runs },
  );
  // What the manual leaves open is the lesser part.
  expect(compared).toBeGreaterThan(runs / 2);
});
