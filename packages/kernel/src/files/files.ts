import {
  EACCES,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  EROFS,
  O_ACCMODE,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TMPFILE,
  O_TRUNC,
} from '@synos/abi';
import type { BootModule } from '@synos/interfaces';
import { createEpoll, type Socket } from '@synos/socket';
import type { CallServices, DescriptorTable } from '../contracts.js';
import { ConsoleFile } from './console-file.js';
import { DeviceFile } from './device-file.js';
import { EpollFile } from './epoll-file.js';
import { ModuleFile } from './module-file.js';
import type { FileCounts, OpenFile } from './open-file.js';
import { createPaths } from './paths.js';
import { SocketFile } from './socket-file.js';
import { Terminal } from './terminal.js';

/** What goes through the kernel at a time; a datagram fits. */
const BUFFER_BYTES = 65_536;
/** What open(2) does not look at: flags that nobody has defined. */
const KNOWN_FLAGS =
  O_ACCMODE |
  O_CREAT |
  O_EXCL |
  O_NOCTTY |
  O_TRUNC |
  O_APPEND |
  O_NONBLOCK |
  O_SYNC |
  O_ASYNC |
  O_DIRECT |
  O_LARGEFILE |
  O_DIRECTORY |
  O_NOFOLLOW |
  O_NOATIME |
  O_CLOEXEC |
  O_PATH |
  O_TMPFILE;
/** What F_GETFL does not show afterwards (do_dentry_open, build_open_flags). */
const FORGOTTEN_FLAGS = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
/** O_TMPFILE without the O_DIRECTORY in it. */
const TMPFILE_BIT = O_TMPFILE & ~O_DIRECTORY;

/** The open files of a kernel, and the names that lead to files. */
export interface Files {
  /** How many descriptions are open, in all processes and in parked calls. */
  readonly openFiles: number;
  /** One description of the console at 0, 1 and 2 of an empty table: what `init` begins with. */
  openConsole(descriptors: DescriptorTable): void;
  /**
   * The module that a program file's path names.
   *
   * @returns -ENOENT, -ENOTDIR, -ENAMETOOLONG as a path resolves; -EACCES for what is no regular file (execve(2))
   */
  findModule(path: Uint8Array): BootModule | number;
  /** Its bytes, where they lie. */
  moduleBytes(module: BootModule): Uint8Array<ArrayBuffer>;
  /**
   * What of open(2)'s flags is refused whatever the path, 0 or -EINVAL.
   *
   * @internal
   */
  checkFlags(flags: number): number;
  /** @internal open(2), after {@link checkFlags}. */
  open(path: Uint8Array, flags: number): OpenFile | number;
  /** @internal */
  socketFile(socket: Socket): SocketFile;
  /** @internal */
  epollFile(): EpollFile;
  /** @internal Borrowed by a call while it runs; holds nothing in between. */
  readonly buffer: Uint8Array<ArrayBuffer>;
}

/**
 * The files of a kernel. It is the callee of `services.console.onReadable` from now on, so that there is one for each
 * kernel.
 *
 * @example
 * ```ts
 * const files = createFiles(services);
 * files.openConsole(init.descriptors);
 * const handlers = { ...fileHandlers(services, files), ...processHandlers };
 * ```
 */
export function createFiles(services: CallServices): Files {
  const { console: device, clock, timers, entropy, memory, sockets } = services;
  const counts: FileCounts = { openFiles: 0 };
  const buffer = new Uint8Array(BUFFER_BYTES);
  const paths = createPaths(services.modules);
  const console = { terminal: new Terminal(device), clock, timers, buffer };
  const views = new Map<BootModule, Uint8Array<ArrayBuffer>>();

  const moduleBytes = (module: BootModule): Uint8Array<ArrayBuffer> => {
    const view =
      views.get(module) ??
      (module.byteLength === 0 ? new Uint8Array(0) : memory.mem(module.address, module.byteLength));
    views.set(module, view);
    return view;
  };

  return {
    buffer,
    moduleBytes,
    get openFiles() {
      return counts.openFiles;
    },
    openConsole(descriptors) {
      const file = new ConsoleFile(counts, O_RDWR | O_LARGEFILE, console);
      for (let fd = 0; fd < 3; fd += 1) {
        file.retain();
        descriptors.put(fd, file, false);
      }
      file.release();
    },
    findModule(path) {
      const place = paths.resolve(path);
      if (typeof place === 'number') return place;
      if (place.kind === 'missing') return -ENOENT;
      return place.kind === 'module' ? place.module : -EACCES;
    },
    checkFlags,
    open(path, given) {
      const flags = given & KNOWN_FLAGS;
      const place = paths.resolve(path);
      if (typeof place === 'number') return place;
      const refused = refusal(place.kind, flags);
      if (refused !== 0) return refused;
      const kept = (flags & ~FORGOTTEN_FLAGS) | O_LARGEFILE;
      switch (place.kind) {
        case 'console':
          return new ConsoleFile(counts, kept, console);
        case 'device':
          return new DeviceFile(counts, kept, place.device, entropy, buffer);
        case 'module':
          return new ModuleFile(counts, kept, moduleBytes(place.module));
        case 'missing':
          return -ENOENT;
        case 'directory':
          // There is nothing to list them with yet.
          return -EACCES;
      }
    },
    socketFile: (socket) => new SocketFile(counts, socket, buffer),
    epollFile: () => new EpollFile(counts, createEpoll(sockets)),
  };
}

/** build_open_flags of fs/open.c. O_PATH is not there yet. */
function checkFlags(flags: number): number {
  if ((flags & O_PATH) !== 0) return -EINVAL;
  if ((flags & (O_DIRECTORY | O_CREAT)) === (O_DIRECTORY | O_CREAT)) return -EINVAL;
  if ((flags & TMPFILE_BIT) === 0) return 0;
  return (flags & O_DIRECTORY) === 0 || (flags & O_ACCMODE) === O_RDONLY ? -EINVAL : 0;
}

/** Why a place is not opened so, or 0. Everything that is not a device is on a file system that cannot be written. */
function refusal(kind: 'directory' | 'console' | 'device' | 'module' | 'missing', flags: number): number {
  const writes = (flags & O_ACCMODE) !== O_RDONLY;
  if (kind === 'missing') return (flags & O_CREAT) !== 0 ? -EROFS : -ENOENT;
  if ((flags & TMPFILE_BIT) !== 0) return kind === 'directory' ? -EROFS : -ENOTDIR;
  if ((flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return -EEXIST;
  if (kind === 'directory') return writes || (flags & (O_CREAT | O_TRUNC)) !== 0 ? -EISDIR : 0;
  if ((flags & O_DIRECTORY) !== 0) return -ENOTDIR;
  if (kind === 'module') return writes || (flags & O_TRUNC) !== 0 ? -EROFS : 0;
  return 0;
}
