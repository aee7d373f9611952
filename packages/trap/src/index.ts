export { isCanonical } from '@synos/interfaces';
export type {
  CpuFault,
  CpuState,
  LinearMemory,
  PageFault,
  SystemRegisters,
  TableRegister,
  TaskRegister,
} from './cpu/cpu-state.js';
export { type Delivered, type Delivery, deliver, type Shutdown } from './cpu/deliver.js';
export type { Entry, PushedFrame } from './cpu/deliver-once.js';
export type { Exception, HardwareInterrupt, SoftwareInterrupt, TrapEvent } from './cpu/event.js';
export { type IretqResult, iretq, type ReturnWords, returnWords } from './cpu/iretq.js';
export { loadTaskRegister } from './cpu/load-task-register.js';
export { type NotResumed, type Resumed, type ResumeRegisters, resume } from './cpu/resume.js';
export {
  enterBySyscall,
  msr,
  type StarSelectors,
  type SyscallEntry,
  type SyscallRegisters,
  starOf,
  starSelectors,
  sysret,
} from './cpu/syscall-instruction.js';
export * from './error-code.js';
export * from './fault-class.js';
export { describeTrapFrame } from './frame/describe-frame.js';
export { createStartFrame, createTrapFrame, type StartRegisters } from './frame/frame-view.js';
export * from './idt/gate.js';
export * from './idt/idt.js';
export { rflag } from './rflags.js';
export * from './segments/gdt.js';
export * from './segments/segment-descriptor.js';
export * from './segments/tss.js';
export * from './segments/tss-descriptor.js';
export * from './trap-table.js';
export * from './vectors.js';
export { signedOf, type Word, wordOf, wordText } from './word.js';
