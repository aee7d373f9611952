import type { InstructionForm } from '../instruction-form.js';
import { oneByteForms } from './one-byte-forms.js';
import { twoByteForms } from './two-byte-forms.js';

/**
 * Every instruction that the CPU has, in every encoding: what `gcc -mgeneral-regs-only` emits, the other integer
 * instructions of ring 3, and those that trap. Aliases come after the form that assemblers choose.
 */
export const instructionForms: readonly InstructionForm[] = [...oneByteForms, ...twoByteForms];
