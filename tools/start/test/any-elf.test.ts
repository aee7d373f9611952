import { EEXIST, EINVAL, ENOEXEC, ENOMEM, EPERM } from '@synos/abi';
import { programs } from '@synos/userland/all';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CaseOutcome, Runners } from './support/case-runner.js';
import { elfFile, type SegmentHeader } from './support/tiny-elf.js';

// Whatever the bytes of a file are: spawn answers an errno, or there is a process that runs and ends. The kernel goes on,
// the program that started it goes on, and nothing of it is left.

const factor = process.env.SYNOS_LONG ? 20 : 1;
const hello = programs.find(({ name }) => name === 'hello')?.bytes() ?? new Uint8Array();
const lengths = [1, 63, 64, 119, 120, 4096, 8192, hello.length];
const runners = new Runners({ sizes: lengths });

function expectOrderly({ answer, end }: CaseOutcome): void {
  // EPERM: below the lowest address that may be mapped. EEXIST: segments over one another.
  if (answer < 0) expect([-ENOEXEC, -EINVAL, -ENOMEM, -EPERM, -EEXIST]).toContain(answer);
  else expect(end).not.toBeNull();
}

const quads = fc.oneof(
  fc.constantFrom(0n, 1n, 64n, 120n, 0xfffn, 0x1000n, 0x40_0000n, 0x7fff_ffff_e000n, 0x7fff_ffff_f000n, 1n << 47n),
  fc.constantFrom((1n << 53n) + 1n, 1n << 63n, (1n << 64n) - 1n, (1n << 64n) - 0x1000n, 0xffff_8000_0000_0000n),
  fc.bigInt({ min: 0n, max: 0x2_0000n }),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);

/** Where the headers of a program with a few segments lie. */
const headerBytes = 64 + 4 * 56;
const changes = fc.oneof(
  fc.record({ at: fc.nat(headerBytes - 1), value: fc.nat(255), wide: fc.constant(false) }),
  fc.record({ at: fc.nat(hello.length - 1), value: fc.nat(255), wide: fc.constant(false) }),
  fc.record({
    at: fc.nat(headerBytes / 8 - 1).map((index) => index * 8),
    value: quads,
    wide: fc.constant(true),
  }),
);

test('a real program with bytes changed', () => {
  const seen = { refused: 0, ran: 0 };
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 4 }), (list) => {
      const bytes = hello.slice();
      const view = new DataView(bytes.buffer);
      for (const { at, value, wide } of list) {
        if (wide) view.setBigUint64(at, BigInt(value), true);
        else view.setUint8(at, Number(value));
      }
      const outcome = runners.use((runner) => runner.run(bytes));
      expectOrderly(outcome);
      if (outcome.answer < 0) seen.refused += 1;
      else seen.ran += 1;
    }),
    { numRuns: 80 * factor },
  );
  // Both must come: else this test looks at one side only.
  expect(seen.refused).toBeGreaterThan(0);
  expect(seen.ran).toBeGreaterThan(0);
}, 600_000);

test.each(lengths)('a real program cut to %d bytes', (length) => {
  const outcome = runners.use((runner) => runner.run(hello, length));
  expectOrderly(outcome);
  expect(outcome.answer < 0).toBe(length < hello.length);
});

const segments: fc.Arbitrary<SegmentHeader> = fc
  .record({
    type: fc.constantFrom(1, 1, 1, 1, 0, 2, 3, 6, 0x6474_e551),
    flags: fc.nat(7),
    offset: fc.oneof(fc.constant(0n), quads),
    address: fc.oneof(
      fc.nat(16).map((page) => BigInt(page * 0x1000 + 0x40_0000)),
      quads,
    ),
    fileBytes: fc.oneof(
      fc.nat(600).map((size) => BigInt(size)),
      quads,
    ),
    more: fc.oneof(fc.constant(0n), quads),
    alignBytes: quads,
  })
  .map(({ more, ...segment }) => ({ ...segment, memoryBytes: BigInt.asUintN(64, segment.fileBytes + more) }));

/** Read, written and executed, at the place where most entries point. */
const good: SegmentHeader = {
  type: 1,
  flags: 7,
  offset: 0n,
  address: 0x40_0000n,
  fileBytes: 120n,
  memoryBytes: 0x1000n,
  alignBytes: 0x1000n,
};

test('headers of any kind before code of any kind', () => {
  const seen = { refused: 0, ran: 0 };
  const files = fc.record({
    type: fc.constantFrom(2, 2, 3, 3, 0, 1, 4, 0xffff),
    entry: fc.oneof(
      fc.nat(0x1000).map((offset) => BigInt(0x40_0000 + offset)),
      quads,
    ),
    headers: fc.array(segments, { maxLength: 4 }),
    isFirstGood: fc.boolean(),
    content: fc.uint8Array({ minLength: 1, maxLength: 600 }),
  });
  const content = Uint8Array.of(0xeb, 0xfe);
  const plain = { type: 2 as const, entry: 0x40_0000n, headers: [], isFirstGood: true, content };
  fc.assert(
    fc.property(files, ({ type, entry, headers, isFirstGood, content }) => {
      const list = isFirstGood ? [good, ...headers] : headers;
      const outcome = runners.use((runner) => runner.run(elfFile(type, entry, list, content)));
      expectOrderly(outcome);
      if (outcome.answer < 0) seen.refused += 1;
      else seen.ran += 1;
    }),
    { numRuns: 120 * factor, examples: [[plain], [{ ...plain, type: 0 as const }]] },
  );
  expect(seen.refused).toBeGreaterThan(0);
  expect(seen.ran).toBeGreaterThan(0);
}, 600_000);

test('bytes that are no program at all', () => {
  const files = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 400 }));
  fc.assert(
    fc.property(files, ([isNamed, bytes]) => {
      if (isNamed) bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1].slice(0, bytes.length));
      expectOrderly(runners.use((runner) => runner.run(bytes)));
    }),
    { numRuns: 40 * factor },
  );
}, 600_000);

test('after all of that the web server serves', () => {
  runners.use((runner) => runner.expectServes());
}, 60_000);
