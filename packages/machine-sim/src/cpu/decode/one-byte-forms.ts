import type { InstructionForm, OperandForm } from '../instruction-form.js';
import { flag, flagSet } from './flag-names.js';
import { form, pair, privileged, widths } from './form-builders.js';

/** ADD to CMP: opcodes 00 to 3D in six forms each, and group 1 (SDM vol. 2, table A-6). */
const arithmetic = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'].flatMap((mnemonic, number) => {
  const undefinedFlags = mnemonic === 'and' || mnemonic === 'or' || mnemonic === 'xor' ? flag.a : 0;
  const toMemory = { undefinedFlags, canLock: mnemonic !== 'cmp' };
  return [
    ...pair(number * 8, mnemonic, ['Eb', 'Gb'], ['Ev', 'Gv'], toMemory),
    ...pair(number * 8 + 2, mnemonic, ['Gb', 'Eb'], ['Gv', 'Ev'], { undefinedFlags }),
    ...pair(number * 8 + 4, mnemonic, ['AL', 'Ib'], ['rAX', 'Iz'], { undefinedFlags }),
    ...pair(0x80, mnemonic, ['Eb', 'Ib'], ['Ev', 'Iz'], { ...toMemory, extension: number }),
    form(0x83, mnemonic, ['Ev', 'IbSigned'], { ...toMemory, extension: number }),
  ];
});

/** Group 2. The seventh is SHL once more, as CPUs have it; the manual leaves it out. */
const shifts = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'shl', 'sar'].flatMap((mnemonic, extension) => {
  const more = { extension, undefinedFlags: extension < 4 ? 0 : flag.a };
  return [
    ...pair(0xc0, mnemonic, ['Eb', 'Ib'], ['Ev', 'Ib'], more),
    ...pair(0xd0, mnemonic, ['Eb', 'one'], ['Ev', 'one'], more),
    ...pair(0xd2, mnemonic, ['Eb', 'CL'], ['Ev', 'CL'], more),
  ];
});

const moves: readonly InstructionForm[] = [
  ...pair(0x86, 'xchg', ['Eb', 'Gb'], ['Ev', 'Gv'], { canLock: true }),
  ...pair(0x88, 'mov', ['Eb', 'Gb'], ['Ev', 'Gv']),
  ...pair(0x8a, 'mov', ['Gb', 'Eb'], ['Gv', 'Ev']),
  form(0x8c, 'mov', ['Ev', 'Sw'], { kind: 'machine' }),
  form(0x8d, 'lea', ['Gv', 'M']),
  form(0x8e, 'mov', ['Sw', 'Ew'], { kind: 'trap', widths: [16] }),
  // The first of these is NOP, and PAUSE with F3.
  form(0x90, 'xchg', ['Zv', 'rAX']),
  ...pair(0xa0, 'mov', ['AL', 'Ob'], ['rAX', 'Ov']),
  ...pair(0xa2, 'mov', ['Ob', 'AL'], ['Ov', 'rAX']),
  form(0xb0, 'mov', ['Zb', 'Ib'], { widths: widths.byte }),
  form(0xb8, 'mov', ['Zv', 'Iv']),
  ...pair(0xc6, 'mov', ['Eb', 'Ib'], ['Ev', 'Iz'], { extension: 0 }),
  form(0xd7, 'xlat', [], { widths: widths.byte }),
  form(0x63, 'movsxd', ['Gv', 'Ed']),
  form(0x98, 'cbw', []),
  form(0x99, 'cwd', []),
];

const stack: readonly InstructionForm[] = [
  form(0x50, 'push', ['Zv'], { kind: 'stack', widths: widths.stack }),
  form(0x58, 'pop', ['Zv'], { kind: 'stack', widths: widths.stack }),
  form(0x68, 'push', ['Iz'], { kind: 'stack', widths: widths.stack }),
  form(0x6a, 'push', ['IbSigned'], { kind: 'stack', widths: widths.stack }),
  form(0x8f, 'pop', ['Ev'], { kind: 'stack', widths: widths.stack, extension: 0 }),
  form(0x9c, 'pushf', [], { kind: 'stack', widths: widths.stack }),
  form(0x9d, 'popf', [], { kind: 'stack', widths: widths.stack }),
  form(0xc8, 'enter', ['Iw', 'Ib'], { kind: 'stack', widths: widths.stack }),
  form(0xc9, 'leave', [], { kind: 'stack', widths: widths.stack }),
  form(0xff, 'push', ['Ev'], { kind: 'stack', widths: widths.stack, extension: 6 }),
];

const strings: readonly InstructionForm[] = [
  ...pair(0xa4, 'movs', [], [], { repeats: 'rep' }),
  ...pair(0xa6, 'cmps', [], [], { repeats: 'compare' }),
  ...pair(0xaa, 'stos', [], [], { repeats: 'rep' }),
  ...pair(0xac, 'lods', [], [], { repeats: 'rep' }),
  ...pair(0xae, 'scas', [], [], { repeats: 'compare' }),
];

/** TEST, MUL, DIV and their neighbours: groups 3, 4 and 5, and IMUL of three operands. */
const sums: readonly InstructionForm[] = [
  form(0x69, 'imul', ['Gv', 'Ev', 'Iz'], { undefinedFlags: flagSet.allButCarryAndOverflow }),
  form(0x6b, 'imul', ['Gv', 'Ev', 'IbSigned'], { undefinedFlags: flagSet.allButCarryAndOverflow }),
  ...pair(0x84, 'test', ['Eb', 'Gb'], ['Ev', 'Gv'], { undefinedFlags: flag.a }),
  ...pair(0xa8, 'test', ['AL', 'Ib'], ['rAX', 'Iz'], { undefinedFlags: flag.a }),
  ...[0, 1].flatMap((extension) =>
    pair(0xf6, 'test', ['Eb', 'Ib'], ['Ev', 'Iz'], { undefinedFlags: flag.a, extension }),
  ),
  ...pair(0xf6, 'not', ['Eb'], ['Ev'], { extension: 2, canLock: true }),
  ...pair(0xf6, 'neg', ['Eb'], ['Ev'], { extension: 3, canLock: true }),
  ...pair(0xf6, 'mul', ['Eb'], ['Ev'], { extension: 4, undefinedFlags: flagSet.allButCarryAndOverflow }),
  ...pair(0xf6, 'imul', ['Eb'], ['Ev'], { extension: 5, undefinedFlags: flagSet.allButCarryAndOverflow }),
  ...pair(0xf6, 'div', ['Eb'], ['Ev'], { extension: 6, undefinedFlags: flagSet.all }),
  ...pair(0xf6, 'idiv', ['Eb'], ['Ev'], { extension: 7, undefinedFlags: flagSet.all }),
  ...pair(0xfe, 'inc', ['Eb'], ['Ev'], { extension: 0, canLock: true }),
  ...pair(0xfe, 'dec', ['Eb'], ['Ev'], { extension: 1, canLock: true }),
];

const flags: readonly InstructionForm[] = [
  form(0x9e, 'sahf', [], { widths: widths.byte }),
  form(0x9f, 'lahf', [], { widths: widths.byte }),
  form(0xf5, 'cmc', [], { widths: [32] }),
  form(0xf8, 'clc', [], { widths: [32] }),
  form(0xf9, 'stc', [], { widths: [32] }),
  form(0xfc, 'cld', [], { widths: [32] }),
  form(0xfd, 'std', [], { widths: [32] }),
];

const branch = (opcode: number, mnemonic: string, operands: readonly OperandForm[], extension = -1): InstructionForm =>
  form(opcode, mnemonic, operands, { kind: 'control', widths: widths.long, extension });

const branches: readonly InstructionForm[] = [
  form(0x70, 'j', ['Jb'], { kind: 'control', widths: widths.long, hasCondition: true }),
  branch(0xc2, 'ret', ['Iw']),
  branch(0xc3, 'ret', []),
  branch(0xe0, 'loopne', ['Jb']),
  branch(0xe1, 'loope', ['Jb']),
  branch(0xe2, 'loop', ['Jb']),
  branch(0xe3, 'jrcxz', ['Jb']),
  branch(0xe8, 'call', ['Jz']),
  branch(0xe9, 'jmp', ['Jz']),
  branch(0xeb, 'jmp', ['Jb']),
  branch(0xff, 'call', ['Ev'], 2),
  branch(0xff, 'jmp', ['Ev'], 4),
];

const traps: readonly InstructionForm[] = [
  form(0xcc, 'int3', [], { kind: 'trap', widths: [32] }),
  form(0xcd, 'int', ['Ib'], { kind: 'trap', widths: [32] }),
  form(0xf1, 'int1', [], { kind: 'trap', widths: [32] }),
  privileged(0x6c, 'ins'),
  privileged(0x6d, 'ins'),
  privileged(0x6e, 'outs'),
  privileged(0x6f, 'outs'),
  privileged(0xe4, 'in', ['AL', 'Ib']),
  privileged(0xe5, 'in', ['rAX', 'Ib']),
  privileged(0xe6, 'out', ['Ib', 'AL']),
  privileged(0xe7, 'out', ['Ib', 'rAX']),
  privileged(0xec, 'in'),
  privileged(0xed, 'in'),
  privileged(0xee, 'out'),
  privileged(0xef, 'out'),
  privileged(0xf4, 'hlt'),
  privileged(0xfa, 'cli'),
  privileged(0xfb, 'sti'),
  // Far transfers and IRET would be allowed within ring 3. No compiler makes them, and their checks of descriptors are
  // of no use to a program that has one code segment: refused as a selector that leads nowhere would be.
  privileged(0xca, 'retf', ['Iw']),
  privileged(0xcb, 'retf'),
  privileged(0xcf, 'iret'),
  privileged(0xff, 'callf', ['M'], { extension: 3 }),
  privileged(0xff, 'jmpf', ['M'], { extension: 5 }),
];

/** What is encoded without 0F (SDM vol. 2, table A-2). What is not here is #UD: x87, VEX, what 64-bit mode lost. */
export const oneByteForms: readonly InstructionForm[] = [
  ...arithmetic,
  ...shifts,
  ...moves,
  ...stack,
  ...strings,
  ...sums,
  ...flags,
  ...branches,
  ...traps,
];
