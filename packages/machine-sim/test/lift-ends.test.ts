import { describe, expect, test } from 'vitest';
import { slot } from '../src/cpu/ir.js';
import type { Outcome } from './reference/evaluator.js';
import { DATA, exampleState, STACK, tryExample, type Values } from './reference/examples.js';
import { bytesOf, runInstruction } from './reference/run-instruction.js';

// Branches, traps and faults of single instructions. RBX points to data, RSP to the stack.

const all64 = (1n << 64n) - 1n;

const invalidOpcode: Outcome = { kind: 'exception', vector: 6, errorCode: null, cr2: null };
const generalProtection: Outcome = { kind: 'exception', vector: 13, errorCode: 0, cr2: null };
const goes = (target: bigint): Outcome => ({ kind: 'jump', target });
const pageFault = (cr2: bigint, errorCode: number): Outcome => ({ kind: 'exception', vector: 14, errorCode, cr2 });

const ends: readonly (readonly [text: string, digits: string, before: Values, outcome: Outcome, after: Values])[] = [
  ['call rel32', 'e8 00 01 00 00', {}, goes(0x40_0105n), { rsp: STACK - 8n, '64@27f8': 0x40_0005n }],
  ['call [rax]', 'ff 10', { rax: DATA, '64@1100': 0x1234n }, goes(0x1234n), { rsp: STACK - 8n, '64@27f8': 0x40_0002n }],
  ['call rsp', 'ff d4', {}, goes(STACK), { rsp: STACK - 8n }],
  ['call nowhere', 'ff d0', { rax: 1n << 47n }, generalProtection, { rsp: STACK, '64@27f8': 0n }],
  ['ret', 'c3', { '64@2800': 0x1234n }, goes(0x1234n), { rsp: STACK + 8n }],
  ['ret 0xfff0', 'c2 f0 ff', { '64@2800': 0x1234n }, goes(0x1234n), { rsp: STACK + 0xfff8n }],
  ['ret to nowhere', 'c3', { '64@2800': 1n << 63n }, generalProtection, { rsp: STACK }],
  ['jmp rax, to the kernel half', 'ff e0', { rax: all64 }, goes(-1n), {}],
  ['je, and it is', '74 10', { flags: 'Z' }, goes(0x40_0012n), {}],
  ['jg, and it is not', '0f 8f 00 01 00 00', { flags: 'SZ' }, goes(0x40_0006n), {}],
  ['jmp back', 'eb fe', {}, goes(0x40_0000n), {}],
  ['jmp with 66 has 32 bits all the same', '66 e9 00 01 00 00', {}, goes(0x40_0106n), {}],
  ['loop', 'e2 f0', { rcx: 2n }, goes(0x3f_fff2n), { rcx: 1n }],
  ['loop that ends', 'e2 f0', { rcx: 1n }, goes(0x40_0002n), { rcx: 0n }],
  ['loopne that meets', 'e0 10', { rcx: 5n, flags: 'Z' }, goes(0x40_0002n), { rcx: 4n }],
  ['loop with 67', '67 e2 10', { rcx: 0x1_0000_0001n }, goes(0x40_0003n), { rcx: 0n }],
  ['jrcxz', 'e3 02', { rcx: 1n << 32n }, goes(0x40_0002n), {}],
  ['jecxz', '67 e3 02', { rcx: 1n << 32n }, goes(0x40_0005n), {}],
  ['syscall', '0f 05', {}, { kind: 'syscall' }, {}],
  ['int 0x80', 'cd 80', {}, { kind: 'interrupt', vector: 0x80, isTrap: false }, {}],
  ['int3', 'cc', {}, { kind: 'interrupt', vector: 3, isTrap: false }, {}],
  ['int1', 'f1', {}, { kind: 'interrupt', vector: 1, isTrap: true }, {}],
  ['ud2', '0f 0b', {}, invalidOpcode, {}],
  ['lock with a register', 'f0 01 c0', {}, invalidOpcode, {}],
  ['lock cmp', 'f0 39 03', {}, invalidOpcode, {}],
  ['cmpxchg8b of a register', '0f c7 c8', {}, invalidOpcode, {}],
  ['cmpxchg16b between', '48 0f c7 4b 08', {}, generalProtection, {}],
  ['mov cs, eax', '8e c8', {}, invalidOpcode, {}],
  ['mov from no segment', '8c f0', {}, invalidOpcode, {}],
  ['mov es, [rax] of nothing', '8e 00', {}, pageFault(0n, 4), {}],
  ['mfence', '0f ae f0', {}, { kind: 'next' }, {}],
  ['mfence with 66', '66 0f ae f0', {}, invalidOpcode, {}],
  ['hlt', 'f4', {}, generalProtection, {}],
  ['cli', 'fa', {}, generalProtection, {}],
  ['in al, 0x60', 'e4 60', {}, generalProtection, {}],
  ['rdmsr', '0f 32', {}, generalProtection, {}],
  ['mov cr3, rax', '0f 22 d8', {}, generalProtection, {}],
  ['iretq', '48 cf', {}, generalProtection, {}],
  ['sgdt', '0f 01 04 24', {}, generalProtection, {}],
  ['swapgs', '0f 01 f8', {}, generalProtection, {}],
  ['rdtscp', '0f 01 f9', {}, invalidOpcode, {}],
  [
    'enter 0, 1 across the end',
    'c8 00 00 01',
    { rsp: 0x1008n, rbp: 5n },
    pageFault(0xff8n, 6),
    { '64@1000': 0n, rbp: 5n },
  ],
  [
    'enter 0, 3 from across the end',
    'c8 00 00 03',
    { rbp: 0x1008n },
    pageFault(0xff8n, 4),
    { rbp: 0x1008n, '64@27f8': 0n },
  ],
  ['enter 0x100, 0 beyond the end', 'c8 00 01 00', { rsp: 0x1010n, rbp: 5n }, pageFault(0xf08n, 6), { '64@1008': 0n }],
  ['cmpxchg8b across the end', '0f c7 0b', { rbx: 0x2ffcn }, pageFault(0x3000n, 6), {}],
  ['cmpxchg8b beyond what is canonical', '0f c7 0b', { rbx: 0x7fff_ffff_fffcn }, generalProtection, {}],
  ['div by 0', 'f7 f1', {}, { kind: 'exception', vector: 0, errorCode: null, cr2: null }, {}],
  [
    'idiv of the least by -1',
    '48 f7 f9',
    { rax: 1n << 63n, rdx: all64, rcx: all64 },
    { kind: 'exception', vector: 0, errorCode: null, cr2: null },
    {},
  ],
  ['a load across the end', '48 8b 03', { rbx: 0x2ffcn }, pageFault(0x3000n, 4), { rax: 0n }],
  ['add to nothing, as a write', '01 03', { rbx: 0x3000n }, pageFault(0x3000n, 6), {}],
  [
    '[rbp] of no canonical address',
    '8b 45 00',
    { rbp: 1n << 62n },
    { kind: 'exception', vector: 12, errorCode: 0, cr2: null },
    {},
  ],
  ['[rbx] of no canonical address', '8b 03', { rbx: 1n << 62n }, generalProtection, {}],
  [
    'rep movsb that runs out',
    'f3 a4',
    { rcx: 8n, rsi: 0x1100n, rdi: 0x2ffen },
    pageFault(0x3000n, 6),
    { rcx: 6n, rsi: 0x1102n, rdi: 0x3000n },
  ],
];

describe('what ends a block or faults', () => {
  test.each(ends)('%s', (_text, digits, before, outcome, after) => {
    const result = tryExample(digits, before, after);
    expect(result.outcome).toEqual(outcome);
    expect(result.found).toEqual(after);
  });
});

test('CALL beyond the user half stores nothing', () => {
  const state = exampleState({});
  expect(runInstruction(bytesOf('e8 00 01 00 00'), state, 0x7fff_ffff_ff00)).toEqual(generalProtection);
  expect(state.registers[slot.rsp]).toBe(STACK);
  expect(state.memory.readByte(STACK - 8n)).toBe(0);
});
