import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CpuCase, CpuResult } from './cpu-case.js';
import {
  CODE,
  CODE_END,
  DATA,
  DATA_END,
  FENCED_CODE_END,
  FS_BASE,
  initialMemory,
  READ_ONLY,
  TIMED_OUT,
} from './layout.js';
import { compileNative, runNative } from './native-runner.js';
import { lackingForCpu } from './needs.js';

const lack = lackingForCpu();

const rax = 0;
const rsp = 4;
const rdi = 7;

/** A case of these bytes with some registers (up to 53 bits). */
function caseOf(code: number[], values: Record<number, number> = {}, rest: Partial<CpuCase> = {}): CpuCase {
  const registers = new Int32Array(32);
  for (const [slot, value] of Object.entries(values)) {
    registers[2 * Number(slot)] = value | 0;
    registers[2 * Number(slot) + 1] = Math.floor(value / 2 ** 32);
  }
  return { registers, flags: 0x202, ip: CODE + 0x100, code: Uint8Array.from(code), pokes: [], ...rest };
}

describe.skipIf(lack !== undefined)(`the real CPU, a case at a time${lack ? ` (${lack})` : ''}`, () => {
  let folder: string;
  let program: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'synos-cpu-'));
    program = compileNative('runner.c', folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const one = (it: CpuCase): CpuResult => runNative(program, [it])[0]!;

  test('registers, flags and where INT3 was', () => {
    // add al, 0xff
    const result = one(caseOf([0x04, 0xff], { [rax]: 0x1_0000_0080, [rsp]: 0x1234 }));
    expect([result.trap, result.ip, result.error]).toEqual([3, CODE + 0x103, 0]);
    expect(Array.from(result.registers.subarray(0, 2))).toEqual([0x7f, 1]);
    expect(result.registers[2 * rsp]).toBe(0x1234);
    // CF and OF, and nothing of SF, ZF, AF, PF.
    expect(result.flags & 0x8d5).toBe(0x801);
    expect(result.changes).toHaveLength(0);
  });

  test('what was stored, and nothing of the case before', () => {
    const base = new DataView(initialMemory().buffer);
    // mov [rdi], eax
    const store = caseOf([0x89, 0x07], { [rax]: 0x1234_5678, [rdi]: DATA + 0x10 });
    // mov rax, [rdi]; the poke is seen.
    const poke = { address: DATA + 0x10, bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
    const load = caseOf([0x48, 0x8b, 0x07], { [rdi]: DATA + 0x10 }, { pokes: [poke] });
    const [stored, loaded, plain] = runNative(program, [store, load, { ...load, pokes: [] }]);
    expect(Array.from(stored!.changes)).toEqual([0x10, 0x1234_5678, base.getInt32(0x14, true)]);
    expect(Array.from(loaded!.registers.subarray(0, 2))).toEqual([0x0403_0201, 0x0807_0605]);
    expect(Array.from(plain!.registers.subarray(0, 2))).toEqual([base.getInt32(0x10, true), base.getInt32(0x14, true)]);
  });

  test('faults as the CPU reports them', () => {
    const load = [0x48, 0x8b, 0x07];
    const store = [0x48, 0x89, 0x07];
    const at = (code: number[], address: number): number[] => {
      const { trap, error, cr2, ip } = one(caseOf(code, { [rdi]: address }));
      return [trap, error, trap === 14 ? cr2 : 0, ip];
    };
    const ip = CODE + 0x100;
    expect(at(load, DATA_END)).toEqual([14, 4, DATA_END, ip]);
    expect(at(load, DATA - 4)).toEqual([14, 4, DATA - 4, ip]);
    expect(at(load, DATA_END - 4)).toEqual([14, 4, DATA_END, ip]);
    expect(at(store, READ_ONLY + 8)).toEqual([14, 7, READ_ONLY + 8, ip]);
    expect(at(store, READ_ONLY - 4)).toEqual([14, 7, READ_ONLY, ip]);
    expect(at(load, 2 ** 47)).toEqual([13, 0, 0, ip]);
    // ud2, hlt, div by 0, push with a stack address that is not canonical.
    expect(at([0x0f, 0x0b], 0)).toEqual([6, 0, 0, ip]);
    expect(at([0xf4], 0)).toEqual([13, 0, 0, ip]);
    expect(at([0xf7, 0xf7], 0)).toEqual([0, 0, 0, ip]);
    expect(one(caseOf([0x50], { [rsp]: 2 ** 47 + 8 })).trap).toBe(12);
  });

  test('instructions that go on where nothing can be fetched', () => {
    const code = [0x48, 0x01, 0xc0];
    const missing = one(caseOf(code, {}, { ip: CODE_END - 2 }));
    expect([missing.trap, missing.error, missing.cr2, missing.ip]).toEqual([14, 0x14, CODE_END, CODE_END - 2]);
    const fenced = one(caseOf(code, {}, { ip: FENCED_CODE_END - 2 }));
    expect([fenced.trap, fenced.error, fenced.cr2]).toEqual([14, 0x15, FENCED_CODE_END]);
  });

  test('segments with a base', () => {
    const base = new DataView(initialMemory().buffer);
    // mov eax, fs:[rdi]
    const { registers } = one(caseOf([0x64, 0x8b, 0x07], { [rdi]: 4 }));
    expect(registers[0]).toBe(base.getInt32(FS_BASE + 4 - DATA, true));
  });

  test('a case without an end is ended', () => {
    const [stuck, next] = runNative(program, [caseOf([0xeb, 0xfe]), caseOf([0x90])]);
    expect(stuck!.trap).toBe(TIMED_OUT);
    expect(next!.trap).toBe(3);
  });

  test('a case that would call the system ends the runner instead', () => {
    // getpid by SYSCALL, and by the gate of 32 bits.
    expect(() => one(caseOf([0x0f, 0x05], { [rax]: 39 }))).toThrow('SIGSYS');
    expect(() => one(caseOf([0xcd, 0x80], { [rax]: 20 }))).toThrow('SIGSYS');
  });
});
