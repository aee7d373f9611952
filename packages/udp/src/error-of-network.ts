import { type Failure, failure, type NetworkErrorKind } from '@synos/interfaces';

/**
 * What an endpoint is told of an error about one of its datagrams (RFC 1122 §4.1.3.3: all of them reach the user). The
 * failures are those that Linux's icmp_err_convert chooses.
 */
const failures: Readonly<Record<NetworkErrorKind, Failure>> = {
  'network-unreachable': failure.networkUnreachable,
  'host-unreachable': failure.hostUnreachable,
  'protocol-unreachable': failure.protocolUnreachable,
  'port-unreachable': failure.connectionRefused,
  prohibited: failure.hostUnreachable,
  'packet-too-big': failure.messageTooLong,
  'time-exceeded': failure.hostUnreachable,
  'parameter-problem': failure.protocolUnreachable,
  'neighbour-unreachable': failure.hostUnreachable,
};

/** The failure that an error of the network becomes. */
export function failureOfNetworkError(kind: NetworkErrorKind): Failure {
  return failures[kind];
}
