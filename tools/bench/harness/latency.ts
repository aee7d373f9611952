/** Latencies of one side, over all of its rounds. */
export class Latencies {
  private readonly values: number[];

  constructor(values: number[] = []) {
    this.values = values;
  }

  get count(): number {
    return this.values.length;
  }

  add(microseconds: number): void {
    this.values.push(microseconds);
  }

  /** Those from the `first` one on: what came before was for warming up. */
  since(first: number): Latencies {
    return new Latencies(this.values.slice(first));
  }

  /** The value that so much of all (0 to 1) does not pass. */
  quantile(share: number): number {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }
}

/** A side that answers a byte while it carries a stream. */
export interface LatencySide {
  readonly latencies: Latencies;
  /** Bytes that went beside, over all rounds. */
  readonly besideBytes: number;
  /** Starts the stream, sends a byte at a time there and back for so long, and lets the stream end. */
  round(seconds: number): Promise<void>;
  close(): void | Promise<void>;
}
