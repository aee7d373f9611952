import { fc, test as propertyTest } from '@fast-check/vitest';
import { EINVAL, ENOMEM, EOPNOTSUPP, EPERM } from '@synos/abi';
import { createAddressSpace, createFrameAllocator, createRam, nullTlb } from '@synos/memory';
import { describe, expect, test } from 'vitest';
import { checkSpace, createSpaceRig } from './space-rig.js';

const PAGE = 4096;
const PRIVATE = 0x22;
const FIXED = 0x32;

describe('an earlier attempt had address spaces wrong', () => {
  test('mmap: equal lengths gave equal addresses, and nothing was mapped', () => {
    const rig = createSpaceRig(100);
    const places = Array.from({ length: 8 }, () => rig.space.mmap(0, PAGE, 3, PRIVATE));
    expect(new Set(places).size).toBe(8);
    for (const [index, place] of places.entries()) {
      expect(rig.space.copyOut(place, new Uint8Array(PAGE).fill(index + 1))).toBe(PAGE);
    }
    for (const [index, place] of places.entries()) {
      const physical = rig.touch(place, {});
      expect([...new Set(rig.memory.mem(physical, PAGE))]).toEqual([index + 1]);
    }
    checkSpace(rig);
  });

  test('munmap accepted anything: it refuses what it should, and unmaps', () => {
    const rig = createSpaceRig(100);
    const place = rig.space.mmap(0, 2 * PAGE, 3, PRIVATE);
    expect(rig.touch(place, { write: true })).toBeGreaterThan(0);
    expect(rig.space.munmap(place + 1, PAGE)).toBe(-EINVAL);
    expect(rig.space.munmap(place, 0)).toBe(-EINVAL);
    expect(rig.space.munmap(-PAGE, PAGE)).toBe(-EINVAL);
    expect(rig.space.munmap(place, PAGE)).toBe(0);
    expect(rig.touch(place, {})).toBe(-1);
    expect(rig.touch(place + PAGE, {})).toBeGreaterThan(0);
    checkSpace(rig);
  });

  test('brk echoed its argument: it moves, and stays where it cannot', () => {
    const rig = createSpaceRig(100);
    expect(rig.space.brk(5 * PAGE)).toBe(0);
    rig.space.setHeapStart(0x60_0000);
    expect(rig.space.brk(0)).toBe(0x60_0000);
    expect(rig.space.brk(0x60_0000 + 10)).toBe(0x60_000a);
    expect(rig.touch(0x60_0fff, { write: true })).toBeGreaterThan(0);
    expect(rig.space.brk(0x60_0000 + 1000 * PAGE)).toBe(0x60_000a);
    expect(rig.space.brk(0x10_0000)).toBe(0x60_000a);
    checkSpace(rig);
  });

  test('brk: from a whole page on, down to the start, up to a page below what lies above', () => {
    const rig = createSpaceRig(100);
    const { space } = rig;
    space.setHeapStart(0x60_0001);
    const start = 0x60_1000;
    expect(space.brk(0)).toBe(start);
    space.mmap(start + 3 * PAGE, PAGE, 3, FIXED);
    expect(space.brk(start + 2 * PAGE + 1)).toBe(start);
    expect(space.brk(start + 2 * PAGE)).toBe(start + 2 * PAGE);
    expect(space.brk(start + 10.5)).toBe(start + 10);
    expect(space.brk(start)).toBe(start);
    expect(() => space.setHeapStart(start)).toThrow('has its start');
    checkSpace(rig);
    const high = createSpaceRig(100).space;
    const last = 2 ** 47 - PAGE;
    high.setHeapStart(last - PAGE);
    expect(high.brk(last + 1)).toBe(last - PAGE);
    expect(high.brk(last)).toBe(last);
    expect(high.brk(Infinity)).toBe(last);
  });

  test('brk: what the program unmapped itself cannot be given up, as Linux 6 has it', () => {
    const rig = createSpaceRig(100);
    rig.space.setHeapStart(0x60_0000);
    expect(rig.space.brk(0x60_0000 + 4 * PAGE)).toBe(0x60_0000 + 4 * PAGE);
    expect(rig.space.munmap(0x60_1000, 3 * PAGE)).toBe(0);
    expect(rig.space.brk(0x60_1000), 'nothing of it is mapped').toBe(0x60_0000 + 4 * PAGE);
    expect(rig.space.brk(0x60_0000), 'some of it is').toBe(0x60_0000);
    expect(rig.space.regions()).toEqual([]);
    checkSpace(rig);
  });

  test('mprotect leaves the heap a heap', () => {
    const { space } = createSpaceRig(100);
    space.setHeapStart(0x60_0000);
    space.brk(0x60_0000 + PAGE);
    expect(space.mprotect(0x60_0000, PAGE, 1)).toBe(0);
    expect(space.regions()).toMatchObject([{ kind: 'heap', protection: 1 }]);
  });

  test('brk stays where to give up the heap would make too many regions', () => {
    const { space } = createSpaceRig(100, { maxRegions: 2 });
    const start = 0x60_0000;
    space.setHeapStart(start);
    expect(space.brk(start + 4 * PAGE)).toBe(start + 4 * PAGE);
    expect(space.mmap(start + PAGE, 9 * PAGE, 3, FIXED)).toBe(start + PAGE);
    expect(space.brk(start + 2 * PAGE)).toBe(start + 4 * PAGE);
    expect(space.regions()).toHaveLength(2);
  });

  test('a fault where the tables grant all: the CPU is told to forget the page', () => {
    const told: number[] = [];
    const { space } = createSpaceRig(100, { tlb: { ...nullTlb(), invlpg: (page) => told.push(page) } });
    const place = space.mmap(0, PAGE, 3, PRIVATE);
    expect(space.resolveFault(place + 5, 6)).toBe(null);
    told.length = 0;
    expect(space.resolveFault(place + 5, 6)).toBe(null);
    expect(told).toEqual([place]);
  });

  test('a last table outside of memory is a broken one', () => {
    const { space, memory } = createSpaceRig(100);
    space.mmap(0x4000_0000, PAGE, 3, FIXED);
    const table = space.root - 2 * PAGE;
    new DataView(memory.mem(table, 8).buffer, table, 8).setUint32(0, 0x4000_0007, true);
    expect(space.resolveFault(0x4000_0000, 6)).toBe('broken-tables');
  });

  test('the page-fault path allocated, mapped nothing and said OK', () => {
    const rig = createSpaceRig(100);
    const place = rig.space.mmap(0, PAGE, 3, PRIVATE);
    const { usedFrames } = rig.frames.stats();
    expect(rig.tlb.access(place, { user: true, write: true }).errorCode).toBe(6);
    expect(rig.space.resolveFault(place, 6)).toBe(null);
    expect(rig.frames.stats().usedFrames).toBe(usedFrames + 1);
    expect(rig.tlb.access(place, { user: true, write: true }).errorCode).toBe(null);
    expect(rig.space.resolveFault(place + PAGE, 6)).toBe('unmapped');
    expect(rig.frames.stats().usedFrames).toBe(usedFrames + 1);
    checkSpace(rig);
  });
});

describe('bounds', () => {
  test('regions: one more than there may be is ENOMEM, by mmap, munmap and mprotect', () => {
    const rig = createSpaceRig(200, { maxRegions: 3 });
    const { space } = rig;
    const at = (page: number): number => 0x4000_0000 + page * PAGE;
    for (const page of [0, 10, 20]) expect(space.mmap(at(page), 5 * PAGE, 3, FIXED)).toBe(at(page));
    expect(space.mmap(at(30), PAGE, 3, FIXED)).toBe(-ENOMEM);
    expect(space.mmap(at(12), PAGE, 1, FIXED)).toBe(-ENOMEM);
    expect(space.munmap(at(12), PAGE)).toBe(-ENOMEM);
    expect(space.mprotect(at(12), PAGE, 1)).toBe(-ENOMEM);
    expect(space.regions().length).toBe(3);
    checkSpace(rig);
    expect(space.mmap(at(15), PAGE, 3, FIXED), 'a neighbour that is alike').toBe(at(15));
    expect(space.munmap(at(4), PAGE), 'a tail').toBe(0);
    expect(space.mmap(at(10), 15 * PAGE, 1, FIXED), 'two made one').toBe(at(10));
    expect(space.regions().length).toBe(2);
    checkSpace(rig);
  });

  test('the search goes down from the base, takes the first gap, and goes above when there is none', () => {
    const rig = createSpaceRig(200, { lowestAddress: 0x10_0000, mmapBase: 0x11_0000 });
    const { space } = rig;
    expect(space.mmap(0, 4 * PAGE, 3, PRIVATE)).toBe(0x10_c000);
    expect(space.mmap(0, 4 * PAGE, 1, PRIVATE)).toBe(0x10_8000);
    expect(space.munmap(0x10_d000, PAGE)).toBe(0);
    expect(space.mmap(0, 2 * PAGE, 1, PRIVATE), 'too large for the gap').toBe(0x10_6000);
    expect(space.mmap(0, PAGE, 1, PRIVATE), 'the gap').toBe(0x10_d000);
    expect(space.mmap(0, 7 * PAGE, 1, PRIVATE), 'above the base').toBe(0x11_0000);
    expect(space.mmap(0, 6 * PAGE, 1, PRIVATE), 'the last below it').toBe(0x10_0000);
    expect(space.mmap(0xf_f000, PAGE, 1, FIXED)).toBe(-EPERM);
    checkSpace(rig);
  });

  test('the search upwards begins at a third of the user half, and never below the lowest address', () => {
    const third = 0x2aaa_aaaa_b000;
    const low = createSpaceRig(100, { lowestAddress: third - PAGE, mmapBase: third }).space;
    expect(low.mmap(0, 2 * PAGE, 3, PRIVATE)).toBe(third);
    const across = createSpaceRig(100, { lowestAddress: third + PAGE, mmapBase: third + 2 * PAGE }).space;
    expect(across.mmap(0, 2 * PAGE, 3, PRIVATE)).toBe(third + PAGE);
    const high = createSpaceRig(100, { lowestAddress: 2 * third, mmapBase: 2 * third }).space;
    expect(high.mmap(0, PAGE, 3, PRIVATE)).toBe(2 * third);
  });

  test('the last page of the user half stays empty', () => {
    const { space } = createSpaceRig(100);
    const last = 2 ** 47 - PAGE;
    expect(space.mmap(last, PAGE, 3, FIXED)).toBe(-ENOMEM);
    expect(space.mmap(last - PAGE, 2 * PAGE, 3, FIXED)).toBe(-ENOMEM);
    expect(space.munmap(last - PAGE, 2 * PAGE)).toBe(-EINVAL);
    expect(space.mmap(last - PAGE, PAGE, 3, FIXED)).toBe(last - PAGE);
    expect(space.munmap(last - PAGE, PAGE)).toBe(0);
    expect(space.regions()).toEqual([]);
    expect(space.munmap(last, 1)).toBe(-EINVAL);
    expect(space.mmap(last - PAGE, PAGE, 3, PRIVATE)).toBe(last - PAGE);
    expect(space.munmap(last - PAGE, PAGE)).toBe(0);
    for (const hint of [last - PAGE, last, 2 ** 47, Infinity]) {
      expect(space.mmap(hint, 2 * PAGE, 3, PRIVATE)).toBeLessThan(0x7fff_f000_0000);
    }
    expect(space.mmap(Number.NaN, PAGE, 3, FIXED)).toBe(-EINVAL);
    expect(space.mmap(0, Number.NaN, 3, PRIVATE)).toBe(-EINVAL);
  });

  test('mprotect(2): PROT_GROWSDOWN and PROT_GROWSUP look for a region first, which then does not grow', () => {
    const { space } = createSpaceRig(100);
    const at = 0x4000_0000;
    space.mmap(at, 2 * PAGE, 3, FIXED);
    const answers = (address: number) =>
      [0x100_0001, 0x200_0001, 0x300_0001, 0x100_0010].map((rights) => space.mprotect(address, 2 * PAGE, rights));
    expect(answers(at)).toEqual([-EINVAL, -EINVAL, -EINVAL, -EINVAL]);
    expect(answers(at - PAGE)).toEqual([-EINVAL, -ENOMEM, -EINVAL, -EINVAL]);
    expect(answers(at + 2 * PAGE)).toEqual([-ENOMEM, -ENOMEM, -EINVAL, -EINVAL]);
    expect(space.mprotect(at, PAGE, 2 ** 32 + 1)).toBe(-EINVAL);
    expect(space.regions()).toMatchObject([{ protection: 3 }]);
  });

  test('mprotect: ranges that wrap, and such as end where the numbers do', () => {
    const { space } = createSpaceRig(100);
    const at = 0x4000_0000;
    space.mmap(at, PAGE, 3, FIXED);
    const bad = 0x100;
    // ENOMEM for what wraps comes before EINVAL for the rights.
    expect(space.mprotect(at, 2 ** 64 - at, bad)).toBe(-ENOMEM);
    expect(space.mprotect(at, -at, bad)).toBe(-ENOMEM);
    expect(space.mprotect(-PAGE, PAGE, bad)).toBe(-ENOMEM);
    expect(space.mprotect(-2 * PAGE, PAGE, bad)).toBe(-EINVAL);
    expect(space.mprotect(at, -at - PAGE, bad)).toBe(-EINVAL);
  });

  test('mmap: what is not supported says so', () => {
    const { space } = createSpaceRig(100);
    for (const flags of [0x21, 0x23, 0x2, 0x122, 0x4_0022]) expect(space.mmap(0, PAGE, 3, flags)).toBe(-EOPNOTSUPP);
    expect(space.mmap(0, PAGE, 3, 0x20)).toBe(-EINVAL);
  });

  test('rights that are none are left out of a region', () => {
    const { space } = createSpaceRig(100);
    space.mmap(0x4000_0000, PAGE, 0x103, FIXED);
    expect(space.regions()).toMatchObject([{ protection: 3 }]);
  });

  test('thousands of regions, none alike its neighbour', () => {
    const memory = createRam({ byteLength: 8 << 20 });
    const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
    const space = createAddressSpace({ memory, frames, tlb: nullTlb() });
    if (space === null) throw new Error('no frame for a root');
    const first = space.mmap(0, PAGE, 1, PRIVATE);
    for (let index = 1; index < 1500; index += 1) {
      expect(space.mmap(0, PAGE, 1 + (index % 2), PRIVATE)).toBe(first - index * PAGE);
    }
    expect(space.regions().length).toBe(1500);
    for (let index = 0; index < 1500; index += 2) expect(space.munmap(first - index * PAGE, PAGE)).toBe(0);
    expect(space.mmap(0, 2 * PAGE, 1, PRIVATE)).toBe(first - 1501 * PAGE);
    for (let index = 0; index < 750; index += 1) expect(space.mmap(0, PAGE, 2, PRIVATE)).toBe(first - 2 * index * PAGE);
    space.destroy();
    expect(frames.stats()).toMatchObject({ usedFrames: 0, reservedFrames: 0 });
  });
});

test('memory is told of every byte that an address space stores', () => {
  const told = new Set<number>();
  const onWrote = (address: number, byteLength: number): void => {
    for (let at = address; at < address + byteLength; at += 1) told.add(at);
  };
  const memory = createRam({ byteLength: 64 * PAGE, onWrote });
  memory.mem(0, 64 * PAGE).fill(0xa5);
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  const space = createAddressSpace({ memory, frames, tlb: nullTlb() })!;
  const place = space.mmap(0, 2 * PAGE, 3, PRIVATE);
  const steps: [string, () => unknown][] = [
    ['resolveFault', () => [space.resolveFault(place, 6), space.resolveFault(place + PAGE, 6)]],
    ['copyOut', () => space.copyOut(place + 4000, new Uint8Array(200).fill(7))],
    ['zeroOut', () => space.zeroOut(place + 4000, 200)],
  ];
  for (const [name, run] of steps) {
    const before = memory.mem(0, 64 * PAGE).slice();
    told.clear();
    run();
    const untold: number[] = [];
    memory.mem(0, 64 * PAGE).forEach((byte, at) => {
      if (byte !== before[at] && !told.has(at)) untold.push(at);
    });
    expect(untold, name).toEqual([]);
  }
});

test('an address space without a frame for its root is none', () => {
  const memory = createRam({ byteLength: PAGE });
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  expect(createAddressSpace({ memory, frames, tlb: nullTlb() })).toBe(null);
});

const number = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.integer({ min: -10_000, max: 50_000 }),
  fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    -0,
    2 ** 47,
    2 ** 47 - PAGE,
    2 ** 47 - 1,
    -(2 ** 47),
    -1,
    2 ** 63,
    2 ** 64,
    0.5,
  ),
  fc.integer({ min: -3 * PAGE, max: 9 * PAGE }).map((offset) => 0x4000_0000 + offset),
);

describe('bad input', () => {
  propertyTest.prop([fc.array(fc.tuple(fc.nat(8), number, number, number, number), { maxLength: 12 })])(
    'no numbers make a call throw, or leave anything half done',
    (calls) => {
      const rig = createSpaceRig(60);
      const { space } = rig;
      space.mmap(0x4000_0000, 6 * PAGE, 3, FIXED);
      space.setHeapStart(0x5000_0000);
      const buffer = new Uint8Array(3 * PAGE);
      for (const [call, a, b, c, d] of calls) {
        if (call === 0) space.mmap(a, b, c, PRIVATE);
        else if (call === 1) space.mmap(a, b, c, d);
        else if (call === 2) space.munmap(a, b);
        else if (call === 3) space.mprotect(a, b, c);
        else if (call === 4) space.brk(a);
        else if (call === 5) space.resolveFault(a, c);
        else if (call === 6) expect(space.copyIn(a, buffer, c, d)).toBeLessThanOrEqual(buffer.length);
        else if (call === 7) expect(space.copyOut(a, buffer, c, d)).toBeLessThanOrEqual(buffer.length);
        else expect(space.zeroOut(a, b)).toBeLessThanOrEqual(60 * PAGE);
        checkSpace(rig);
      }
    },
  );

  propertyTest.prop([fc.array(fc.tuple(fc.nat(511), fc.nat(), fc.nat()), { maxLength: 40 }), fc.nat(3)])(
    'any bytes as page tables: faults and copies are refused, nothing throws',
    (stores, which) => {
      const rig = createSpaceRig(60);
      const { space, memory } = rig;
      space.mmap(0x4000_0000, 6 * PAGE, 3, FIXED);
      space.resolveFault(0x4000_0000, 6);
      // The tables are the highest frames: the root, then one for each level.
      const table = space.root - which * PAGE;
      const view = new DataView(memory.mem(table, PAGE).buffer, table, PAGE);
      for (const [index, low, high] of [...stores, [0, stores.length * 3, 0] as const]) {
        view.setUint32(index * 8, low, true);
        view.setUint32(index * 8 + 4, high, true);
      }
      for (const address of [0x4000_0000, 0x4000_1000, 0x4000_5fff]) {
        const count = space.copyIn(address, new Uint8Array(100));
        expect(count).toBeLessThanOrEqual(100);
        expect([null, 'broken-tables']).toContain(space.resolveFault(address, 6));
      }
    },
  );
});
