import type { systemCallSignatures } from '@synos/abi';
import type { BootModule } from '@synos/interfaces';
import type { Handlers } from '@synos/syscall';
import type { CallServices, DescriptorTable, Thread } from './contracts.js';
import type { HardwareFactory } from './hardware.js';

/** The files of a kernel. */
export interface KernelFiles {
  /** The system calls about files, sockets and polling. */
  readonly handlers: Handlers<Thread, typeof systemCallSignatures>;
  /** An empty table. */
  createDescriptors(limit: number): DescriptorTable;
  /** Opens what init has at 0, 1 and 2. */
  openConsole(descriptors: DescriptorTable): void;
  /** The module of a program's path, or a negative errno. */
  findModule(path: Uint8Array): BootModule | number;
  moduleBytes(module: BootModule): Uint8Array<ArrayBuffer>;
  /** Counted things, for a census. */
  counts(): Readonly<Record<string, number>>;
}

/** What a kernel is put together from, beside its machine. */
export interface KernelParts {
  readonly hardware: HardwareFactory;
  readonly files: (services: CallServices) => KernelFiles;
}
