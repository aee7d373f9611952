import type { Sample } from './statistics.js';

/** Wall and CPU time since it was made. */
export class Stopwatch {
  private readonly cpu = process.cpuUsage();
  private readonly startMs = performance.now();

  /** What was done since. */
  sample(amount: number): Sample {
    const seconds = (performance.now() - this.startMs) / 1000;
    const { user, system } = process.cpuUsage(this.cpu);
    return { amount, seconds, cpuSeconds: (user + system) / 1e6 };
  }
}
