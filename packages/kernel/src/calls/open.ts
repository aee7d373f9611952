import { AT_FDCWD, EBADF, EMFILE, ENOTDIR, O_CLOEXEC } from '@synos/abi';
import { copyInPath } from '@synos/syscall';
import type { Thread } from '../contracts.js';
import type { Files } from '../files/files.js';
import { fileAt, install } from './descriptor.js';
import type { ThreadHandlers } from './handlers.js';

const SLASH = 0x2f;

/** open(2) and openat(2). */
export function openHandlers(files: Files) {
  const openAt = (thread: Thread, directory: number, address: number, flags: number): number => {
    // do_sys_openat2, in its order.
    const refused = files.checkFlags(flags);
    if (refused !== 0) return refused;
    const path = copyInPath(thread.memory, address);
    if (typeof path === 'number') return path;
    if (!hasRoom(thread)) return -EMFILE;
    // No descriptor is a directory's: there is nothing that a relative path could begin at but the root.
    if (path[0] !== SLASH && directory !== AT_FDCWD) {
      return typeof fileAt(thread, directory) === 'number' ? -EBADF : -ENOTDIR;
    }
    const file = files.open(path, flags);
    return typeof file === 'number' ? file : install(thread, file, (flags & O_CLOEXEC) !== 0);
  };

  return {
    open: (thread, path, flags) => openAt(thread, AT_FDCWD, path, flags),
    openat: openAt,
  } as const satisfies ThreadHandlers;
}

/** Whether a call that makes a descriptor would get one. Nobody but the process's one thread takes it meanwhile. */
export function hasRoom({ process }: Thread): boolean {
  return process.descriptors.size < process.descriptors.limit;
}
