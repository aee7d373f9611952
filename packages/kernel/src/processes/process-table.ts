import { assert } from '@synos/interfaces';
import { KernelProcess, type ProcessParts } from './process.js';

/** What a {@link ProcessTable} calls. */
export interface ProcessTableOptions {
  /** How many processes there may be, zombies included. */
  readonly limit: number;
  /** Its thread must not run again: takes it off whatever holds it. */
  readonly onEnding: (process: KernelProcess) => void;
  /** Gives back all that a process has: parked call, descriptors, memory, registers. Called once, in nobody's middle. */
  readonly giveBack: (process: KernelProcess) => void;
}

/**
 * All processes: a tree, whose root is init. A process ends in two steps: {@link end} may be called in the middle of its
 * own system call; {@link bury}, when nobody is in the middle of anything, gives back what it had.
 */
export class ProcessTable {
  private readonly options: ProcessTableOptions;
  private readonly byPid: Map<number, KernelProcess>;
  private readonly ending: KernelProcess[];
  private lastPid: number;
  private root: KernelProcess | null;

  constructor(options: ProcessTableOptions) {
    this.options = options;
    this.byPid = new Map();
    this.ending = [];
    this.lastPid = 0;
    this.root = null;
  }

  /** Zombies included. */
  get size(): number {
    return this.byPid.size;
  }

  get isFull(): boolean {
    return this.byPid.size >= this.options.limit;
  }

  /** The first process; `null` before it is there and when all is over. */
  get init(): KernelProcess | null {
    return this.root;
  }

  /** Whether {@link bury} has something to do. */
  get hasEnding(): boolean {
    return this.ending.length > 0;
  }

  get(pid: number): KernelProcess | undefined {
    return this.byPid.get(pid);
  }

  all(): IterableIterator<KernelProcess> {
    return this.byPid.values();
  }

  /** Takes a process in: it gets the next pid, and its parent a child. The table must not be full (asserted). */
  add(parts: Omit<ProcessParts, 'pid'>): KernelProcess {
    assert(!this.isFull, 'the table of processes is full');
    const process = new KernelProcess({ ...parts, pid: ++this.lastPid });
    this.byPid.set(process.pid, process);
    if (process.parent === null) this.root = process;
    else process.parent.children.add(process);
    return process;
  }

  /** A process ends with a status as wait4(2) has it. The first one counts. */
  end(process: KernelProcess, waitStatus: number): void {
    if (process.state !== 'running') return;
    process.state = 'ending';
    process.waitStatus = waitStatus;
    this.options.onEnding(process);
    this.ending.push(process);
  }

  /**
   * Gives back what those had that have ended. Their children become init's, and their parents are told. When init ends,
   * all end.
   *
   * @returns init's wait status when it has ended, else `null`
   */
  bury(): number | null {
    for (;;) {
      const process = this.ending.shift();
      if (process === undefined) return null;
      if (process === this.root) return this.endAll(process);
      this.options.giveBack(process);
      process.state = 'zombie';
      this.orphan(process);
      this.tellParent(process);
    }
  }

  /** A parent has asked for its child's end: nothing is left of it. */
  reap(child: KernelProcess): void {
    assert(child.state === 'zombie', `process ${child.pid} has not ended`);
    child.parent?.children.delete(child);
    child.parent = null;
    this.byPid.delete(child.pid);
  }

  private orphan(process: KernelProcess): void {
    const init = this.root as KernelProcess;
    for (const child of process.children) {
      child.parent = init;
      init.children.add(child);
      if (child.state === 'zombie') this.tellParent(child);
    }
    process.children.clear();
  }

  private tellParent(child: KernelProcess): void {
    const waiter = child.parent?.waiter;
    if (waiter?.isFor(child)) waiter.take(child);
  }

  private endAll(init: KernelProcess): number {
    this.ending.length = 0;
    for (const process of this.byPid.values()) {
      if (process.state === 'zombie') continue;
      if (process.state === 'running') this.options.onEnding(process);
      process.state = 'ending';
      this.options.giveBack(process);
    }
    this.byPid.clear();
    this.root = null;
    return init.waitStatus;
  }
}
