import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  GATE_BYTES,
  type Gate,
  IDT_BYTES,
  readGate,
  readTss,
  SYSTEM_CALL_VECTOR,
  setTssStack,
  TSS_BYTES,
  type Tss,
  type TssStack,
  tssOffset,
  writeGate,
  writeIdt,
  writeTss,
} from '../src/index.js';

const numRuns = process.env.SYNOS_LONG ? 100_000 : 2000;
const address = fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 });
const bits = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const stackNames = Object.keys(tssOffset).filter((name) => name !== 'ioMapBase') as TssStack[];

const gate: fc.Arbitrary<Gate> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('interrupt' as const, 'trap' as const),
    offset: address,
    selector: fc.nat(0xffff),
    ist: fc.nat(7),
    dpl: fc.nat(3),
    present: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('other' as const),
    type: fc.nat(31).filter((type) => type !== 14 && type !== 15),
    dpl: fc.nat(3),
    present: fc.boolean(),
  }),
);

test('a gate written and read back is equal, and touches sixteen bytes', () => {
  fc.assert(
    fc.property(gate, (value) => {
      const bytes = new Uint8Array(GATE_BYTES + 16).fill(0xa5);
      const view = new DataView(bytes.buffer);
      writeGate(view, 8, value);
      expect(readGate(view, 8)).toEqual(value);
      expect([...bytes.subarray(0, 8), ...bytes.subarray(24)].every((byte) => byte === 0xa5)).toBe(true);
    }),
    { numRuns },
  );
});

test('SDM vol. 3, figure 6-8: each field of any sixteen bytes lies where the figure has it', () => {
  fc.assert(
    fc.property(bits, bits, fc.constantFrom(null, 14n, 15n), (first, second, type) => {
      const low = type === null ? first : (first & ~(0x1fn << 40n)) | (type << 40n);
      const view = new DataView(new ArrayBuffer(16));
      view.setBigUint64(0, low, true);
      view.setBigUint64(8, second, true);
      const field = (from: bigint, count: bigint): bigint => (low >> from) & ((1n << count) - 1n);
      const value = readGate(view, 0);
      expect(value.present).toBe(field(47n, 1n) === 1n);
      expect(value.dpl).toBe(Number(field(45n, 2n)));
      const found = field(40n, 5n);
      if (value.kind === 'other') {
        expect(BigInt(value.type)).toBe(found);
        expect([14n, 15n]).not.toContain(found);
        return;
      }
      expect(value.kind).toBe(found === 14n ? 'interrupt' : found === 15n ? 'trap' : 'wrong');
      expect(value.selector).toBe(Number(field(16n, 16n)));
      expect(value.ist).toBe(Number(field(32n, 3n)));
      // Rounded where it is beyond 2^53, like any number of 64 bits.
      const offset = (BigInt.asIntN(32, second) << 32n) | (field(48n, 16n) << 16n) | field(0n, 16n);
      expect(value.offset).toBe(Number(offset));
    }),
    { numRuns },
  );
});

test('SDM vol. 3, 6.14.1: gates bit for bit', () => {
  const view = new DataView(new ArrayBuffer(GATE_BYTES));
  const words = (): bigint[] => [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  writeGate(view, 0, { kind: 'interrupt', offset: 0x1234_5678_9abc, selector: 8, ist: 2, dpl: 0, present: true });
  expect(words()).toEqual([0x5678_8e02_0008_9abcn, 0x1234n]);
  writeGate(view, 0, { kind: 'trap', offset: -0x7fff_edcb_a988, selector: 0x33, ist: 0, dpl: 3, present: true });
  expect(words()).toEqual([0x1234_ef00_0033_5678n, 0xffff_8000n]);
  writeGate(view, 0, { kind: 'interrupt', offset: -1, selector: 0xffff, ist: 7, dpl: 1, present: false });
  expect(words()).toEqual([0xffff_2e07_ffff_ffffn, 0xffff_ffffn]);
});

test('SDM vol. 3, figure 7-11: a TSS written and read back is equal, with its stacks where the figure has them', () => {
  const places: readonly [TssStack, number][] = [
    ['rsp0', 0x04],
    ['rsp1', 0x0c],
    ['rsp2', 0x14],
    ['ist1', 0x24],
    ['ist2', 0x2c],
    ['ist3', 0x34],
    ['ist4', 0x3c],
    ['ist5', 0x44],
    ['ist6', 0x4c],
    ['ist7', 0x54],
  ];
  fc.assert(
    fc.property(fc.array(address, { minLength: 10, maxLength: 10 }), fc.nat(0xffff), (addresses, ioMapBase) => {
      const tss = { ioMapBase } as Record<keyof Tss, number>;
      places.forEach(([name], at) => {
        tss[name] = addresses[at]!;
      });
      const bytes = new Uint8Array(TSS_BYTES + 16).fill(0xa5);
      const view = new DataView(bytes.buffer);
      writeTss(view, 8, tss);
      expect(readTss(view, 8)).toEqual(tss);
      for (const [name, at] of places) expect(view.getBigInt64(8 + at, true)).toBe(BigInt(tss[name]));
      expect(view.getUint16(8 + 0x66, true)).toBe(ioMapBase);
      for (const reserved of [0, 0x1c, 0x20, 0x5c, 0x60]) expect(view.getUint32(8 + reserved, true)).toBe(0);
      expect(view.getUint16(8 + 0x64, true)).toBe(0);
      expect([...bytes.subarray(0, 8), ...bytes.subarray(8 + TSS_BYTES)].every((byte) => byte === 0xa5)).toBe(true);
    }),
    { numRuns: numRuns / 4 },
  );
});

test('any bytes are a TSS', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: TSS_BYTES, maxLength: TSS_BYTES }), (bytes) => {
      const view = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset);
      const tss = readTss(view, 0);
      for (const name of stackNames) expect(tss[name]).toBe(Number(view.getBigInt64(tssOffset[name], true)));
    }),
    { numRuns: numRuns / 4 },
  );
});

test('a TSS without an I/O map says so: ring 3 has no port', () => {
  const view = new DataView(new ArrayBuffer(TSS_BYTES));
  writeTss(view, 0, {});
  expect(readTss(view, 0).ioMapBase).toBe(104);
});

test('one stack of a TSS is changed, and nothing else', () => {
  fc.assert(
    fc.property(fc.constantFrom(...stackNames), address, (name, to) => {
      const view = new DataView(new ArrayBuffer(TSS_BYTES));
      writeTss(view, 0, { rsp0: 1, ist3: -5, ist7: 7 });
      const before = readTss(view, 0);
      setTssStack(view, 0, name, to);
      expect(readTss(view, 0)).toEqual({ ...before, [name]: to });
    }),
    { numRuns: 200 },
  );
});

test('an IDT has a present gate for every vector, IST for 2, 8 and 18 alone, and DPL 3 for 3, 4 and 0x80', () => {
  const view = new DataView(new ArrayBuffer(IDT_BYTES));
  writeIdt(view, 0, { stub: (vector) => -0x7fff_0000_0000 + vector * 16 });
  for (let vector = 0; vector < 256; vector++) {
    expect(readGate(view, vector * GATE_BYTES)).toEqual({
      kind: 'interrupt',
      offset: -0x7fff_0000_0000 + vector * 16,
      selector: 8,
      ist: { 2: 1, 8: 2, 18: 3 }[vector] ?? 0,
      dpl: [3, 4, 0x80].includes(vector) ? 3 : 0,
      present: true,
    });
  }
});

test('an IDT takes other choices: a trap gate for system calls, other rights, other stacks', () => {
  const view = new DataView(new ArrayBuffer(IDT_BYTES + 16));
  writeIdt(view, 16, {
    stub: () => 0x1000,
    selector: 0x18,
    trapGates: [SYSTEM_CALL_VECTOR],
    userVectors: [SYSTEM_CALL_VECTOR, 255],
    ist: { 14: 7 },
  });
  const at = (vector: number): Gate => readGate(view, 16 + vector * GATE_BYTES);
  expect(at(0x80)).toMatchObject({ kind: 'trap', dpl: 3, selector: 0x18 });
  expect(at(255)).toMatchObject({ kind: 'interrupt', dpl: 3, ist: 0 });
  expect(at(3)).toMatchObject({ dpl: 0 });
  expect(at(14)).toMatchObject({ ist: 7 });
  expect(at(8)).toMatchObject({ ist: 0 });
  expect(view.getBigUint64(0, true)).toBe(0n);
});
