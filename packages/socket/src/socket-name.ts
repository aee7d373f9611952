import { AF_INET, AF_INET6, AF_UNSPEC, EAFNOSUPPORT, EINVAL } from '@synos/abi';
import { isIpv4Mapped, isUnspecified, type SocketAddress } from '@synos/interfaces';

/**
 * A `sockaddr` as a value. IPv4 addresses are in their mapped form `::ffff:a.b.c.d`.
 */
export interface SocketName extends SocketAddress {
  /** `AF_INET`, `AF_INET6` or `AF_UNSPEC`; the socket's own family when it is left out. */
  readonly family?: number;
}

/**
 * Whether a name fits a socket's family.
 *
 * @returns 0, `-EAFNOSUPPORT`, or `-EINVAL` for what no sockaddr could hold
 */
export function checkName(domain: number, name: SocketName): number {
  if (!(name.port >= 0 && name.port <= 65535)) return -EINVAL;
  const family = name.family ?? domain;
  if (domain === AF_INET) {
    if (family !== AF_INET || !isIpv4Mapped(name.address)) return -EAFNOSUPPORT;
  } else if (domain === AF_INET6) {
    if (family === AF_INET ? !isIpv4Mapped(name.address) : family !== AF_INET6) return -EAFNOSUPPORT;
  } else if (family !== domain) {
    return -EINVAL;
  }
  return 0;
}

/**
 * The same for bind, and for connect on a stream, where Linux finds a `sockaddr_in` too short on an AF_INET6 socket
 * (inet6_bind, tcp_v6_connect). inet_bind lets AF_UNSPEC pass with an unspecified address: programs of old left the
 * family at zero.
 */
export function checkFullName(domain: number, name: SocketName): number {
  if (domain === AF_INET && name.family === AF_UNSPEC && isUnspecified(name.address)) return 0;
  if (domain === AF_INET6 && name.family === AF_INET) return -EINVAL;
  return checkName(domain, name);
}
