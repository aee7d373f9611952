import type { Machine } from '@synos/interfaces';

/** Lines for people, with the time since the kernel began: `[    0.001234] memory: …`. */
export function createBootLog(machine: Machine, sink: ((line: string) => void) | undefined): (line: string) => void {
  if (sink === undefined) return () => {};
  const start = machine.rdtsc();
  return (line) => {
    const seconds = Math.max(0, machine.rdtsc() - start) / machine.tscHz;
    sink(`[${seconds.toFixed(6).padStart(12)}] ${line}`);
  };
}

/** `15872` as `15,872`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
