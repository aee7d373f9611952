import { type HeapProfiler, type Profiler, Session } from 'node:inspector';
import { promisify } from 'node:util';

/** A CPU profile and what was done meanwhile. */
export interface CpuRecord {
  readonly profile: Profiler.Profile;
  readonly amount: number;
  readonly seconds: number;
  /** User and system time; on a busy machine less than what passed. */
  readonly cpuSeconds: number;
}

/** A profile of allocations, those collected since included. */
export interface AllocationRecord {
  readonly profile: HeapProfiler.SamplingHeapProfile;
  readonly amount: number;
}

/** Runs `work`, which answers what it did, under the CPU profiler. */
export async function recordCpu(work: () => Promise<number>): Promise<CpuRecord> {
  const session = new Session();
  session.connect();
  const post = promisify(session.post.bind(session)) as (method: string, params?: object) => Promise<unknown>;
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: 200 });
  await post('Profiler.start');
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const amount = await work();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { profile } = (await post('Profiler.stop')) as Profiler.StopReturnType;
  session.disconnect();
  return { profile, amount, seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Runs `work` under the sampling allocation profiler. */
export async function recordAllocations(work: () => Promise<number>): Promise<AllocationRecord> {
  const session = new Session();
  session.connect();
  const post = promisify(session.post.bind(session)) as (method: string, params?: object) => Promise<unknown>;
  await post('HeapProfiler.startSampling', {
    samplingInterval: 1024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  const amount = await work();
  const { profile } = (await post('HeapProfiler.stopSampling')) as HeapProfiler.StopSamplingReturnType;
  session.disconnect();
  return { profile, amount };
}
