import {
  EBADF,
  EINVAL,
  EMFILE,
  ENOTTY,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  FIOASYNC,
  FIOCLEX,
  FIONBIO,
  FIONCLEX,
  O_CLOEXEC,
  O_NONBLOCK,
  statLayout,
} from '@synos/abi';
import { copyInInt, copyOutStruct } from '@synos/syscall';
import type { Thread } from '../contracts.js';
import { fileAt } from './descriptor.js';
import type { ThreadHandlers } from './handlers.js';

/** Bytes that a program is told to read and write at a time (st_blksize). */
const BLOCK_BYTES = 4096;

/** close(2), dup(2), fcntl(2), ioctl(2), fstat(2). */
export const descriptorHandlers = {
  close: ({ process }, fd) => process.descriptors.close(fd),

  dup: (thread, fd) => duplicate(thread, fd, 0, false),

  dup2: (thread, oldFd, newFd) => {
    if (oldFd !== newFd) return duplicateTo(thread, oldFd, newFd, false);
    const file = fileAt(thread, oldFd);
    return typeof file === 'number' ? file : newFd;
  },

  dup3: (thread, oldFd, newFd, flags) => {
    if ((flags & ~O_CLOEXEC) !== 0 || oldFd === newFd) return -EINVAL;
    return duplicateTo(thread, oldFd, newFd, flags !== 0);
  },

  fcntl: (thread, fd, command, argument) => {
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    const { descriptors } = thread.process;
    // An int of the program's: the register's upper half is not looked at (do_fcntl). Beyond 2^53 a number does not hold
    // the lower one: there lie the negative ones, sign-extended.
    const int = argument < 2 ** 53 ? (argument % 2 ** 32) | 0 : -1;
    switch (command) {
      case F_DUPFD:
      case F_DUPFD_CLOEXEC:
        if (int < 0 || int >= descriptors.limit) return -EINVAL;
        return duplicate(thread, fd, int, command === F_DUPFD_CLOEXEC);
      case F_GETFD:
        return descriptors.isCloseOnExec(fd) ? FD_CLOEXEC : 0;
      case F_SETFD:
        descriptors.setCloseOnExec(fd, (int & FD_CLOEXEC) !== 0);
        return 0;
      case F_GETFL:
        return file.flags;
      case F_SETFL:
        file.changeFlags(int);
        return 0;
      default:
        return -EINVAL;
    }
  },

  ioctl: (thread, fd, operation, argument) => {
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    const { memory, process } = thread;
    const request = operation % 2 ** 32;
    switch (request) {
      case FIOCLEX:
      case FIONCLEX:
        process.descriptors.setCloseOnExec(fd, request === FIOCLEX);
        return 0;
      case FIONBIO:
      case FIOASYNC: {
        const on = copyInInt(memory, argument);
        if (typeof on === 'number') return on;
        // There are no signals, so nothing can be asked for.
        if (request === FIOASYNC) return on.value === 0 ? 0 : -ENOTTY;
        file.flags = on.value !== 0 ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
        return 0;
      }
      default:
        return file.ioctl(memory, request, argument);
    }
  },

  fstat: (thread, fd, address) => {
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    return copyOutStruct(thread.memory, address, statLayout, { links: 1, blockBytes: BLOCK_BYTES, ...file.status() });
  },
} as const satisfies ThreadHandlers;

function duplicate(thread: Thread, fd: number, least: number, isCloseOnExec: boolean): number {
  const file = fileAt(thread, fd);
  if (typeof file === 'number') return file;
  file.retain();
  const result = thread.process.descriptors.add(file, isCloseOnExec, least);
  if (result === -EMFILE) file.release();
  return result;
}

/** ksys_dup3, behind what dup2(2) and dup3(2) have of their own. */
function duplicateTo(thread: Thread, oldFd: number, newFd: number, isCloseOnExec: boolean): number {
  const { descriptors } = thread.process;
  if (newFd < 0 || newFd >= descriptors.limit) return -EBADF;
  const file = fileAt(thread, oldFd);
  if (typeof file === 'number') return file;
  file.retain();
  descriptors.put(newFd, file, isCloseOnExec);
  return newFd;
}
