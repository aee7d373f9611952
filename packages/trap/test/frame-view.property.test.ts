import { type TrapFrameWord, trapFrame, trapFrameTail } from '@synos/interfaces';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStartFrame, createTrapFrame, describeTrapFrame } from '../src/index.js';

const numRuns = process.env.SYNOS_LONG ? 50_000 : 500;
const names = Object.keys(trapFrame) as TrapFrameWord[];
const frameBytes = fc.uint8Array({ minLength: trapFrameTail.end, maxLength: trapFrameTail.end });
const bits = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

test('a word is read in halves, signed and unsigned, whatever its bits', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), bits, (name, word) => {
      const bytes = new Uint8Array(trapFrameTail.end);
      new DataView(bytes.buffer).setBigUint64(trapFrame[name], word, true);
      const frame = createTrapFrame(bytes);
      const at = trapFrame[name];
      expect(BigInt(frame.low(at))).toBe(word & 0xffff_ffffn);
      expect(BigInt(frame.high(at))).toBe(word >> 32n);
      expect(frame.signed(at)).toBe(Number(BigInt.asIntN(64, word)));
      expect(frame.unsigned(at)).toBe(Number(word));
      if (word >= 1n << 53n) expect(frame.unsigned(at)).toBeGreaterThanOrEqual(2 ** 53);
    }),
    { numRuns },
  );
});

test('failure 3: setting one register preserves every other, and the bytes around', () => {
  const value = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-38, -1, -(2 ** 47), 2 ** 47 - 1));
  fc.assert(
    fc.property(frameBytes, fc.constantFrom(...names), value, fc.nat(3), (random, name, to, before) => {
      const bytes = new Uint8Array(before * 16 + trapFrameTail.end + 16).fill(0x5a);
      bytes.set(random, before * 16);
      const wanted = bytes.slice();
      new DataView(wanted.buffer).setBigInt64(before * 16 + trapFrame[name], BigInt(to), true);
      const frame = createTrapFrame(bytes, before * 16);
      frame.set(trapFrame[name], to);
      expect(bytes.findIndex((byte, at) => byte !== wanted[at])).toBe(-1);
      expect(frame.signed(trapFrame[name])).toBe(to);
    }),
    { numRuns },
  );
});

test('halves are cut to 32 bits and stored where they belong', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.integer(), fc.maxSafeInteger(), (name, low, high) => {
      const bytes = new Uint8Array(trapFrameTail.end);
      createTrapFrame(bytes).setHalves(trapFrame[name], low, high);
      const wanted = BigInt.asUintN(32, BigInt(low)) | (BigInt.asUintN(32, BigInt(high)) << 32n);
      expect(new DataView(bytes.buffer).getBigUint64(trapFrame[name], true)).toBe(wanted);
    }),
    { numRuns: 200 },
  );
});

test('failure 3: the number and six arguments of a system call are the registers that the program loaded', () => {
  const frame = createTrapFrame(new Uint8Array(trapFrameTail.end));
  names.forEach((name, at) => {
    frame.set(trapFrame[name], 1000 + at);
  });
  const { rax, rdi, rsi, rdx, r10, r8, r9 } = trapFrame;
  // As the entry code saves them: r15 first. Counted by hand.
  expect([rax, rdi, rsi, rdx, r10, r8, r9].map((at) => frame.signed(at))).toEqual([
    1014, 1008, 1009, 1012, 1005, 1007, 1006,
  ]);
  frame.set(rax, -38);
  names.forEach((name, at) => {
    expect(frame.signed(trapFrame[name])).toBe(name === 'rax' ? -38 : 1000 + at);
  });
});

test('a frame aliases its bytes, also where they lie inside of others', () => {
  const buffer = new ArrayBuffer(4096);
  const bytes = new Uint8Array(buffer, 1024, 1024);
  const frame = createTrapFrame(bytes, 16, 0x1000);
  frame.set(trapFrame.r15, 1);
  expect(new DataView(buffer).getUint32(1040, true)).toBe(1);
  new DataView(buffer).setUint32(1040 + trapFrame.ss, 0x1b, true);
  expect(frame.low(trapFrame.ss)).toBe(0x1b);
  expect(frame.address).toBe(0x1000);
});

test('a frame that is too short, or off its 16 bytes, is our own bug', () => {
  expect(() => createTrapFrame(new Uint8Array(trapFrameTail.end - 1))).toThrow('704');
  expect(() => createTrapFrame(new Uint8Array(trapFrameTail.end), 1)).toThrow('704');
  expect(() => createTrapFrame(new Uint8Array(2000), -1)).toThrow('704');
  expect(() => createTrapFrame(new Uint8Array(2000), 0, 8)).toThrow('16 bytes');
});

test('SDM vol. 1, 8.1.5 and 10.2.3: a first frame has user segments, interrupts on and a fresh FPU', () => {
  const bytes = new Uint8Array(736).fill(0xff);
  const frame = createStartFrame(bytes, 16, { rip: 0x40_1000, rsp: 0x7fff_ffff_0000 });
  const view = new DataView(bytes.buffer, 16);
  const words = new Map<number, bigint>();
  for (let at = 0; at < trapFrameTail.end; at += 8) words.set(at, view.getBigUint64(at, true));
  const set = [...words].filter(([, word]) => word !== 0n);
  expect(set).toEqual([
    [trapFrame.rip, 0x40_1000n],
    [trapFrame.cs, 0x23n],
    [trapFrame.rflags, 0x202n],
    [trapFrame.rsp, 0x7fff_ffff_0000n],
    [trapFrame.ss, 0x1bn],
    [176, 0x37fn],
    [200, 0x1f80n],
  ]);
  expect([...bytes.subarray(0, 16), ...bytes.subarray(720)].every((byte) => byte === 0xff)).toBe(true);
  expect(frame.address).toBe(0);
});

test('any bytes are a frame that can be described, with every register', () => {
  fc.assert(
    fc.property(frameBytes, (bytes) => {
      const text = describeTrapFrame(createTrapFrame(new Uint8Array(bytes)));
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      for (const name of names.filter((each) => each !== 'vector' && each !== 'error')) {
        const digits = view.getBigUint64(trapFrame[name], true).toString(16).padStart(16, '0');
        expect(text).toContain(`${name.padEnd(6)} ${digits}`);
      }
    }),
    { numRuns: numRuns / 5 },
  );
});

test('a described frame begins with what happened', () => {
  const frame = createTrapFrame(new Uint8Array(trapFrameTail.end));
  frame.set(trapFrame.vector, 14);
  frame.set(trapFrame.error, 5);
  expect(describeTrapFrame(frame).split('\n')[0]).toBe('#PF page fault (user read: not allowed)');
  frame.set(trapFrame.vector, 0x80);
  expect(describeTrapFrame(frame).split('\n')[0]).toBe('interrupt 128');
});
