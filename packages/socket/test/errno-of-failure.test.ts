import { errno, errnoName } from '@synos/abi';
import { type FailureName, failure } from '@synos/interfaces';
import { errnoOfFailure, PENDING } from '@synos/socket';
import { expect, test } from 'vitest';

test.each(Object.keys(failure) as FailureName[])('%s has an errno', (name) => {
  const result = errnoOfFailure(failure[name]);
  expect(errnoName(-result)).toMatch(/^E[A-Z]+$/);
});

test('counts pass, what is no failure is EIO, PENDING is no errno', () => {
  expect([0, 1, 70_000].map(errnoOfFailure)).toEqual([0, 1, 70_000]);
  expect(errnoOfFailure(-999)).toBe(-errno.EIO);
  expect(PENDING).toBeLessThan(-4095);
});
