import { test } from 'vitest';
import { createLifter } from '../src/cpu/lift/lift.js';

test('x', () => {
  const lift = createLifter();
  for (const hex of [
    '01d8',
    '488b4308',
    '833d0000000001',
    '50',
    '58',
    'e800000000',
    'c3',
    '0fb603',
    'f30fb8c0',
    '41ff14c4',
    '480fc70f',
    '48b81122334455667788',
    'c8100002',
    '66900f',
  ]) {
    const b = Uint8Array.from(hex.match(/../g)!.map((h) => parseInt(h, 16)));
    console.log(hex, JSON.stringify(lift(b, 0, b.length, 0x401000)));
  }
});
