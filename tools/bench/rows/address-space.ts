import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '@synos/abi';
import type { AddressSpace } from '@synos/interfaces';
import { createAddressSpace, createFrameAllocator, createRam, nullTlb } from '@synos/memory';
import { check } from '../harness/honesty.js';
import { comparedOutcome, type Metric } from '../harness/metric.js';
import { runPairs, warmUp } from '../harness/pairs.js';
import type { Side } from '../harness/side.js';
import { median } from '../harness/statistics.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { type Effort, pairOptions, type Row } from './row.js';

const READ_WRITE = PROT_READ | PROT_WRITE;
const PRIVATE_ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;
/** Of a page fault: a write of the program to a page that is not there. */
const USER_WRITE = 6;
const PAGE_BYTES = 4096;
const AMOUNTS = { start: 1000, least: 10, most: 2 ** 31 };

function newSpace(): AddressSpace {
  const memory = createRam({ byteLength: 64 << 20 });
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  const space = createAddressSpace({ memory, frames, tlb: nullTlb() });
  check(space !== null, 'no frame for a root');
  return space;
}

/** A side that does one thing again and again. */
function repeating(once: () => void, unitsEach = 1): Side {
  return {
    async round(amount) {
      const times = Math.max(1, Math.round(amount / unitsEach));
      const watch = new Stopwatch();
      for (let index = 0; index < times; index += 1) once();
      return watch.sample(times * unitsEach);
    },
    close() {},
  };
}

/** mmap, page faults for the first `touched` pages, munmap; beside another mapping, as programs have. */
function mapping(byteLength: number, touched: number): Side {
  const space = newSpace();
  space.mmap(0, PAGE_BYTES, READ_WRITE, PRIVATE_ANONYMOUS);
  return repeating(() => {
    const address = space.mmap(0, byteLength, READ_WRITE, PRIVATE_ANONYMOUS);
    check(address > 0, 'mmap');
    for (let page = 0; page < touched; page += 1) {
      check(space.resolveFault(address + page * PAGE_BYTES, USER_WRITE) === null, 'resolveFault');
    }
    check(space.munmap(address, byteLength) === 0, 'munmap');
  });
}

async function alone(side: Side, effort: Effort): Promise<Metric> {
  const amount = await warmUp(side, pairOptions(effort, AMOUNTS));
  const rates: number[] = [];
  for (let round = 0; round < effort.pairs; round += 1) {
    const sample = await side.round(amount);
    rates.push(sample.amount / sample.seconds);
  }
  return { ours: median(rates), peer: null, ratio: null };
}

function mapRow(name: string, what: string, byteLength: number): Row {
  const pages = byteLength / PAGE_BYTES;
  return {
    name,
    title: `mmap and munmap of ${what}, untouched`,
    unit: '/s',
    marks: null,
    isPlain: true,
    async run(effort) {
      const metric = await alone(mapping(byteLength, 0), effort);
      const touched = await alone(mapping(byteLength, pages), effort);
      return {
        metric,
        comparison: null,
        more: { [`${name}_touched`]: touched },
        notes: [`with a page fault for each of ${pages} pages in between: ${touched.ours.toFixed(0)}/s`],
      };
    },
  };
}

/** copyIn, beside `set` of as many bytes between two views. */
function copyRow(name: string, what: string, byteLength: number): Row {
  return {
    name,
    title: `copyIn of ${what}; the peer is Uint8Array.set of the same bytes`,
    unit: 'MB/s',
    marks: null,
    isPlain: true,
    async run(effort) {
      const space = newSpace();
      const content = Uint8Array.from({ length: byteLength }, (_, at) => at * 31 + (at >> 8));
      const address = space.mmap(0, byteLength, READ_WRITE, PRIVATE_ANONYMOUS);
      check(space.copyOut(address, content) === byteLength, 'copyOut');
      const into = new Uint8Array(byteLength);
      const ours = repeating(() => check(space.copyIn(address, into) === byteLength, 'copyIn'), byteLength);
      const plain = new Uint8Array(byteLength);
      const peer = repeating(() => plain.set(content), byteLength);
      const amounts = { start: 1000 * byteLength, least: 10 * byteLength, most: 2 ** 40 };
      const comparison = await runPairs(ours, peer, pairOptions(effort, amounts));
      check(
        into.every((byte, at) => byte === content[at]),
        'what was copied in is what was copied out',
      );
      return comparedOutcome(name, comparison, ['every byte that was copied in is the one that was copied out']);
    },
  };
}

/** The address space: what system calls of memory cost, and the door between kernel and program. */
export const addressSpaceRows: readonly Row[] = [
  mapRow('map_unmap_4k', '4 KB', PAGE_BYTES),
  mapRow('map_unmap_16m', '16 MB', 16 << 20),
  copyRow('copy_in_64', '64 bytes', 64),
  copyRow('copy_in_64k', '64 KB', 64 << 10),
];
