import { assembleKernel } from './assemble-kernel.js';
import { startPc } from './boot/pc.js';
import { fileHandlers } from './calls/file-handlers.js';
import { createDescriptorTable } from './files/descriptor-table.js';
import { createFiles } from './files/files.js';
import type { Kernel } from './kernel.js';
import type { KernelOptions } from './options.js';

/**
 * Boots a kernel on a machine and starts its first program, which runs with the first `step`.
 *
 * Where there is no such program, or it is none, the kernel has panicked: `panicText` says why.
 *
 * @throws an assertion where an option is not what it should be, or the machine has too little memory to boot
 * @example
 * ```ts
 * import type { Machine } from '@synos/interfaces';
 * import { createKernel, runKernel } from '@synos/kernel';
 *
 * const status = (machine: Machine): number => {
 *   const kernel = createKernel({ machine, init: { path: '/boot/hello', argv: ['hello', 'world'] } });
 *   return runKernel(kernel, machine);
 * };
 * ```
 */
export function createKernel(options: KernelOptions): Kernel {
  return assembleKernel(options, {
    hardware: startPc,
    files(services) {
      const files = createFiles(services);
      return {
        handlers: fileHandlers(services, files),
        createDescriptors: createDescriptorTable,
        openConsole: (descriptors) => files.openConsole(descriptors),
        findModule: (path) => files.findModule(path),
        moduleBytes: (module) => files.moduleBytes(module),
        counts: () => ({ openFiles: files.openFiles }),
      };
    },
  });
}
