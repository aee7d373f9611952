export type { Census } from './census.js';
export type * from './contracts.js';
export { type DriveKernelOptions, driveKernel, runKernel } from './drive-kernel.js';
export { type ElfFault, type ElfProgram, type ElfRefusal, type ElfSegment, parseElf } from './elf/parse.js';
export type { Kernel, ProcessInfo } from './kernel.js';
export type { NetworkMemorySize } from './network/network-memory.js';
export type { InitProgram, KernelLimits, KernelOptions } from './options.js';
export { createRoundRobin } from './scheduler/round-robin.js';
export type { Scheduler } from './scheduler/scheduler.js';
