export { instructionForms } from '../cpu/decode/instruction-forms.js';
export type { InstructionForm, OperandForm } from '../cpu/instruction-form.js';
export type { Width } from '../cpu/ir.js';
