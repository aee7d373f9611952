import { EINVAL, EPERM, EPOLL_CTL_ADD, EPOLL_CTL_DEL, type EpollEvent, O_RDWR } from '@synos/abi';
import type { Epoll, PollTarget, Waiter } from '@synos/socket';
import { type FileCounts, type FileStatus, type FileWatcher, OpenFile } from './open-file.js';

/**
 * What an epoll has of a file: Linux tells its entries apart by file and number together (epoll_filefd), so that a file
 * may be in it once for each of its descriptors.
 */
class WatchedDescriptor implements PollTarget {
  private readonly file: OpenFile;
  private readonly target: PollTarget;

  constructor(file: OpenFile, target: PollTarget) {
    this.file = file;
    this.target = target;
  }

  get isClosed(): boolean {
    return this.file.isClosed || this.target.isClosed;
  }

  poll(events: number): number {
    return this.target.poll(events);
  }

  addWaiter(waiter: Waiter): void {
    this.target.addWaiter(waiter);
  }

  removeWaiter(waiter: Waiter): void {
    this.target.removeWaiter(waiter);
  }
}

/** An epoll as a file: what it watches goes by descriptors. */
export class EpollFile extends OpenFile implements FileWatcher {
  readonly kind = 'epoll';
  readonly epoll: Epoll;
  private readonly watched: Map<OpenFile, Map<number, PollTarget>>;

  /** @param epoll - its owner is the file from now on */
  constructor(counts: FileCounts, epoll: Epoll) {
    super(counts, O_RDWR);
    this.epoll = epoll;
    this.watched = new Map();
  }

  get target(): Epoll {
    return this.epoll;
  }

  /** epoll_ctl(2), as far as its arguments are read: in the order of do_epoll_ctl. */
  control(operation: number, file: OpenFile, fd: number, event: EpollEvent | null): number {
    if (file.target === null) return -EPERM;
    if (file === this) return -EINVAL;
    const known = this.watched.get(file)?.get(fd);
    // An epoll goes in as itself, for loops to be found; so it is in there once, whatever its descriptors.
    const isNested = operation === EPOLL_CTL_ADD && file instanceof EpollFile;
    const target = known ?? (isNested ? file.epoll : new WatchedDescriptor(file, file.target));
    const events = event === null ? 0 : event.events;
    const result = this.epoll.ctl(operation, target, { events, data: event });
    if (result !== 0) return result;
    if (operation === EPOLL_CTL_ADD) this.remember(file, fd, target);
    if (operation === EPOLL_CTL_DEL) this.unlist(file, fd);
    return 0;
  }

  /** The last descriptor of a file has gone: all its entries go. */
  forget(file: OpenFile): void {
    for (const target of this.watched.get(file)?.values() ?? []) this.epoll.ctl(EPOLL_CTL_DEL, target);
    this.watched.delete(file);
  }

  override ioctl(): number {
    // ep_eventpoll_ioctl, since Linux 6.9: not ENOTTY.
    return -EINVAL;
  }

  override seek(): number {
    // noop_llseek
    return 0;
  }

  override status(): FileStatus {
    return { mode: 0o600 };
  }

  protected override closeFile(): number {
    for (const file of this.watched.keys()) file.watchers.delete(this);
    this.watched.clear();
    return this.epoll.close();
  }

  private remember(file: OpenFile, fd: number, target: PollTarget): void {
    const entries = this.watched.get(file) ?? new Map<number, PollTarget>();
    entries.set(fd, target);
    this.watched.set(file, entries);
    file.watchers.add(this);
  }

  private unlist(file: OpenFile, fd: number): void {
    const entries = this.watched.get(file);
    entries?.delete(fd);
    if (entries === undefined || entries.size > 0) return;
    this.watched.delete(file);
    file.watchers.delete(this);
  }
}
