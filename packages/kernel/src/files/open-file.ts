import {
  EINVAL,
  ENOTTY,
  ESPIPE,
  type Iovec,
  type LayoutValue,
  O_ACCMODE,
  O_APPEND,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  type statLayout,
} from '@synos/abi';
import { assert, type UserMemory } from '@synos/interfaces';
import type { PollTarget } from '@synos/socket';
import type { ParkedCall } from '@synos/syscall';
import type { FileDescription } from '../contracts.js';

/** What F_SETFL may change (SETFL_MASK of fs/fcntl.c, without O_ASYNC: there are no signals). */
const CHANGEABLE_FLAGS = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;

/** Fields of `struct stat` that are not zero. */
export type FileStatus = Readonly<Partial<LayoutValue<typeof statLayout>>>;

/** Who wants to know that a description is about to go: an epoll that watches it. */
export interface FileWatcher {
  forget(file: OpenFile): void;
}

/** How many open files there are, kept by the files themselves. */
export interface FileCounts {
  openFiles: number;
}

/**
 * An open file, whatever is behind it. A kind of file says what it can do; the rest answers as a file of Linux whose
 * `file_operations` lack the function.
 */
export abstract class OpenFile implements FileDescription {
  abstract readonly kind: FileDescription['kind'];
  /** What poll and epoll wait for; `null` is always ready, and epoll refuses it (EPERM). */
  abstract readonly target: PollTarget | null;
  /** Epolls that have this description among theirs. */
  readonly watchers: Set<FileWatcher>;
  protected statusFlags: number;
  private readonly counts: FileCounts;
  private references: number;

  /** @param flags - the access mode and status flags of open(2) */
  constructor(counts: FileCounts, flags: number) {
    this.watchers = new Set();
    this.statusFlags = flags;
    this.counts = counts;
    this.references = 1;
    counts.openFiles += 1;
  }

  get flags(): number {
    return this.statusFlags;
  }

  set flags(flags: number) {
    this.statusFlags = flags;
  }

  /** F_SETFL: the flags that may change do, others are ignored. */
  changeFlags(flags: number): void {
    this.flags = (this.flags & ~CHANGEABLE_FLAGS) | (flags & CHANGEABLE_FLAGS);
  }

  /** Whether the last reference has gone. */
  get isClosed(): boolean {
    return this.references === 0;
  }

  get isNonblocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }

  /** Access mode 3 is neither (open(2): "reserved for nonstandard, special uses"). */
  get canRead(): boolean {
    const mode = this.flags & O_ACCMODE;
    return mode === O_RDONLY || mode === O_RDWR;
  }

  get canWrite(): boolean {
    const mode = this.flags & O_ACCMODE;
    return mode === O_WRONLY || mode === O_RDWR;
  }

  retain(): void {
    assert(this.references > 0, 'a description that is closed is not retained');
    this.references += 1;
  }

  release(): number | ParkedCall {
    assert(this.references > 0, 'a description is released once for each reference');
    if (this.references > 1) {
      this.references -= 1;
      return 0;
    }
    // eventpoll_release: while the file can still be asked.
    for (const watcher of this.watchers) watcher.forget(this);
    this.references = 0;
    this.counts.openFiles -= 1;
    return this.closeFile();
  }

  /** read(2) and readv(2), of one byte or more. */
  read(_memory: UserMemory, _pieces: readonly Iovec[]): number | ParkedCall {
    return -EINVAL;
  }

  /** write(2) and writev(2). */
  write(_memory: UserMemory, _pieces: readonly Iovec[]): number | ParkedCall {
    return -EINVAL;
  }

  /** Whether it can be read and written at any place (FMODE_PREAD). */
  get isPositioned(): boolean {
    return false;
  }

  /** pread64(2). Asked only where {@link isPositioned}. */
  readAt(_memory: UserMemory, _piece: Iovec, _offset: number): number {
    return -ESPIPE;
  }

  /** pwrite64(2), likewise. */
  writeAt(_memory: UserMemory, _piece: Iovec, _offset: number): number {
    return -ESPIPE;
  }

  /** lseek(2). `whence` is one that exists. */
  seek(_offset: number, _whence: number): number {
    return -ESPIPE;
  }

  /** ioctl(2), without the requests that any file knows. */
  ioctl(_memory: UserMemory, _request: number, _argument: number): number {
    return -ENOTTY;
  }

  abstract status(): FileStatus;

  /** The last reference has gone. */
  protected abstract closeFile(): number | ParkedCall;
}
