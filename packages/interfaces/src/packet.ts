import type { ByteMemory } from './memory.js';

/** Where the transport checksum of a packet stands. */
export const checksumState = {
  /** Nothing is known: on receive somebody must verify it, on transmit it is complete. */
  none: 0,
  /**
   * To be filled: the field at `checksumStart + checksumOffset` holds the folded, not inverted pseudo-header sum; the
   * sum over `checksumStart` to `end`, inverted, goes there.
   */
  partial: 1,
  /** Vouched for by the device (or complete and known good): nobody needs to look. */
  verified: 2,
} as const;
/** One of {@link checksumState}. */
export type ChecksumState = (typeof checksumState)[keyof typeof checksumState];

/**
 * A pooled packet: a slot of a pool's memory and the marks that travel with it. Whoever holds it owns it: hand it on
 * or {@link PacketPool.release} it, once. The bytes are `memory.bytes[start..end)`.
 *
 * Slots are laid out so that, when `start` is where {@link PacketPool.take} left it, IP and transport headers
 * written in front of it and the payload itself lie on 4-byte boundaries (an Ethernet header of 14 bytes ends on
 * one).
 */
export interface Packet {
  readonly pool: PacketPool;
  readonly memory: ByteMemory;
  /** First byte that belongs to the slot; `start` never goes below. */
  readonly slotStart: number;
  /** One past the last byte of the slot; `end` never goes beyond. */
  readonly slotEnd: number;
  /** First valid byte. Moves down as headers are written in front, up as they are parsed. */
  start: number;
  /** One past the last valid byte. */
  end: number;
  /** Where the network header begins, kept for ICMP errors that quote it; -1 when not known. */
  networkStart: number;
  checksum: ChecksumState;
  /** With `checksum: partial`: where the sum begins (the transport header). */
  checksumStart: number;
  /** With `checksum: partial`: the field's distance from `checksumStart`. */
  checksumOffset: number;
  /** Payload bytes per segment when this is a super-segment that something below must cut, else 0. */
  segmentBytes: number;
}

/** Bytes kept free in front of `start` by {@link PacketPool.take}: link, network and transport headers with options. */
export const headroomBytes = 192;

/** A bounded set of packets on memory that its creator gave. */
export interface PacketPool {
  /**
   * A packet with `start = end = slotStart + headroomBytes`, room for `payloadBytes` after it, all marks cleared, or
   * `null` when there is none.
   *
   * @param payloadBytes - 0 to 65,536; up to about 1,800 comes from the small slots
   * @param urgent - may use the reserve that is kept for acknowledgements and resets
   */
  take(payloadBytes: number, urgent: boolean): Packet | null;
  /** Returns a packet to its slot. Twice is a bug and asserts. */
  release(packet: Packet): void;
  /** Packets that are out. */
  readonly used: number;
  /** All packets there are. */
  readonly capacity: number;
}
