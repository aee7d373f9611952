import {
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  SO_BROADCAST,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  SOL_UDP,
  TCP_CORK,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
  UDP_CORK,
} from '@synos/abi';
import type { TransportOption } from '@synos/interfaces';

/** How an int of a program becomes an endpoint's value. */
export type OptionRule =
  /** Not 0 = 1. */
  | 'flag'
  /** Within `low` and `high`, else EINVAL; `unset` (where given) stands for the default. */
  | 'range'
  /** The same in seconds; endpoints have milliseconds. */
  | 'seconds'
  /** SO_RCVBUF and SO_SNDBUF: cut to the limits, answered doubled. */
  | 'buffer'
  /** The traffic class. */
  | 'tos';

/**
 * An option of a program: how a program says it, what the endpoint calls it (`null`: the socket keeps the flag), its rule
 * and the rule's range; `unset` is a value outside the range that means "the default", and becomes `standard`.
 */
export type OptionEntry = readonly [
  level: number,
  name: number,
  option: TransportOption | null,
  rule: OptionRule,
  low?: number,
  high?: number,
  unset?: number,
  standard?: number,
];

// net.core.rmem_max and wmem_max have their counterpart in the largest ring.
const largestBufferBytes = 0x40_0000;
// Half of SOCK_MIN_RCVBUF and SOCK_MIN_SNDBUF (include/net/sock.h: TCP_SKB_MIN_TRUESIZE is 2,304).
const smallestReceiveBufferBytes = 1152;
const smallestSendBufferBytes = 2304;
// include/net/tcp.h: TCP_MIN_MSS, MAX_TCP_WINDOW, MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
const minMss = 88;
const maxTcpWindow = 32767;
const maxKeepSeconds = 32767;
const maxKeepCount = 127;
const defaultTtl = 64;
const maxInt = 0x7fffffff;

/** All of them. The index is the bit in `touched` and `kept` of `RareOptions`. */
export const transportOptions: readonly OptionEntry[] = [
  [SOL_IP, IP_PKTINFO, null, 'flag'],
  [SOL_IP, IP_RECVTTL, null, 'flag'],
  [SOL_IP, IP_RECVTOS, null, 'flag'],
  [SOL_SOCKET, SO_REUSEADDR, 'reuseAddress', 'flag'],
  [SOL_SOCKET, SO_REUSEPORT, 'reusePort', 'flag'],
  [SOL_SOCKET, SO_KEEPALIVE, 'keepAlive', 'flag'],
  [SOL_SOCKET, SO_BROADCAST, 'broadcast', 'flag'],
  [SOL_SOCKET, SO_RCVBUF, 'receiveBufferBytes', 'buffer', smallestReceiveBufferBytes, largestBufferBytes],
  [SOL_SOCKET, SO_SNDBUF, 'sendBufferBytes', 'buffer', smallestSendBufferBytes, largestBufferBytes],
  [SOL_IP, IP_TTL, 'ttl', 'range', 1, 255, -1, defaultTtl],
  [SOL_IP, IP_TOS, 'tos', 'tos'],
  [SOL_IPV6, IPV6_UNICAST_HOPS, 'ttl', 'range', 1, 255, -1, defaultTtl],
  [SOL_IPV6, IPV6_TCLASS, 'tos', 'range', 0, 255, -1, 0],
  [SOL_TCP, TCP_NODELAY, 'noDelay', 'flag'],
  [SOL_TCP, TCP_CORK, 'cork', 'flag'],
  [SOL_TCP, TCP_MAXSEG, 'maximumSegmentBytes', 'range', minMss, maxTcpWindow, 0, 0],
  [SOL_TCP, TCP_KEEPIDLE, 'keepAliveIdleMs', 'seconds', 1, maxKeepSeconds],
  [SOL_TCP, TCP_KEEPINTVL, 'keepAliveIntervalMs', 'seconds', 1, maxKeepSeconds],
  [SOL_TCP, TCP_KEEPCNT, 'keepAliveCount', 'range', 1, maxKeepCount],
  [SOL_TCP, TCP_USER_TIMEOUT, 'userTimeoutMs', 'range', 0, maxInt],
  [SOL_UDP, UDP_CORK, 'cork', 'flag'],
];

/** Whether a flag that the socket keeps is on. */
export function keepsFlag(kept: number, level: number, name: number): boolean {
  return ((kept >> transportOptionIndex(level, name)) & 1) !== 0;
}

/** Where an option stands in {@link transportOptions}, -1 if it does not. */
export function transportOptionIndex(level: number, name: number): number {
  return transportOptions.findIndex((entry) => entry[0] === level && entry[1] === name);
}
