import type { TcpTargetError } from '@synos/compliance';
import { failure } from '@synos/interfaces';

const errors = new Map<number, TcpTargetError>([
  [failure.wouldBlock, 'would-block'],
  [failure.notConnected, 'not-connected'],
  [failure.brokenPipe, 'closing'],
  [failure.closed, 'closed'],
  [failure.connectionRefused, 'refused'],
  [failure.connectionReset, 'reset'],
  [failure.connectionAborted, 'aborted'],
  [failure.timedOut, 'timed-out'],
  [failure.networkUnreachable, 'unreachable'],
  [failure.hostUnreachable, 'unreachable'],
  [failure.protocolUnreachable, 'unreachable'],
  [failure.addressInUse, 'in-use'],
  [failure.addressNotAvailable, 'in-use'],
  [failure.noBuffers, 'no-resources'],
]);

/** A failure in the words of the target. */
export function errorOf(result: number): TcpTargetError {
  return errors.get(result) ?? 'invalid';
}
