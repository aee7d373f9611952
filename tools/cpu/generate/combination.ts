import type { InstructionForm, Width } from '@synos/machine-sim/testing';
import { memoryOperandOf } from './encode.js';

/** Where an operand lies that may be in a register or in memory. */
export type Place = 'none' | 'register' | 'memory';
export type Modifier = 'none' | 'lock' | 'rep' | 'repe' | 'repne';

/** What is covered: an entry of the table, in one width, in one place, with or without LOCK or a repetition. */
export interface Combination {
  readonly form: InstructionForm;
  readonly width: Width;
  readonly place: Place;
  readonly modifier: Modifier;
}

/**
 * Forms that the real CPU under Linux answers in a way of its own: system calls and gates, the kernel's emulation of
 * what UMIP refuses, selectors and far transfers of its descriptor table, answers that differ from machine to machine.
 */
const notNatively = new Set([
  ...['syscall', 'sysenter', 'sysexit', 'sysret', 'int', 'iret', 'retf', 'callf', 'jmpf'],
  // Behind INT1 a hypervisor may stand.
  'int1',
  ...['sgdt', 'sidt', 'sldt', 'smsw', 'str', 'rdtsc', 'rdtscp', 'rdpmc', 'cpuid', 'clflush'],
]);

/** Whether a form is run natively and compared, in all its combinations. */
export function isCompared(form: InstructionForm): boolean {
  return (
    form.kind !== 'machine' && !notNatively.has(form.mnemonic) && !form.operands.some((operand) => isSelector(operand))
  );
}

const isSelector = (operand: string): boolean => operand.startsWith('S');

/** All combinations of a form. */
export function combinationsOf(form: InstructionForm): Combination[] {
  const operand = memoryOperandOf(form);
  const places = placesOf(form, operand);
  const repetitions: Modifier[] =
    form.repeats === 'none' ? ['none'] : form.repeats === 'rep' ? ['none', 'rep'] : ['none', 'repe', 'repne'];
  return form.widths.flatMap((width) =>
    places.flatMap((place) => {
      const modifiers = form.canLock && place === 'memory' ? [...repetitions, 'lock' as const] : repetitions;
      return modifiers.map((modifier) => ({ form, width, place, modifier }));
    }),
  );
}

/** PREFETCHW: of a register it is a NOP on Intel's CPUs and #UD on AMD's. */
export const isPrefetch = ({ map, opcode }: InstructionForm): boolean => map === 0x0f && opcode === 0x0d;

function placesOf(form: InstructionForm, operand: string | undefined): readonly Place[] {
  if (operand === undefined) return ['none'];
  if (operand.startsWith('M') || isPrefetch(form)) return ['memory'];
  return operand.startsWith('R') ? ['register'] : ['register', 'memory'];
}

/** Where the form stands in the manual's notation, for a reader. */
export function nameOf({ mnemonic, map, opcode, extension, prefix, operands }: InstructionForm): string {
  const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
  const bytes = [...(prefix ? [hex(prefix)] : []), ...(map ? [map === 0x0f ? '0f' : '0f38'] : []), hex(opcode)];
  return `${mnemonic} ${operands.join(',')} (${bytes.join(' ')}${extension >= 0 ? `/${extension}` : ''})`;
}
