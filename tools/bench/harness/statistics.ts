/** The middle value; the mean of the two middle ones where their number is even. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median, lowest and highest of some values. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

/** What one round of one side did. */
export interface Sample {
  /** Bytes, round trips, connections: the unit is the row's. */
  readonly amount: number;
  readonly seconds: number;
  /** User and system time of the whole process, all threads and the kernel's share included. */
  readonly cpuSeconds: number;
}

/** What the rounds of a row come to. */
export interface Comparison {
  /** Amount per second. */
  readonly ours: Spread;
  readonly peer: Spread;
  /** The ratio of the two medians. */
  readonly ratio: number;
  /** The ratios of neighbours: how much a noisy machine moved the result. */
  readonly pairRatios: Spread;
  /** Amount per second of CPU time, medians. */
  readonly oursPerCpuSecond: number;
  readonly peerPerCpuSecond: number;
  readonly cpuRatio: number;
}

/** Compares rounds that were run as A B A B. */
export function compare(ours: readonly Sample[], peer: readonly Sample[]): Comparison {
  const rate = (sample: Sample): number => sample.amount / sample.seconds;
  const cpuRate = (sample: Sample): number => sample.amount / sample.cpuSeconds;
  const oursRates = spread(ours.map(rate));
  const peerRates = spread(peer.map(rate));
  const oursPerCpuSecond = median(ours.map(cpuRate));
  const peerPerCpuSecond = median(peer.map(cpuRate));
  return {
    ours: oursRates,
    peer: peerRates,
    ratio: oursRates.median / peerRates.median,
    pairRatios: spread(ours.map((sample, index) => rate(sample) / rate(peer[index]!))),
    oursPerCpuSecond,
    peerPerCpuSecond,
    cpuRatio: oursPerCpuSecond / peerPerCpuSecond,
  };
}
