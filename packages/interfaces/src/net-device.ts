import type { Packet } from './packet.js';

/** What a device does by itself. A decorator masks what it cannot keep up. */
export interface DeviceFeatures {
  /** Takes packets with `checksum: partial` and fills (or makes superfluous) the sum. */
  readonly fillsChecksums: boolean;
  /** Marks received packets `verified` where it vouches for them. */
  readonly verifiesChecksums: boolean;
  /** The longest super-segment frame it takes, in bytes with its link header; 0 when it takes none. */
  readonly superSegmentBytes: number;
}

/** Told by a device; implementations only take note (set a flag, ask for a poll) and call nothing back. */
export interface DeviceListener {
  /** `receive()` has gone from empty to not empty. */
  readable(): void;
  /** After a `transmit` that answered busy: there is room again. Once. */
  writable(): void;
  /** Link state, MTU, address or features changed, or the device was closed. */
  changed(): void;
}

/**
 * A network card: frames out, frames in, no interrupts and no re-entry. `transmit` returns before anything is
 * delivered anywhere; received frames wait in a bounded queue until `receive` takes them.
 */
export interface NetDevice {
  readonly name: string;
  /** The hardware address: 6 bytes for Ethernet. Not to be written to. */
  readonly address: Uint8Array<ArrayBuffer>;
  /** `ethernet`: frames with a 14-byte header (loopback devices too). */
  readonly medium: 'ethernet';
  /** Loops every frame back to its own sender; needs no neighbour resolution. */
  readonly isLoopback: boolean;
  /** Longest network packet in bytes, without the link header; 68 to 65,535. */
  readonly mtuBytes: number;
  readonly linkUp: boolean;
  readonly features: DeviceFeatures;
  /**
   * Sends a frame.
   *
   * @returns true: taken, the device owns the packet now. false: busy, the caller keeps it and `writable` follows.
   *   A device whose link is down takes and drops (and counts).
   */
  transmit(packet: Packet): boolean;
  /** The oldest received frame, now the caller's, or `null`. */
  receive(): Packet | null;
  /** Sets the one listener, or none. Frames that wait are announced at once. */
  listen(listener: DeviceListener | null): void;
  /** Lets time pass: delayed deliveries become receivable. */
  advance(nowMs: number): void;
  /** When `advance` is wanted next; `Infinity` if never. */
  nextDeadline(): number;
  /** Releases every packet inside and refuses further ones. Idempotent. */
  close(): void;
  /** Counted events by name: `txPackets`, `txBytes`, `rxPackets`, `rxBytes`, and a name per reason of a drop. */
  readonly counters: Readonly<Record<string, number>>;
}
