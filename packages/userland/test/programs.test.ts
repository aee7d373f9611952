import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { programs } from '../src/programs/all.js';
import { httpd } from '../src/programs/httpd.js';
import { compilerMissing } from './native.js';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, unknown>;
};
const sources = fileURLToPath(new URL('../c/programs/', import.meta.url));

const pageBytes = 4096;
const pageMask = pageBytes - 1;
const segmentType = { load: 1, dynamic: 2, interpreter: 3, stack: 0x6474e551 };
const segmentFlag = { execute: 1, write: 2, read: 4 };

/** What of an ELF64 file a loader goes by (System V ABI, chapters 4 and 5). */
function parseElf(bytes: Uint8Array<ArrayBuffer>) {
  const view = new DataView(bytes.buffer);
  const at = Number(view.getBigUint64(32, true));
  const count = view.getUint16(56, true);
  const segments = Array.from({ length: count }, (_, index) => {
    const base = at + index * 56;
    const word = (offset: number) => Number(view.getBigUint64(base + offset, true));
    return {
      type: view.getUint32(base, true),
      flags: view.getUint32(base + 4, true),
      offset: word(8),
      address: word(16),
      fileBytes: word(32),
      memoryBytes: word(40),
    };
  });
  return {
    magic: view.getUint32(0, true),
    kind: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    entry: Number(view.getBigUint64(24, true)),
    segments,
  };
}

test('every program of c/programs has a module, an export and a place in the list', () => {
  const names = readdirSync(sources).sort();
  expect(programs.map((program) => program.name)).toEqual(names);
  for (const name of names) expect(manifest.exports).toHaveProperty([`./${name}`]);
});

describe.each(programs.map((program) => [program.name, program] as const))('%s', (_, program) => {
  const bytes = program.bytes();
  const elf = parseElf(bytes);
  const loaded = elf.segments.filter((segment) => segment.type === segmentType.load);

  test('is a static ELF file for x86-64 that begins at 0x400000', () => {
    expect(elf).toMatchObject({ magic: 0x464c457f, kind: 2, machine: 62 });
    expect(Math.min(...loaded.map((segment) => segment.address))).toBe(0x40_0000);
    expect(elf.segments.map((segment) => segment.type)).not.toContain(segmentType.interpreter);
    expect(elf.segments.map((segment) => segment.type)).not.toContain(segmentType.dynamic);
  });

  test('keeps code, constants and data apart by pages, and begins in its code', () => {
    const pages = new Map<number, number>();
    for (const { flags, offset, address, fileBytes, memoryBytes } of loaded) {
      expect(fileBytes).toBeLessThanOrEqual(memoryBytes);
      expect(offset + fileBytes).toBeLessThanOrEqual(bytes.length);
      expect(offset & pageMask).toBe(address & pageMask);
      expect(flags & (segmentFlag.write | segmentFlag.execute)).not.toBe(segmentFlag.write | segmentFlag.execute);
      for (let page = address - (address & pageMask); page < address + memoryBytes; page += pageBytes) {
        expect(pages.has(page)).toBe(false);
        pages.set(page, flags);
      }
    }
    expect(pages.get(elf.entry - (elf.entry & pageMask))).toBe(segmentFlag.read | segmentFlag.execute);
  });

  test('wants a stack that cannot be executed', () => {
    const stack = elf.segments.find((segment) => segment.type === segmentType.stack);
    expect(stack?.flags).toBe(segmentFlag.read | segmentFlag.write);
  });

  test('is told apart from its sources by a hash, and given as a new array each time', () => {
    expect(program.sourceHash).toMatch(/^[0-9a-f]{64}$/);
    bytes.slice().fill(0);
    const other = program.bytes();
    expect(other).toEqual(bytes);
    other.fill(0);
    expect(program.bytes()).toEqual(bytes);
  });

  test('is as small as a lesson', () => {
    expect(bytes.length).toBeLessThan(40_000);
  });
});

test('the page of httpd lies inside its file, once', () => {
  const text = Buffer.from(httpd.bytes()).toString('latin1');
  expect(text.split('This page came from a C program in ring 3.')).toHaveLength(2);
});

const missing = compilerMissing();
if (missing !== undefined) console.warn(`userland: the programs are not disassembled: ${missing}`);

describe.runIf(missing === undefined)('disassembled', () => {
  const place = mkdtempSync(join(tmpdir(), 'synos-programs-'));
  const disassemble = (bytes: Uint8Array): string => {
    const file = join(place, 'program');
    writeFileSync(file, bytes);
    return execFileSync('objdump', ['-d', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  };

  test.each(programs.map((program) => [program.name, program] as const))(
    '%s uses general registers alone, and enters the kernel by INT 0x80',
    (_, program) => {
      const text = disassemble(program.bytes());
      expect(text).toMatch(/\bint +\$0x80/);
      expect(text.match(/%[xyz]?mm\d+|%st\b|\bsyscall\b|\bsysenter\b/g)).toBe(null);
    },
  );

  test('a program with other registers would be seen', () => {
    // MOVAPS %xmm0, %xmm1 in place of the first instructions of the program.
    const bytes = httpd.bytes();
    bytes.set([0x0f, 0x28, 0xc8], 0x1000);
    expect(disassemble(bytes)).toMatch(/%xmm0/);
    rmSync(place, { recursive: true, force: true });
    expect(existsSync(place)).toBe(false);
  });
});
