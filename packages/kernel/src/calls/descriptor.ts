import { EBADF, ENOTSOCK } from '@synos/abi';
import type { Thread } from '../contracts.js';
import type { OpenFile } from '../files/open-file.js';
import { SocketFile } from '../files/socket-file.js';

/** The file behind a descriptor, or -EBADF. Only `createFiles` makes descriptions, so that each is an `OpenFile`. */
export function fileAt(thread: Thread, fd: number): OpenFile | number {
  return (thread.process.descriptors.get(fd) as OpenFile | null) ?? -EBADF;
}

/** The socket behind a descriptor, or -EBADF, -ENOTSOCK (sockfd_lookup). */
export function socketAt(thread: Thread, fd: number): SocketFile | number {
  const file = fileAt(thread, fd);
  if (typeof file === 'number') return file;
  return file instanceof SocketFile ? file : -ENOTSOCK;
}

/** Gives a new file its descriptor; where there is none it is closed again: -EMFILE. */
export function install(thread: Thread, file: OpenFile, isCloseOnExec: boolean): number {
  const fd = thread.process.descriptors.add(file, isCloseOnExec);
  // A file that nobody has used has nothing to wait for.
  if (fd < 0) file.release();
  return fd;
}
