import { MAP_FIXED } from '@synos/abi';
import { check, equal, sameBytes } from '../check.js';
import { type AddSpaceCase, PAGE, PLACE, PRIVATE, READ_WRITE } from './fixture.js';

const counting = (byteLength: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: byteLength }, (_, at) => at * 7 + (at >> 8));

export function addCopyCases(add: AddSpaceCase): void {
  add('UserMemory', 'what goes out comes in, at any place and length', ({ space }) => {
    space.mmap(PLACE, 4 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    for (const at of [0, 1, 63, PAGE - 1, PAGE - 64, 2 * PAGE - 3]) {
      for (const byteLength of [0, 1, 63, 64, 65, 100, PAGE, PAGE + 1]) {
        const bytes = counting(byteLength);
        equal(space.copyOut(PLACE + at, bytes), byteLength, 'out');
        const read = new Uint8Array(byteLength);
        equal(space.copyIn(PLACE + at, read), byteLength, 'in');
        sameBytes(read, bytes, `${byteLength} bytes at ${at}`);
      }
    }
  });

  add('UserMemory', 'offsets are kept, and what lies beside them is left alone', ({ space }) => {
    space.mmap(PLACE, PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    equal(space.copyOut(PLACE, counting(100), 10, 5), 5, 'out');
    const read = new Uint8Array(8).fill(0xee);
    equal(space.copyIn(PLACE, read, 1, 6), 6, 'in');
    sameBytes(read, Uint8Array.of(0xee, 70, 77, 84, 91, 98, 0, 0xee), 'bytes');
  });

  add('UserMemory', 'a copy ends where the memory does, and says how far it came', ({ space }) => {
    space.mmap(PLACE, 2 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    const bytes = counting(200);
    equal(space.copyOut(PLACE + 2 * PAGE - 50, bytes), 50, 'out');
    const read = new Uint8Array(200).fill(0xee);
    equal(space.copyIn(PLACE + 2 * PAGE - 50, read), 50, 'in');
    sameBytes(read.subarray(0, 50), bytes.subarray(0, 50), 'what came');
    check(read[50] === 0xee, 'what did not come is left alone');
    equal(space.zeroOut(PLACE + 2 * PAGE - 50, 51), 50, 'zero');
    equal(space.copyIn(PLACE - 1, read), 0, 'begins outside');
  });

  add('UserMemory', 'rights are those of the program', ({ space }) => {
    const read = new Uint8Array(4);
    for (let protection = 0; protection < 8; protection++) {
      space.mmap(PLACE, PAGE, protection, PRIVATE | MAP_FIXED);
      const isWritable = (protection & 2) !== 0;
      equal(space.copyIn(PLACE, read), protection === 0 ? 0 : 4, `in, protection ${protection}`);
      equal(space.copyOut(PLACE, read), isWritable ? 4 : 0, `out, protection ${protection}`);
      equal(space.zeroOut(PLACE, 4), isWritable ? 4 : 0, `zero, protection ${protection}`);
    }
  });

  add('UserMemory', 'pages that may not be written end a copy behind those that may', ({ space }) => {
    space.mmap(PLACE, 2 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    space.copyOut(PLACE, new Uint8Array(2 * PAGE).fill(5));
    space.mprotect(PLACE + PAGE, PAGE, 1);
    equal(space.copyOut(PLACE + PAGE - 3, new Uint8Array(10).fill(6)), 3, 'out');
    const read = new Uint8Array(10);
    equal(space.copyIn(PLACE + PAGE - 3, read), 10, 'in');
    equal(read.join(' '), '6 6 6 5 5 5 5 5 5 5', 'bytes');
  });

  add('UserMemory', 'zeroOut makes zero, that and no more', ({ space }) => {
    space.mmap(PLACE, 3 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    space.copyOut(PLACE, new Uint8Array(3 * PAGE).fill(5));
    equal(space.zeroOut(PLACE + 10, 2 * PAGE), 2 * PAGE, 'zero');
    const read = new Uint8Array(3 * PAGE);
    space.copyIn(PLACE, read);
    const expected = new Uint8Array(3 * PAGE).fill(5).fill(0, 10, 10 + 2 * PAGE);
    sameBytes(read, expected, 'bytes');
  });

  add('UserMemory', 'no number throws: pointers into the kernel, wrapping, not integer, not a number', ({ space }) => {
    space.mmap(PLACE, PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    const buffer = new Uint8Array(16);
    for (const address of [
      -1,
      -(2 ** 47),
      2 ** 47,
      2 ** 63,
      2 ** 64,
      1e300,
      0.5,
      PLACE + 0.5,
      Number.NaN,
      Infinity,
      -Infinity,
    ]) {
      equal(space.copyIn(address, buffer), 0, `in from ${address}`);
      equal(space.copyOut(address, buffer), 0, `out to ${address}`);
      equal(space.zeroOut(address, 16), 0, `zero at ${address}`);
    }
    for (const byteLength of [-1, Number.NaN, -Infinity]) {
      equal(space.copyIn(PLACE, buffer, 0, byteLength), 0, `in of ${byteLength}`);
      equal(space.zeroOut(PLACE, byteLength), 0, `zero of ${byteLength}`);
    }
    equal(space.zeroOut(PLACE, 2 ** 60), PAGE, 'zero of more than there is');
    equal(space.copyIn(PLACE, buffer, 4, 2 ** 60), 12, 'in of more than the buffer holds');
  });

  add('UserMemory', 'copies set accessed and dirty as the CPU would', ({ space, tlb }) => {
    space.mmap(PLACE, 2 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED);
    space.copyIn(PLACE, new Uint8Array(1));
    space.copyOut(PLACE + PAGE, new Uint8Array(1));
    tlb.flush();
    const read = tlb.access(PLACE, { user: true }).leaf;
    equal(`${read?.isAccessed} ${read?.isDirty}`, 'true false', 'accessed and dirty after copyIn');
    const written = tlb.access(PLACE + PAGE, { user: true }).leaf;
    equal(`${written?.isAccessed} ${written?.isDirty}`, 'true true', 'accessed and dirty after copyOut');
  });
}
