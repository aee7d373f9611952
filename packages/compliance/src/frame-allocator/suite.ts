import { FRAME_BYTES, type FrameAllocator, type MemoryRange } from '@synos/interfaces';
import type { Case } from '../case.js';
import { check, equal } from '../check.js';
import { createSeededRandom } from '../seeded.js';
import {
  checkStats,
  type FrameAllocatorAbility,
  type FrameAllocatorSetup,
  isUsable,
  mustAssert,
  oddFrames,
  oddMap,
  takeAll,
} from './fixture.js';

/**
 * What any `FrameAllocator` must do.
 *
 * @param setup - makes an allocator over a memory map
 * @example
 * ```ts
 * const cases = frameAllocatorSuite((memoryMap) => createFrameAllocator({ memoryMap }));
 * for (const c of selectCases(cases, []).cases) test(c.name, c.run);
 * ```
 */
export function frameAllocatorSuite(setup: FrameAllocatorSetup): Case[] {
  const cases: Case[] = [];
  const add = (
    clause: string,
    name: string,
    body: (frames: FrameAllocator) => void,
    needs: readonly FrameAllocatorAbility[] = [],
    memoryMap: readonly MemoryRange[] = oddMap,
  ): void => {
    cases.push({ name, clause: `FrameAllocator.${clause}`, needs, run: () => body(setup(memoryMap)) });
  };

  addFrames(add, setup);
  addSharing(add);
  addRuns(add);
  addReserve(add);
  addMisuse(add);
  add('stats', 'a thousand steps agree with a recount', recount, ['runs', 'sharing', 'reserve']);
  return cases;
}

type Add = (
  clause: string,
  name: string,
  body: (frames: FrameAllocator) => void,
  needs?: readonly FrameAllocatorAbility[],
  memoryMap?: readonly MemoryRange[],
) => void;

function addFrames(add: Add, setup: FrameAllocatorSetup): void {
  add(
    'allocate',
    'every whole usable frame comes once: not frame 0, none with a reserved byte, none of a hole',
    (frames) => {
      const taken = takeAll(frames).sort((a, b) => a - b);
      equal(taken.join(' '), oddFrames.join(' '), 'frames');
      checkStats(frames, oddFrames.length, 0, oddFrames.length);
    },
  );
  add('allocate', 'an allocator of nothing answers 0', (frames) => equal(frames.allocate(), 0, 'frame'), [], []);
  add('allocate', 'a frame has one reference, a free one and a foreign one none', (frames) => {
    const frame = frames.allocate();
    equal(frames.references(frame), 1, 'of the frame');
    for (const other of [0, 0x9000, 0xa000, 0x4_0000, 2 ** 40, frame + 1]) {
      equal(frames.references(other), 0, `of ${other}`);
    }
    frames.release(frame);
    equal(frames.references(frame), 0, 'afterwards');
  });
  add('release', 'what came back is handed out again, and once', (frames) => {
    const taken = takeAll(frames);
    for (const frame of taken) check(frames.release(frame), 'the last reference');
    checkStats(frames, 0, 0, 0);
    equal(new Set(takeAll(frames)).size, taken.length, 'frames the second time');
  });
  add('allocate', 'two allocators share nothing', (frames) => {
    takeAll(frames);
    check(setup(oddMap).allocate() !== 0, "the other's frame");
  });
  add('stats', 'statistics are of their moment', (frames) => {
    const before = frames.stats();
    frames.allocate();
    equal(before.usedFrames, 0, 'usedFrames of then');
    equal(before.totalFrames, oddFrames.length, 'totalFrames');
  });
}

function addSharing(add: Add): void {
  add(
    'share',
    'a shared frame is free after its last reference',
    (frames) => {
      const frame = frames.allocate();
      frames.share(frame);
      frames.share(frame);
      equal(frames.references(frame), 3, 'references');
      checkStats(frames, 1, 0, 3);
      equal(frames.release(frame), false, 'the first release');
      equal(frames.release(frame), false, 'the second');
      check(!takeAll(frames).includes(frame), 'handed out while somebody has it');
      equal(frames.release(frame), true, 'the last');
      equal(frames.allocate(), frame, 'the only free frame');
    },
    ['sharing'],
  );
  add(
    'share',
    'a hundred thousand references are counted: the page of zeros has as many',
    (frames) => {
      const frame = frames.allocate();
      for (let index = 0; index < 100_000; index++) frames.share(frame);
      equal(frames.references(frame), 100_001, 'references');
    },
    ['sharing'],
  );
}

function addRuns(add: Add): void {
  add(
    'allocateRun',
    'a run is of usable frames beside one another, each for itself',
    (frames) => {
      const first = frames.allocateRun(5);
      for (let index = 0; index < 5; index++) {
        const frame = first + index * FRAME_BYTES;
        check(isUsable(oddMap, frame), `${frame} is not usable`);
        equal(frames.references(frame), 1, 'references');
      }
      checkStats(frames, 5, 0, 5);
      check(frames.release(first + FRAME_BYTES), 'released alone');
      equal(frames.references(first), 1, 'of its neighbour');
      check(!takeAll(frames).includes(first), 'handed out twice');
    },
    ['runs'],
  );
  add(
    'allocateRun',
    'the largest run is found, a longer one is not, and changes nothing',
    (frames) => {
      equal(frames.allocateRun(52), 0, 'across a hole');
      equal(frames.allocateRun(2 ** 40), 0, 'more than there is');
      checkStats(frames, 0, 0, 0);
      equal(frames.allocateRun(51), 0xd000, 'the only one');
    },
    ['runs'],
  );
  add(
    'allocateRun',
    'runs lie as they were wanted',
    (frames) => {
      const aligned = frames.allocateRun(3, { alignBytes: 0x8000 });
      check(aligned !== 0, 'there is one');
      equal(aligned % 0x8000, 0, 'alignment');
      equal(frames.allocateRun(8, { below: 0x9000 }), 0x1000, 'up to the very end');
      equal(frames.allocateRun(1, { below: 0x9000 }), 0, 'no more below');
      equal(frames.allocateRun(1, { alignBytes: 2 ** 30 }), 0, 'nothing so aligned but frame 0');
    },
    ['runs'],
  );
  add(
    'allocateRun',
    'a run ends below its limit, not only begins there',
    (frames) => equal(frames.allocateRun(8, { below: 0x8fff }), 0, 'a byte too long'),
    ['runs'],
  );
  add(
    'allocateRun',
    'a run is found between frames that are out',
    (frames) => {
      const taken = takeAll(frames);
      for (const frame of [0x1_3000, 0x1_5000, 0x1_6000, 0x1_8000]) frames.release(frame);
      equal(taken.length, oddFrames.length, 'frames');
      equal(frames.allocateRun(3), 0, 'no three');
      equal(frames.allocateRun(2, { alignBytes: 0x2000 }), 0, 'no two so aligned');
      equal(frames.allocateRun(2), 0x1_5000, 'two');
    },
    ['runs'],
  );
  add(
    'allocateRun',
    'a run beyond 4 GB is found, and not below it',
    (frames) => {
      equal(frames.allocateRun(2, { below: 2 ** 32 }), 0, 'for a device of 32 bits');
      equal(frames.allocateRun(2), 2 ** 32 + 0x1000, 'for others');
      check(frames.release(2 ** 32 + 0x2000), 'release');
    },
    ['runs'],
    [
      { address: 0x1000, byteLength: 0x1000, kind: 'usable' },
      { address: 2 ** 32 + 0x1000, byteLength: 0x2000, kind: 'usable' },
    ],
  );
}

function addReserve(add: Add): void {
  const all = oddFrames.length;
  add(
    'reserve',
    'what is reserved is there for who reserved it, and for nobody else',
    (frames) => {
      check(frames.reserve(3), 'three');
      checkStats(frames, 0, 3, 0);
      equal(takeAll(frames).length, all - 3, 'frames for others');
      equal(frames.allocateRun(1), 0, 'a run for others');
      const taken = [frames.allocateReserved(), frames.allocateReserved(), frames.allocateReserved()];
      check(!taken.includes(0) && new Set(taken).size === 3, 'three frames');
      for (const frame of taken) equal(frames.references(frame), 1, 'references');
      checkStats(frames, all, 0, all);
    },
    ['reserve', 'runs'],
  );
  add(
    'reserve',
    'more than there is: nothing is reserved',
    (frames) => {
      check(frames.reserve(all - 1), 'all but one');
      equal(frames.reserve(2), false, 'two more');
      equal(frames.reserve(2 ** 40), false, 'very many');
      checkStats(frames, 0, all - 1, 0);
      check(frames.reserve(1), 'the last');
      check(frames.reserve(0), 'none more');
    },
    ['reserve'],
  );
  add(
    'unreserve',
    'what is given back is there for others',
    (frames) => {
      check(frames.reserve(all), 'all');
      equal(frames.allocate(), 0, 'none left');
      frames.unreserve(2);
      equal(takeAll(frames).length, 2, 'two');
      checkStats(frames, 2, all - 2, 2);
    },
    ['reserve'],
  );
}

function addMisuse(add: Add): void {
  add(
    'release',
    'a frame released twice is noticed',
    (frames) => {
      const frame = frames.allocate();
      frames.release(frame);
      mustAssert(frames, 'released twice', () => frames.release(frame));
    },
    ['misuse'],
  );
  add(
    'release',
    'what never was a frame of the allocator is noticed',
    (frames) => {
      const frame = frames.allocate();
      for (const odd of [0, 0x9000, 0xa000, 0x4_0000, 2 ** 40, -4096, frame + 8, Number.NaN]) {
        mustAssert(frames, `release(${odd})`, () => frames.release(odd));
        mustAssert(frames, `share(${odd})`, () => frames.share(odd));
      }
      equal(frames.references(frame), 1, 'references');
    },
    ['misuse', 'sharing'],
  );
  add(
    'share',
    'a free frame cannot be shared',
    (frames) => {
      const frame = frames.allocate();
      frames.release(frame);
      mustAssert(frames, 'shared', () => frames.share(frame));
    },
    ['misuse', 'sharing'],
  );
  add(
    'allocateReserved',
    'more taken or given back than reserved is noticed',
    (frames) => {
      mustAssert(frames, 'taken', () => frames.allocateReserved());
      frames.reserve(1);
      mustAssert(frames, 'given back', () => frames.unreserve(2));
      frames.allocateReserved();
      mustAssert(frames, 'taken again', () => frames.allocateReserved());
    },
    ['misuse', 'reserve'],
  );
}

/** Does a thousand random things and keeps its own count of references. */
function recount(frames: FrameAllocator): void {
  const random = createSeededRandom(11);
  const counts = new Map<number, number>();
  let reserved = 0;
  const out = (frame: number): void => {
    check(oddFrames.includes(frame) && !counts.has(frame), `${frame} cannot be handed out`);
    counts.set(frame, 1);
  };
  for (let step = 0; step < 1000; step++) {
    const held = [...counts.keys()];
    const frame = held[random.nextUint32() % Math.max(1, held.length)];
    const available = oddFrames.length - held.length - reserved;
    const choice = random.nextUint32() % 8;
    if (choice < 2) {
      const taken = frames.allocate();
      equal(taken !== 0, available > 0, 'allocate');
      if (taken !== 0) out(taken);
    } else if (choice === 2) {
      const count = 1 + (random.nextUint32() % 4);
      const first = frames.allocateRun(count);
      for (let index = 0; first !== 0 && index < count; index++) out(first + index * FRAME_BYTES);
    } else if (choice === 3) {
      const count = random.nextUint32() % 6;
      equal(frames.reserve(count), count <= available, 'reserve');
      if (count <= available) reserved += count;
    } else if (choice === 4 && reserved > 0) {
      reserved -= 1;
      if (random.nextUint32() % 2 === 0) out(frames.allocateReserved());
      else frames.unreserve(1);
    } else if (choice === 5 && frame !== undefined) {
      frames.share(frame);
      counts.set(frame, counts.get(frame)! + 1);
    } else if (frame !== undefined) {
      const left = counts.get(frame)! - 1;
      equal(frames.release(frame), left === 0, 'release');
      if (left === 0) counts.delete(frame);
      else counts.set(frame, left);
    }
    const references = [...counts.values()].reduce((sum, each) => sum + each, 0);
    checkStats(frames, counts.size, reserved, references);
    for (const each of oddFrames) equal(frames.references(each), counts.get(each) ?? 0, `references of ${each}`);
  }
}
