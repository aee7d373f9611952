/** What a {@link VirtioNetDevice} counts. A frame given to `transmit` is counted under exactly one `tx…` name. */
export type VirtioNetCounters = {
  /** Frames given to the device. */
  txPackets: number;
  txBytes: number;
  /** Frames that `receive` answered. */
  rxPackets: number;
  rxBytes: number;
  /** Answers of busy: nothing was dropped, the caller kept the frame. */
  txBusy: number;
  /** Dropped: the link was down. */
  txLinkDown: number;
  /** Dropped: the device was closed. */
  txClosed: number;
  /** Dropped: shorter than a link header. */
  txTooShort: number;
  /** Dropped: longer than the MTU, or, as a super-segment, than the device takes. */
  txTooLong: number;
  /** Dropped: the checksum was left to a device that fills none. */
  txPartialChecksum: number;
  /** Dropped: it lay in another pool, and ours had no packet for the copy. */
  txNoPacket: number;
  /** Dropped: shorter than a link header, or with a header that nobody agreed on. */
  rxMalformed: number;
  /** Dropped: longer than the MTU. */
  rxTooLong: number;
  /** Dropped: spread over several buffers, and the pool had no packet to bring them together. */
  rxNoPacket: number;
  /** Received frames that nobody had taken when the device was closed. */
  rxClosed: number;
  /** How often the pool had no packet to be received into. It is asked again later. */
  rxPoolEmpty: number;
  /** Buffers that the device says it used, and does not have. */
  deviceFaults: number;
  /** 1 when the device had to be given up: it wants a reset, or counts used buffers that it cannot have. */
  deviceFailures: number;
};

/** All zero. */
export function createVirtioNetCounters(): VirtioNetCounters {
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
    txNoPacket: 0,
    rxMalformed: 0,
    rxTooLong: 0,
    rxNoPacket: 0,
    rxClosed: 0,
    rxPoolEmpty: 0,
    deviceFaults: 0,
    deviceFailures: 0,
  };
}
