import { failure } from '@synos/interfaces';
import type { TcpTargetError } from './tcp-target.js';

const errors: ReadonlyMap<number, TcpTargetError> = /* @__PURE__ */ new Map<number, TcpTargetError>([
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

/** A failure of the contracts in the words of a target; what has none is `invalid`. */
export function tcpTargetErrorOf(result: number): TcpTargetError {
  return errors.get(result) ?? 'invalid';
}
