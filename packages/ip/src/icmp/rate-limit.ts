import { type Context, mixBits } from '../context.js';

const bucketCount = 512;

/**
 * Token buckets for ICMP errors (RFC 1812 §4.3.2.8): one for all, and one per destination. Destinations share a fixed
 * number of buckets by a keyed hash, so a flood of spoofed sources neither grows anything nor aims at a victim's.
 */
export class IcmpRateLimit {
  private readonly context: Context;
  private readonly key: number;
  private readonly tokens: Float64Array<ArrayBuffer>;
  private readonly filledAtMs: Float64Array<ArrayBuffer>;

  constructor(context: Context) {
    this.context = context;
    this.key = context.randomWord();
    // The last bucket is the one for all.
    this.tokens = new Float64Array(bucketCount + 1).fill(context.limits.icmpErrorsPerDestinationBurst);
    this.tokens[bucketCount] = context.limits.icmpErrorsBurst;
    this.filledAtMs = new Float64Array(bucketCount + 1);
  }

  /** Whether an error may go to a destination now; if so, it is counted against both buckets. */
  allows(destination: number): boolean {
    const limits = this.context.limits;
    const bucket = mixBits(destination ^ this.key) & (bucketCount - 1);
    this.fill(bucket, limits.icmpErrorsPerDestinationPerSecond, limits.icmpErrorsPerDestinationBurst);
    this.fill(bucketCount, limits.icmpErrorsPerSecond, limits.icmpErrorsBurst);
    if (this.tokens[bucket]! < 1 || this.tokens[bucketCount]! < 1) return false;
    this.tokens[bucket]! -= 1;
    this.tokens[bucketCount]! -= 1;
    return true;
  }

  private fill(bucket: number, perSecond: number, burst: number): void {
    const now = this.context.now;
    const grown = this.tokens[bucket]! + ((now - this.filledAtMs[bucket]!) / 1000) * perSecond;
    this.tokens[bucket] = Math.min(burst, grown);
    this.filledAtMs[bucket] = now;
  }
}
