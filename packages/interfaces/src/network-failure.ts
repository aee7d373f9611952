import { type Failure, failure } from './failure.js';
import { type NetworkErrorKind, networkErrorKind } from './network-protocol.js';

/** The failure that an error of the network becomes: those that Linux's icmp_err_convert chooses. */
export function failureOfNetworkError(kind: NetworkErrorKind): Failure {
  switch (kind) {
    case networkErrorKind.networkUnreachable:
      return failure.networkUnreachable;
    case networkErrorKind.protocolUnreachable:
    case networkErrorKind.parameterProblem:
      return failure.protocolUnreachable;
    case networkErrorKind.portUnreachable:
      return failure.connectionRefused;
    case networkErrorKind.packetTooBig:
      return failure.messageTooLong;
    default:
      return failure.hostUnreachable;
  }
}
