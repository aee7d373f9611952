import type { Packet } from '@synos/interfaces';
import { ethernetType, etherType } from '@synos/wire';
import { linkHeaderBytes } from './frame.js';

/**
 * What happens to a frame.
 *
 * - `deliver`: nothing; chance leaves this frame alone
 * - `drop`: it is lost
 * - `duplicate`: a copy follows it
 * - `corrupt`: a burst of bits is flipped, at a place that follows from the ordinal
 * - `{ delayMs }`: it comes so much later than it would; later frames overtake it
 * - `{ atBit, pattern }`: the bits of `pattern` (1 to 0x7fff, highest first) are flipped from bit `atBit` of the IPv4
 *   packet on (modulo its length)
 */
export type FaultAction =
  | 'deliver'
  | 'drop'
  | 'duplicate'
  | 'corrupt'
  | { readonly delayMs: number }
  | { readonly atBit: number; readonly pattern: number };

/** A fault as plain data: what happens to the frame that is sent as the `ordinal`-th, counted from 0. */
export interface Fault {
  readonly ordinal: number;
  readonly action: FaultAction;
}

/** What was decided for one frame. Reused from frame to frame. */
export interface Fate {
  isLost: boolean;
  isDuplicated: boolean;
  /** Besides the link's own delay. */
  extraMs: number;
  /** Where a burst begins; -1 for none. */
  atBit: number;
  pattern: number;
}

/** A fate in which nothing happens. */
export function createFate(): Fate {
  return { isLost: false, isDuplicated: false, extraMs: 0, atBit: -1, pattern: 0 };
}

/** Back to nothing. */
export function clearFate(fate: Fate): void {
  fate.isLost = false;
  fate.isDuplicated = false;
  fate.extraMs = 0;
  fate.atBit = -1;
  fate.pattern = 0;
}

/** Lets a listed fault befall the frame. Several for one ordinal add up. */
export function applyFault(fate: Fate, fault: Fault): void {
  const action = fault.action;
  if (action === 'drop') fate.isLost = true;
  else if (action === 'duplicate') fate.isDuplicated = true;
  else if (action === 'corrupt') corruptSomewhere(fate, Math.imul(fault.ordinal + 1, 0x9e3779b1) >>> 0);
  else if (typeof action === 'object') {
    if ('delayMs' in action) fate.extraMs += action.delayMs;
    else {
      fate.atBit = action.atBit;
      fate.pattern = action.pattern;
    }
  }
}

/** Chooses a burst by 32 random bits. */
export function corruptSomewhere(fate: Fate, chance: number): void {
  fate.atBit = chance >>> 8;
  fate.pattern = burst(chance);
}

/**
 * A burst of 1 to 15 bits whose first and last bit are set. The internet checksum sees every burst of up to 15 bits
 * (RFC 1071 §1 and the arithmetic of ones' complement: 16 could turn 0x0000 into 0xffff, the same number).
 */
export function burst(chance: number): number {
  const bits = 1 + (chance % 15);
  const inside = (chance >>> 4) & ((1 << bits) - 1);
  return (1 << (bits - 1)) | inside | 1;
}

/** Flips bits inside the frame's IPv4 packet. False: the frame carries none and was left as it is. */
export function flipBits(packet: Packet, atBit: number, pattern: number): boolean {
  const { bytes, view } = packet.memory;
  const network = packet.start + linkHeaderBytes;
  if (packet.end - network < 20 || ethernetType(view, packet.start) !== etherType.ipv4) return false;
  const totalBytes = Math.min(view.getUint16(network + 2), packet.end - network);
  if (totalBytes < 20 || pattern === 0) return false;
  const burstBits = 32 - Math.clz32(pattern);
  const first = atBit % (totalBytes * 8 - burstBits + 1);
  for (let i = 0; i < burstBits; i++) {
    if (((pattern >>> (burstBits - 1 - i)) & 1) === 0) continue;
    const bit = first + i;
    const at = network + (bit >> 3);
    bytes[at] = (bytes[at] as number) ^ (0x80 >> (bit & 7));
  }
  return true;
}
