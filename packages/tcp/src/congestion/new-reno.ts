import type { AckSample, CongestionControl, CongestionSnapshot } from '@synos/interfaces';
import { initialWindowBytes } from './control.js';

/** "Arbitrarily high" (RFC 5681 §3.1): slow start runs until something is lost. */
const highThresholdBytes = 0x3fff_ffff;

/**
 * Slow start, congestion avoidance, fast retransmit and fast recovery (RFC 5681) with NewReno's answer to partial
 * acknowledgements (RFC 6582) and an initial window of ten segments (RFC 6928).
 *
 * @example
 * ```ts
 * const control = newReno(1460);
 * control.windowBytes; // 14600
 * ```
 */
export function newReno(segmentBytes: number): CongestionControl {
  return new NewReno(segmentBytes);
}

class NewReno implements CongestionControl {
  windowBytes: number;
  slowStartThresholdBytes: number;
  private segmentBytes: number;
  /** Acknowledged bytes that have not enlarged the window yet (RFC 3465 §2.1). */
  private countedBytes: number;
  private recovering: boolean;

  constructor(segmentBytes: number) {
    this.windowBytes = initialWindowBytes(segmentBytes);
    this.slowStartThresholdBytes = highThresholdBytes;
    this.segmentBytes = segmentBytes;
    this.countedBytes = 0;
    this.recovering = false;
  }

  // The same for all: no word of each connection's memory.
  get name(): string {
    return 'newReno';
  }

  get pacingBytesPerMs(): number {
    return 0;
  }

  segmentBytesChanged(segmentBytes: number): void {
    // RFC 5681 §3.1: the window counts in segments, so it shrinks with them; it never grows by this.
    const untouched = this.windowBytes === initialWindowBytes(this.segmentBytes);
    if (untouched) this.windowBytes = initialWindowBytes(segmentBytes);
    else if (segmentBytes < this.segmentBytes) {
      this.windowBytes = Math.max(segmentBytes, Math.floor((this.windowBytes / this.segmentBytes) * segmentBytes));
    }
    this.segmentBytes = segmentBytes;
  }

  acknowledged(sample: AckSample): void {
    if (this.recovering) return;
    // RFC 2861, RFC 9293 §3.8.2: a window that was not used is not known to be good.
    if (sample.windowLimited !== true) return;
    const segment = this.segmentBytes;
    if (this.windowBytes < this.slowStartThresholdBytes) {
      // RFC 9406 §4.2: eight segments' worth for an acknowledgement, since receivers acknowledge what came together at once.
      this.windowBytes += Math.min(sample.acknowledgedBytes, 8 * segment);
      return;
    }
    // RFC 5681 §3.1, by bytes counted: one segment per window acknowledged.
    this.countedBytes += sample.acknowledgedBytes;
    if (this.countedBytes >= this.windowBytes) {
      this.countedBytes -= this.windowBytes;
      this.windowBytes += segment;
    }
  }

  lossDetected(inFlightBytes: number, _nowMs: number): void {
    // RFC 5681 §3.2, steps 2 and 3.
    this.slowStartThresholdBytes = this.halfOf(inFlightBytes);
    this.windowBytes = this.slowStartThresholdBytes + 3 * this.segmentBytes;
    this.recovering = true;
  }

  duplicateAcknowledged(): void {
    // RFC 5681 §3.2, step 4: inflate by what has left the network.
    if (this.recovering) this.windowBytes += this.segmentBytes;
  }

  partiallyAcknowledged(acknowledgedBytes: number): void {
    // RFC 6582 §3.2, step 3: deflate by what was acknowledged, add back one segment if at least that much was.
    this.windowBytes -= acknowledgedBytes;
    if (acknowledgedBytes >= this.segmentBytes) this.windowBytes += this.segmentBytes;
    if (this.windowBytes < this.segmentBytes) this.windowBytes = this.segmentBytes;
  }

  recovered(inFlightBytes: number): void {
    // RFC 6582 §3.2, step 3: the variant that allows no burst.
    this.windowBytes = Math.min(
      this.slowStartThresholdBytes,
      Math.max(inFlightBytes, this.segmentBytes) + this.segmentBytes,
    );
    this.countedBytes = 0;
    this.recovering = false;
  }

  timedOut(inFlightBytes: number, _nowMs: number): void {
    // RFC 5681 §3.1, equation 4 and the loss window. What was halved already is not halved for a further timeout.
    if (inFlightBytes > 0) this.slowStartThresholdBytes = this.halfOf(inFlightBytes);
    this.windowBytes = this.segmentBytes;
    this.countedBytes = 0;
    this.recovering = false;
  }

  idleRestart(): void {
    // RFC 5681 §4.1: the restart window is the initial window at most.
    this.windowBytes = Math.min(this.windowBytes, initialWindowBytes(this.segmentBytes));
  }

  snapshot(): CongestionSnapshot {
    return {
      windowBytes: this.windowBytes,
      slowStartThresholdBytes: this.slowStartThresholdBytes,
      segmentBytes: this.segmentBytes,
      countedBytes: this.countedBytes,
      recovering: this.recovering ? 1 : 0,
    };
  }

  restore(snapshot: CongestionSnapshot): void {
    this.windowBytes = snapshot.windowBytes!;
    this.slowStartThresholdBytes = snapshot.slowStartThresholdBytes!;
    this.segmentBytes = snapshot.segmentBytes!;
    this.countedBytes = snapshot.countedBytes!;
    this.recovering = snapshot.recovering === 1;
  }

  private halfOf(inFlightBytes: number): number {
    return Math.max(Math.floor(inFlightBytes / 2), 2 * this.segmentBytes);
  }
}
