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
  /**
   * Flags that no endpoint has; bits as in `touched`. SO_KEEPALIVE on datagrams, SO_BROADCAST on streams: remembered, as
   * Linux does, without effect. And which control messages recvmsg gives.
   */
  kept: number;
  /** SO_BINDTODEVICE: the name that was given, empty for none. */
  device: string;
}

/** All as they are before anybody sets them. Shared and never written to: a socket that sets one takes a copy first. */
export const unsetRareOptions: RareOptions = {
  lingerMs: -1,
  receiveTimeoutMs: Number.POSITIVE_INFINITY,
  sendTimeoutMs: Number.POSITIVE_INFINITY,
  touched: 0,
  mtuDiscover: -1,
  kept: 0,
  device: '',
};
