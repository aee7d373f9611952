import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  GDT_BYTES,
  readSegmentDescriptor,
  readTssDescriptor,
  type SegmentDescriptor,
  writeGdt,
  writeSegmentDescriptor,
  writeTssDescriptor,
} from '../src/index.js';

const numRuns = process.env.SYNOS_LONG ? 100_000 : 3000;
const flag = fc.boolean();
const common = {
  present: flag,
  dpl: fc.nat(3),
  base: fc.nat(0xffff_ffff),
  limit: fc.nat(0xf_ffff),
  granular: flag,
  available: flag,
  long: flag,
  big: flag,
};
const code = fc.record({
  kind: fc.constant('code' as const),
  conforming: flag,
  readable: flag,
  accessed: flag,
  ...common,
});
const data = fc.record({
  kind: fc.constant('data' as const),
  expandDown: flag,
  writable: flag,
  accessed: flag,
  ...common,
});
const system = fc.record({ kind: fc.constant('system' as const), type: fc.nat(15), ...common });
const descriptor: fc.Arbitrary<SegmentDescriptor> = fc.oneof(code, data, system);
const bits = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

/** Somewhere in the middle: what lies around must stay. */
function surrounded(byteLength: number): { view: DataView; around: () => boolean } {
  const bytes = new Uint8Array(byteLength + 16).fill(0xa5);
  return {
    view: new DataView(bytes.buffer),
    around: () => bytes.every((byte, at) => (at >= 8 && at < 8 + byteLength) || byte === 0xa5),
  };
}

/** Bits of a number from `from` up, as the figures of the manual label them. */
const field = (word: bigint, from: number, count: number): number =>
  Number((word >> BigInt(from)) & ((1n << BigInt(count)) - 1n));

test('a descriptor written and read back is equal, and touches eight bytes', () => {
  fc.assert(
    fc.property(descriptor, (value) => {
      const { view, around } = surrounded(8);
      writeSegmentDescriptor(view, 8, value);
      expect(readSegmentDescriptor(view, 8)).toEqual(value);
      expect(around()).toBe(true);
    }),
    { numRuns },
  );
});

test('any eight bytes are a descriptor, which is written as the same eight bytes', () => {
  fc.assert(
    fc.property(bits, (word) => {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, word, true);
      const value = readSegmentDescriptor(view, 0);
      view.setBigUint64(0, 0n, true);
      writeSegmentDescriptor(view, 0, value);
      expect(view.getBigUint64(0, true)).toBe(word);
    }),
    { numRuns },
  );
});

test('SDM vol. 3, figure 3-8: each field lies where the figure has it', () => {
  fc.assert(
    fc.property(bits, (word) => {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, word, true);
      const value = readSegmentDescriptor(view, 0);
      const type = field(word, 40, 4);
      const bit = (at: number): boolean => field(word, at, 1) === 1;
      expect(value).toMatchObject({
        base: field(word, 16, 24) + field(word, 56, 8) * 0x100_0000,
        limit: field(word, 0, 16) + field(word, 48, 4) * 0x1_0000,
        dpl: field(word, 45, 2),
        present: bit(47),
        available: bit(52),
        long: bit(53),
        big: bit(54),
        granular: bit(55),
      });
      if (!bit(44)) expect(value).toMatchObject({ kind: 'system', type });
      else if (bit(43)) {
        expect(value).toMatchObject({ kind: 'code', conforming: bit(42), readable: bit(41), accessed: bit(40) });
      } else expect(value).toMatchObject({ kind: 'data', expandDown: bit(42), writable: bit(41), accessed: bit(40) });
    }),
    { numRuns },
  );
});

const tss = fc.record({
  kind: fc.constant('tss' as const),
  busy: flag,
  present: flag,
  dpl: fc.nat(3),
  base: fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }),
  limit: fc.nat(0xf_ffff),
  granular: flag,
  available: flag,
});

test('a TSS descriptor written and read back is equal, and touches sixteen bytes', () => {
  fc.assert(
    fc.property(tss, (value) => {
      const { view, around } = surrounded(16);
      writeTssDescriptor(view, 8, value);
      expect(readTssDescriptor(view, 8)).toEqual(value);
      expect(around()).toBe(true);
    }),
    { numRuns },
  );
});

test('SDM vol. 3, figure 7-4: any sixteen bytes are a TSS descriptor with its fields, or none', () => {
  fc.assert(
    fc.property(bits, bits, fc.constantFrom(null, 9, 11), (first, second, type) => {
      const low = type === null ? first : (first & ~(0x1fn << 40n)) | (BigInt(type) << 40n);
      const high = type === null ? second : second & ~(0x1fn << 40n);
      const view = new DataView(new ArrayBuffer(16));
      view.setBigUint64(0, low, true);
      view.setBigUint64(8, high, true);
      const value = readTssDescriptor(view, 0);
      const found = field(low, 40, 5);
      const rights = { present: field(low, 47, 1) === 1, dpl: field(low, 45, 2) };
      if ((found !== 9 && found !== 11) || field(high, 40, 5) !== 0) {
        expect(value).toEqual({ kind: 'other', type: found, ...rights });
        return;
      }
      const base = (BigInt.asIntN(32, high) << 32n) | (((low >> 16n) & 0xff_ffffn) | (((low >> 56n) & 0xffn) << 24n));
      expect(value).toEqual({
        kind: 'tss',
        busy: found === 11,
        ...rights,
        base: Number(base),
        limit: field(low, 0, 16) + field(low, 48, 4) * 0x1_0000,
        available: field(low, 52, 1) === 1,
        granular: field(low, 55, 1) === 1,
      });
    }),
    { numRuns },
  );
});

test('SDM vol. 3, 3.4.5 and 7.2.3: the GDT of a kernel, bit for bit', () => {
  const view = new DataView(new ArrayBuffer(GDT_BYTES));
  writeGdt(view, 0, { tssBase: -0x7fff_edcb_a988 }); // ffff_8000_1234_5678
  const words = Array.from({ length: GDT_BYTES / 8 }, (_, at) => view.getBigUint64(at * 8, true));
  expect(words).toEqual([
    0n,
    0x00af_9b00_0000_ffffn, // G L, P DPL 0 code readable accessed
    0x00cf_9300_0000_ffffn, // G B, P DPL 0 data writable accessed
    0x00cf_f300_0000_ffffn, // the same of DPL 3
    0x00af_fb00_0000_ffffn,
    0x1200_8934_5678_0067n, // P DPL 0 type 9, limit 67
    0x0000_0000_ffff_8000n,
  ]);
});

test('a GDT may name a TSS with a map of I/O ports behind it', () => {
  const view = new DataView(new ArrayBuffer(GDT_BYTES));
  writeGdt(view, 0, { tssBase: 0x1000, tssLimit: 0x2068 });
  expect(readTssDescriptor(view, 0x28)).toMatchObject({ base: 0x1000, limit: 0x2068, busy: false, granular: false });
});
