/**
 * What a TAP counts. A frame given to `transmit` is counted under exactly one `tx…` name, a frame that Linux sent under
 * exactly one `rx…` name.
 */
export type TapCounters = {
  /** Frames that Linux has taken. */
  txPackets: number;
  txBytes: number;
  /** Frames handed to the stack. */
  rxPackets: number;
  rxBytes: number;
  /** Answers of busy: nothing was dropped, the caller kept the frame. */
  txBusy: number;
  /** Dropped: the link was down, here or in Linux (`ip link set … down`), or the interface is gone. */
  txLinkDown: number;
  /** Dropped: the device was closed. */
  txClosed: number;
  /** Dropped: shorter than a link header. */
  txTooShort: number;
  /** Dropped: longer than the MTU (or, as a super-segment, than the device takes). */
  txTooLong: number;
  /** Dropped: the checksum was left to a device without offload. */
  txPartialChecksum: number;
  /** Dropped: Linux refused the frame. */
  txRefused: number;
  /** Dropped on arrival: shorter than a link header. */
  rxTooShort: number;
  /** Dropped on arrival: longer than the MTU, and no super-segment. */
  rxTooLong: number;
  /** Dropped on arrival: the link was down. */
  rxLinkDown: number;
  /** Dropped on arrival: the pool had no packet. */
  rxNoPacket: number;
  /** Dropped on arrival: the ring between the reading thread and the stack was full. */
  rxRingFull: number;
};

/** All zero. */
export function createTapCounters(): TapCounters {
  return {
    txPackets: 0,
    txBytes: 0,
    rxPackets: 0,
    rxBytes: 0,
    txBusy: 0,
    txLinkDown: 0,
    txClosed: 0,
    txTooShort: 0,
    txTooLong: 0,
    txPartialChecksum: 0,
    txRefused: 0,
    rxTooShort: 0,
    rxTooLong: 0,
    rxLinkDown: 0,
    rxNoPacket: 0,
    rxRingFull: 0,
  };
}
