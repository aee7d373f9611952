// Memory that ends in the middle of a call: bytes that were moved count, nothing that the program did not get is lost.
import { EFAULT, MSG_PEEK } from '@synos/abi';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectedPair, datagramPair, EDGE, FilesRig, HOLE, moduleByte, type Program, READ_ONLY } from './files-rig.js';

const TEXT = 'abcdefghijklmnop';

/** Where a transfer of 16 bytes begins so that it faults after so many of them. */
const afterOf = (good: number): number => READ_ONLY - good;
const beforeHole = (good: number): number => HOLE - good;

const readers: Readonly<Record<string, (program: Program, fd: number, at: number, length: number) => number>> = {
  read: (program, fd, at, length) => program.call('read', fd, at, length),
  recv: (program, fd, at, length) => program.call('recv', fd, at, length, 0),
  recvfrom: (program, fd, at, length) => program.call('recvfrom', fd, at, length, 0, 0, 0),
  readv: (program, fd, at, length) => program.call('readv', fd, program.words(at, 3, at + 3, length - 3), 2),
  recvmsg: (program, fd, at, length) =>
    program.call('recvmsg', fd, program.words(0, 0, program.words(at, 3, at + 3, length - 3), 2, 0, 0, 0), 0),
};

describe.each(Object.entries(readers))('%s of a stream', (_name, read) => {
  test.each([0, 1, 3, 7, 15, 16])('faults after %d bytes: those count, the rest stays', (good) => {
    const program = new FilesRig().program();
    const { client, server } = connectedPair(program);
    program.call('send', client, program.put(TEXT), 16, 0);
    expect(read(program, server, afterOf(good), 16)).toBe(good === 0 ? -EFAULT : good);
    expect(program.string(afterOf(good), good)).toBe(TEXT.slice(0, good));
    const into = program.room(16);
    if (good < 16) {
      expect(read(program, server, into, 16)).toBe(16 - good);
      expect(program.string(into, 16 - good)).toBe(TEXT.slice(good));
    }
    expect(program.call('recv', server, into, 16, 0x40)).toBe(-11);
  });
});

const writers: Readonly<Record<string, (program: Program, fd: number, at: number, length: number) => number>> = {
  write: (program, fd, at, length) => program.call('write', fd, at, length),
  send: (program, fd, at, length) => program.call('send', fd, at, length, 0),
  sendto: (program, fd, at, length) => program.call('sendto', fd, at, length, 0, 0, 0),
  writev: (program, fd, at, length) => program.call('writev', fd, program.words(at, 3, at + 3, length - 3), 2),
  sendmsg: (program, fd, at, length) =>
    program.call('sendmsg', fd, program.words(0, 0, program.words(at, 3, at + 3, length - 3), 2, 0, 0, 0), 0),
};

describe.each(Object.entries(writers))('%s', (_name, write) => {
  test.each([0, 1, 3, 7, 15, 16])('to a stream faults after %d bytes: those are sent', (good) => {
    const program = new FilesRig().program();
    const { client, server } = connectedPair(program);
    // The page that may only be read holds zeros.
    expect(write(program, client, beforeHole(good), 16)).toBe(good === 0 ? -EFAULT : good);
    const into = program.room(16);
    expect(program.call('recv', server, into, 16, 0x40)).toBe(good === 0 ? -11 : good);
  });

  test.each([0, 1, 15, 16])('to a datagram socket faults after %d bytes: nothing is sent', (good) => {
    const program = new FilesRig().program();
    const { a, b } = datagramPair(program);
    expect(write(program, a, beforeHole(good), 16)).toBe(good < 16 ? -EFAULT : 16);
    expect(program.call('recv', b, program.room(16), 16, 0x40)).toBe(good < 16 ? -11 : 16);
  });
});

test.each([0, 1, 15, 16])('a datagram that faults after %d bytes stays whole', (good) => {
  const program = new FilesRig().program();
  const { a, b } = datagramPair(program);
  program.call('send', a, program.put(TEXT), 16, 0);
  expect(program.call('recv', b, afterOf(good), 16, 0)).toBe(good < 16 ? -EFAULT : 16);
  const into = program.room(16);
  expect(program.call('recv', b, into, 16, 0x40)).toBe(good < 16 ? 16 : -11);
  if (good < 16) expect(program.string(into, 16)).toBe(TEXT);
});

test.each([0, 1, 3, 5])('a console read that faults after %d bytes leaves the rest', (good) => {
  const rig = new FilesRig();
  const program = rig.program();
  rig.console.type('hello');
  expect(program.call('read', 0, afterOf(good), 16)).toBe(good === 0 ? -EFAULT : good);
  const into = program.room(16);
  if (good < 5) {
    expect(program.call('read', 0, into, 16)).toBe(5 - good);
    expect(program.string(into, 5 - good)).toBe('hello'.slice(good));
  }
});

test('a console write that faults writes what there is', () => {
  const rig = new FilesRig();
  const program = rig.program();
  expect(program.call('write', 1, beforeHole(3), 16)).toBe(3);
  expect(program.call('write', 1, HOLE, 16)).toBe(-EFAULT);
  expect(rig.console.written).toEqual([0, 0, 0]);
});

test('a module that faults moves its offset by what the program got', () => {
  const program = new FilesRig().program();
  const fd = program.call('open', program.text('/boot/alpha'), 0, 0);
  expect(program.call('read', fd, afterOf(7), 16)).toBe(7);
  expect(program.call('read', fd, READ_ONLY, 16)).toBe(-EFAULT);
  const into = program.room(16);
  expect(program.call('read', fd, into, 1)).toBe(1);
  expect(program.bytes(into, 1)[0]).toBe(moduleByte(7));
});

test('more than goes through the kernel at once comes out as it went in, in pieces of any size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      (sends, receives, looks) => {
        const rig = new FilesRig();
        const program = rig.program();
        const { client, server } = connectedPair(program);
        const total = Math.min(sum(sends), sum(receives), 60_000);
        const from = program.put(Uint8Array.from({ length: total }, (_, at) => (at * 31) & 0xff));
        const sending = program.start('writev', client, iovOf(program, from, sends, total), sends.length);
        const into = program.room(total);
        const iov = iovOf(program, into, receives, total);
        let got = 0;
        for (let turn = 0; turn < 100 && got < total; turn += 1) {
          rig.settle();
          if (looks) program.call('recvmsg', server, program.words(0, 0, iov, receives.length, 0, 0, 0), MSG_PEEK);
          const count = program.call('recvfrom', server, into + got, total - got, 0, 0, 0);
          expect(count).toBeGreaterThan(0);
          got += count;
        }
        rig.settle();
        expect(typeof sending === 'number' ? sending : sending.answer).toBe(total);
        const sent = program.bytes(from, total);
        expect(program.bytes(into, total).findIndex((byte, at) => byte !== sent[at])).toBe(-1);
      },
    ),
    { numRuns: process.env.SYNOS_LONG ? 1000 : 40 },
  );
});

const sum = (values: readonly number[]): number => values.reduce((before, value) => before + value, 0);

/** Pieces that hold `total` bytes together, one behind the other. */
function iovOf(program: Program, at: number, lengths: readonly number[], total: number): number {
  let left = total;
  const words = lengths.flatMap((length, index) => {
    const part = index === lengths.length - 1 ? left : Math.min(length, left);
    const piece = [at + total - left, part];
    left -= part;
    return piece;
  });
  return program.words(...words);
}

test('the edge of memory is where it is thought to be', () => {
  const program = new FilesRig().program();
  expect(program.thread.memory.copyOut(EDGE, new Uint8Array(8192))).toBe(4096);
});
