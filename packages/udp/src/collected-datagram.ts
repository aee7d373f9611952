import type { Block, SocketAddress } from '@synos/interfaces';

/** A datagram in the making: what sends with `transfer.more`, or between cork and uncork, have given so far. */
export interface CollectedDatagram {
  /** Has room for the longest: it lives for a few sends only. */
  readonly block: Block;
  /** Bytes so far. */
  length: number;
  /** Where it goes; `null` = the peer. The first part decides. */
  readonly to: SocketAddress | null;
}
