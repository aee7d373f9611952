import type { DeviceFeatures } from '@synos/interfaces';
import { longestFrameBytes } from './frame.js';

/** A device that does nothing by itself: checksums are filled and verified, segments cut, by the stack. */
export const plainFeatures: DeviceFeatures = {
  fillsChecksums: false,
  verifiesChecksums: false,
  superSegmentBytes: 0,
};

/**
 * A device between memory and memory, as virtual NICs are: it vouches for what it carries, so nobody sums, and takes
 * 64 KB at a time.
 */
export const vouchingFeatures: DeviceFeatures = {
  fillsChecksums: true,
  verifiesChecksums: true,
  superSegmentBytes: longestFrameBytes,
};

/** What both have: true where both are true, the smaller super-segment. */
export function commonFeatures(a: DeviceFeatures, b: DeviceFeatures): DeviceFeatures {
  return {
    fillsChecksums: a.fillsChecksums && b.fillsChecksums,
    verifiesChecksums: a.verifiesChecksums && b.verifiesChecksums,
    superSegmentBytes: Math.min(a.superSegmentBytes, b.superSegmentBytes),
  };
}
