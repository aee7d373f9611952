import { IP_PKTINFO, IP_RECVTOS, IP_RECVTTL } from '@synos/abi';

/** What few sockets ever set: apart, so that an ordinary socket is small. */
export interface RareOptions {
  /** SO_LINGER: milliseconds that a close waits, -1 when off. */
  lingerMs: number;
  /** SO_RCVTIMEO, `Infinity` when none. */
  receiveTimeoutMs: number;
  /** SO_SNDTIMEO, `Infinity` when none. */
  sendTimeoutMs: number;
  /** Bit per entry of `transportOptions` that setsockopt has touched: what accepted and reopened sockets take over. */
  touched: number;
  /** IP_MTU_DISCOVER as it was set, -1 when it was not: endpoints know yes and no alone. */
  mtuDiscover: number;
  /** SO_KEEPALIVE on datagrams, SO_BROADCAST on streams: remembered, as Linux does, without effect. Bits as in `touched`. */
  inert: number;
  /** SO_BINDTODEVICE: the name that was given, empty for none. */
  device: string;
  /** Which control messages recvmsg gives: bits of {@link receivesBit}. */
  receives: number;
}

/** All as they are before anybody sets them. Shared and never written to: a socket that sets one takes a copy first. */
export const unsetRareOptions: RareOptions = {
  lingerMs: -1,
  receiveTimeoutMs: Number.POSITIVE_INFINITY,
  sendTimeoutMs: Number.POSITIVE_INFINITY,
  touched: 0,
  mtuDiscover: -1,
  inert: 0,
  device: '',
  receives: 0,
};

/** The bit in `receives` of an option at SOL_IP that asks for control messages, 0 for others. */
export function receivesBit(name: number): number {
  return name === IP_PKTINFO ? 1 : name === IP_RECVTTL ? 2 : name === IP_RECVTOS ? 4 : 0;
}
