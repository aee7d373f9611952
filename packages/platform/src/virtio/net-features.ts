import { ethernetHeaderBytes } from '@synos/wire';
import { netHeaderBytes } from './net-header.js';

// VIRTIO 1.2, §5.1.3 and §6.

/** Feature bits 0 to 31. */
export const netFeature = {
  csum: 1 << 0,
  guestCsum: 1 << 1,
  mtu: 1 << 3,
  mac: 1 << 5,
  guestTso4: 1 << 7,
  hostTso4: 1 << 11,
  hostEcn: 1 << 13,
  mergeableBuffers: 1 << 15,
  status: 1 << 16,
} as const;

/** Feature bit 32, as a bit of the upper half: the device is of virtio 1.x. */
export const version1 = 1 << 0;

/** The longest IPv4 packet with its link header. */
export const longestFrameBytes = ethernetHeaderBytes + 65_535;
/** Of a device that states none. */
export const ordinaryMtuBytes = 1500;

/** What this side can do. */
export interface Abilities {
  /** Bytes of a buffer that is posted, the header in front included. */
  readonly bufferBytes: number;
  /** How many of them are posted. */
  readonly buffers: number;
  /** Whether the pool has packets of 64 KB. */
  readonly hasLargePackets: boolean;
}

/** How many buffers must be posted before super-segments are asked for: nearly two of the longest. */
const buffersForSuperSegments = 64;

/**
 * Chooses among the features that a device offers, with what each needs (§5.1.3.1).
 *
 * @param offered - bits 0 to 31
 * @param deviceMtuBytes - what the device's configuration states, if it offers that
 */
export function chooseFeatures(offered: number, deviceMtuBytes: number, abilities: Abilities): number {
  const { bufferBytes, buffers, hasLargePackets } = abilities;
  let chosen = offered & (netFeature.csum | netFeature.guestCsum | netFeature.mac | netFeature.status);
  chosen |= offered & netFeature.mergeableBuffers;
  // Frames beyond one buffer come in several, and are brought together in a large packet.
  const canJoin = (chosen & netFeature.mergeableBuffers) !== 0 && hasLargePackets;
  if ((chosen & netFeature.csum) !== 0 && (offered & netFeature.hostTso4) !== 0) {
    chosen |= netFeature.hostTso4 | (offered & netFeature.hostEcn);
  }
  if ((chosen & netFeature.guestCsum) !== 0 && canJoin && buffers >= buffersForSuperSegments) {
    chosen |= offered & netFeature.guestTso4;
  }
  const frameBytes = netHeaderBytes + ethernetHeaderBytes + deviceMtuBytes;
  const canReceive = frameBytes <= bufferBytes || (canJoin && frameBytes <= bufferBytes * buffers);
  if (deviceMtuBytes >= 68 && deviceMtuBytes <= 65_535 && canReceive) chosen |= offered & netFeature.mtu;
  return chosen;
}
