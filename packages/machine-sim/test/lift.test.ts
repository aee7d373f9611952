import { describe, expect, test } from 'vitest';
import { slot } from '../src/cpu/ir.js';
import { DATA, exampleState, STACK, tryExample, type Values } from './reference/examples.js';
import { bytesOf, liftWhole, runInstruction } from './reference/run-instruction.js';

// Single instructions, as the manual tells them (SDM vol. 2). RBX points to data, RSP to the stack.

type Example = readonly [text: string, digits: string, before: Values, after: Values];

const computes: readonly Example[] = [
  ['add eax, ebx', '01 d8', { rax: 0xffff_ffff_ffff_ffffn, rbx: 1n }, { rax: 0n, flags: 'CPAZ' }],
  ['adc al, 0xff', '14 ff', { rax: 0x1234n, flags: 'C' }, { rax: 0x1234n, flags: 'CA' }],
  ['cmp dword [rbx], 5', '83 3b 05', { '32@1100': 4n }, { '32@1100': 4n, flags: 'CPAS' }],
  ['add [rbx], rcx', '48 01 0b', { '64@1100': 1n, rcx: 1n << 63n }, { '64@1100': (1n << 63n) + 1n, flags: 'S' }],
  ['neg dword [rbx]', 'f7 1b', { '32@1100': 0x8000_0000n }, { '32@1100': 0x8000_0000n, flags: 'CPSO' }],
  ['not cl', 'f6 d1', { rcx: 0xff0fn, flags: 'CZ' }, { rcx: 0xfff0n, flags: 'CZ' }],
  [
    'lock inc dword [rbx]',
    'f0 ff 03',
    { '32@1100': 0x7fff_ffffn, flags: 'C' },
    { '32@1100': 0x8000_0000n, flags: 'CPASO' },
  ],
  ['xor eax, eax', '31 c0', { rax: -1n & 0xffff_ffff_ffff_ffffn, flags: 'CSO' }, { rax: 0n, flags: 'PZ' }],
  ['shl ah, 3', 'c0 e4 03', { rax: 0x1_2134n }, { rax: 0x1_0834n, flags: 'C' }],
  ['rcl eax, 1', 'd1 d0', { rax: 0xff_8000_0000n, flags: 'C' }, { rax: 1n, flags: 'CO' }],
  ['sar rax, cl (by 65)', '48 d3 f8', { rax: 1n << 63n, rcx: 65n }, { rax: 3n << 62n, flags: 'PS' }],
  ['shld eax, edx, 8', '0f a4 d0 08', { rax: 0x1122_3344n, rdx: 0xaabb_ccddn }, { rax: 0x2233_44aan, flags: 'CP' }],
  ['mul cl', 'f6 e1', { rax: 0x55_00ffn, rcx: 0xffn }, { rax: 0x55_fe01n, flags: 'CO' }],
  ['imul rax, rcx, -3', '48 6b c1 fd', { rcx: 5n }, { rax: (1n << 64n) - 15n, flags: '' }],
  ['div ecx', 'f7 f1', { rax: 7n, rdx: 1n, rcx: 2n }, { rax: 0x8000_0003n, rdx: 1n }],
  ['idiv cl', 'f6 f9', { rax: 0x33_fff9n, rcx: 2n }, { rax: 0x33_fffdn }],
  ['xadd [rbx], ecx', '0f c1 0b', { '32@1100': 5n, rcx: 0xff_0000_0007n }, { '32@1100': 12n, rcx: 5n, flags: 'P' }],
  ['xadd eax, ecx', '0f c1 c8', { rax: 5n, rcx: 7n }, { rax: 12n, rcx: 5n }],
  ['xadd eax, eax', '0f c1 c0', { rax: 5n }, { rax: 10n }],
];

const moves: readonly Example[] = [
  ['mov rax, [rbx+8]', '48 8b 43 08', { '64@1108': 0x1122_3344_5566_7788n }, { rax: 0x1122_3344_5566_7788n }],
  ['mov ax, [rbx]', '66 8b 03', { '32@1100': 0x1111_2222n, rax: 0x3333_4444n }, { rax: 0x3333_2222n }],
  ['mov ah, [rbx]', '8a 23', { '8@1100': 0x77n, rax: 0x1_0000n }, { rax: 0x1_7700n }],
  ['mov ah, al and mov spl, al', '88 c4', { rax: 0x12n }, { rax: 0x1212n, rsp: STACK }],
  ['mov spl, al', '40 88 c4', { rax: 0x12n }, { rax: 0x12n, rsp: 0x2812n }],
  ['mov byte [rbx], 0x7f', 'c6 03 7f', { '16@1100': 0xaaaan }, { '16@1100': 0xaa7fn }],
  ['mov eax, fs:[0]', '64 8b 04 25 00 00 00 00', { '32@1800': 42n }, { rax: 42n }],
  ['mov eax, [ebx-8]', '67 8b 43 f8', { rbx: 0x55_0000_1108n, '32@1100': 9n }, { rax: 9n }],
  ['mov eax, ds', '8c d8', { rax: -1n & 0xffff_ffff_ffff_ffffn }, { rax: 0n }],
  ['mov eax, ss', '8c d0', {}, { rax: 0x1bn }],
  ['mov ax, cs', '66 8c c8', { rax: 0xff_0000n }, { rax: 0xff_0023n }],
  ['mov [rbx], cs with REX.W', '48 8c 0b', { '32@1100': 0xffff_ffffn }, { '32@1100': 0xffff_0023n }],
  ['movzx eax, byte [rbx]', '0f b6 03', { '8@1100': 0x80n, rax: 1n << 40n }, { rax: 0x80n }],
  ['movsxd rax, ecx', '48 63 c1', { rcx: 0x8000_0000n }, { rax: 0xffff_ffff_8000_0000n }],
  ['movsxd ax, word [rbx]', '66 63 03', { '16@1100': 0x8001n, rax: 0x77_0000n }, { rax: 0x77_8001n }],
  ['cdqe', '48 98', { rax: 0x8000_0000n }, { rax: 0xffff_ffff_8000_0000n }],
  ['cwd', '66 99', { rax: 0x8000n, rdx: 0x1_0000n }, { rdx: 0x1_ffffn }],
  ['lea rax, [rbx+rcx*4+16]', '48 8d 44 8b 10', { rcx: 2n }, { rax: DATA + 24n }],
  ['lea eax, fs:[rbx]', '64 8d 03', { rbx: 0x1_0000_0005n }, { rax: 5n }],
  ['cmovne eax, ecx', '0f 45 c1', { rax: 0x1_0000_0002n, rcx: 3n, flags: 'Z' }, { rax: 2n }],
  ['sete al', '0f 94 c0', { rax: 0x7777n, flags: 'Z' }, { rax: 0x7701n }],
  ['xchg [rbx], rcx', '48 87 0b', { '64@1100': 1n, rcx: 2n }, { '64@1100': 2n, rcx: 1n }],
  ['nop', '90', { rax: 0x1_0000_0002n }, { rax: 0x1_0000_0002n }],
  ['pause', 'f3 90', { rax: 0x1_0000_0002n }, { rax: 0x1_0000_0002n }],
  ['xchg eax, eax', '87 c0', { rax: 0x1_0000_0002n }, { rax: 2n }],
  ['xchg r8d, eax', '41 90', { rax: 1n, r8: 2n }, { rax: 2n, r8: 1n }],
  ['xchg r8d, eax with F3', 'f3 41 90', { rax: 1n, r8: 2n }, { rax: 2n, r8: 1n }],
  ['xlat', 'd7', { rax: 0xff_0003n, '8@1103': 0x99n }, { rax: 0xff_0099n }],
  ['bswap rax', '48 0f c8', { rax: 0x1122_3344_5566_7788n }, { rax: 0x8877_6655_4433_2211n }],
  ['bswap ax', '66 0f c8', { rax: 0x1122_3344n }, { rax: 0x1122_0000n }],
  ['sahf', '9e', { rax: 0xd500n }, { flags: 'CPAZS' }],
  ['lahf', '9f', { flags: 'CZO' }, { rax: 0x4300n }],
];

const all64 = (1n << 64n) - 1n;

const bitsAndExchanges: readonly Example[] = [
  ['bts [rbx], rcx: far above', '48 0f ab 0b', { rcx: 0x845n, '64@1208': 0n }, { '64@1208': 0x20n, flags: '' }],
  ['bts [rbx], rcx: below', '48 0f ab 0b', { rcx: all64, '64@10f8': 1n << 63n }, { '64@10f8': 1n << 63n, flags: 'C' }],
  ['bt word [rbx], cx: signed', '66 0f a3 0b', { rcx: 0x5_ffffn, '16@10fe': 0x8000n }, { flags: 'C' }],
  ['btc dword [rbx], 35', '0f ba 3b 23', { '64@1100': 0n }, { '64@1100': 8n, flags: '' }],
  ['bsf eax, ecx of 0', '0f bc c1', { rax: all64, rcx: 1n << 32n }, { rax: all64, flags: 'Z' }],
  ['tzcnt eax, ecx of 0', 'f3 0f bc c1', { rcx: 1n << 32n }, { rax: 32n, flags: 'C' }],
  ['popcnt rax, rcx', 'f3 48 0f b8 c1', { rcx: all64, flags: 'CZSO' }, { rax: 64n, flags: '' }],
  [
    'cmpxchg [rbx], ecx: alike',
    '0f b1 0b',
    { rax: 0xff_0000_0005n, rcx: 9n, '32@1100': 5n },
    { rax: 0xff_0000_0005n, '32@1100': 9n, flags: 'PZ' },
  ],
  ['cmpxchg [rbx], ecx: not', '0f b1 0b', { rax: 6n, rcx: 9n, '32@1100': 5n }, { rax: 5n, '32@1100': 5n, flags: '' }],
  ['cmpxchg [rax], ecx: not', '0f b1 08', { rax: DATA, rcx: 9n, '32@1100': 5n }, { rax: 5n, '32@1100': 5n }],
  ['xchg [rcx], rcx', '48 87 09', { rcx: DATA, '64@1100': 5n }, { rcx: 5n, '64@1100': DATA }],
  ['xadd [rcx], rcx', '48 0f c1 09', { rcx: DATA, '64@1100': 5n }, { rcx: 5n, '64@1100': DATA + 5n }],
  ['cmpxchg8b of the last bytes', '0f c7 0b', { rbx: 0x2ff8n, '64@2ff8': 0x3_0000_0001n }, { rax: 1n, rdx: 3n }],
  ['cmpxchg16b [rdx]: not', '48 0f c7 0a', { rdx: DATA, '64@1100': 1n, '64@1108': 2n }, { rax: 1n, rdx: 2n }],
  ['cmpxchg edx, ecx: not', '0f b1 ca', { rax: 6n, rdx: 0xff_0000_0005n }, { rax: 5n, rdx: 0xff_0000_0005n }],
  [
    'cmpxchg8b [rbx]: alike',
    '0f c7 0b',
    { rdi: 0n, rax: 1n, rdx: 2n, rcx: 4n, '64@1100': 0x2_0000_0001n, flags: 'CS' },
    { '64@1100': 0x4_0000_1100n, flags: 'CZS' },
  ],
  [
    'cmpxchg8b [rbx]: not',
    '0f c7 0b',
    { rax: 1n, rdx: 2n, '64@1100': 0x3_0000_0001n },
    { '64@1100': 0x3_0000_0001n, rax: 1n, rdx: 3n, flags: '' },
  ],
  [
    'cmpxchg16b [rbx]: alike',
    '48 0f c7 0b',
    { rax: 1n, rdx: 2n, rcx: 7n, '64@1100': 1n, '64@1108': 2n },
    { '64@1100': DATA, '64@1108': 7n, flags: 'Z' },
  ],
  ['cmpxchg16b [rbx]: not', '48 0f c7 0b', { '64@1100': 1n, '64@1108': 2n }, { rax: 1n, rdx: 2n, '64@1108': 2n }],
];

const stack: readonly Example[] = [
  ['push rax', '50', { rax: 7n }, { rsp: STACK - 8n, '64@27f8': 7n }],
  ['push rsp', '54', {}, { rsp: STACK - 8n, '64@27f8': STACK }],
  ['push qword [rsp]', 'ff 34 24', { '64@2800': 5n }, { rsp: STACK - 8n, '64@27f8': 5n }],
  ['pushw 0x1234', '66 68 34 12', {}, { rsp: STACK - 2n, '16@27fe': 0x1234n }],
  ['push -1', '6a ff', {}, { '64@27f8': all64 }],
  ['pop rax', '58', { '64@2800': 5n }, { rsp: STACK + 8n, rax: 5n }],
  ['pop rsp', '5c', { '64@2800': 0x1234_5678n }, { rsp: 0x1234_5678n }],
  ['pop sp', '66 5c', { '16@2800': 0x1234n, rsp: STACK }, { rsp: 0x1234n }],
  ['pop word [rsp]', '66 8f 04 24', { '16@2800': 0x77n }, { rsp: STACK + 2n, '16@2802': 0x77n }],
  ['pop qword [rsp+8]', '8f 44 24 08', { '64@2800': 0x77n }, { rsp: STACK + 8n, '64@2810': 0x77n }],
  ['leave', 'c9', { rbp: 0x2900n, '64@2900': 0x2a00n }, { rsp: 0x2908n, rbp: 0x2a00n }],
  ['enter 0x20, 0', 'c8 20 00 00', { rbp: 5n }, { rsp: STACK - 0x28n, rbp: STACK - 8n, '64@27f8': 5n }],
  [
    'enter 0x10, 3',
    'c8 10 00 03',
    { rbp: 0x2900n, '64@28f8': 1n, '64@28f0': 2n },
    { rbp: 0x27f8n, rsp: 0x27d0n, '64@27f8': 0x2900n, '64@27f0': 1n, '64@27e8': 2n, '64@27e0': 0x27f8n },
  ],
  ['pushf', '9c', { flags: 'CZ' }, { rsp: STACK - 8n, '64@27f8': 0x243n }],
];

const strings: readonly Example[] = [
  [
    'rep movsb',
    'f3 a4',
    { rcx: 3n, rsi: 0x1100n, rdi: 0x1101n, '8@1100': 9n },
    { '32@1100': 0x0909_0909n, rcx: 0n, rsi: 0x1103n, rdi: 0x1104n },
  ],
  [
    'rep movsq, down',
    'f3 48 a5',
    { rcx: 1n, rsi: 0x1100n, rdi: 0x1200n, '64@1100': 9n, flags: 'D' },
    { '64@1200': 9n, rsi: 0x10f8n, rdi: 0x11f8n },
  ],
  [
    'repne scasb',
    'f2 ae',
    { rcx: 9n, rdi: 0x1100n, '32@1100': 0x1122_3300n, rax: 0x22n },
    { rcx: 6n, rdi: 0x1103n, flags: 'PZ' },
  ],
  [
    'repe cmpsb',
    'f3 a6',
    { rcx: 9n, rsi: 0x1100n, rdi: 0x1200n, '8@1101': 1n },
    { rcx: 7n, rsi: 0x1102n, rdi: 0x1202n, flags: '' },
  ],
  ['rep stosd of none', 'f3 ab', { rcx: 0n, rdi: 0x9_0000n }, { rcx: 0n, rdi: 0x9_0000n }],
  ['lodsd by FS', '64 ad', { rsi: 4n, '32@1804': 77n }, { rax: 77n, rsi: 8n }],
  ['scasb, segment or not', '64 ae', { rdi: 0x1100n, '8@1100': 5n, rax: 5n }, { flags: 'PZ', rdi: 0x1101n }],
  ['stosb with 67', '67 aa', { rdi: 0xff_0000_1100n, rax: 5n }, { rdi: 0x1101n, '8@1100': 5n }],
];

describe.each([
  ['what computes', computes],
  ['what moves', moves],
  ['bits, and comparing exchanges', bitsAndExchanges],
  ['the stack', stack],
  ['strings', strings],
])('%s', (_, examples) => {
  test.each(examples)('%s', (_text, digits, before, after) => {
    const { outcome, found } = tryExample(digits, before, after);
    expect(outcome).toEqual({ kind: 'next' });
    expect(found).toEqual(after);
  });
});

test('POPF changes in ring 3 what a program may, and nothing else', () => {
  const state = exampleState({ '64@2800': all64 });
  expect(runInstruction(bytesOf('9d'), state)).toEqual({ kind: 'next' });
  // CF 1 PF AF ZF SF TF IF DF OF NT AC ID: IF was set, IOPL, RF, VM, VIF and VIP were not.
  expect(state.flags).toBe(0x24_4fd7);
  const other = exampleState({ '64@2800': 0n });
  runInstruction(bytesOf('9d'), other);
  expect(other.flags).toBe(0x202);
  const short = exampleState({ '64@2800': all64 });
  runInstruction(bytesOf('66 9d'), short);
  expect(short.flags).toBe(0x4fd7);
});

test('CPUID and RDTSC answer in halves of registers', () => {
  const state = {
    ...exampleState({ rax: all64, rcx: 7n }),
    tsc: 0x1_2345_6789n,
    cpuid: (leaf: number, sub: number) => [leaf, sub, 3, 4] as const,
  };
  runInstruction(bytesOf('0f a2'), state);
  expect(state.registers.slice(0, 4)).toEqual([0xffff_ffffn, 3n, 4n, 7n]);
  runInstruction(bytesOf('0f 31'), state);
  expect(state.registers.slice(0, 3)).toEqual([0x2345_6789n, 3n, 1n]);
});

test('addresses: relative to RIP, cut to 32 bits, of 64 bits', () => {
  const address = (digits: string, rip: number): object | undefined =>
    liftWhole(bytesOf(digits), rip).steps.flatMap((step) => ('address' in step ? [step.address] : []))[0];
  const plain = { base: -1, index: -1, scale: 1, segment: -1, is32: false, isStack: false };
  expect(address('8b 05 04 00 00 00', 0x7fff_ffff_0000)).toEqual({ ...plain, low: -0x1_0000 + 10, high: 0x7fff });
  expect(address('83 3d f0 ff ff ff 05', 4)).toEqual({ ...plain, low: -5, high: -1 });
  expect(address('67 8b 05 04 00 00 00', 0x40_0000)).toEqual({ ...plain, low: 0x40_000b, high: 0, is32: true });
  expect(address('64 a0 88 77 66 55 44 33 22 11', 0)).toEqual({
    ...plain,
    low: 0x5566_7788,
    high: 0x1122_3344,
    segment: 24,
  });
  expect(address('67 a0 88 77 66 f5', 0)).toEqual({ ...plain, low: 0xf566_7788 | 0, high: 0, is32: true });
  expect(address('64 8b 04 24', 0)).toMatchObject({ base: 4, index: -1, segment: 24, isStack: false });
  expect(address('8b 04 24', 0)).toMatchObject({ base: 4, isStack: true });
  expect(address('41 8b 04 24', 0)).toMatchObject({ base: 12, isStack: false });
  expect(address('42 8b 04 23', 0)).toMatchObject({ base: 3, index: 12 });
});

test('REX counts where the opcode follows, and of two the last', () => {
  const steps = (digits: string): object => liftWhole(bytesOf(digits)).steps;
  expect(steps('4d 66 01 d8')).toEqual(steps('66 01 d8'));
  expect(steps('41 64 8b 03')).toEqual(steps('64 8b 03'));
  expect(steps('4c 41 01 d8')).toEqual(steps('41 01 d8'));
  expect(steps('66 48 01 d8')).toEqual(steps('48 01 d8'));
});

test('the segment of a string is that of its source', () => {
  const lifted = (digits: string): object => liftWhole(bytesOf(digits)).steps;
  expect(lifted('64 a4')).toMatchObject([{ segment: slot.fsBase }]);
  expect(lifted('65 a6')).toMatchObject([{ segment: slot.gsBase }]);
  expect(lifted('64 aa')).toMatchObject([{ segment: -1 }]);
  expect(lifted('64 ae')).toMatchObject([{ segment: -1 }]);
});

test('common instructions are few steps', () => {
  const counts = [
    ['01 d8', 1],
    ['48 8b 43 08', 1],
    ['66 8b 03', 1],
    ['89 0b', 1],
    ['48 8d 44 8b 10', 1],
    ['83 3b 05', 2],
    ['03 03', 2],
    ['48 01 0b', 3],
    ['50', 2],
    ['58', 2],
    ['0f b6 c1', 1],
    ['0f b6 03', 2],
    ['74 10', 1],
    ['e8 00 01 00 00', 3],
    ['c3', 2],
    ['c9', 3],
    ['90', 0],
    ['f3 0f 1e fa', 0],
    ['66 0f 1f 84 00 00 00 00 00', 0],
    ['f3 48 ab', 1],
  ] as const;
  for (const [digits, count] of counts) expect(liftWhole(bytesOf(digits)).steps, digits).toHaveLength(count);
});
