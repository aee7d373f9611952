import { errno, errnoName } from '@synos/abi';
import { type FailureName, failure } from '@synos/interfaces';
import { errnoOfFailure, PENDING } from '@synos/socket';
import { expect, test } from 'vitest';

const errnoNames: Record<FailureName, string> = {
  wouldBlock: 'EAGAIN',
  pending: 'EINPROGRESS',
  inProgress: 'EINPROGRESS',
  alreadyInProgress: 'EALREADY',
  addressInUse: 'EADDRINUSE',
  addressNotAvailable: 'EADDRNOTAVAIL',
  alreadyConnected: 'EISCONN',
  notConnected: 'ENOTCONN',
  connectionRefused: 'ECONNREFUSED',
  connectionReset: 'ECONNRESET',
  connectionAborted: 'ECONNABORTED',
  timedOut: 'ETIMEDOUT',
  networkUnreachable: 'ENETUNREACH',
  hostUnreachable: 'EHOSTUNREACH',
  networkDown: 'ENETDOWN',
  protocolUnreachable: 'ENOPROTOOPT',
  brokenPipe: 'EPIPE',
  noBuffers: 'ENOBUFS',
  messageTooLong: 'EMSGSIZE',
  invalid: 'EINVAL',
  notSupported: 'EOPNOTSUPP',
  destinationRequired: 'EDESTADDRREQ',
  accessDenied: 'EACCES',
  closed: 'EBADF',
  noSuchOption: 'ENOPROTOOPT',
  noSuchDevice: 'ENODEV',
};

test.each(Object.keys(failure) as FailureName[])('%s has an errno', (name) => {
  expect(errnoName(-errnoOfFailure(failure[name]))).toBe(errnoNames[name]);
});

test('counts pass, what is no failure is EIO, PENDING is no errno', () => {
  expect([0, 1, 70_000].map(errnoOfFailure)).toEqual([0, 1, 70_000]);
  expect(errnoOfFailure(-999)).toBe(-errno.EIO);
  expect(PENDING).toBeLessThan(-4095);
});
