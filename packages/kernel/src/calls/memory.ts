import { EBADF, EINVAL, ENODEV, MAP_ANONYMOUS, type systemCallSignatures } from '@synos/abi';
import { FRAME_BYTES } from '@synos/interfaces';
import type { Handlers } from '@synos/syscall';
import type { KernelThread } from '../processes/process.js';

/** mmap(2), munmap(2), mprotect(2), brk(2). */
export function memoryHandlers(): Handlers<KernelThread, typeof systemCallSignatures> {
  return {
    mmap({ memory, process }, address, byteLength, protection, flags, fd, offset) {
      if (offset % FRAME_BYTES !== 0) return -EINVAL;
      if ((flags & MAP_ANONYMOUS) === 0) return process.descriptors.get(fd) === null ? -EBADF : -ENODEV;
      return memory.mmap(address, byteLength, protection, flags);
    },
    munmap: ({ memory }, address, byteLength) => memory.munmap(address, byteLength),
    mprotect: ({ memory }, address, byteLength, protection) => memory.mprotect(address, byteLength, protection),
    brk: ({ memory }, address) => memory.brk(address),
  };
}
