import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Assembly } from './support/assembly.js';
import { type CaseOutcome, Runners, SLOT_BYTES } from './support/case-runner.js';
import { instructions } from './support/soup.js';
import { CODE_ADDRESS, tinyElf } from './support/tiny-elf.js';

// Whatever a program executes in ring 3: it ends, by itself or by a signal, or it is interrupted, and killed in the end by
// the program that started it. That program and the web server advance meanwhile, and nothing is left.

const factor = process.env.SYNOS_LONG ? 10 : 1;
const runners = new Runners();
const SPARE_BYTES = 0x8000;
const RSP = 4;

const registerValues = fc.oneof(
  // Into the program's own memory: loads and stores that succeed.
  fc.nat(SPARE_BYTES - 0x1000).map((offset) => BigInt(CODE_ADDRESS + 0x800 + offset)),
  fc.bigInt({ min: 0n, max: 200n }),
  fc.constantFrom(0xffff_8000_0000_0000n, 0xffff_8000_0010_0000n, 0xffff_ffff_ffff_f000n, 1n << 47n, (1n << 47n) - 4n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);

const registers = fc.array(registerValues, { minLength: 16, maxLength: 16 });

function programOf(values: readonly bigint[], code: readonly number[]): Uint8Array<ArrayBuffer> {
  const assembly = new Assembly();
  for (const [index, value] of values.entries()) {
    // The kernel's stack at first, sometimes: but mostly one that is there.
    assembly.set(index, index === RSP && value < 200n ? CODE_ADDRESS + SPARE_BYTES : value);
  }
  return tinyElf(assembly.raw(...code), SPARE_BYTES);
}

const ends = new Map<string, number>();

function run(values: readonly bigint[], code: readonly number[]): CaseOutcome {
  const outcome = runners.use((runner) => runner.run(programOf(values, code), SLOT_BYTES));
  expect(outcome.answer).toBeGreaterThan(0);
  expect(outcome.end).not.toBeNull();
  const how = outcome.end?.how === 'killed' ? `signal ${outcome.end.signal}` : (outcome.end?.how ?? 'none');
  ends.set(how, (ends.get(how) ?? 0) + 1);
  return outcome;
}

test('random bytes with random registers', () => {
  const code = fc.uint8Array({ minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(registers, code, (values, bytes) => {
      run(values, [...bytes]);
    }),
    { numRuns: 80 * factor },
  );
}, 900_000);

test('random instructions with random registers', () => {
  const soup = fc.array(instructions, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(registers, soup, (values, list) => {
      run(values, list.flat());
    }),
    { numRuns: 150 * factor },
  );
}, 900_000);

test('random instructions round and round', () => {
  const soup = fc.array(instructions, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(registers, soup, (values, list) => {
      const code = list.flat();
      const back = -(code.length + 5);
      run(values, [...code, 0xe9, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff]);
    }),
    { numRuns: 30 * factor },
  );
}, 900_000);

test('among the ends were several signals, and programs that had to be killed', () => {
  // SIGILL, SIGSEGV; SIGKILL came from outside.
  for (const end of ['signal 4', 'signal 11', 'signal 9']) expect(ends.get(end) ?? 0, end).toBeGreaterThan(0);
});

test('after all of that the web server serves', () => {
  runners.use((runner) => runner.expectServes());
}, 60_000);
