import type { CongestionControl, CongestionControlFactory, CongestionSnapshot } from '@synos/interfaces';

/**
 * No congestion control: a window that never changes. For tests, and for links that lose nothing.
 *
 * @param windowBytes - how many bytes may be in flight, 1 or more
 * @example
 * ```ts
 * const factory = createTcp({ congestionControl: fixedWindow(65_536) });
 * ```
 */
export function fixedWindow(windowBytes: number): CongestionControlFactory {
  return () => new FixedWindow(windowBytes);
}

class FixedWindow implements CongestionControl {
  readonly name: string;
  windowBytes: number;
  readonly slowStartThresholdBytes: number;
  readonly pacingBytesPerMs: number;

  constructor(windowBytes: number) {
    this.name = 'fixedWindow';
    this.windowBytes = windowBytes;
    this.slowStartThresholdBytes = windowBytes;
    this.pacingBytesPerMs = 0;
  }

  segmentBytesChanged(): void {}
  acknowledged(): void {}
  lossDetected(): void {}
  duplicateAcknowledged(): void {}
  partiallyAcknowledged(): void {}
  recovered(): void {}
  timedOut(): void {}
  idleRestart(): void {}

  snapshot(): CongestionSnapshot {
    return { windowBytes: this.windowBytes };
  }

  restore(snapshot: CongestionSnapshot): void {
    this.windowBytes = snapshot.windowBytes!;
  }
}
