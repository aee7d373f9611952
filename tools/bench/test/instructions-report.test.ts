import { describe, expect, test } from 'vitest';
import { readCallgrind } from '../profile/callgrind.js';
import { reportInstructions } from '../profile/instructions-report.js';
import { readJitDump } from '../profile/jit-dump.js';
import type { Place, SourceLines } from '../profile/source-lines.js';
import { JitDumpWriter } from './jit-dump-writer.js';

/** A bundle whose lines up to 99 are of one package and the others of another, eight columns to the right. */
const sources = {
  place(url: string, line: number, column: number): Place {
    expect(column).toBe(4);
    if (url !== 'file:///b/main.cjs') return { file: url, line: line + 1, layer: 'engine' };
    const layer = line + 1 < 100 ? 'tcp' : 'wire';
    return { file: `packages/${layer}/src/${layer}.ts`, line: line + 1, layer };
  },
} as SourceLines;

const script = '/b/main.cjs';
const jit = readJitDump(
  new JitDumpWriter()
    .positions(0x1000, [
      { offset: 4, line: 11, column: 5, script },
      // Inlined.
      { offset: 8, line: 120, column: 5 },
    ])
    .load(0x1000, new Uint8Array(256), 'JS:*get room /b/main.cjs:10:5')
    .load(0x2000, new Uint8Array(64), 'JS:^ /b/main.cjs:50:5')
    .load(0x3000, new Uint8Array(64), 'RegExp:a+').bytes,
);

const counts = `positions: instr
events: Ir Dr I1mr

ob=(1) ???
fn=(1) ???
0x1000 1000 7 900
+4 2000 3
+4 3000
0x1040 500
0x1080 499
0x2000 600 0 600
0x3000 100
0x9000 50
ob=(2) /usr/bin/node
fn=(2) Builtins_LoadIC
0x1000 200
fn=(3) v8::internal::Heap::Collect()
0x1100 31
fn=(4) v8::internal::Builtin_TypedArrayPrototypeFill(int)
0x1200 20
ob=(3) /usr/lib/libc.so.6
fn=(5) __memcpy_avx_unaligned_erms
0x1000 2000
`;

describe('reportInstructions', () => {
  const report = reportInstructions({ objects: readCallgrind(counts), jit, amount: 1000 }, sources);
  const sectionOf = (title: string): readonly string[] => {
    const text = report.split('\n\n').find((part) => part.startsWith(title))!;
    return text
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replaceAll(/ {2,}/g, '  '));
  };

  test('the total is per unit, and the code that ran for every other unit is in lines of 64 bytes', () => {
    expect(report).toContain("Instructions: 1,000 units, 10 each, 0 of them the engine's own");
    // 0x1000, 0x1040 with exactly half, 0x2000, and a library's; not 0x1080.
    expect(report).toContain('32 KB in sets of 8, simulated: 2 lines fetched anew for each unit');
    expect(report).toContain(`Machine code: ${((4 * 64) / 1024).toFixed(1)} KB`);
  });

  test('what was inlined is of the layer that it was written in', () => {
    expect(sectionOf('by layer')).toEqual([
      '40.0 %  4.0  wire',
      '36.0 %  3.6  tcp',
      '20.0 %  2.0  libraries',
      '2.2 %  0.2  builtins',
      '1.3 %  0.1  engine',
      '0.5 %  0.1  unknown',
    ]);
  });

  test('functions have what was inlined into them, their code, and whether it was optimised', () => {
    expect(sectionOf('by function')).toEqual([
      '70.0 %  7.0  0.1 KB  get room  packages/tcp/src/tcp.ts:10',
      '20.0 %  2.0  0.1 KB  __memcpy_avx_unaligned_erms  libc.so.6',
      '6.0 %  0.6  0.1 KB  (anonymous)  packages/tcp/src/tcp.ts:50 (not optimised)',
      '2.0 %  0.2  0.0 KB  Builtins_LoadIC  node',
      '1.0 %  0.1  0.0 KB  RegExp:a+',
      '0.5 %  0.1  0.0 KB  (unknown)',
      '0.3 %  0.0  0.0 KB  v8::internal::Heap::Collect()  node',
      '0.2 %  0.0  0.0 KB  v8::internal::Builtin_TypedArrayPrototypeFill(int)  node',
    ]);
  });

  test('lines of source are those of the inlined code; before the first one there is none', () => {
    expect(sectionOf('by line')).toEqual([
      '40.0 %  4.0  packages/wire/src/wire.ts:120',
      '20.0 %  2.0  packages/tcp/src/tcp.ts:11',
    ]);
  });

  test('misses of the simulated cache are of the function that ran', () => {
    expect(sectionOf('lines of the cache')).toEqual([
      '60.0 %  0.9  get room  packages/tcp/src/tcp.ts:10',
      '40.0 %  0.6  (anonymous)  packages/tcp/src/tcp.ts:50 (not optimised)',
      ...Array.from({ length: 6 }, () => expect.stringMatching(/^0\.0 %/)),
    ]);
  });
});
