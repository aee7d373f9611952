import { frameAllocatorSuite, runCases } from '@synos/compliance';
import { describe, expect, test } from 'vitest';
import { createFrameAllocator } from '../src/index.js';
import { frameBugs, naiveFrames } from './reference/naive-frames.js';

describe('our frame allocator', () => {
  for (const c of frameAllocatorSuite((memoryMap) => createFrameAllocator({ memoryMap }))) {
    test(`${c.name} [${c.clause}]`, c.run);
  }
});

describe('an allocator as short as can be', () => {
  for (const c of frameAllocatorSuite((memoryMap) => naiveFrames(memoryMap))) test(`${c.name} [${c.clause}]`, c.run);
});

describe('the suite of frame allocators kills', () => {
  for (const bug of frameBugs) {
    test(bug, async () => {
      const results = await runCases(frameAllocatorSuite((memoryMap) => naiveFrames(memoryMap, bug)));
      expect(results.some(({ error }) => error !== undefined)).toBe(true);
    });
  }
});

describe('odd memory maps', () => {
  test('unsorted, overlapping and touching ranges are taken; the reserved one wins', () => {
    const frames = createFrameAllocator({
      memoryMap: [
        { address: 0x5800, byteLength: 0x2800, kind: 'usable' },
        { address: 0x3000, byteLength: 0x1001, kind: 'reserved' },
        { address: 0, byteLength: 0x5800, kind: 'usable' },
      ],
      reserved: [{ address: 0x6fff, byteLength: 1 }],
    });
    const taken = Array.from({ length: 6 }, () => frames.allocate() / 4096);
    expect(taken).toEqual([7, 5, 2, 1, 0, 0]);
    expect(frames.stats()).toEqual({ totalFrames: 4, freeFrames: 0, usedFrames: 4, reservedFrames: 0, references: 4 });
  });

  test('a range that is none is said to be so', () => {
    for (const [address, byteLength] of [
      [-1, 4096],
      [0.5, 4096],
      [0, -4096],
      [Number.NaN, 4096],
      [2 ** 52 - 4096, 8192],
    ] as const) {
      const make = () => createFrameAllocator({ memoryMap: [{ address, byteLength, kind: 'usable' }] });
      expect(make).toThrow(`no range of physical memory: ${byteLength} bytes at ${address}`);
    }
  });

  test('memory beyond 256 GB is left alone', () => {
    const frames = createFrameAllocator({
      memoryMap: [
        { address: 0, byteLength: 0x4000, kind: 'usable' },
        { address: 2 ** 38, byteLength: 2 ** 40, kind: 'usable' },
      ],
    });
    expect(frames.stats().totalFrames).toBe(3);
  });

  test('4 GB: single frames from the top, runs from the bottom', () => {
    const frames = createFrameAllocator({ memoryMap: [{ address: 0, byteLength: 2 ** 32, kind: 'usable' }] });
    expect(frames.stats().totalFrames).toBe(2 ** 20 - 1);
    expect(frames.allocate()).toBe(2 ** 32 - 4096);
    expect(frames.allocateRun(512, { alignBytes: 2 ** 21 })).toBe(2 ** 21);
    expect(frames.allocateRun(2 ** 20 - 1026)).toBe(2 ** 22);
  });
});
