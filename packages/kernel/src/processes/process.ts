import type { AddressSpace, PhysicalAddress, TrapFrame } from '@synos/interfaces';
import type { ParkedCall } from '@synos/syscall';
import type { DescriptorTable, Process, Thread } from '../contracts.js';

/** What a thread is made of. */
export interface ThreadParts {
  readonly process: KernelProcess;
  readonly memory: AddressSpace;
  /** Its registers while it does not run, at the start of a frame of their own. */
  readonly frame: TrapFrame;
}

/** A thread with what only the kernel sees of it. */
export class KernelThread implements Thread {
  readonly process: KernelProcess;
  readonly memory: AddressSpace;
  readonly frame: TrapFrame;
  /** The call that it waits in. */
  parked: ParkedCall | null;
  /** Time-stamp counts that it has run, the kernel's work for it included, without the present turn. */
  ranTicks: number;

  constructor({ process, memory, frame }: ThreadParts) {
    this.process = process;
    this.memory = memory;
    this.frame = frame;
    this.parked = null;
    this.ranTicks = 0;
  }

  /** Where its registers lie. */
  get frameAddress(): PhysicalAddress {
    return this.frame.address;
  }
}

/** What a process is made of. */
export interface ProcessParts {
  readonly pid: number;
  readonly parent: KernelProcess | null;
  readonly name: string;
  readonly memory: AddressSpace;
  readonly descriptors: DescriptorTable;
  readonly frame: TrapFrame;
}

/** A parent that waits in wait4(2). */
export interface ChildWaiter {
  /** Whether it waits for this one. */
  isFor(child: KernelProcess): boolean;
  /** Takes the child and answers the call. */
  take(child: KernelProcess): void;
}

/** `running` until it is told to end; `ending` until its things are given back; `zombie` until its parent has asked. */
export type ProcessState = 'running' | 'ending' | 'zombie';

/** A process with what only the kernel sees of it. */
export class KernelProcess implements Process {
  readonly pid: number;
  parent: KernelProcess | null;
  readonly name: string;
  readonly memory: AddressSpace;
  readonly descriptors: DescriptorTable;
  readonly thread: KernelThread;
  /** Those whose end has not been asked for yet, the oldest first. */
  readonly children: Set<KernelProcess>;
  state: ProcessState;
  /** As wait4(2) stores it, once it has ended. */
  waitStatus: number;
  waiter: ChildWaiter | null;

  constructor(parts: ProcessParts) {
    this.pid = parts.pid;
    this.parent = parts.parent;
    this.name = parts.name;
    this.memory = parts.memory;
    this.descriptors = parts.descriptors;
    this.thread = new KernelThread({ process: this, memory: parts.memory, frame: parts.frame });
    this.children = new Set();
    this.state = 'running';
    this.waitStatus = 0;
    this.waiter = null;
  }
}
