import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endsBlock, slot } from '../src/cpu/ir.js';
import { allCases, type Case, hex } from './reference/cases.js';
import { createReferenceState, type ReferenceState } from './reference/evaluator.js';
import { createReferenceMemory } from './reference/memory.js';
import { liftWhole, runInstruction } from './reference/run-instruction.js';

// An instruction that faults has done nothing. Memory is four pages here, each of which is there, read-only or missing;
// registers point into them, most of all to where one ends and the next begins.

const PAGES = 0x10_0000n;
const COUNT = 4;
const all = allCases();
const cases = all.filter(({ form }) => form.kind !== 'trap');

type Page = 'missing' | 'read-only' | 'writable';

interface Scene {
  readonly pages: readonly Page[];
  readonly registers: readonly bigint[];
  readonly flags: number;
  readonly fill: number;
}

const nearPages = fc
  .tuple(fc.nat({ max: COUNT }), fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -0x200, max: 0x1000 })))
  .map(([page, offset]) => PAGES + BigInt(page) * 0x1000n + BigInt(offset));

const registerValue = fc.oneof(
  { weight: 6, arbitrary: nearPages },
  { weight: 2, arbitrary: fc.bigInt({ min: -64n, max: 64n }).map((value) => BigInt.asUintN(64, value)) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) },
);

const scene: fc.Arbitrary<Scene> = fc.record({
  pages: fc.array(fc.constantFrom<Page>('missing', 'read-only', 'writable', 'writable'), {
    minLength: COUNT,
    maxLength: COUNT,
  }),
  registers: fc.array(registerValue, { minLength: 16, maxLength: 16 }),
  flags: fc.nat({ max: 0xfff }).map((bits) => (bits & 0xcd5) | 0x202),
  fill: fc.nat({ max: 255 }),
});

function stateOf({ pages, registers, flags, fill }: Scene): ReferenceState {
  const memory = createReferenceMemory();
  pages.forEach((page, number) => {
    if (page !== 'missing') memory.map(PAGES + BigInt(number) * 0x1000n, 0x1000, page === 'writable');
  });
  let value = fill;
  for (const bytes of memory.pages().values()) {
    for (let at = 0; at < bytes.length; at++) bytes[at] = value = (value * 5 + 1) & 0xff;
  }
  const state = createReferenceState(memory);
  registers.forEach((register, number) => {
    state.registers[number] = register;
  });
  state.flags = flags;
  return state;
}

/** FNV-1a: pages differ where this does. */
const digest = (bytes: Uint8Array): number =>
  bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x0100_0193), 0x811c_9dc5);

/** What lasts. */
const lasting = (state: ReferenceState): unknown => ({
  registers: state.registers.filter((_, number) => number < slot.t0 || number > slot.t7),
  flags: state.flags,
  memory: [...state.memory.pages()].map(([address, bytes]) => [address, digest(bytes)]),
});

const isString = ({ form }: Case): boolean => form.repeats !== 'none';

test('an instruction that faults leaves registers, flags and memory as they were', () => {
  let faults = 0;
  fc.assert(
    fc.property(fc.nat({ max: cases.length - 1 }), scene, (number, given) => {
      const chosen = cases[number] as Case;
      if (isString(chosen)) return;
      const state = stateOf(given);
      const outcome = runInstruction(chosen.bytes, state);
      if (outcome.kind !== 'exception') return;
      faults++;
      expect(lasting(state), `${chosen.form.mnemonic} ${hex(chosen.bytes)}`).toEqual(lasting(stateOf(given)));
    }),
    { numRuns: process.env.SYNOS_LONG === undefined ? 2_500 : 200_000 },
  );
  expect(faults).toBeGreaterThan(300);
});

/** Those with more than one access deserve more than their share. */
const several = cases.filter(
  (chosen) =>
    !isString(chosen) && liftWhole(chosen.bytes).steps.filter(({ op }) => op === 'load' || op === 'store').length > 2,
);

test('so do those with several accesses: CMPXCHG8B, CMPXCHG16B, ENTER', () => {
  expect(new Set(several.map(({ form }) => form.mnemonic))).toEqual(new Set(['cmpxchg8b', 'enter']));
  let faults = 0;
  fc.assert(
    fc.property(fc.nat({ max: several.length - 1 }), scene, (number, given) => {
      const chosen = several[number] as Case;
      const state = stateOf(given);
      const outcome = runInstruction(chosen.bytes, state);
      if (outcome.kind !== 'exception') return;
      faults++;
      expect(lasting(state), `${chosen.form.mnemonic} ${hex(chosen.bytes)}`).toEqual(lasting(stateOf(given)));
    }),
    { numRuns: process.env.SYNOS_LONG === undefined ? 800 : 100_000 },
  );
  expect(faults).toBeGreaterThan(100);
});

test('what instructions leave in t0 to t7 means nothing to the next', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: cases.length - 1 }),
      scene,
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      (number, given, junk) => {
        const chosen = cases[number] as Case;
        const [one, other] = [stateOf(given), stateOf(given)];
        for (let at: number = slot.t0; at <= slot.t7; at++) other.registers[at] = junk;
        expect(runInstruction(chosen.bytes, other)).toEqual(runInstruction(chosen.bytes, one));
        expect(lasting(other), hex(chosen.bytes)).toEqual(lasting(one));
      },
    ),
    { numRuns: process.env.SYNOS_LONG === undefined ? 800 : 100_000 },
  );
});

test('only the last step ends a block, and AH to BH are of 8 bits', () => {
  const wrong: string[] = [];
  for (const { bytes } of all) {
    const { steps, byteLength } = liftWhole(bytes);
    if (byteLength !== bytes.length) wrong.push(`${hex(bytes)}: ${byteLength} bytes`);
    if (steps.slice(0, -1).some(({ op }) => endsBlock.has(op))) wrong.push(`${hex(bytes)}: steps behind the end`);
    for (const step of steps) {
      const width = step.op === 'extend' ? step.fromWidth : 'width' in step ? step.width : 8;
      const hasHigh = Object.values(step).some((value) => typeof value === 'object' && value?.isHigh === true);
      if (hasHigh && width !== 8) wrong.push(`${hex(bytes)}: ${step.op} of ${width} bits`);
    }
  }
  expect(wrong).toEqual([]);
});
