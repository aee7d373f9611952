import { EBADF, EMFILE } from '@synos/abi';
import { assert } from '@synos/interfaces';
import type { ParkedCall } from '@synos/syscall';
import type { DescriptorTable, FileDescription } from '../contracts.js';

interface Entry {
  readonly description: FileDescription;
  isCloseOnExec: boolean;
}

/** Descriptors by number. No number below `lowestFree` is free, so that the lowest free one is found without a walk. */
class Descriptors implements DescriptorTable {
  readonly limit: number;
  private readonly entries: (Entry | null)[];
  private lowestFree: number;
  private open: number;

  constructor(limit: number) {
    this.limit = limit;
    this.entries = [];
    this.lowestFree = 0;
    this.open = 0;
  }

  get size(): number {
    return this.open;
  }

  get(fd: number): FileDescription | null {
    return this.entryAt(fd)?.description ?? null;
  }

  add(description: FileDescription, isCloseOnExec: boolean, least = 0): number {
    const fd = this.freeFrom(Math.max(least, this.lowestFree));
    if (fd >= this.limit) return -EMFILE;
    this.set(fd, { description, isCloseOnExec });
    if (least <= this.lowestFree) this.lowestFree = fd + 1;
    return fd;
  }

  put(fd: number, description: FileDescription, isCloseOnExec: boolean): void {
    assert(fd >= 0 && fd < this.limit, `no descriptor of the table: ${fd}`);
    const replaced = this.entryAt(fd);
    this.set(fd, { description, isCloseOnExec });
    // do_dup2 closes what it replaced last, and nobody hears what came of it.
    replaced?.description.release();
  }

  isCloseOnExec(fd: number): boolean {
    return this.entryAt(fd)?.isCloseOnExec ?? false;
  }

  setCloseOnExec(fd: number, isCloseOnExec: boolean): void {
    const entry = this.entryAt(fd);
    if (entry !== null) entry.isCloseOnExec = isCloseOnExec;
  }

  close(fd: number): number | ParkedCall {
    const entry = this.entryAt(fd);
    if (entry === null) return -EBADF;
    // The number is free at once, also where the close has to wait (close(2)).
    this.entries[fd] = null;
    this.open -= 1;
    if (fd < this.lowestFree) this.lowestFree = fd;
    return entry.description.release();
  }

  inherit(): DescriptorTable {
    const child = new Descriptors(this.limit);
    for (const [fd, entry] of this.entries.entries()) {
      if (entry === null || entry.isCloseOnExec) continue;
      entry.description.retain();
      child.set(fd, { description: entry.description, isCloseOnExec: false });
    }
    return child;
  }

  closeAll(): void {
    for (let fd = 0; fd < this.entries.length; fd += 1) this.close(fd);
    this.entries.length = 0;
  }

  private entryAt(fd: number): Entry | null {
    return this.entries[fd] ?? null;
  }

  private freeFrom(least: number): number {
    let fd = least;
    while (fd < this.entries.length && this.entries[fd] !== null) fd += 1;
    return fd;
  }

  private set(fd: number, entry: Entry): void {
    while (this.entries.length < fd) this.entries.push(null);
    if ((this.entries[fd] ?? null) === null) this.open += 1;
    this.entries[fd] = entry;
  }
}

/**
 * An empty table of descriptors.
 *
 * @param limit - numbers are below it (RLIMIT_NOFILE); 1 or more
 * @example
 * ```ts
 * const descriptors = createDescriptorTable(1024);
 * files.openConsole(descriptors); // 0, 1 and 2
 * ```
 */
export function createDescriptorTable(limit: number): DescriptorTable {
  assert(Number.isInteger(limit) && limit >= 1, `limit is an integer, 1 or more, not ${limit}`);
  return new Descriptors(limit);
}
