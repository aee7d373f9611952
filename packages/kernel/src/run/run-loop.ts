import { type Machine, TRAP_FRAME_BYTES, type TrapFrame, trapFrame } from '@synos/interfaces';
import type { Sockets } from '@synos/socket';
import { type TrapTable, vectorInfo } from '@synos/trap';
import type { DescriptorTables } from '../boot/descriptor-tables.js';
import type { Hardware } from '../hardware.js';
import type { Networks } from '../network/networks.js';
import type { KernelThread } from '../processes/process.js';
import type { ProcessTable } from '../processes/process-table.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { TimerQueue } from '../time/timer-queue.js';

/** What the loop drives. */
export interface RunLoopParts {
  readonly machine: Machine;
  readonly hardware: Hardware;
  readonly tables: DescriptorTables;
  /** Page tables to be on while no program's are. */
  readonly kernelRoot: number;
  readonly scheduler: Scheduler<KernelThread>;
  readonly processes: ProcessTable;
  readonly timers: TimerQueue;
  readonly sockets: Sockets;
  readonly networks: Networks;
  readonly sliceTicks: number;
  /** Handles the trap that ended a run. */
  readonly traps: TrapTable;
  readonly onUnhandled: (words: string, frame: TrapFrame) => void;
  /** Init has ended. */
  readonly onInitEnded: (waitStatus: number) => void;
}

/** Packets that a network may handle before others have their turn. */
const PACKETS_PER_POLL = 64;
/** While networks have work left, programs get this part of a slice between two polls. */
const BUSY_SLICE_PART = 1 / 8;
/** Rounds without a program, in which a machine in virtual time stands still: the host gets its turn all the same. */
const MAX_ROUNDS_ALONE = 256;

/** In the upper half of a frame's error code, which is zero in all that a CPU or its entry code pushes: nobody has yet. */
const NOT_PUSHED = 0xffff_ffff;

/** Runs threads, networks and timers by turns. */
export class RunLoop {
  /** Whose turn it is. */
  current: KernelThread | null;
  isOff: boolean;
  private readonly parts: RunLoopParts;
  /** Something may have to be done before the next deadline. */
  private attention: boolean;
  /** When timers, sockets or networks want to be looked at. */
  private deadlineTsc: number;
  /** What the timer was last told. */
  private armedTsc: number;
  /** The thread whose stack and page tables the CPU has. */
  private loaded: KernelThread | null;
  private sliceEnd: number;
  /** Since when `current` runs, for its account. */
  private runsSince: number;
  private isStepping: boolean;

  constructor(parts: RunLoopParts) {
    this.parts = parts;
    this.current = null;
    this.isOff = false;
    this.attention = true;
    this.deadlineTsc = 0;
    this.armedTsc = Infinity;
    this.loaded = null;
    this.sliceEnd = 0;
    this.runsSince = 0;
    this.isStepping = false;
  }

  /** Something came up: the loop looks at everything in its next round, and a machine that idles is woken. */
  note(): void {
    this.attention = true;
    if (!this.isStepping) this.parts.machine.kick();
  }

  /** A thread can run. */
  add(thread: KernelThread): void {
    this.parts.scheduler.add(thread);
    if (!this.isStepping) this.parts.machine.kick();
  }

  /** A thread must not go on: it waits or has ended. */
  remove(thread: KernelThread): void {
    if (thread === this.current) this.leave(this.parts.machine.rdtsc());
    else this.parts.scheduler.remove(thread);
  }

  /** The current thread lets others go first. */
  yieldTurn(): void {
    this.sliceEnd = -Infinity;
  }

  /** The registers and page tables of a thread are about to be given back. */
  unload(thread: KernelThread): void {
    if (this.loaded !== thread) return;
    this.loaded = null;
    this.parts.machine.writeControl('cr3', this.parts.kernelRoot);
  }

  /** Counts that a thread has run, now included. */
  ranTicks(thread: KernelThread): number {
    const isRunning = this.isStepping && thread === this.current;
    return thread.ranTicks + (isRunning ? this.parts.machine.rdtsc() - this.runsSince : 0);
  }

  /** When there is something to do; now where there is already. */
  nextDeadline(): number {
    const { machine, scheduler } = this.parts;
    const isBusy = this.attention || this.current !== null || scheduler.size > 0;
    return this.isOff ? Infinity : isBusy ? machine.rdtsc() : this.deadlineTsc;
  }

  step(budgetTicks: number): 'runnable' | 'idle' | 'off' {
    const { machine } = this.parts;
    this.isStepping = true;
    const start = machine.rdtsc();
    // What passed between two steps was nobody's turn.
    if (this.current !== null) {
      this.sliceEnd += Math.max(0, start - this.runsSince);
      this.runsSince = start;
    }
    const result = this.rounds(start, start + budgetTicks);
    if (this.current !== null) this.account(this.current, machine.rdtsc());
    this.isStepping = false;
    return result;
  }

  private rounds(start: number, end: number): 'runnable' | 'idle' | 'off' {
    const { machine, scheduler } = this.parts;
    let now = start;
    let roundsAlone = 0;
    for (;;) {
      if (this.attention || now >= this.deadlineTsc) {
        this.lookAround();
        now = machine.rdtsc();
      }
      if (this.current !== null && now >= this.sliceEnd) this.nextTurn(now);
      if (this.current === null && !this.takeNext(now)) {
        if (!this.attention && machine.rdtsc() < this.deadlineTsc) return 'idle';
        now = machine.rdtsc();
        if (now >= end || ++roundsAlone >= MAX_ROUNDS_ALONE) return 'runnable';
        continue;
      }
      const thread = this.current as unknown as KernelThread;
      const stop = scheduler.size > 0 ? Math.min(end, this.sliceEnd) : end;
      const poll = this.attention ? now + this.parts.sliceTicks * BUSY_SLICE_PART : this.deadlineTsc;
      this.arm(Math.min(stop, poll), now);
      this.load(thread);
      thread.frame.setHalves(trapFrame.error, 0, NOT_PUSHED);
      const vector = machine.run(thread.frameAddress);
      this.handle(thread, vector);
      if (this.isOff) return 'off';
      // One look at the clock for each trap: on some machines that costs as much as the rest of a system call.
      now = machine.rdtsc();
      if (now >= end) return 'runnable';
    }
  }

  /** Timers, sockets and networks: what is due, and when there will be more. */
  private lookAround(): void {
    const { hardware, timers, sockets, networks } = this.parts;
    this.attention = false;
    const nowMs = hardware.clock.now();
    timers.run(nowMs);
    if (nowMs >= sockets.nextDeadline()) sockets.advance(nowMs);
    networks.poll(nowMs, PACKETS_PER_POLL);
    if (networks.isWanted) this.attention = true;
    this.deadlineTsc = hardware.tscAt(Math.min(timers.nextMs, sockets.nextDeadline(), networks.nextMs));
  }

  /** Most traps change nothing about when the next interrupt is wanted. */
  private arm(tsc: number, now: number): void {
    // A time that has passed has had its interrupt: without another the program would run for ever.
    if (tsc === this.armedTsc && tsc > now) return;
    this.armedTsc = tsc;
    this.parts.hardware.armTimer(tsc);
  }

  private takeNext(now: number): boolean {
    this.current = this.parts.scheduler.next();
    if (this.current === null) return false;
    this.runsSince = now;
    this.sliceEnd = now + this.parts.sliceTicks;
    return true;
  }

  /** The current thread's slice is over: the next one's turn, or another slice where nobody else wants one. */
  private nextTurn(now: number): void {
    const thread = this.current as KernelThread;
    if (this.parts.scheduler.size > 0) {
      this.leave(now);
      this.parts.scheduler.requeue(thread);
    } else {
      this.sliceEnd = now + this.parts.sliceTicks;
    }
  }

  private leave(now: number): void {
    this.account(this.current as KernelThread, now);
    this.current = null;
  }

  private account(thread: KernelThread, now: number): void {
    thread.ranTicks += Math.max(0, now - this.runsSince);
    this.runsSince = now;
  }

  private load(thread: KernelThread): void {
    if (this.loaded === thread) return;
    const { machine, tables } = this.parts;
    tables.setKernelStack(machine.directMapBase + thread.frameAddress + TRAP_FRAME_BYTES);
    machine.writeControl('cr3', thread.memory.root);
    this.loaded = thread;
  }

  private handle(thread: KernelThread, vector: number): void {
    const { processes, onUnhandled, onInitEnded } = this.parts;
    const frame = this.frameOf(thread, vector);
    if (frame === null) onUnhandled(`a trap out of the kernel itself: ${vectorInfo(vector).title}`, thread.frame);
    else if ((frame.low(trapFrame.cs) & 3) === 0) onUnhandled('a trap out of the kernel itself', frame);
    else {
      const unhandled = this.parts.traps.dispatch(frame);
      if (unhandled !== null) onUnhandled(`nobody handles ${unhandled.words}`, frame);
    }
    if (this.isOff || !processes.hasEnding) return;
    const status = processes.bury();
    if (status !== null) onInitEnded(status);
  }

  /**
   * Where the trap lies that a run ended with: in the thread's frame, or on the stack that its vector has to itself.
   * `null`: the kernel's own code was interrupted, and pushed to who knows where.
   */
  private frameOf({ frame }: KernelThread, vector: number): TrapFrame | null {
    if (frame.low(trapFrame.vector) === vector && frame.high(trapFrame.error) !== NOT_PUSHED) return frame;
    const own = this.parts.tables.frameOnOwnStack(vector);
    if (own === null || own.low(trapFrame.vector) !== vector) return null;
    // The program's registers are there and nowhere else; what the thread's frame holds is older.
    for (const [name, at] of Object.entries(trapFrame)) {
      if (name !== 'vector') frame.setHalves(at, own.low(at), own.high(at));
    }
    return own;
  }
}
