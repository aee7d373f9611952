import { createHeap, type WalkableHeap } from '@synos/memory/heap';
import { MemPool } from '@thi.ng/malloc';
import { check } from '../harness/honesty.js';
import { comparedOutcome, type Marks } from '../harness/metric.js';
import { runPairs } from '../harness/pairs.js';
import { median } from '../harness/statistics.js';
import { checkHeap, HeapReplay } from '../heap/replay.js';
import { lifoTrace, mixedTrace, type Trace, uniformTrace } from '../heap/trace.js';
import { profileRounds } from './profile-rounds.js';
import { pairOptions, type Row } from './row.js';

const heapBytes = 16 << 20;
/** Above this much live, span over requested is worth looking at. */
const spanLeastBytes = 1 << 20;

/** A seed of today; the row prints it. */
function newSeed(): number {
  return Math.floor(performance.timeOrigin + performance.now()) | 0;
}

function openOurs(): { heap: WalkableHeap; buffer: ArrayBuffer } {
  const buffer = new ArrayBuffer(heapBytes);
  return { heap: createHeap({ buffer }), buffer };
}

function openPeer(): { heap: MemPool; buffer: ArrayBuffer } {
  const buffer = new ArrayBuffer(heapBytes);
  return { heap: new MemPool({ buf: buffer }), buffer };
}

function heapRow(name: string, title: string, marks: Marks, draw: (seed: number) => Trace): Row {
  return {
    name,
    title,
    unit: '/s',
    marks,
    isPlain: true,
    async run(effort) {
      const trace = draw(newSeed());
      const checkedOurs = openOurs();
      const checkedPeer = openPeer();
      const notes = [
        `seed ${trace.seed}`,
        checkHeap('ours', checkedOurs.heap, checkedOurs.buffer, 16, trace),
        checkHeap('@thi.ng/malloc', checkedPeer.heap, checkedPeer.buffer, 8, trace),
      ];
      const { liveBlocks, freeBlocks } = checkedOurs.heap.stats();
      check(liveBlocks === 0 && freeBlocks === 1, 'ours: after freeing all, the heap is not one free block');
      const ours = new HeapReplay('ours', openOurs().heap, trace);
      const peer = new HeapReplay('@thi.ng/malloc', openPeer().heap, trace);
      const { length } = trace.slots;
      const options = pairOptions(effort, { start: length, least: length, most: 2 ** 31 });
      return comparedOutcome(name, await runPairs(ours, peer, options), notes);
    },
    profile(goOn) {
      return profileRounds(new HeapReplay('ours', openOurs().heap, draw(1)), 10_000_000, goOn);
    },
  };
}

/** How far the heap must reach for what is live. */
const mallocSpan: Row = {
  name: 'malloc_span',
  title: 'peak span of the heap over peak bytes requested, malloc_mixed',
  unit: 'B/B',
  marks: { floor: 1.25, goal: 1.15 },
  isPlain: true,
  async run(effort) {
    const seed = newSeed();
    const spans: number[] = [];
    for (let at = 0; at < (effort.isQuick ? 2 : 20); at++) {
      const trace = mixedTrace((seed + at) | 0);
      check(trace.peakBytes > spanLeastBytes, 'less than 1 MB was ever live');
      const { heap } = openOurs();
      await new HeapReplay('ours', heap, trace).round(1);
      spans.push(heap.stats().spanBytes / trace.peakBytes);
    }
    const typical = median(spans);
    return {
      metric: { ours: typical, peer: 1, ratio: typical },
      comparison: null,
      more: {},
      notes: [`seeds from ${seed}: ${spans.map((span) => span.toFixed(3)).join(' ')}; their median counts`],
    };
  },
};

/** The heap beside `@thi.ng/malloc` in a buffer of 16 MB, otherwise with its default options. */
export const heapRows: readonly Row[] = [
  heapRow('malloc_uniform', 'malloc and free of 16 to 128 bytes, 2,000 slots', { floor: 30, goal: 100 }, uniformTrace),
  heapRow('malloc_mixed', 'malloc and free of 16 bytes to 64 KB, 512 slots', { floor: 18, goal: 18 }, mixedTrace),
  heapRow('malloc_lifo', 'malloc of 64 blocks, freed in reverse', { floor: 1.5, goal: 1.5 }, lifoTrace),
  mallocSpan,
];
