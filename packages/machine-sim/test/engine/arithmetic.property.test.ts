import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPair, regions } from './against-reference.js';

// What random programs meet too seldom: numbers at the edges, in pairs.

const LONG = process.env.SYNOS_LONG ? 50 : 1;
const WIDTHS = [8, 16, 32, 64] as const;

/** Numbers whose halves, or whose lower parts, are at an edge. */
const half = fc.oneof(
  fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1f_ffff, 0x20_0000, 0x40_0000, 0x7fff_ffff),
  fc.constantFrom(0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff),
  fc.nat(0xffff_ffff),
);
const number = fc.tuple(half, half).map(([high, low]) => (BigInt(high) << 32n) | BigInt(low));
/** Two, often with a half in common. */
const pairOfNumbers = fc.oneof(
  fc.tuple(number, number),
  fc
    .tuple(half, half, half)
    .map(([high, a, b]) => [(BigInt(high) << 32n) | BigInt(a), (BigInt(high) << 32n) | BigInt(b)] as const),
  fc
    .tuple(half, half, half)
    .map(([low, a, b]) => [(BigInt(a) << 32n) | BigInt(low), (BigInt(b) << 32n) | BigInt(low)] as const),
  number.map((one) => [one, one] as const),
);

const prefixes = { 8: [], 16: [0x66], 32: [], 64: [0x48] } as const;
/** The opcode's lowest bit tells 8 bits from more. */
const opcode = (width: 8 | 16 | 32 | 64, even: number): number[] => [...prefixes[width], width === 8 ? even : even + 1];

const RAX = 0;
const RCX = 1;
const RDX = 2;

function runner() {
  const pair = createPair();
  return (code: readonly number[], values: Readonly<Record<number, bigint>>): void => {
    const registers = Array.from({ length: 18 }, (_, index) => values[index] ?? BigInt(regions.data.address));
    const start = { registers, flags: 0x203, code: Uint8Array.from(code), codeAt: regions.code.address, seed: 1 };
    const verdict = pair.run(start, 10);
    expect(verdict.kind === 'different' ? verdict.what : '').toBe('');
  };
}

test('products and quotients of all widths', () => {
  const run = runner();
  fc.assert(
    fc.property(
      fc.constantFrom(...WIDTHS),
      // MUL, IMUL, DIV, IDIV by RCX.
      fc.constantFrom(0xe1, 0xe9, 0xf1, 0xf9),
      pairOfNumbers,
      fc.oneof(number, fc.bigInt({ min: 0n, max: 4n })),
      // The upper half of a dividend whose quotient fits: its sign, or less than the divisor.
      fc.constantFrom('any', 'sign', 'less'),
      (width, modRm, [left, right], any, upper) => {
        const sign = BigInt.asIntN(width, left) < 0n ? 2n ** 64n - 1n : 0n;
        const high = upper === 'any' ? any : upper === 'sign' ? sign : right === 0n ? 0n : any % right;
        run([...opcode(width, 0xf6), modRm], { [RAX]: left, [RCX]: right, [RDX]: high });
      },
    ),
    { numRuns: 700 * LONG },
  );
});

test('quotients of numbers about as long as the fraction of a double', () => {
  const run = runner();
  const dividends = [53n, 54n, 55n, 63n].flatMap((bits) => [-1n, 0n, 1n].map((more) => 2n ** bits + more));
  for (const dividend of dividends) {
    for (const divisor of [1n, 3n, 10n, 2n ** 32n - 1n, 2n ** 32n + 1n]) {
      for (const modRm of [0xf1, 0xf9]) {
        const high = modRm === 0xf9 && dividend >= 2n ** 63n ? 2n ** 64n - 1n : 0n;
        run([0x48, 0xf7, modRm], { [RAX]: dividend, [RCX]: divisor, [RDX]: high });
      }
    }
  }
});

test('comparisons with the jump behind them, of all widths and conditions', () => {
  const run = runner();
  const numbers: readonly (readonly [bigint, bigint])[] = [
    [5n, 5n],
    [5n, 6n],
    [6n, 5n],
    [0x8000_0000n, 1n],
    [1n, 0x1_8000_0000n],
    [2n ** 63n + 2n ** 31n + 0x8080n, 0x7f7fn],
    [0x7f7fn, 2n ** 63n + 2n ** 31n + 0x8080n],
    [2n ** 64n - 1n, 1n],
  ];
  for (const width of WIDTHS) {
    for (const even of [0x84, 0x38]) {
      for (let condition = 0; condition < 16; condition += 1) {
        // CMP or TEST of RAX and RCX, a jump over one byte that is no instruction onto another.
        const code = [...opcode(width, even), 0xc8, 0x70 | condition, 1, 0x06, 0x06];
        for (const [left, right] of numbers) run(code, { [RAX]: left, [RCX]: right });
      }
    }
  }
});

test('shifts and rotations of all widths, by constants and by CL, with their flags and without', () => {
  const run = runner();
  fc.assert(
    fc.property(
      fc.constantFrom(...WIDTHS),
      // ROL, ROR, RCL, RCR, SHL, SHR, SAR of RAX.
      fc.constantFrom(0xc0, 0xc8, 0xd0, 0xd8, 0xe0, 0xe8, 0xf8),
      number,
      fc.integer({ min: 0, max: 70 }),
      fc.boolean(),
      fc.boolean(),
      (width, modRm, value, count, isByRegister, isDead) => {
        const shift = isByRegister ? [...opcode(width, 0xd2), modRm] : [...opcode(width, 0xc0), modRm, count];
        // XOR EDX, EDX behind it makes its flags dead.
        run([...shift, ...(isDead ? [0x31, 0xd2] : [])], { [RAX]: value, [RCX]: BigInt(count) });
      },
    ),
    { numRuns: 700 * LONG },
  );
});

test('what an operation leaves is read by a condition, a carry or PUSHF behind it', () => {
  const run = runner();
  // ADD, OR, ADC, SBB, AND, SUB, XOR, CMP of RAX and RCX; NEG, INC, DEC of RAX.
  const binary = [0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38];
  const unary = [
    [0xf6, 0xd8],
    [0xfe, 0xc0],
    [0xfe, 0xc8],
  ] as const;
  const operation = fc
    .tuple(fc.constantFrom(...WIDTHS), fc.nat(binary.length + unary.length - 1))
    .map(([width, index]) => {
      const even = binary[index];
      if (even !== undefined) return [...opcode(width, even), 0xc8];
      const [first, modRm] = unary[index - binary.length]!;
      return [...opcode(width, first), modRm];
    });
  // SETcc DL; ADC RDX, RCX; CMOVcc RDX, RCX; JMP +0, behind which is another block; LAHF is in PUSHF: PUSHF alone.
  const reader = fc.oneof(
    fc.nat(15).map((condition) => [0x0f, 0x90 | condition, 0xc2]),
    fc.nat(15).map((condition) => [0x48, 0x0f, 0x40 | condition, 0xd1]),
    fc.constant([0x48, 0x11, 0xca]),
    fc.constant([0xeb, 0x00, 0x0f, 0x92, 0xc2]),
    fc.constant([0x9c]),
  );
  fc.assert(
    fc.property(pairOfNumbers, operation, operation, reader, ([left, right], first, second, last) => {
      run([...first, ...second, ...last], { [RAX]: left, [RCX]: right, 4: BigInt(regions.data.address + 0x800) });
    }),
    { numRuns: 700 * LONG },
  );
});
