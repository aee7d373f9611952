import { EINVAL, ENOEXEC, ENOMEM, EPERM, PROT_EXEC, PROT_READ, PROT_WRITE } from '@synos/abi';
import { createAddressSpace, createFrameAllocator, createPageWalker, createRam, nullTlb, right } from '@synos/memory';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadElf } from '../src/elf/load.js';
import { PROGRAM_END } from '../src/elf/parse.js';
import { parseElf } from '../src/index.js';
import { type MadeSegment, makeElf } from './support/elf-file.js';

const RUNS = process.env.SYNOS_LONG ? 20_000 : 200;

function world() {
  const ram = createRam({ byteLength: 512 << 10 });
  const frames = createFrameAllocator({ memoryMap: ram.memoryMap });
  const space = () => {
    const made = createAddressSpace({ memory: ram, frames, tlb: nullTlb() });
    if (made === null) throw new Error('no memory');
    return made;
  };
  return { ram, frames, space };
}

/** Loads any bytes: an answer, and nothing stays behind. */
function tryBytes(bytes: Uint8Array<ArrayBuffer>): number {
  const { frames, space } = world();
  const before = frames.stats();
  const program = parseElf(bytes);
  if ('fault' in program) {
    expect([-ENOEXEC, -EINVAL]).toContain(program.answer);
    return program.answer;
  }
  expect(program.entry).toBeLessThan(PROGRAM_END);
  const memory = space();
  const answer = loadElf(memory, program, bytes);
  expect([0, -ENOMEM, -EPERM]).toContain(answer);
  for (const region of memory.regions()) expect(region.address + region.byteLength).toBeLessThanOrEqual(PROGRAM_END);
  memory.destroy();
  expect(frames.stats()).toEqual(before);
  return answer;
}

const good = (): Uint8Array<ArrayBuffer> =>
  makeElf({
    entry: 0x40_1000,
    segments: [
      { flags: 5, address: 0x40_0000, bytes: new Uint8Array(5000).fill(7) },
      { flags: 6, address: 0x40_3123, bytes: Uint8Array.of(1, 2, 3, 4), memoryBytes: 0x2000 },
    ],
  });

describe('any bytes', () => {
  test('noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => void tryBytes(Uint8Array.from(noise))),
      { numRuns: RUNS },
    );
  });

  const edge = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(0n, 1n, 4095n, 4096n, 2n ** 47n - 1n, 2n ** 47n - 4096n, 2n ** 47n, 2n ** 53n, 2n ** 63n),
  );
  test('a good file with words overwritten', () => {
    let loaded = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 21 }), edge), { maxLength: 3 }), (edits) => {
        const bytes = good();
        const view = new DataView(bytes.buffer);
        for (const [word, value] of edits) view.setBigUint64(8 * word, value, true);
        if (tryBytes(bytes) === 0) loaded += 1;
      }),
      { numRuns: RUNS },
    );
    expect(loaded).toBeGreaterThan(0);
  });

  test('a good file with bytes overwritten, and cut off', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 176 }), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        fc.integer({ min: 0, max: 30_000 }),
        (edits, length) => {
          const bytes = good().slice(0, length);
          for (const [at, value] of edits) bytes[at] = value;
          tryBytes(bytes);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

const segmentOf = (page: number): fc.Arbitrary<MadeSegment> =>
  fc
    .record({
      flags: fc.integer({ min: 0, max: 7 }),
      within: fc.integer({ min: 0, max: 4095 }),
      bytes: fc.uint8Array({ maxLength: 9000 }),
      more: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9000 })),
    })
    .map(({ flags, within, bytes, more }) => ({
      flags,
      address: 0x40_0000 + page * 4096 + within,
      bytes: Uint8Array.from(bytes),
      memoryBytes: bytes.length + more,
    }));

test('memory holds what the file says, with its rights', () => {
  fc.assert(
    fc.property(
      fc.tuple(segmentOf(0), segmentOf(8), segmentOf(16)).filter((all) => all.some((s) => (s.memoryBytes ?? 0) > 0)),
      (segments) => {
        const { ram, frames, space } = world();
        const before = frames.stats();
        const bytes = makeElf({ entry: 0x40_0000, segments });
        const program = parseElf(bytes);
        if ('fault' in program) throw new Error(program.fault);
        const memory = space();
        expect(loadElf(memory, program, bytes)).toBe(0);
        const walker = createPageWalker(ram);
        for (const { flags, address, bytes: content, memoryBytes = 0 } of segments) {
          if (memoryBytes === 0) continue;
          const first = Math.floor(address / 4096) * 4096;
          const last = Math.ceil((address + memoryBytes) / 4096) * 4096;
          const region = memory.regions().find((r) => r.address <= first && r.address + r.byteLength >= last);
          const wanted =
            ((flags & 4) !== 0 ? PROT_READ : 0) |
            ((flags & 2) !== 0 ? PROT_WRITE : 0) |
            ((flags & 1) !== 0 ? PROT_EXEC : 0);
          expect(region?.protection).toBe(wanted);
          if (wanted === 0) continue;
          const seen = new Uint8Array(memoryBytes);
          expect(memory.copyIn(address, seen)).toBe(memoryBytes);
          expect(seen.subarray(0, content.length)).toEqual(Uint8Array.from(content));
          expect(seen.subarray(content.length).every((byte) => byte === 0)).toBe(true);
          const mayRun = walker.translate(memory.root, address, right.user | right.execute) >= 0;
          const mayWrite = walker.translate(memory.root, address, right.user | right.write) >= 0;
          expect({ mayRun, mayWrite }).toEqual({ mayRun: (flags & 1) !== 0, mayWrite: (flags & 2) !== 0 });
        }
        memory.destroy();
        expect(frames.stats()).toEqual(before);
      },
    ),
    { numRuns: RUNS / 4 },
  );
});

describe('the file as Linux reads it', () => {
  const data = (address: number, bytes: number, memoryBytes = bytes, flags = 6): MadeSegment => ({
    flags,
    address,
    bytes: new Uint8Array(bytes).fill(0xaa),
    memoryBytes,
  });
  test.each([
    ['not an ELF file', new Uint8Array(64), -ENOEXEC],
    [
      'an interpreter',
      makeElf({ entry: 0x40_0000, segments: [data(0x40_0000, 10), { ...data(0, 4), type: 3 }] }),
      -ENOEXEC,
    ],
    ['a shared object of another machine', makeElf({ entry: 0, segments: [] }).fill(0, 18, 20), -ENOEXEC],
    ['no segment', makeElf({ entry: 0x40_0000, segments: [data(0x40_0000, 0)] }), -ENOEXEC],
    [
      'a segment that reaches the last page',
      makeElf({ entry: 0x40_0000, segments: [data(PROGRAM_END - 4096, 8, 4097)] }),
      -EINVAL,
    ],
    ['a segment below 64 KB', makeElf({ entry: 0, segments: [data(0x1000, 8)] }), -EPERM],
    ['more memory than there is', makeElf({ entry: 0x40_0000, segments: [data(0x40_0000, 8, 2 ** 40)] }), -ENOMEM],
    ['longer in the file', makeElf({ entry: 0x40_0000, segments: [data(0x40_0000, 8, 4)] }), -EINVAL],
    ['an entry in the kernel half', makeElf({ entry: 2 ** 47, segments: [data(0x40_0000, 8)] }), -EINVAL],
    [
      'a program that ends with user space',
      makeElf({ entry: 0x40_0000, segments: [data(PROGRAM_END - 4096, 8, 4096)] }),
      0,
    ],
  ] as const)('%s', (_name, bytes, answer) => {
    expect(tryBytes(Uint8Array.from(bytes))).toBe(answer);
  });

  test('a program that runs anywhere is moved, and its headers are found', () => {
    const bytes = makeElf({ type: 3, entry: 0x40, segments: [{ ...data(0x1000, 8), address: 0x1000 }] });
    const program = parseElf(bytes);
    expect(program).toMatchObject({ entry: 0x5555_5540_0040 - 0x1000, headersAddress: 0 });
    expect('segments' in program && program.segments[0]?.address).toBe(0x5555_5540_0000);
  });

  test('a later segment takes the place of what it overlaps', () => {
    const { space } = world();
    const bytes = makeElf({ entry: 0x40_0000, segments: [data(0x40_0000, 100), data(0x40_0040, 8, 4000)] });
    const program = parseElf(bytes);
    if ('fault' in program) throw new Error(program.fault);
    const memory = space();
    expect(loadElf(memory, program, bytes)).toBe(0);
    const seen = new Uint8Array(0x80);
    memory.copyIn(0x40_0000, seen);
    expect(seen[0x47]).toBe(0xaa);
    expect(seen[0x48]).toBe(0);
  });
});
