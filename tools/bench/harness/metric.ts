import type { Comparison } from './statistics.js';

/** A number as `--json` has it. Rates are per second; `peer` and `ratio` are null where there is nobody to compare with. */
export interface Metric {
  readonly ours: number;
  readonly peer: number | null;
  readonly ratio: number | null;
}

/** What `--json` writes. */
export interface MetricsFile {
  readonly metrics: Record<string, Metric>;
}

/** What a row must reach and what it wants to reach: ratios, or bytes for rows without a peer. */
export interface Marks {
  readonly floor: number;
  readonly goal: number;
}

/** How a row's numbers are printed and judged. */
export interface RowHead {
  /** The metric's name. */
  readonly name: string;
  /** What is measured, in a few words. */
  readonly title: string;
  /** Of `bytes` and of `B/B`, bytes for each byte asked for, less is better. */
  readonly unit: 'MB/s' | 'M/s' | '/s' | 'bytes' | 'B/B' | 'µs';
  readonly marks: Marks | null;
}

/** What a row came to. */
export interface RowOutcome {
  readonly metric: Metric;
  /** Where rounds were compared. */
  readonly comparison: Comparison | null;
  /** More metrics of the same run, by name. */
  readonly more: Record<string, Metric>;
  /** What was checked and how it came out. */
  readonly notes: readonly string[];
}

/** The outcome of a comparison; its numbers per CPU-second are a metric of their own. */
export function comparedOutcome(name: string, comparison: Comparison, notes: readonly string[]): RowOutcome {
  const { ours, peer, ratio, oursPerCpuSecond, peerPerCpuSecond, cpuRatio } = comparison;
  return {
    metric: { ours: ours.median, peer: peer.median, ratio },
    comparison,
    more: { [`${name}_per_cpu_second`]: { ours: oursPerCpuSecond, peer: peerPerCpuSecond, ratio: cpuRatio } },
    notes,
  };
}

/** All rows' metrics as one file. */
export function metricsFile(outcomes: ReadonlyMap<string, RowOutcome>): MetricsFile {
  const metrics: Record<string, Metric> = {};
  for (const [name, outcome] of outcomes) {
    metrics[name] = outcome.metric;
    Object.assign(metrics, outcome.more);
  }
  return { metrics };
}
