import { EBADF, EINVAL, ESPIPE, type Iovec, SEEK_HOLE } from '@synos/abi';
import { copyInIovecs, iovecBytes, type ParkedCall, readWriteBuffer } from '@synos/syscall';
import type { Thread } from '../contracts.js';
import type { OpenFile } from '../files/open-file.js';
import { fileAt } from './descriptor.js';
import type { ThreadHandlers } from './handlers.js';

/** read(2), write(2), readv(2), pread(2), lseek(2) and their like. */
export const readWriteHandlers = {
  read: (thread, fd, address, count) => {
    const place = placeOf(thread, fd, 'read', address, count);
    if (typeof place === 'number') return place;
    // sock_read_iter, "match SYS5 behaviour": nothing wanted is nothing done; so it is on all other files.
    return place.piece.lengthBytes === 0 ? 0 : place.file.read(thread.memory, [place.piece]);
  },

  write: (thread, fd, address, count) => {
    const place = placeOf(thread, fd, 'write', address, count);
    if (typeof place === 'number') return place;
    return place.file.write(thread.memory, [place.piece]);
  },

  readv: (thread, fd, address, count) => vectored(thread, fd, 'read', address, count),

  writev: (thread, fd, address, count) => vectored(thread, fd, 'write', address, count),

  pread64: (thread, fd, address, count, offset) => {
    if (offset < 0) return -EINVAL;
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    if (!file.isPositioned) return -ESPIPE;
    const place = placeOf(thread, fd, 'read', address, count);
    return typeof place === 'number' ? place : file.readAt(thread.memory, place.piece, offset);
  },

  pwrite64: (thread, fd, address, count, offset) => {
    if (offset < 0) return -EINVAL;
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    if (!file.isPositioned) return -ESPIPE;
    const place = placeOf(thread, fd, 'write', address, count);
    return typeof place === 'number' ? place : file.writeAt(thread.memory, place.piece, offset);
  },

  lseek: (thread, fd, offset, whence) => {
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    return whence < 0 || whence > SEEK_HOLE ? -EINVAL : file.seek(offset, whence);
  },
} as const satisfies ThreadHandlers;

type Way = 'read' | 'write';

function mayPass(file: OpenFile, way: Way): boolean {
  return way === 'read' ? file.canRead : file.canWrite;
}

/** vfs_read and vfs_write, in their order: the descriptor, its mode, the whole buffer's range. */
function placeOf(
  thread: Thread,
  fd: number,
  way: Way,
  address: number,
  count: number,
): { readonly file: OpenFile; readonly piece: Iovec } | number {
  const file = fileAt(thread, fd);
  if (typeof file === 'number') return file;
  if (!mayPass(file, way)) return -EBADF;
  if (file.kind === 'epoll') return -EINVAL;
  const piece = readWriteBuffer(address, count);
  return typeof piece === 'number' ? piece : { file, piece };
}

/** do_readv and do_writev: the descriptor, the pieces, only then the file's mode. */
function vectored(thread: Thread, fd: number, way: Way, address: number, count: number): number | ParkedCall {
  const file = fileAt(thread, fd);
  if (typeof file === 'number') return file;
  const pieces = copyInIovecs(thread.memory, address, count);
  if (typeof pieces === 'number') return pieces;
  if (!mayPass(file, way)) return -EBADF;
  if (file.kind === 'epoll') return -EINVAL;
  if (iovecBytes(pieces) === 0) return 0;
  return way === 'read' ? file.read(thread.memory, pieces) : file.write(thread.memory, pieces);
}
