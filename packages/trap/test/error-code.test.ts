import { expect, test } from 'vitest';
import {
  combine,
  describeErrorCode,
  type FaultClass,
  faultClass,
  gateErrorCode,
  readPageFaultError,
  readSelectorError,
  selectorErrorCode,
} from '../src/index.js';

test('SDM vol. 3, figure 4-12: the bits of a page fault, each alone and all combinations', () => {
  const names = ['present', 'write', 'user', 'reservedBit', 'fetch', 'protectionKey', 'shadowStack'] as const;
  for (let code = 0; code < 256; code++) {
    const error = readPageFaultError(code);
    names.forEach((name, bit) => {
      expect(error[name]).toBe(Math.floor(code / 2 ** bit) % 2 === 1);
    });
  }
});

test('SDM vol. 3, figure 6-7: all selector error codes', () => {
  for (let code = 0; code < 0x1_0000; code++) {
    const { external, table, index } = readSelectorError(code);
    const wanted = code % 4 >= 2 ? 'idt' : code % 8 >= 4 ? 'ldt' : 'gdt';
    if (external !== (code % 2 === 1) || table !== wanted || index !== Math.floor(code / 8)) expect(code).toBe(-1);
  }
});

test('error codes name selectors without their RPL, and gates by vector', () => {
  expect(selectorErrorCode(0x2b, false)).toBe(0x28);
  expect(selectorErrorCode(0x2f, true)).toBe(0x2d);
  expect(gateErrorCode(0x20, false)).toBe(0x102);
  expect(gateErrorCode(0xff, true)).toBe(0x7fb);
});

test('error codes in words, whatever the vector and the code', () => {
  expect(describeErrorCode(14, 0x11)).toBe('supervisor fetch: not allowed');
  expect(describeErrorCode(14, 0x0d)).toBe('user read: a reserved bit in a table');
  expect(describeErrorCode(14, 0x67)).toBe('user write: not allowed, protection key, shadow stack');
  expect(describeErrorCode(13, 0)).toBe('no selector');
  expect(describeErrorCode(13, 1)).toBe('no selector, while an event was delivered');
  expect(describeErrorCode(11, 0x403)).toBe('gate 0x80, while an event was delivered');
  expect(describeErrorCode(10, 0x28)).toBe('GDT selector 0x28');
  expect(describeErrorCode(12, 0x0c)).toBe('LDT selector 0x8');
  expect(describeErrorCode(8, 0)).toBe('error code 0x0');
  expect(describeErrorCode(-7, -1)).toBe('error code 0xffffffff');
});

test('SDM vol. 3, table 6-4: classes of exceptions', () => {
  const contributory = [0, 10, 11, 12, 13, 21];
  for (let vector = 0; vector < 256; vector++) {
    const wanted = contributory.includes(vector)
      ? 'contributory'
      : vector === 14 || vector === 20
        ? 'page-fault'
        : vector === 8
          ? 'double-fault'
          : 'benign';
    expect(faultClass(vector)).toBe(wanted);
  }
});

test('SDM vol. 3, table 6-5: what comes of two events', () => {
  const order: readonly FaultClass[] = ['benign', 'contributory', 'page-fault', 'double-fault'];
  // Rows: the first. A double fault is never the second of two but by a table like this.
  const rows = ['s s s s', 's d s d', 's d d d', 's t t t'];
  rows.forEach((row, first) => {
    row.split(' ').forEach((letter, second) => {
      expect(combine(order[first]!, order[second]!)[0]).toBe(letter);
    });
  });
});
