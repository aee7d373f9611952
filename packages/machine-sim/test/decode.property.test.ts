import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDecoder } from '../src/cpu/decode/decode.js';
import { instructionForms } from '../src/cpu/decode/instruction-forms.js';
import { allCases, hex } from './reference/cases.js';
import { codeBytes } from './reference/code-bytes.js';

const decode = createDecoder(instructionForms);
const numRuns = process.env.SYNOS_LONG === undefined ? 3_000 : 500_000;

test('no bytes are too strange, and none are longer than fifteen', () => {
  fc.assert(
    fc.property(codeBytes, fc.nat({ max: 20 }), (bytes, at) => {
      const end = Math.max(at, bytes.length);
      const decoded = decode(bytes, at, end, 0x40_0000);
      expect(decoded.byteLength).toBeLessThanOrEqual(Math.min(15, Math.max(0, bytes.length - at)));
      if (decoded.kind === 'cut') expect(end - at).toBeLessThan(15);
      if (decoded.kind === 'too-long') expect(decoded.byteLength).toBe(15);
    }),
    { numRuns },
  );
});

test('an instruction is made of its own bytes: fewer are cut, and what lies around them does not matter', () => {
  fc.assert(
    fc.property(codeBytes, codeBytes, codeBytes, (bytes, before, behind) => {
      const decoded = decode(bytes, 0, bytes.length, 0x40_0000);
      if (decoded.kind === 'cut') return;
      const { byteLength } = decoded;
      const all = Uint8Array.from([...before, ...bytes.subarray(0, byteLength), ...behind]);
      expect(decode(all, before.length, all.length, 0x40_0000)).toEqual(decoded);
      if (decoded.kind !== 'instruction') return;
      const isCut = (end: number): boolean => decode(bytes, 0, end, 0).kind === 'cut';
      expect([...Array(byteLength).keys()].filter((end) => !isCut(end))).toEqual([]);
      expect(decode(bytes, 0, byteLength, 0x40_0000)).toEqual(decoded);
    }),
    { numRuns },
  );
});

test('every encoding of every row is cut at every byte before its last', () => {
  const wrong: string[] = [];
  for (const { form, bytes } of allCases()) {
    for (let end = 0; end < bytes.length; end++) {
      if (decode(bytes, 0, end, 0).kind !== 'cut') wrong.push(`${hex(bytes)} at ${end}`);
    }
    const decoded = decode(bytes, 0, bytes.length, 0);
    if (decoded.kind !== 'instruction' || decoded.form !== form) wrong.push(hex(bytes));
  }
  expect(wrong).toEqual([]);
});

test('prefixes fill fifteen bytes and not one more', () => {
  const padded = (prefixes: number, ...code: number[]): Uint8Array =>
    Uint8Array.from([...Array(prefixes).fill(0x66), ...code, ...Array(16).fill(0x90)]);
  expect(decode(padded(13, 0x01, 0xd8), 0, 29, 0)).toMatchObject({ kind: 'instruction', byteLength: 15, width: 16 });
  expect(decode(padded(14, 0x01, 0xd8), 0, 30, 0)).toEqual({ kind: 'too-long', byteLength: 15 });
  expect(decode(padded(40), 0, 40, 0)).toEqual({ kind: 'too-long', byteLength: 15 });
  // Fifteen bytes of prefixes are there: the sixteenth need not be.
  expect(decode(padded(40), 0, 15, 0).kind).toBe('too-long');
  expect(decode(padded(40), 0, 14, 0).kind).toBe('cut');
});

test('LOCK is for rows that allow it, with memory as the destination', () => {
  const wrong: string[] = [];
  for (const { form, choice, bytes } of allCases()) {
    if (choice.lock === true) continue;
    const locked = decode(Uint8Array.from([0xf0, ...bytes]), 0, bytes.length + 1, 0);
    const isAllowed = form.canLock && choice.memory !== undefined;
    if (locked.kind !== (isAllowed ? 'instruction' : 'undefined')) wrong.push(hex(bytes));
  }
  expect(wrong).toEqual([]);
});

test('what 64-bit mode lost, and what this CPU never had, is undefined', () => {
  const lost = [0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0x62, 0x82, 0x9a, 0xc4];
  const never = [0x9b, 0xc5, 0xce, 0xd4, 0xd5, 0xd6, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xea];
  for (const opcode of [...lost, ...never]) {
    expect(decode(Uint8Array.of(opcode, 0xc0, 0, 0, 0, 0), 0, 6, 0).kind, opcode.toString(16)).toBe('undefined');
  }
  // MOVSS, MOVAPS, MOVBE, PSHUFB, XGETBV, RDRAND, RDFSBASE, POPCNT without its prefix, PUSH FS.
  const codes = ['f30f10c1', '0f28c1', '0f38f001', '660f3800c1', '0f01d0', '0fc7f0', 'f30faec0', '0fb8c0', '0fa0'];
  for (const code of codes) {
    expect(
      decode(
        Uint8Array.from(code.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
        0,
        5,
        0,
      ).kind,
    ).toBe('undefined');
  }
});
