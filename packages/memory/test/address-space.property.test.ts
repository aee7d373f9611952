// Any sequence of calls and accesses, against a table of pages, on machines large and small.
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { SpaceModel } from './space-model.js';
import { checkSpace, createSpaceRig, type SpaceRig } from './space-rig.js';

const PAGE = 4096;
const ENOMEM = -12;
// Across the border of tables of all levels below the root.
const bottom = 2 ** 39 / PAGE - 32;
const top = bottom + 64;
const heapStart = top + 8;
/** A page or two on each of three levels. */
const MAX_TABLES = 6;

const pageNumber = fc.integer({ min: bottom - 2, max: top + 24 });
const pageCount = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 60 }));
const protection = fc.integer({ min: 0, max: 7 });
const within = fc.integer({ min: 0, max: 4095 });
const byteLength = fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 3 * PAGE }));

const step = fc.oneof(
  fc.record({
    call: fc.constant('mmap' as const),
    how: fc.constantFrom('hint', 'fixed', 'noreplace', 'any'),
    page: pageNumber,
    count: pageCount,
    protection,
  }),
  fc.record({ call: fc.constant('munmap' as const), page: pageNumber, count: pageCount }),
  fc.record({ call: fc.constant('mprotect' as const), page: pageNumber, count: pageCount, protection }),
  fc.record({ call: fc.constant('brk' as const), by: fc.integer({ min: -5 * PAGE, max: 5 * PAGE }) }),
  fc.record({
    call: fc.constant('touch' as const),
    page: pageNumber,
    at: within,
    access: fc.constantFrom('read', 'write', 'fetch'),
  }),
  fc.record({
    call: fc.constant('copy' as const),
    page: pageNumber,
    at: within,
    byteLength,
    way: fc.constantFrom('in', 'out', 'zero'),
    seed: fc.nat(255),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Whether there is, or may not be, memory for so many more pages. */
function memoryFor(rig: SpaceRig, extra: number): 'enough' | 'perhaps' | 'none' {
  const { freeFrames, reservedFrames } = rig.frames.stats();
  const left = freeFrames - reservedFrames;
  if (left < extra) return 'none';
  return left < extra + MAX_TABLES ? 'perhaps' : 'enough';
}

/** Compares an answer that memory decides about. True where it was done. */
function granted(answer: number, expected: number, refused: number, memory: 'enough' | 'perhaps' | 'none'): boolean {
  if (memory === 'enough') expect(answer).toBe(expected);
  else if (memory === 'none') expect(answer).toBe(refused);
  else expect([expected, refused]).toContain(answer);
  return answer === expected;
}

function run(rig: SpaceRig, model: SpaceModel, action: Step): void {
  const { space } = rig;
  if (action.call === 'mmap') {
    const { how, page, count } = action;
    const isFixed = how === 'fixed' || how === 'noreplace';
    const isHinted = how === 'hint' && model.isFree(Math.max(bottom, page), count);
    const first = isFixed ? page : isHinted ? Math.max(bottom, page) : model.place(count);
    const flags = 0x22 | (how === 'fixed' ? 0x10 : how === 'noreplace' ? 0x10_0000 : 0);
    const memory = memoryFor(rig, count - model.mappedIn(first, count));
    const answer = space.mmap(how === 'any' ? 0 : page * PAGE, count * PAGE, action.protection, flags);
    if (isFixed && page < bottom) expect(answer).toBe(-1);
    else if (how === 'noreplace' && !model.isFree(page, count)) expect(answer).toBe(-17);
    else if (granted(answer, first * PAGE, ENOMEM, memory)) model.map(first, count, action.protection);
  } else if (action.call === 'munmap') {
    expect(space.munmap(action.page * PAGE, action.count * PAGE)).toBe(0);
    model.unmap(action.page, action.count);
  } else if (action.call === 'mprotect') {
    const isWhole = model.protect(action.page, action.count, action.protection);
    expect(space.mprotect(action.page * PAGE, action.count * PAGE, action.protection)).toBe(isWhole ? 0 : ENOMEM);
  } else if (action.call === 'brk') moveBreak(rig, model, model.heapEnd + action.by);
  else if (action.call === 'touch') {
    const address = action.page * PAGE + action.at;
    const physical = rig.touch(address, { write: action.access === 'write', fetch: action.access === 'fetch' });
    expect(physical >= 0).toBe(model.allows(address, action.access as 'read'));
    if (physical < 0) return;
    const byte = rig.memory.mem(physical, 1);
    expect(byte[0]).toBe(model.byte(address));
    if (action.access === 'write') {
      byte[0] = action.at;
      model.setByte(address, action.at & 255);
    }
  } else copy(rig, model, action.page * PAGE + action.at, action.byteLength, action.way, action.seed);
}

function moveBreak(rig: SpaceRig, model: SpaceModel, wanted: number): void {
  const oldPages = Math.ceil(model.heapEnd / PAGE);
  const newPages = Math.ceil(wanted / PAGE);
  const old = model.heapEnd;
  const memory = memoryFor(rig, Math.max(0, newPages - oldPages));
  const answer = rig.space.brk(wanted);
  const isRefused =
    wanted < heapStart * PAGE ||
    (newPages > oldPages && !model.isFree(oldPages, newPages - oldPages + 1)) ||
    (newPages < oldPages && model.isFree(newPages, oldPages - newPages));
  if (isRefused) expect(answer).toBe(old);
  else if (newPages <= oldPages) {
    expect(answer).toBe(wanted);
    model.unmap(newPages, oldPages - newPages);
    model.heapEnd = wanted;
  } else if (granted(answer, wanted, old, memory)) {
    model.map(oldPages, newPages - oldPages, 3, 'heap');
    model.heapEnd = wanted;
  }
}

function copy(rig: SpaceRig, model: SpaceModel, address: number, length: number, way: string, seed: number): void {
  const reached = model.reach(address, length, way === 'in' ? 'read' : 'write');
  if (way === 'in') {
    const into = new Uint8Array(length + 2).fill(0x77);
    expect(rig.space.copyIn(address, into, 1, length)).toBe(reached);
    const expected = into.slice().fill(0x77);
    for (let at = 0; at < reached; at += 1) expected[at + 1] = model.byte(address + at);
    expect(into).toEqual(expected);
    return;
  }
  const from = Uint8Array.from({ length }, (_, at) => (way === 'zero' ? 0 : seed + at));
  expect(way === 'zero' ? rig.space.zeroOut(address, length) : rig.space.copyOut(address, from)).toBe(reached);
  for (let at = 0; at < reached; at += 1) model.setByte(address + at, from[at] as number);
}

/** The regions that a table of pages amounts to. */
function regionsOf(model: SpaceModel): { first: number; count: number; protection: number; kind: string }[] {
  const regions: { first: number; count: number; protection: number; kind: string }[] = [];
  for (const [number, { protection: rights, kind }] of [...model.pages].sort(([a], [b]) => a - b)) {
    const last = regions[regions.length - 1];
    const isMore = last !== undefined && last.first + last.count === number;
    if (isMore && last.protection === rights && last.kind === kind) last.count += 1;
    else regions.push({ first: number, count: 1, protection: rights, kind });
  }
  return regions;
}

const numRuns = process.env.SYNOS_LONG ? 3000 : 80;

describe.each([
  { machine: 'with memory for all', frameCount: 400 },
  { machine: 'with 60 frames', frameCount: 60 },
  { machine: 'with 12 frames', frameCount: 12 },
])('an address space on a machine $machine', ({ frameCount }) => {
  test.prop([fc.array(step, { maxLength: 40 })], { numRuns })('does what a table of pages does', (steps) => {
    const rig = createSpaceRig(frameCount, { lowestAddress: bottom * PAGE, mmapBase: top * PAGE });
    const model = new SpaceModel(bottom, top);
    rig.space.setHeapStart(heapStart * PAGE);
    model.heapEnd = heapStart * PAGE;
    for (const action of steps) {
      run(rig, model, action);
      checkSpace(rig);
      const regions = rig.space.regions().map((region) => ({
        first: region.address / PAGE,
        count: region.byteLength / PAGE,
        protection: region.protection,
        kind: region.kind,
      }));
      expect(regions).toEqual(regionsOf(model));
    }
    rig.space.destroy();
    expect(rig.frames.stats()).toMatchObject({ usedFrames: 0, reservedFrames: 0, references: 0 });
  });
});
