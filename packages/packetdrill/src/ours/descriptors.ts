import { EMFILE } from '@synos/abi';
import type { Epoll, Socket } from '@synos/socket';

/** What a descriptor stands for. `null`: a call that is under way will put something there. */
export interface Description {
  readonly socket: Socket | null;
  readonly epoll: Epoll | null;
  /** FD_CLOEXEC: remembered, as nothing is ever executed. */
  closesOnExec: boolean;
}

/** Standard input, output and error are taken, as in any process. */
const firstNumber = 3;
/** RLIMIT_NOFILE as most systems have it. */
const limit = 1024;

/** A process's table of descriptors: the lowest free number is given. */
export class Descriptors {
  private readonly table: (Description | 'reserved' | undefined)[] = [];

  /** Takes a number for what will come, as accept does before it waits. Answers `-EMFILE` when all are taken. */
  reserve(): number {
    let fd = firstNumber;
    while (this.table[fd] !== undefined) fd += 1;
    if (fd >= limit) return -EMFILE;
    this.table[fd] = 'reserved';
    return fd;
  }

  fill(fd: number, description: Description): void {
    this.table[fd] = description;
  }

  release(fd: number): void {
    this.table[fd] = undefined;
  }

  /** What stands behind a number, or `undefined`. */
  find(fd: unknown): Description | undefined {
    const found = typeof fd === 'number' ? this.table[fd] : undefined;
    return found === 'reserved' ? undefined : found;
  }
}
