import { createStrictTlb, walkTree } from '@synos/compliance';
import type { FrameAllocator } from '@synos/interfaces';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameAllocator, createPageTables, createRam, right } from '../src/index.js';

const runs = process.env.SYNOS_LONG ? 3_000 : 150;

/** Where the borders of tables of every level are, on both halves of what a program may have. */
const bases = [0, 2 ** 21 - 4 * 4096, 2 ** 30 - 4 * 4096, 2 ** 39 - 4 * 4096, 2 ** 47 - 8 * 4096] as const;

type Step =
  | { readonly op: 'set' | 'clear' | 'prepare'; readonly base: number; readonly page: number; readonly pages: number }
  | {
      readonly op: 'protect';
      readonly base: number;
      readonly page: number;
      readonly pages: number;
      readonly to: number;
    }
  | { readonly op: 'prune'; readonly base: number; readonly shift: number }
  | { readonly op: 'touch'; readonly base: number; readonly page: number; readonly write: boolean };

const base = fc.constantFrom(...bases);
const page = fc.integer({ min: 0, max: 7 });
const pages = fc.integer({ min: 0, max: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constantFrom('set' as const, 'clear' as const, 'prepare' as const), base, page, pages }),
  fc.record({ op: fc.constantFrom('set' as const), base, page, pages }),
  fc.record({ op: fc.constant('protect' as const), base, page, pages, to: fc.integer({ min: 0, max: 15 }) }),
  fc.record({ op: fc.constant('prune' as const), base, shift: fc.constantFrom(21, 30, 39, 47) }),
  fc.record({ op: fc.constant('touch' as const), base, page, write: fc.boolean() }),
  fc.record({ op: fc.constant('touch' as const), base, page, write: fc.boolean() }),
);

/** An allocator in front of another, which looks at each frame on its way back. */
const watched = (frames: FrameAllocator, look: (frame: number) => void): FrameAllocator =>
  ({
    ...Object.fromEntries(
      (
        ['allocate', 'allocateReserved', 'allocateRun', 'reserve', 'unreserve', 'share', 'references', 'stats'] as const
      ).map((name) => [name, (...list: never[]) => (frames[name] as (...all: never[]) => unknown)(...list)]),
    ),
    release(frame: number): boolean {
      look(frame);
      return frames.release(frame);
    },
  }) as FrameAllocator;

const rightsOf = (leaf: { isWritable: boolean; isUser: boolean; isExecutable: boolean; isGlobal: boolean }): number =>
  (leaf.isWritable ? right.write : 0) |
  (leaf.isUser ? right.user : 0) |
  (leaf.isExecutable ? right.execute : 0) |
  (leaf.isGlobal ? right.global : 0);

describe('page tables', () => {
  test('under any sequence they are what a map of pages says, and the TLB is told', () => {
    const property = fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const memory = createRam({ byteLength: 128 * 4096 });
      memory.mem(0, 128 * 4096).fill(0xff); // what frames hold at first is undefined
      const all = createFrameAllocator({ memoryMap: memory.memoryMap });
      const tlb = createStrictTlb(memory);
      const frames = watched(all, (frame) => expect(tlb.remembers(frame), 'handed out too early').toBe(false));
      const tables = createPageTables({ memory, frames, tlb })!;
      tlb.load(tables.root);
      const model = new Map<number, { frame: number; rights: number; dirty: boolean }>();
      const clear = (address: number, byteLength: number): void => {
        const gone: number[] = [];
        tables.clearRange(address, byteLength, (frame) => {
          gone.push(frame);
          frames.release(frame);
        });
        const expected: number[] = [];
        for (let at = address; at < address + byteLength; at += 4096) {
          const found = model.get(at);
          if (found !== undefined) expected.push(found.frame);
          model.delete(at);
        }
        expect(gone).toEqual(expected);
      };

      for (const each of steps) {
        if (each.op === 'prune') {
          const bytes = 2 ** each.shift;
          const start = Math.floor(each.base / bytes) * bytes;
          tables.prune(start, bytes);
          continue;
        }
        const address = each.base + each.page * 4096;
        if (each.op === 'touch') {
          const found = model.get(address);
          const user = ((found?.rights ?? 0) & right.user) !== 0;
          const result = tlb.access(address + 7, { user, write: each.write });
          const isAllowed = found !== undefined && (!each.write || (found.rights & right.write) !== 0);
          expect(result.leaf === null ? null : result.physical).toBe(isAllowed ? found.frame + 7 : null);
          if (isAllowed && each.write) found.dirty = true;
          continue;
        }
        const count = Math.min(each.pages, 8 - each.page);
        if (each.op === 'clear') clear(address, count * 4096);
        if (each.op === 'prepare') tables.prepare(address, count * 4096);
        if (each.op === 'protect') {
          tables.protectRange(address, count * 4096, each.to);
          for (let index = 0; index < count; index++) {
            const found = model.get(address + index * 4096);
            if (found !== undefined) found.rights = each.to;
          }
        }
        if (each.op === 'set' && !model.has(address) && tables.prepare(address, 4096)) {
          const frame = frames.allocate();
          if (frame === 0) continue;
          const rights = (each.pages * 5) & 15;
          tables.set(address, frame, rights);
          model.set(address, { frame, rights, dirty: false });
        }
        expect(tlb.stale()).toEqual([]);
      }

      const tree = walkTree(memory, tables.root);
      expect(tree.broken).toEqual([]);
      const seen = tree.leaves.map((leaf) => [leaf.address, leaf.physical, leaf.pageBytes, rightsOf(leaf)]);
      const expected = [...model].sort(([a], [b]) => a - b).map(([at, { frame, rights }]) => [at, frame, 4096, rights]);
      expect(seen).toEqual(expected);
      expect(tree.tables.length * 4096).toBe(tables.tableBytes);
      expect(all.stats().usedFrames).toBe(tree.tables.length + model.size);
      for (const { address, isAccessed, isDirty } of tree.leaves) {
        const { frame, rights, dirty } = model.get(address)!;
        expect(isDirty).toBe(dirty);
        const leaf = { frame, rights, accessed: isAccessed, dirty: isDirty, pageBytes: 4096 };
        expect(tables.get(address + 4095)).toEqual(leaf);
        expect(tables.frameAt(address + 1)).toBe(frame);
      }

      for (const at of bases) clear(at, 8 * 4096);
      tables.prune(0, 2 ** 47);
      expect(tables.tableBytes).toBe(4096);
      expect(tlb.stale()).toEqual([]);
      tables.destroy();
      const { usedFrames, reservedFrames } = all.stats();
      expect([usedFrames, reservedFrames]).toEqual([0, 0]);
    });
    fc.assert(property, { numRuns: runs });
  });

  test('prepare makes all tables of a range or none, and as few as there must be', () => {
    const property = fc.property(
      fc.integer({ min: 8, max: 40 }),
      fc.array(
        fc.tuple(
          fc.constantFrom(...bases, 2 ** 40, 3 * 2 ** 30),
          fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 2 ** 35 })),
        ),
        { minLength: 1, maxLength: 6 },
      ),
      (frameCount, ranges) => {
        const memory = createRam({ byteLength: frameCount * 4096 });
        const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
        const tables = createPageTables({ memory, frames, tlb: createStrictTlb(memory) })!;
        const needed = new Set<string>(['root']);
        for (const [address, wanted] of ranges) {
          const byteLength = Math.min(wanted * 4096, 2 ** 47 - address);
          const before = frames.stats();
          const ok = tables.prepare(address, byteLength);
          const names = new Set(needed);
          for (const span of byteLength === 0 ? [] : [2 ** 21, 2 ** 30, 2 ** 39]) {
            const last = Math.floor((address + byteLength - 1) / span);
            for (let index = Math.floor(address / span); index <= last && names.size < 100; index++) {
              names.add(`${span} ${index}`);
            }
          }
          expect(ok).toBe(names.size < frameCount);
          if (ok) for (const name of names) needed.add(name);
          else expect(frames.stats()).toEqual(before);
          expect(walkTree(memory, tables.root).tables.length).toBe(needed.size);
        }
        tables.destroy();
        expect(frames.stats().usedFrames).toBe(0);
      },
    );
    fc.assert(property, { numRuns: runs });
  });
});
