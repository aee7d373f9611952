/**
 * What every device of this package counts. A frame given to `transmit` is counted under exactly one `tx…` name, a
 * frame that reaches a device's receiving side under exactly one `rx…` name.
 */
export type DeviceCounters = {
  /** Frames taken and sent on. */
  txPackets: number;
  txBytes: number;
  /** Frames put into the receive queue. */
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
  /** Dropped: longer than the MTU (or, as a super-segment, than the device takes). */
  txTooLong: number;
  /** Dropped: the checksum was left to a device that fills none. */
  txPartialChecksum: number;
  /** Dropped on arrival: shorter than a link header. */
  rxTooShort: number;
  /** Dropped on arrival: longer than the receiver's MTU. */
  rxTooLong: number;
  /** Dropped on arrival: the receiver's link was down or its device closed. */
  rxLinkDown: number;
  /** Dropped on arrival: the receiver's pool had no packet for the copy. */
  rxNoPacket: number;
  /** Dropped on arrival: the receive queue was full. */
  rxQueueFull: number;
  /** Received frames that nobody had taken when the device was closed. */
  rxClosed: number;
};

/** All zero. */
export function createDeviceCounters(): DeviceCounters {
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
    rxTooShort: 0,
    rxTooLong: 0,
    rxLinkDown: 0,
    rxNoPacket: 0,
    rxQueueFull: 0,
    rxClosed: 0,
  };
}
