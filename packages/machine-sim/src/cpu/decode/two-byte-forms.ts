import type { InstructionForm } from '../instruction-form.js';
import { flag, flagSet } from './flag-names.js';
import { form, pair, privileged, widths } from './form-builders.js';

const conditions: readonly InstructionForm[] = [
  form(0x0f40, 'cmov', ['Gv', 'Ev'], { hasCondition: true }),
  form(0x0f80, 'j', ['Jz'], { hasCondition: true, kind: 'control', widths: widths.long }),
  form(0x0f90, 'set', ['Eb'], { hasCondition: true, widths: widths.byte }),
];

const bits: readonly InstructionForm[] = [
  ...['bt', 'bts', 'btr', 'btc'].flatMap((mnemonic, number) => {
    const more = { undefinedFlags: flagSet.allButCarryAndZero, canLock: number > 0 };
    return [
      form(0x0fa3 + number * 8, mnemonic, ['Ev', 'Gv'], more),
      form(0x0fba, mnemonic, ['Ev', 'Ib'], { ...more, extension: 4 + number }),
    ];
  }),
  form(0x0fbc, 'bsf', ['Gv', 'Ev'], { undefinedFlags: flagSet.allButZero }),
  form(0x0fbd, 'bsr', ['Gv', 'Ev'], { undefinedFlags: flagSet.allButZero }),
  form(0x0fb8, 'popcnt', ['Gv', 'Ev'], { prefix: 0xf3 }),
  form(0x0fbc, 'tzcnt', ['Gv', 'Ev'], { prefix: 0xf3, undefinedFlags: flagSet.allButCarryAndZero }),
  form(0x0fbd, 'lzcnt', ['Gv', 'Ev'], { prefix: 0xf3, undefinedFlags: flagSet.allButCarryAndZero }),
  form(0x0fc8, 'bswap', ['Zv'], { widths: widths.wordNot16 }),
];

const sums: readonly InstructionForm[] = [
  form(0x0fa4, 'shld', ['Ev', 'Gv', 'Ib'], { undefinedFlags: flag.a }),
  form(0x0fa5, 'shld', ['Ev', 'Gv', 'CL'], { undefinedFlags: flag.a }),
  form(0x0fac, 'shrd', ['Ev', 'Gv', 'Ib'], { undefinedFlags: flag.a }),
  form(0x0fad, 'shrd', ['Ev', 'Gv', 'CL'], { undefinedFlags: flag.a }),
  form(0x0faf, 'imul', ['Gv', 'Ev'], { undefinedFlags: flagSet.allButCarryAndOverflow }),
];

const moves: readonly InstructionForm[] = [
  form(0x0fb6, 'movzx', ['Gv', 'Eb']),
  form(0x0fb7, 'movzx', ['Gv', 'Ew']),
  form(0x0fbe, 'movsx', ['Gv', 'Eb']),
  form(0x0fbf, 'movsx', ['Gv', 'Ew']),
  ...pair(0x0fb0, 'cmpxchg', ['Eb', 'Gb'], ['Ev', 'Gv'], { canLock: true }),
  ...pair(0x0fc0, 'xadd', ['Eb', 'Gb'], ['Ev', 'Gv'], { canLock: true }),
  // Of two halves of the width: CMPXCHG8B, and CMPXCHG16B with REX.W.
  form(0x0fc7, 'cmpxchg8b', ['M'], { extension: 1, canLock: true, widths: widths.wordNot16 }),
];

/** ENDBR64 (F3 0F 1E FA) and prefetches are among the hint NOPs (SDM vol. 2, table A-3). */
const hints: readonly InstructionForm[] = [
  form(0x0f0d, 'prefetchw', ['Mb'], { widths: widths.byte }),
  ...[0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f].map((opcode) => form(0x0f00 + opcode, 'nop', ['Ev'])),
];

const machine: readonly InstructionForm[] = [
  form(0x0f31, 'rdtsc', [], { kind: 'machine', widths: [32] }),
  form(0x0fa2, 'cpuid', [], { kind: 'machine', widths: [32] }),
  form(0x0fae, 'lfence', [], { extension: 5, widths: [32] }),
  form(0x0fae, 'mfence', [], { extension: 6, widths: [32] }),
  form(0x0fae, 'sfence', [], { extension: 7, widths: [32] }),
  form(0x0fae, 'clflush', ['Mb'], { extension: 7, kind: 'machine', widths: widths.byte }),
];

const traps: readonly InstructionForm[] = [
  form(0x0f05, 'syscall', [], { kind: 'trap', widths: [64] }),
  form(0x0f0b, 'ud2', [], { kind: 'trap', widths: [32] }),
  form(0x0fb9, 'ud1', ['Gv', 'Ev'], { kind: 'trap', widths: [32] }),
  form(0x0fff, 'ud0', ['Gv', 'Ev'], { kind: 'trap', widths: [32] }),
  // The first four of group 6 and SGDT, SIDT, SMSW of group 7 are refused as CR4.UMIP has it (SDM vol. 3, 2.5).
  ...['sldt', 'str', 'lldt', 'ltr'].map((mnemonic, extension) => privileged(0x0f00, mnemonic, ['Ew'], { extension })),
  ...['sgdt', 'sidt', 'lgdt', 'lidt'].map((mnemonic, extension) => privileged(0x0f01, mnemonic, ['M'], { extension })),
  privileged(0x0f01, 'smsw', ['Ew'], { extension: 4 }),
  privileged(0x0f01, 'lmsw', ['Ew'], { extension: 6 }),
  privileged(0x0f01, 'invlpg', ['Mb'], { extension: 7 }),
  form(0x0f01, 'swapgs', [], { extension: 7, kind: 'trap', widths: [64] }),
  privileged(0x0f06, 'clts'),
  privileged(0x0f07, 'sysret'),
  privileged(0x0f08, 'invd'),
  privileged(0x0f09, 'wbinvd'),
  privileged(0x0f20, 'mov', ['Rq']),
  privileged(0x0f21, 'mov', ['Rq']),
  privileged(0x0f22, 'mov', ['Rq']),
  privileged(0x0f23, 'mov', ['Rq']),
  privileged(0x0f30, 'wrmsr'),
  privileged(0x0f32, 'rdmsr'),
  privileged(0x0f33, 'rdpmc'),
  privileged(0x0f34, 'sysenter'),
  privileged(0x0f35, 'sysexit'),
];

/** What is encoded with 0F (SDM vol. 2, table A-3). What is not here is #UD: SSE, VERR, PUSH FS and their kin. */
export const twoByteForms: readonly InstructionForm[] = [
  ...conditions,
  ...bits,
  ...sums,
  ...moves,
  ...hints,
  ...machine,
  ...traps,
];
