import { PerformanceObserver } from 'node:perf_hooks';
import { chunkBytes } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import { median } from '../harness/statistics.js';
import { OurBulk } from './bulk.js';
import { FrameCount } from './frame-count.js';
import { cabledHosts } from './hosts.js';

/** What a stream at MTU 1,500 allocates. */
export interface AllocationCost {
  /** Bytes of heap per segment with data, both ends, acknowledgements and the two programs included. */
  readonly bytesPerSegment: number;
  readonly windows: number;
  readonly segmentsPerWindow: number;
}

/**
 * How the heap grows while segments pass and nothing is collected. Windows in which the collector ran are measured
 * again; it runs seldom when the young generation is large (`--max-semi-space-size`).
 */
export async function measureAllocation(windows: number, bytesPerWindow: number): Promise<AllocationCost> {
  const collect = globalThis.gc;
  check(collect !== undefined, 'allocation is measured between collections: run with --expose-gc');
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const hosts = cabledHosts();
  const bulk = new OurBulk(hosts);
  const totalBytes = Math.ceil(bytesPerWindow / chunkBytes) * chunkBytes;
  // Long enough for the optimising compiler to be through with it.
  for (let times = 0; times < 6; times += 1) bulk.run(totalBytes * 2);
  // Once, before all windows: after a full collection the engine is cold for a while, and allocates more.
  collect();
  bulk.run(totalBytes * 2);
  const perSegment: number[] = [];
  let segments = 0;
  for (let tries = 0; perSegment.length < windows; tries += 1) {
    check(tries < windows * 10, 'allocation: the collector ran in every window');
    await turn();
    const collectionsBefore = collections;
    const frames = new FrameCount(hosts);
    const before = process.memoryUsage().heapUsed;
    bulk.stream(totalBytes);
    const grown = process.memoryUsage().heapUsed - before;
    bulk.quiesce();
    bulk.verify(totalBytes);
    const wire = frames.settle(totalBytes);
    await turn();
    if (collections !== collectionsBefore || grown < 0) continue;
    segments = wire.segments;
    perSegment.push(grown / segments);
  }
  observer.disconnect();
  bulk.close();
  return { bytesPerSegment: median(perSegment), windows, segmentsPerWindow: segments };
}

/** Lets the observer hear of collections. */
async function turn(): Promise<void> {
  for (let times = 0; times < 3; times += 1) await new Promise((resolve) => setTimeout(resolve, 1));
}
