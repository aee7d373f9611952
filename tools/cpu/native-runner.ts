import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CpuCase, CpuResult } from './cpu-case.js';
import { initialMemory, MAX_CODE_BYTES, MAX_POKE_BYTES, MAX_POKES } from './layout.js';

const CASE_BYTES = 16 * 8 + 8 + 8 + 8 + MAX_CODE_BYTES + MAX_POKES * (16 + MAX_POKE_BYTES);
const RESULT_BYTES = 16 * 8 + 8 * 3 + 4 + 4 + 8;
const MAGIC = 0x4350_5531;
/** So that neither side of the pipe holds too much at a time. */
const BATCH = 50_000;

/** Compiles a program of native/ for this machine. No C library: its registers and segments are a case's own. */
export function compileNative(source: string, folder: string): string {
  const program = join(folder, source.replace(/\.c$/, ''));
  const path = fileURLToPath(new URL(`native/${source}`, import.meta.url));
  const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-static', '-nostdlib', '-ffreestanding', '-fno-pic', '-no-pie'];
  // Far from all addresses that cases have.
  const place = ['-mcmodel=large', '-Wl,-Ttext-segment=0x600000000000'];
  execFileSync('gcc', [...flags, '-fno-stack-protector', '-mgeneral-regs-only', ...place, '-o', program, path]);
  return program;
}

/** Executes cases on the real CPU by the program that `compileNative('runner.c', …)` made. */
export function runNative(program: string, cases: readonly CpuCase[]): CpuResult[] {
  const results: CpuResult[] = [];
  for (let at = 0; at < cases.length; at += BATCH) runBatch(program, cases.slice(at, at + BATCH), results);
  return results;
}

function runBatch(program: string, cases: readonly CpuCase[], results: CpuResult[]): void {
  const { stdout, stderr, status, signal, error } = spawnSync(program, [], {
    input: encodeCases(cases),
    maxBuffer: 2 ** 30,
    timeout: 120_000,
  });
  if (error !== undefined || status !== 0) {
    const why = error?.message ?? `${signal ?? status} ${stderr}`;
    throw new Error(`the native runner ended with ${why}; its output holds ${stdout?.length ?? 0} bytes`);
  }
  decodeResults(stdout, cases.length, results);
}

function encodeCases(cases: readonly CpuCase[]): Uint8Array {
  const memory = initialMemory();
  const bytes = new Uint8Array(8 + memory.length + cases.length * CASE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, cases.length, true);
  bytes.set(memory, 8);
  let at = 8 + memory.length;
  for (const { registers, flags, ip, code, pokes } of cases) {
    for (let i = 0; i < 32; i++) view.setInt32(at + 4 * i, registers[i]!, true);
    view.setUint32(at + 128, flags, true);
    setAddress(view, at + 136, ip);
    view.setUint32(at + 144, code.length, true);
    view.setUint32(at + 148, pokes.length, true);
    bytes.set(code, at + 152);
    let pokeAt = at + 152 + MAX_CODE_BYTES;
    for (const poke of pokes) {
      setAddress(view, pokeAt, poke.address);
      view.setUint32(pokeAt + 8, poke.bytes.length, true);
      bytes.set(poke.bytes, pokeAt + 16);
      pokeAt += 16 + MAX_POKE_BYTES;
    }
    at += CASE_BYTES;
  }
  return bytes;
}

function decodeResults(bytes: Buffer, count: number, results: CpuResult[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let n = 0; n < count; n++) {
    const registers = new Int32Array(32);
    for (let i = 0; i < 32; i++) registers[i] = view.getInt32(at + 4 * i, true);
    const changeCount = view.getUint32(at + 160, true);
    const changes = new Int32Array(changeCount * 3);
    for (let i = 0; i < changeCount; i++) {
      const from = at + RESULT_BYTES + 16 * i;
      changes[3 * i] = view.getInt32(from, true);
      changes[3 * i + 1] = view.getInt32(from + 8, true);
      changes[3 * i + 2] = view.getInt32(from + 12, true);
    }
    results.push({
      registers,
      flags: view.getUint32(at + 128, true),
      ip: addressAt(view, at + 136),
      cr2: addressAt(view, at + 144),
      trap: view.getUint32(at + 152, true),
      error: view.getUint32(at + 156, true),
      changes,
    });
    at += RESULT_BYTES + 16 * changeCount;
  }
}

function setAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, address >>> 0, true);
  view.setInt32(at + 4, Math.floor(address / 2 ** 32), true);
}

function addressAt(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
