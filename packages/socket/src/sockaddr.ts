import { AF_INET, AF_INET6, AF_UNSPEC, type SockaddrIn, type SockaddrIn6, type SockaddrUnspec } from '@synos/abi';
import { isIpv4Mapped, type SocketAddress } from '@synos/interfaces';
import type { SocketName } from './socket-name.js';

const any = { w0: 0, w1: 0, w2: 0, w3: 0 };

/**
 * What a `sockaddr` in a program's memory, as `readSockaddr` of `@synos/abi` reads it, is to a socket. Flow label and
 * scope are not kept.
 */
export function nameOfSockaddr(value: SockaddrIn | SockaddrIn6 | SockaddrUnspec): SocketName {
  if (value.family === AF_INET) {
    return { family: AF_INET, address: { w0: 0, w1: 0, w2: 0xffff, w3: value.address }, port: value.port };
  }
  if (value.family === AF_INET6) return { family: AF_INET6, address: value.address, port: value.port };
  return { family: AF_UNSPEC, address: any, port: 0 };
}

/**
 * The `sockaddr` that a socket of this domain shows for an address, for `writeSockaddr` of `@synos/abi`: what
 * getsockname, getpeername, accept and recvfrom tell.
 *
 * @param domain - AF_INET or AF_INET6; on AF_INET6 an IPv4 address stays in its mapped form
 */
export function sockaddrOfName(domain: number, { address, port }: SocketAddress): SockaddrIn | SockaddrIn6 {
  if (domain === AF_INET && isIpv4Mapped(address)) return { family: AF_INET, port, address: address.w3 };
  const { w0, w1, w2, w3 } = address;
  return { family: AF_INET6, port, flowinfo: 0, address: { w0, w1, w2, w3 }, scopeId: 0 };
}
