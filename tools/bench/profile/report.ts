import type { HeapProfiler } from 'node:inspector';
import type { AllocationRecord, CpuRecord } from './record.js';
import type { SourceLines } from './source-lines.js';
import { Sums, section } from './sums.js';

/** What took the time: nanoseconds per unit of work (segment, round trip, connection) by layer and function. */
export function reportCpu({ profile, amount, seconds, cpuSeconds }: CpuRecord, sources: SourceLines): string {
  const self = new Map<number, number>();
  const deltas = profile.timeDeltas ?? [];
  (profile.samples ?? []).forEach((id, index) => {
    self.set(id, (self.get(id) ?? 0) + (deltas[index] ?? 0));
  });
  const sums = new Sums();
  for (const node of profile.nodes) {
    const micros = self.get(node.id) ?? 0;
    if (micros === 0) continue;
    const { functionName, url, lineNumber, columnNumber } = node.callFrame;
    const place = sources.place(url, lineNumber, columnNumber);
    const name = functionName === '' ? '(anonymous)' : functionName;
    const isEngine = place.layer === 'engine';
    sums.add(isEngine ? name : place.layer, isEngine ? name : `${name}  ${place.file}:${place.line}`, micros * 1000);
    for (const tick of node.positionTicks ?? []) {
      const at = sources.place(url, tick.line - 1, 4);
      sums.addLine(`${at.file}:${at.line}`, tick.ticks);
    }
  }
  // What passed while others had the processor is nobody's here.
  const nanosEach = (cpuSeconds * 1e9) / amount;
  const units = Math.round(amount).toLocaleString('en-US');
  const head = `CPU: ${units} units in ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU: ${nanosEach.toFixed(0)} ns each`;
  const ticks = [...sums.lines.values()].reduce((sum, value) => sum + value, 0);
  const show = (value: number): string => `${((value / sums.total) * nanosEach).toFixed(1)} ns`;
  const showTicks = (value: number): string => `${((value / ticks) * nanosEach).toFixed(1)} ns`;
  return [
    head,
    section('by layer', sums.layers, sums.total, show, 16),
    section('by function', sums.functions, sums.total, show, 45),
    section('by line', sums.lines, ticks, showTicks, 40),
  ].join('\n\n');
}

/** What was allocated: bytes per unit of work by layer and function. */
export function reportAllocations({ profile, amount }: AllocationRecord, sources: SourceLines): string {
  const sums = new Sums();
  const walk = (node: HeapProfiler.SamplingHeapProfileNode): void => {
    const { functionName, url, lineNumber, columnNumber } = node.callFrame;
    const place = sources.place(url, lineNumber, columnNumber);
    const name = functionName === '' ? '(anonymous)' : functionName;
    if (node.selfSize > 0) sums.add(place.layer, `${name}  ${place.file}:${place.line}`, node.selfSize);
    for (const child of node.children) walk(child);
  };
  walk(profile.head);
  const show = (value: number): string => `${(value / amount).toFixed(2)} B`;
  return [
    `Allocations: ${(sums.total / amount).toFixed(1)} bytes per unit (sampled, set-up included)`,
    section('by layer', sums.layers, sums.total, show, 16),
    section('by function', sums.functions, sums.total, show, 25),
  ].join('\n\n');
}
