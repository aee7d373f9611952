import { type Failure, failure } from './failure.js';
import type { NetworkErrorKind } from './network-protocol.js';

/** The failure that an error of the network becomes: those that Linux's icmp_err_convert chooses. */
export function failureOfNetworkError(kind: NetworkErrorKind): Failure {
  switch (kind) {
    case 'network-unreachable':
      return failure.networkUnreachable;
    case 'protocol-unreachable':
    case 'parameter-problem':
      return failure.protocolUnreachable;
    case 'port-unreachable':
      return failure.connectionRefused;
    case 'packet-too-big':
      return failure.messageTooLong;
    default:
      return failure.hostUnreachable;
  }
}
