import {
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

/** An option of a program that an endpoint keeps. */
export interface OptionEntry {
  readonly level: number;
  readonly name: number;
  readonly option: TransportOption;
  readonly rule: OptionRule;
  readonly low: number;
  readonly high: number;
  /** A value outside the range that means "the default", and what it becomes. */
  readonly unset?: { readonly value: number; readonly becomes: number };
}

// net.core.rmem_max and wmem_max have their counterpart in the largest ring.
const largestBufferBytes = 4 * 1024 * 1024;
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

/** All of them. The index is the bit in `RareOptions.touched`. */
export const transportOptions: readonly OptionEntry[] = [
  { level: SOL_SOCKET, name: SO_REUSEADDR, option: 'reuseAddress', rule: 'flag', low: 0, high: 1 },
  { level: SOL_SOCKET, name: SO_REUSEPORT, option: 'reusePort', rule: 'flag', low: 0, high: 1 },
  { level: SOL_SOCKET, name: SO_KEEPALIVE, option: 'keepAlive', rule: 'flag', low: 0, high: 1 },
  { level: SOL_SOCKET, name: SO_BROADCAST, option: 'broadcast', rule: 'flag', low: 0, high: 1 },
  {
    level: SOL_SOCKET,
    name: SO_RCVBUF,
    option: 'receiveBufferBytes',
    rule: 'buffer',
    low: smallestReceiveBufferBytes,
    high: largestBufferBytes,
  },
  {
    level: SOL_SOCKET,
    name: SO_SNDBUF,
    option: 'sendBufferBytes',
    rule: 'buffer',
    low: smallestSendBufferBytes,
    high: largestBufferBytes,
  },
  {
    level: SOL_IP,
    name: IP_TTL,
    option: 'ttl',
    rule: 'range',
    low: 1,
    high: 255,
    unset: { value: -1, becomes: defaultTtl },
  },
  { level: SOL_IP, name: IP_TOS, option: 'tos', rule: 'tos', low: 0, high: 255 },
  {
    level: SOL_IPV6,
    name: IPV6_UNICAST_HOPS,
    option: 'ttl',
    rule: 'range',
    low: 1,
    high: 255,
    unset: { value: -1, becomes: defaultTtl },
  },
  {
    level: SOL_IPV6,
    name: IPV6_TCLASS,
    option: 'tos',
    rule: 'range',
    low: 0,
    high: 255,
    unset: { value: -1, becomes: 0 },
  },
  { level: SOL_TCP, name: TCP_NODELAY, option: 'noDelay', rule: 'flag', low: 0, high: 1 },
  { level: SOL_TCP, name: TCP_CORK, option: 'cork', rule: 'flag', low: 0, high: 1 },
  {
    level: SOL_TCP,
    name: TCP_MAXSEG,
    option: 'maximumSegmentBytes',
    rule: 'range',
    low: minMss,
    high: maxTcpWindow,
    unset: { value: 0, becomes: 0 },
  },
  { level: SOL_TCP, name: TCP_KEEPIDLE, option: 'keepAliveIdleMs', rule: 'seconds', low: 1, high: maxKeepSeconds },
  { level: SOL_TCP, name: TCP_KEEPINTVL, option: 'keepAliveIntervalMs', rule: 'seconds', low: 1, high: maxKeepSeconds },
  { level: SOL_TCP, name: TCP_KEEPCNT, option: 'keepAliveCount', rule: 'range', low: 1, high: maxKeepCount },
  { level: SOL_TCP, name: TCP_USER_TIMEOUT, option: 'userTimeoutMs', rule: 'range', low: 0, high: maxInt },
  { level: SOL_UDP, name: UDP_CORK, option: 'cork', rule: 'flag', low: 0, high: 1 },
];

/** Where an option stands in {@link transportOptions}, -1 if it does not. */
export function transportOptionIndex(level: number, name: number): number {
  for (let index = 0; index < transportOptions.length; index += 1) {
    const entry = transportOptions[index] as OptionEntry;
    if (entry.level === level && entry.name === name) return index;
  }
  return -1;
}
