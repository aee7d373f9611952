import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import type { Sample } from '../harness/statistics.js';
import { Stopwatch } from '../harness/stopwatch.js';
import type { Trace } from './trace.js';

/** What is common to heaps. */
export interface MallocFree {
  malloc(byteLength: number): number;
  free(address: number): unknown;
}

/** Replays a trace once; answers whether there was room for every block. */
type Replay = (heap: MallocFree, slots: Int32Array, byteLengths: Int32Array, addresses: Float64Array) => boolean;

const source = `
  for (let at = 0; at < slots.length; at++) {
    const byteLength = byteLengths[at];
    if (byteLength === 0) heap.free(addresses[slots[at]]);
    else {
      const address = heap.malloc(byteLength);
      if (address === 0) return false;
      addresses[slots[at]] = address;
    }
  }
  return true;
`;

/** A loop of its own for each heap: in a shared one the engine would not know which `malloc` it calls, and both lose. */
function createReplay(): Replay {
  return new Function('heap', 'slots', 'byteLengths', 'addresses', source) as Replay;
}

/** A heap that does a trace over and over. */
export class HeapReplay implements Side {
  private readonly name: string;
  private readonly heap: MallocFree;
  private readonly trace: Trace;
  private readonly replay = createReplay();
  private readonly addresses: Float64Array;

  constructor(name: string, heap: MallocFree, trace: Trace) {
    this.name = name;
    this.heap = heap;
    this.trace = trace;
    this.addresses = new Float64Array(trace.slotCount);
  }

  /** Whole traces, one at least. */
  round(amount: number): Promise<Sample> {
    const { slots, byteLengths } = this.trace;
    const times = Math.max(1, Math.round(amount / slots.length));
    const watch = new Stopwatch();
    for (let time = 0; time < times; time++) {
      check(this.replay(this.heap, slots, byteLengths, this.addresses), `${this.name}: no room`);
    }
    return Promise.resolve(watch.sample(times * slots.length));
  }

  close(): void {}
}

/** That blocks of a trace are what they should be: aligned, apart from one another, and keeping what is written. */
export function checkHeap(
  name: string,
  heap: MallocFree,
  buffer: ArrayBuffer,
  alignBytes: number,
  trace: Trace,
): string {
  const bytes = new Uint8Array(buffer);
  const { slots, byteLengths, slotCount } = trace;
  const addresses = new Float64Array(slotCount);
  const lengths = new Int32Array(slotCount);
  for (let at = 0; at < slots.length; at++) {
    const slot = slots[at]!;
    const byteLength = byteLengths[at]!;
    const fill = slot & 0xff;
    if (byteLength === 0) {
      const from = addresses[slot]!;
      for (let offset = from; offset < from + lengths[slot]!; offset++) {
        check(bytes[offset] === fill, `${name}: byte ${offset} of a live block was overwritten`);
      }
      heap.free(from);
      continue;
    }
    const address = heap.malloc(byteLength);
    check(address > 0 && address % alignBytes === 0, `${name}: ${byteLength} bytes at ${address}`);
    bytes.fill(fill, address, address + byteLength);
    addresses[slot] = address;
    lengths[slot] = byteLength;
  }
  return `${name}: ${slots.length} operations, every block whole when it was freed`;
}
