import { createSeededEntropy } from '@synos/compliance';
import { secretHash } from '@synos/interfaces';
import { ipv4 } from '@synos/wire';
import { expect, test } from 'vitest';

const local = ipv4(10, 0, 0, 1);
const remote = ipv4(10, 0, 0, 2);

test('every part of the flow counts, and so does the key', () => {
  const hash = secretHash(createSeededEntropy(1), 1, 3);
  const other = secretHash(createSeededEntropy(2), 1, 3);
  const wide = { ...remote, w0: 1 };
  const wider = { ...remote, w1: 1 };
  const values = [
    hash.ofFlow(local, 1, remote, 2, 0),
    hash.ofFlow(local, 2, remote, 2, 0),
    hash.ofFlow(local, 1, remote, 3, 0),
    hash.ofFlow(remote, 1, remote, 2, 0),
    hash.ofFlow(local, 1, local, 2, 0),
    hash.ofFlow(local, 1, wide, 2, 0),
    hash.ofFlow(local, 1, wider, 2, 0),
    other.ofFlow(local, 1, remote, 2, 0),
  ];
  expect(new Set(values).size).toBe(values.length);
  expect(hash.ofFlow(local, 1, remote, 2, 0)).toBe(values[0]);
});

test('the lowest bits spread: 60,000 ports crowd no place of a table', () => {
  const hash = secretHash(createSeededEntropy(3), 1, 3);
  const places = new Array<number>(1024).fill(0);
  for (let port = 1; port <= 60_000; port += 1) places[hash.ofFlow(local, 53, remote, port, 0) & 1023]! += 1;
  // 58.6 on average; a Poisson distribution reaches 110 about once in 10^8 tables.
  expect(Math.max(...places)).toBeLessThan(110);
});
