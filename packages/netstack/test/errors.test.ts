import { errno, errnoName } from '@synos/abi';
import { failure } from '@synos/interfaces';
import { errnoOfFailure } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { networkError } from '../src/index.js';

describe('networkError', () => {
  test.each(Object.entries(failure))('has a name for what %s becomes', (_, code) => {
    const number = errnoOfFailure(code);
    expect(networkError(number, 'read').code).toBe(errnoName(number));
  });

  // What sockets answer without an endpoint's failure, and for a provider that breaks its contract.
  test.each(['EIO', 'EDOM', 'ENOTTY', 'EPROTONOSUPPORT', 'ESOCKTNOSUPPORT', 'EAFNOSUPPORT'] as const)(
    'has a name for %s',
    (name) => {
      expect(networkError(-errno[name], 'socket').code).toBe(name);
    },
  );

  test('numbers what no socket answers', () => {
    expect(networkError(-errno.EPROTO, 'read').code).toBe('E71');
  });
});
