import { fc, test as property } from '@fast-check/vitest';
import { E2BIG, EFAULT, EINVAL, ENAMETOOLONG, ENOENT } from '@synos/abi';
import { describe, expect, test } from 'vitest';
import { copyInPath, copyInString, copyInStrings, PATH_MAX, stringsBytes } from '../src/index.js';
import { ascii, FakeMemory, textOf } from './fake-process.js';

const end = 0x1000 + 4096;

describe('strings', () => {
  test('bytes up to the zero, which may be the last byte that is mapped', () => {
    const memory = new FakeMemory();
    expect(textOf(copyInString(memory, memory.put(0x1010, 'name\0rest'), 100))).toBe('name');
    expect(textOf(copyInString(memory, memory.put(end - 5, 'last\0'), 100))).toBe('last');
    expect(copyInString(memory, memory.put(end - 4, 'last'), 100)).toBe(-EFAULT);
    expect(copyInString(memory, end, 100)).toBe(-EFAULT);
    expect(copyInString(memory, -5, 100)).toBe(-EFAULT);
  });

  test('the zero counts: as many bytes as may be, one more is too long', () => {
    const memory = new FakeMemory();
    memory.put(0x1003, 'abcd\0');
    expect(textOf(copyInString(memory, 0x1003, 5))).toBe('abcd');
    expect(copyInString(memory, 0x1003, 4)).toBe(-ENAMETOOLONG);
    expect(copyInString(memory, 0x1003, 4, EINVAL)).toBe(-EINVAL);
  });

  test('what is too long is too long although the memory ends behind it', () => {
    const memory = new FakeMemory();
    expect(copyInString(memory, memory.put(end - 8, 'abcdefgh'), 8)).toBe(-ENAMETOOLONG);
    expect(copyInString(memory, end - 8, 9)).toBe(-EFAULT);
  });

  test('no look reaches into a page that the string does not', () => {
    const memory = new FakeMemory(8192);
    const looks: number[] = [];
    const copyIn = memory.copyIn.bind(memory);
    memory.copyIn = (address, into, offset, length) => {
      looks.push(address + (length ?? 0));
      return copyIn(address, into, offset, length);
    };
    copyInString(memory, memory.put(0x1ff0, 'short\0'), 4096);
    expect(Math.max(...looks)).toBeLessThanOrEqual(0x2000);
  });

  property.prop([fc.nat(4000), fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 1, max: 1300 })])(
    'as a look at each byte in turn',
    (at, length, max) => {
      const memory = new FakeMemory();
      memory.bytes.fill(0x61);
      memory.bytes[at + length] = 0;
      let expected = -ENAMETOOLONG;
      for (let index = 0; index < max; index++) {
        if (at + index >= 4096) {
          expected = -EFAULT;
          break;
        }
        if (memory.bytes[at + index] === 0) {
          expected = index;
          break;
        }
      }
      const got = copyInString(memory, 0x1000 + at, max);
      expect(typeof got === 'number' ? got : got.length).toBe(expected);
    },
  );

  test('path_resolution(7): empty is ENOENT, 4,096 bytes with the zero are allowed', () => {
    const memory = new FakeMemory(8192);
    expect(copyInPath(memory, 0x1000)).toBe(-ENOENT);
    memory.bytes.fill(0x61, 0, PATH_MAX - 1);
    expect(textOf(copyInPath(memory, 0x1000))).toHaveLength(PATH_MAX - 1);
    memory.bytes[PATH_MAX - 1] = 0x61;
    expect(copyInPath(memory, 0x1000)).toBe(-ENAMETOOLONG);
  });
});

describe('execve(2): arrays of strings', () => {
  const withArray = (...pointers: number[]) => {
    const memory = new FakeMemory();
    for (const [index, pointer] of pointers.entries()) memory.view.setBigInt64(8 * index, BigInt(pointer), true);
    memory.put(0x1800, 'one\0');
    memory.put(0x1810, 'three\0');
    return memory;
  };
  const texts = (strings: Uint8Array[] | number) => (typeof strings === 'number' ? strings : strings.map(textOf));

  test('up to the null pointer', () => {
    expect(texts(copyInStrings(withArray(0x1800, 0x1810, 0), 0x1000))).toEqual(['one', 'three']);
    expect(copyInStrings(withArray(0), 0x1000)).toEqual([]);
    expect(copyInStrings(withArray(), 0)).toEqual([]);
  });

  test('a bad string, a bad array, one that does not end', () => {
    expect(copyInStrings(withArray(0x1800, 5, 0), 0x1000)).toBe(-EFAULT);
    expect(copyInStrings(withArray(0x1800, -4096, 0), 0x1000)).toBe(-EFAULT);
    expect(copyInStrings(withArray(), 5)).toBe(-EFAULT);
    const memory = withArray();
    memory.view.setBigInt64(4088, 0x1800n, true);
    expect(copyInStrings(memory, 0x1000 + 4088)).toBe(-EFAULT);
  });

  test('E2BIG: one string, or all with their zeros and pointers', () => {
    const memory = withArray(0x1800, 0x1810, 0);
    expect(copyInStrings(memory, 0x1000, { stringBytes: 5 })).toBe(-E2BIG);
    expect(texts(copyInStrings(memory, 0x1000, { stringBytes: 6 }))).toEqual(['one', 'three']);
    expect(stringsBytes([ascii('one'), ascii('three')])).toBe(26);
    expect(texts(copyInStrings(memory, 0x1000, { totalBytes: 26 }))).toEqual(['one', 'three']);
    expect(copyInStrings(memory, 0x1000, { totalBytes: 25 })).toBe(-E2BIG);
    expect(copyInStrings(memory, 0x1000, { totalBytes: 0 })).toBe(-E2BIG);
  });
});
