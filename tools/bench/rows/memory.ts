import type { Metric } from '../harness/metric.js';
import { measureAllocation } from '../ours/allocation.js';
import { measureIdlePairs } from '../ours/idle-pairs.js';
import type { Row } from './row.js';

const alone = (ours: number): Metric => ({ ours, peer: null, ratio: null });

/** What an idle connection holds. */
export const idlePairBytes: Row = {
  name: 'idle_pair_bytes',
  title: 'memory of an established idle connection, both ends and both sockets',
  unit: 'bytes',
  marks: { floor: 4096, goal: 1024 },
  isPlain: true,
  async run(effort) {
    const cost = await measureIdlePairs(effort.isQuick ? 1000 : 10_000);
    return {
      metric: alone(cost.freshBytes),
      comparison: null,
      more: { idle_pair_used_bytes: alone(cost.usedBytes) },
      notes: [
        `${cost.pairs} pairs; after 64 bytes each way ${cost.usedBytes.toFixed(0)} B, ` +
          `${cost.usedRingBytes.toFixed(0)} B of it rings`,
      ],
    };
  },
};

/** What a segment leaves to the collector. */
export const allocPerSegmentBytes: Row = {
  name: 'alloc_per_segment_bytes',
  title: 'heap allocated per data segment at MTU 1500, both ends and programs',
  unit: 'bytes',
  marks: null,
  isPlain: true,
  // The young generation takes all of a window, so that nothing is collected in it.
  nodeFlags: ['--max-semi-space-size=128', '--min-semi-space-size=128'],
  async run(effort) {
    const cost = await measureAllocation(effort.isQuick ? 3 : 9, effort.isQuick ? 4 << 20 : 64 << 20);
    return {
      metric: alone(cost.bytesPerSegment),
      comparison: null,
      more: {},
      notes: [`${cost.windows} windows of ${cost.segmentsPerWindow} data segments without a collection`],
    };
  },
};
