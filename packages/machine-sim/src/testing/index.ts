export type { Cpu, CpuExit, CpuOptions } from '../cpu/cpu.js';
export { instructionForms } from '../cpu/decode/instruction-forms.js';
export { createCpu } from '../cpu/engine/create-cpu.js';
export type { InstructionForm, OperandForm } from '../cpu/instruction-form.js';
export type * from '../cpu/ir.js';
export { SLOTS, slot } from '../cpu/ir.js';
export { createLifter } from '../cpu/lift/lift.js';
export { type EncodingChoice, encode, type MemoryChoice } from './encode.js';
