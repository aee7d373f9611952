// Address spaces with one bug each: the suite must find every one.
import { type AddressSpaceFixture, addressSpaceSuite, runCases, walkTree } from '@synos/compliance';
import type { AddressSpace, FrameAllocator, Tlb } from '@synos/interfaces';
import { createAddressSpace } from '@synos/memory';
import { describe, expect, test } from 'vitest';
import { createSpaceRig } from './space-rig.js';

/** A bug: methods that take the place of good ones, or parts that the address space is made of. */
interface Bug {
  readonly methods?: (good: AddressSpace, rig: AddressSpaceFixture) => Partial<AddressSpace>;
  readonly tlb?: (good: Tlb) => Partial<Tlb>;
  readonly frames?: (good: FrameAllocator) => Partial<FrameAllocator>;
}

/** An object whose methods are those of another, but for some. */
function replaced<T extends object>(good: T, changes: Partial<T>): T {
  return new Proxy(good, {
    get(target, key) {
      const value = (Object.hasOwn(changes, key) ? changes : target)[key as keyof T];
      return typeof value === 'function' ? value.bind(Object.hasOwn(changes, key) ? changes : target) : value;
    },
  });
}

function withBug(bug: Bug, frameCount: number): AddressSpaceFixture {
  const { memory, frames, tlb, space: unused } = createSpaceRig(frameCount);
  unused.destroy();
  const space = createAddressSpace({
    memory,
    frames: replaced(frames, bug.frames?.(frames) ?? {}),
    tlb: replaced(tlb as Tlb, bug.tlb?.(tlb) ?? {}),
  });
  if (space === null) throw new Error('no frame for a root');
  const fixture = { memory, frames, tlb, space };
  return { ...fixture, space: replaced(space, bug.methods?.(space, fixture) ?? {}) };
}

const MAP_FIXED = 0x10;
const NOREPLACE = 0x10_0000;

const bugs: Record<string, Bug> = {
  'mmap: equal lengths give equal addresses, nothing is mapped': {
    methods: () => ({ mmap: (_hint, byteLength) => 0x1000_0000 + byteLength }),
  },
  'mmap: a hint is not heard': {
    methods: (good) => ({
      mmap: (hint, length, protection, flags) =>
        good.mmap((flags & (MAP_FIXED | NOREPLACE)) !== 0 ? hint : 0, length, protection, flags),
    }),
  },
  'mmap: MAP_FIXED_NOREPLACE replaces': {
    methods: (good) => ({
      mmap: (hint, length, protection, flags) =>
        good.mmap(hint, length, protection, (flags & NOREPLACE) !== 0 ? (flags & ~NOREPLACE) | MAP_FIXED : flags),
    }),
  },
  'mmap: everything may be executed': {
    methods: (good) => ({ mmap: (hint, length, rights, flags) => good.mmap(hint, length, rights | 4, flags) }),
  },
  'mmap: shared is taken for private': {
    methods: (good) => ({
      mmap: (hint, length, rights, flags) =>
        good.mmap(hint, length, rights, (flags & 15) === 1 ? (flags & ~15) | 2 : flags),
    }),
  },
  'munmap: accepts anything and does nothing': { methods: () => ({ munmap: () => 0 }) },
  'munmap: a length is rounded down': {
    methods: (good) => ({
      munmap: (address, length) =>
        length < 4096 ? good.munmap(address, length) && 0 : good.munmap(address, Math.floor(length / 4096) * 4096),
    }),
  },
  'munmap: what is not mapped is an error': {
    methods: (good) => ({
      munmap: (address, length) =>
        good
          .regions()
          .some((region) => region.address < address + length && address < region.address + region.byteLength)
          ? good.munmap(address, length)
          : -22,
    }),
  },
  'munmap: a frame is forgotten': {
    frames: (good) => {
      let count = 0;
      return { release: (frame) => (++count === 2 ? true : good.release(frame)) };
    },
  },
  'mprotect: does nothing': { methods: () => ({ mprotect: () => 0 }) },
  'mprotect: passes over gaps': {
    methods: (good) => ({
      mprotect: (address, length, rights) => {
        const answer = good.mprotect(address, length, rights);
        if (answer !== -12) return answer;
        for (let at = address; at < address + length; at += 4096) good.mprotect(at, 4096, rights);
        return answer;
      },
    }),
  },
  'mprotect: all or nothing': {
    methods: (good) => ({
      mprotect: (address, length, rights) => {
        for (let at = address; at < address + length && length < 2 ** 20; at += 4096) {
          const isMapped = good.regions().some((each) => each.address <= at && at < each.address + each.byteLength);
          if (!isMapped && at % 4096 === 0) return -12;
        }
        return good.mprotect(address, length, rights);
      },
    }),
  },
  'brk: echoes its argument': { methods: () => ({ brk: (address) => address }) },
  'brk: keeps what was given up': {
    methods: (good) => ({ brk: (address) => (address > 0 && address < good.brk(0) ? address : good.brk(address)) }),
  },
  'resolveFault: maps nothing and says that all is well': { methods: () => ({ resolveFault: () => null }) },
  'resolveFault: a write is taken for a read': {
    methods: (good) => ({ resolveFault: (address, code) => good.resolveFault(address, code & ~2) }),
  },
  'resolveFault: a fetch is taken for a read': {
    methods: (good) => ({ resolveFault: (address, code) => good.resolveFault(address, code & ~16) }),
  },
  'resolveFault: every refusal is unmapped': {
    methods: (good) => ({
      resolveFault: (address, code) => (good.resolveFault(address, code) === null ? null : 'unmapped'),
    }),
  },
  'resolveFault: fresh pages hold what was there': {
    methods: (good, { memory }) => ({
      resolveFault: (address, code) => {
        const refusal = good.resolveFault(address, code);
        const page = Math.floor(address / 4096) * 4096;
        const leaf = walkTree(memory, good.root, 'user').leaves.find((each) => each.address === page);
        if (refusal === null && leaf !== undefined) memory.mem(leaf.physical, 4096).fill(0xa5);
        return refusal;
      },
    }),
  },
  'Tlb: not told of single pages': { tlb: () => ({ invlpg() {} }) },
  'frames: more is promised than there is': {
    frames: (good) => ({ reserve: (count) => good.reserve(Math.min(count, 1)) || true }),
  },
  'copyIn: says that all came': {
    methods: (good) => ({
      copyIn: (address, into, offset = 0, length = into.length - offset) => {
        good.copyIn(address, into, offset, length);
        return length;
      },
    }),
  },
  'copyIn: forgets the offset': {
    methods: (good) => ({ copyIn: (address, into, _offset, length) => good.copyIn(address, into, 0, length) }),
  },
  'copyIn: throws where there is no number': {
    methods: (good) => ({
      copyIn: (address, into, offset, length) => {
        if (Number.isNaN(address)) throw new Error('no number');
        return good.copyIn(address, into, offset, length);
      },
    }),
  },
  'copyOut: all or nothing': {
    methods: (good) => ({
      copyOut: (address, from, offset = 0, length = from.length - offset) => {
        const count = good.copyOut(address, from, offset, length);
        return count < length ? 0 : count;
      },
    }),
  },
  'zeroOut: one byte more': {
    methods: (good) => ({ zeroOut: (address, length) => Math.min(length, good.zeroOut(address, length + 1)) }),
  },
  'regions: page by page': {
    methods: (good) => ({
      regions: () =>
        good.regions().flatMap(({ address, byteLength, protection, kind }) =>
          Array.from({ length: byteLength / 4096 }, (_, page) => ({
            address: address + page * 4096,
            byteLength: 4096,
            protection,
            kind,
          })),
        ),
    }),
  },
  'stats: what is mapped is resident': {
    methods: (good) => ({ stats: () => ({ ...good.stats(), residentBytes: good.stats().mappedBytes }) }),
  },
  'destroy: does nothing': { methods: () => ({ destroy() {} }) },
};

async function failures(bug: Bug): Promise<string[]> {
  const results = await runCases(addressSpaceSuite((frameCount) => withBug(bug, frameCount)));
  return results.filter(({ error }) => error !== undefined).map(({ name, error }) => `${name}: ${error?.message}`);
}

describe('the AddressSpace suite finds a planted bug', () => {
  test('and none in an address space without one', async () => {
    expect(await failures({})).toEqual([]);
  });

  for (const [name, bug] of Object.entries(bugs)) {
    test(name, async () => {
      expect((await failures(bug)).length).toBeGreaterThan(0);
    });
  }
});
