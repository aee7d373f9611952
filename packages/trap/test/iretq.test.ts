import { expect, test } from 'vitest';
import {
  type CpuState,
  codeSegment,
  dataSegment,
  iretq,
  type ReturnWords,
  writeSegmentDescriptor,
} from '../src/index.js';
import { goodWorld } from './delivery-world.js';
import { createFlatMemory } from './flat-memory.js';

/** More segments than delivery needs: stacks of each ring, read-only, absent, and code of compatibility mode. */
const words: readonly bigint[] = [
  ...goodWorld().gdt.slice(0, 20),
  0x00cf_b300_0000_ffffn, // a0 data 1
  0x00cf_d300_0000_ffffn, // a8 data 2
  0x00cf_f100_0000_ffffn, // b0 data 3, read-only
  0x00cf_7300_0000_ffffn, // b8 data 3, absent
  0x00cf_7100_0000_ffffn, // c0 data 3, read-only and absent
  0x00cf_fb00_0000_ffffn, // c8 code 3, 32 bits
  0x00ef_fb00_0000_ffffn, // d0 code 3, L and D
  0x00cf_f700_0000_ffffn, // d8 data 3, expand-down
  0x00cf_9b00_0000_ffffn, // e0 code 0, 32 bits
];
const limit = words.length * 8 - 1;
const memory = createFlatMemory();
words.forEach((word, at) => {
  memory.view.setBigUint64(at * 8, word, true);
});
const gdt = { base: memory.base, limit };

const bit = (word: bigint, at: number): boolean => ((word >> BigInt(at)) & 1n) === 1n;
const dplOf = (word: bigint): number => Number((word >> 45n) & 3n);

/** SDM vol. 2, IRET, IA-32e mode, and its list of exceptions in 64-bit mode: `#vector(code)` or the registers. */
function modelIretq(cpl: number, flags: bigint, cs: number, ss: number, rip: bigint, image: bigint): string {
  const ring = cs % 4;
  const canonical = rip >> 47n === 0n || rip >> 47n === 0x1_ffffn;
  if (bit(flags, 14) || cs < 4 || !canonical) return '#13(0)';
  const refuse = (vector: number, selector: number): string => `#${vector}(${selector - (selector % 4)})`;
  const entry = (selector: number): bigint | undefined =>
    Math.floor(selector / 4) % 2 === 1 ? undefined : words[Math.floor(selector / 8)];
  const code = entry(cs);
  if (code === undefined || !bit(code, 44) || !bit(code, 43)) return refuse(13, cs);
  if (ring < cpl) return refuse(13, cs);
  if (bit(code, 42) ? dplOf(code) > ring : dplOf(code) !== ring) return refuse(13, cs);
  if (bit(code, 53) && bit(code, 54)) return refuse(13, cs);
  if (!bit(code, 47)) return refuse(11, cs);
  if (ss < 4) {
    if (!bit(code, 53) || ring === 3 || ss !== ring) return '#13(0)';
  } else {
    const stack = entry(ss);
    if (stack === undefined || !bit(stack, 44) || bit(stack, 43) || !bit(stack, 41)) return refuse(13, ss);
    if (ss % 4 !== ring || dplOf(stack) !== ring) return refuse(13, ss);
    if (!bit(stack, 47)) return refuse(12, ss);
  }
  // CF 0, PF 2, AF 4, ZF 6, SF 7, TF 8, DF 10, OF 11, NT 14, RF 16, AC 18, ID 21 always.
  const taken = [0, 2, 4, 6, 7, 8, 10, 11, 14, 16, 18, 21];
  if (cpl <= Number((flags >> 12n) & 3n)) taken.push(9);
  if (cpl === 0) taken.push(12, 13, 19, 20);
  let result = 2n;
  for (let at = 0; at < 32; at++) if (bit(taken.includes(at) ? image : flags, at)) result |= 1n << BigInt(at);
  return `${bit(code, 53) ? '64-bit' : 'compatibility'} ${cs} ${ss} ${rip} ${result}`;
}

test('SDM vol. 2, IRET: CS × SS × CPL × RIP × flags', () => {
  const rpls = (at: number): number[] => [0, 1, 3].map((rpl) => at * 8 + rpl);
  const all = [...words.keys()].flatMap(rpls);
  const codes = [...all, 2, 0x0c, 0x27, limit + 1, 0xfffb];
  const stacks = [...all, 2, 0x1f, limit + 4];
  const rips = [0x40_1000n, 0x7fff_ffff_ffffn, 0x8000_0000_0000n, 0xffff_8000_0000_0000n, 0xffff_7fff_ffff_ffffn];
  const flags = [0x2n, 0x202n, 0x3246n, 0x1002n, 0x4002n, 0x1a_0002n];
  const images = [0x202n, 0x0n, 0xffff_ffffn, 0x3f_7fd7n, 0x3002n, 0x2_0202n];
  const wrong: string[] = [];
  let cells = 0;
  for (const cpl of [0, 1, 2, 3]) {
    for (const cs of codes) {
      for (const ss of stacks) {
        const cell = cells++;
        const rip = cell % 3 === 0 ? rips[cell % 5]! : 0x40_1000n;
        const before = flags[cell % flags.length]!;
        const image = images[Math.floor(cell / 6) % images.length]!;
        const cpu: CpuState = { cs: cpl, ss: 0, rip: 0, rsp: { low: 0, high: 0 }, rflags: Number(before) };
        const given: ReturnWords = {
          rip: { low: Number(rip & 0xffff_ffffn), high: Number(rip >> 32n) },
          cs,
          rflags: Number(image),
          rsp: { low: 0xdead_beef, high: 0x8123_4567 },
          ss,
        };
        const result = iretq(cpu, given, gdt, memory);
        const actual =
          'reason' in result
            ? `#${result.vector}(${result.errorCode})`
            : `${result.mode} ${result.cpu.cs} ${result.cpu.ss} ${BigInt.asUintN(64, BigInt(result.cpu.rip))} ${result.cpu.rflags}`;
        const expected = modelIretq(cpl, before, cs, ss, rip, image);
        if (actual !== expected && wrong.length < 5)
          wrong.push(`cpl ${cpl} cs ${cs} ss ${ss}: ${actual}, not ${expected}`);
        if ('cpu' in result && result.cpu.rsp !== given.rsp) wrong.push('rsp');
      }
    }
  }
  expect(wrong.join('\n')).toBe('');
  expect(cells).toBeGreaterThan(30_000);
});

test('IRETQ through an absent GDT is a page fault', () => {
  const cpu: CpuState = { cs: 8, ss: 0, rip: 0, rsp: { low: 0, high: 0 }, rflags: 2 };
  const given: ReturnWords = { rip: { low: 1, high: 0 }, cs: 0x23, rflags: 2, rsp: { low: 0, high: 0 }, ss: 0x1b };
  expect(iretq(cpu, given, { base: 0x1000, limit }, memory)).toMatchObject({
    vector: 14,
    errorCode: 0,
    address: 0x1020,
  });
  expect(iretq(cpu, given, { base: 2 ** 47 - 0x20, limit }, memory)).toMatchObject({ vector: 13, errorCode: 0x20 });
});

test('a delivery into ring 0 leaves a null SS, which IRETQ takes back there', () => {
  const own = createFlatMemory();
  writeSegmentDescriptor(own.view, 8, codeSegment(0));
  writeSegmentDescriptor(own.view, 16, dataSegment(0));
  const cpu: CpuState = { cs: 8, ss: 0, rip: 0, rsp: { low: 0, high: 0 }, rflags: 2 };
  const given: ReturnWords = { rip: { low: 1, high: 0 }, cs: 8, rflags: 2, rsp: { low: 0, high: 0 }, ss: 0 };
  expect('cpu' in iretq(cpu, given, { base: own.base, limit: 23 }, own)).toBe(true);
  expect('cpu' in iretq(cpu, { ...given, ss: 16 }, { base: own.base, limit: 23 }, own)).toBe(true);
});
