import { errnoName, linuxProfile, readWaitStatus, synosProfile } from '@synos/abi';
import { assert, type Machine, type TrapFrame } from '@synos/interfaces';
import { createSockets } from '@synos/socket';
import type { Dispatcher } from '@synos/syscall';
import { describeTrapFrame } from '@synos/trap';
import { type Booted, boot } from './boot/boot.js';
import { createBootLog } from './boot/boot-log.js';
import { createDispatchers } from './calls/dispatchers.js';
import { memoryHandlers } from './calls/memory.js';
import { processHandlers } from './calls/processes.js';
import { echoHandler, systemHandlers } from './calls/system.js';
import { timeHandlers } from './calls/time.js';
import type { Census } from './census.js';
import { checkOptions } from './check-options.js';
import type { CallServices } from './contracts.js';
import type { Kernel, ProcessInfo } from './kernel.js';
import { Networks } from './network/networks.js';
import type { KernelOptions } from './options.js';
import type { KernelFiles, KernelParts } from './parts.js';
import type { KernelProcess, KernelThread } from './processes/process.js';
import { ProcessTable } from './processes/process-table.js';
import { FRAME_OFFSET, type ProcessWorld, startProcess } from './processes/start-process.js';
import { RecentCalls } from './run/recent-calls.js';
import { RunLoop } from './run/run-loop.js';
import { createTrapHandlers } from './run/trap-handlers.js';
import { createRoundRobin } from './scheduler/round-robin.js';
import { bytesOfText } from './text.js';
import { TimerQueue } from './time/timer-queue.js';

const DEFAULT_SLICE_MS = 10;
const DEFAULT_LIMITS = { processes: 256, descriptors: 1024, stackBytes: 1 << 20 };
/** How long a kernel that is over waits for its console to send what it has. */
const LAST_OUTPUT_MS = 2000;
const LAST_OUTPUT_STEP_MS = 1;

/** Boots a kernel out of given parts. `createKernel` has the usual ones. */
export function assembleKernel(options: KernelOptions, parts: KernelParts): Kernel {
  return new SynosKernel(options, parts);
}

class SynosKernel implements Kernel {
  exitStatus: number | null;
  panicText: string | null;
  private readonly machine: Machine;
  private readonly log: (line: string) => void;
  private readonly booted: Booted;
  private readonly networks: Networks;
  private readonly timers: TimerQueue;
  private readonly files: KernelFiles;
  private readonly table: ProcessTable;
  private readonly loop: RunLoop;
  private readonly recent: RecentCalls;
  private readonly dispatchers: readonly Dispatcher<KernelThread>[];
  private unknownInterrupts: number;
  /** When it gives up on the console's last output; `null` while it runs. */
  private offAtMs: number | null;
  /** Of init, while the console sends its last. */
  private lastStatus: number;

  constructor(options: KernelOptions, parts: KernelParts) {
    checkOptions(options);
    const { machine, timeSliceMs = DEFAULT_SLICE_MS, hostName = 'synos' } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.exitStatus = null;
    this.panicText = null;
    this.machine = machine;
    this.unknownInterrupts = 0;
    this.offAtMs = null;
    this.lastStatus = 0;
    this.log = createBootLog(machine, options.log);
    this.booted = boot(options, parts.hardware, this.log);

    const { hardware, frames, kernelHalf, tables } = this.booted;
    const { clock } = hardware;
    const { entropy } = machine;
    const note = (): void => this.loop?.note();
    this.networks = new Networks(this.booted.networks, note);
    this.timers = new TimerQueue(note);
    const providers = this.booted.networks.map(({ provider }) => provider);
    const sockets = createSockets({ providers, clock, onWork: note });
    const wallTimeMs = (): number => machine.wallTimeMs();
    const services: CallServices = {
      clock,
      wallTimeMs,
      entropy,
      timers: this.timers,
      sockets,
      console: hardware.console,
      modules: machine.bootModules,
      memory: machine,
    };
    this.files = parts.files(services);

    const scheduler = createRoundRobin<KernelThread>();
    this.table = new ProcessTable({
      limit: limits.processes,
      onEnding: ({ thread }) => this.loop.remove(thread),
      giveBack: (process) => this.giveBack(process),
    });
    const { table } = this;
    this.recent = new RecentCalls();
    const world: ProcessWorld = { machine, frames, kernelHalf, entropy, table, stackBytes: limits.stackBytes };
    const ticksPerMs = machine.tscHz / 1000;
    const { synos, linux } = createDispatchers({
      handlers: {
        ...this.files.handlers,
        ...memoryHandlers(),
        ...timeHandlers({
          clock,
          wallTimeMs,
          timers: this.timers,
          ranMs: (thread) => this.loop.ranTicks(thread) / ticksPerMs,
        }),
        ...processHandlers({
          table,
          world,
          programAt: (path) => this.programAt(path),
          secondsOf: (ticks) => ticks / machine.tscHz,
          onStarted: (thread) => this.loop.add(thread),
          onYield: () => this.loop.yieldTurn(),
        }),
        ...echoHandler(),
      },
      namedHandlers: (name) => systemHandlers({ entropy, hostName }, name),
      recent: this.recent,
      trace: options.trace,
      onAnswered: (thread) => this.answered(thread),
    });
    this.dispatchers = [synos, linux];
    const traps = createTrapHandlers({
      machine,
      current: () => this.current(),
      synosCall: (thread) => this.call(synos, thread),
      linuxCall: (thread) => this.call(linux, thread),
      interrupt: (vector) => this.take(vector),
      end: ({ process }, waitStatus) => table.end(process, waitStatus),
      log: this.log,
      panic: (reason, frame) => this.panic(reason, frame),
    });
    this.loop = new RunLoop({
      machine,
      hardware,
      tables,
      kernelRoot: kernelHalf.root,
      scheduler,
      processes: table,
      timers: this.timers,
      sockets,
      networks: this.networks,
      sliceTicks: timeSliceMs * ticksPerMs,
      traps,
      onUnhandled: (words, frame) => this.panic(words, frame),
      onInitEnded: (status) => this.end(status),
    });
    this.startInit(options, world, limits.descriptors);
  }

  step(budgetTicks: number): 'runnable' | 'idle' | 'off' {
    // Neither NaN nor nothing: a deadline of that would never come.
    assert(budgetTicks >= -Infinity, `step takes counts of the time-stamp counter, not ${budgetTicks}`);
    if (this.panicText !== null || this.exitStatus !== null) return 'off';
    try {
      if (this.offAtMs !== null) return this.finishOutput(this.offAtMs);
      const result = this.loop.step(budgetTicks);
      return result === 'off' && this.panicText === null ? 'runnable' : result;
    } catch (error) {
      this.panic(reasonOf(error), this.loop.current?.frame ?? null);
      return 'off';
    }
  }

  nextDeadline(): number {
    if (this.panicText !== null || this.exitStatus !== null) return Infinity;
    if (this.offAtMs === null) return this.loop.nextDeadline();
    const { hardware } = this.booted;
    return hardware.tscAt(Math.min(this.offAtMs, hardware.clock.now() + LAST_OUTPUT_STEP_MS));
  }

  interrupt(vector: number): void {
    if (this.panicText !== null || this.exitStatus !== null) return;
    try {
      this.take(vector);
    } catch (error) {
      this.panic(reasonOf(error), null);
    }
  }

  census(): Census {
    const { frames, hardware, networkMemory, networks } = this.booted;
    const { usedFrames, reservedFrames } = frames.stats();
    const all = [...this.table.all()];
    return {
      usedFrames,
      reservedFrames,
      packets: (networkMemory?.packets.used ?? 0) - hardware.postedPackets,
      ringBytes: networkMemory?.blocks.usedBytes ?? 0,
      processes: all.length,
      zombies: all.filter(({ state }) => state === 'zombie').length,
      descriptors: all.reduce((sum, { descriptors }) => sum + descriptors.size, 0),
      parkedCalls: this.dispatchers.reduce((sum, { parkedCalls }) => sum + parkedCalls, 0),
      timers: this.timers.size,
      files: this.files.counts(),
      networks: networks.map(({ census }) => census?.() ?? {}),
    };
  }

  get processes(): readonly ProcessInfo[] {
    return Array.from(this.table.all(), (process) => ({
      pid: process.pid,
      parentPid: process.parent?.pid ?? 0,
      name: process.name,
      state: process.state === 'zombie' ? 'zombie' : process.thread.parked === null ? 'runnable' : 'waiting',
      ranTicks: this.loop.ranTicks(process.thread),
      descriptors: process.descriptors.size,
    }));
  }

  counters(): Readonly<Record<string, number>> {
    return { unknownInterrupts: this.unknownInterrupts, ...this.booted.hardware.counters() };
  }

  private startInit({ init }: KernelOptions, world: ProcessWorld, descriptorLimit: number): void {
    const { path, argv = [path], env = {} } = typeof init === 'string' ? { path: init } : init;
    const pathBytes = bytesOfText(path);
    const program = this.programAt(pathBytes);
    if (typeof program === 'number') {
      const names = this.machine.bootModules.map(({ name }) => name).join(' ') || 'none';
      this.panic(`no init: ${path}: ${errnoName(program) ?? program}; boot modules: ${names}`, null);
      return;
    }
    const started = startProcess(world, {
      parent: null,
      path: pathBytes,
      argv: argv.map(bytesOfText),
      envp: Object.entries(env).map(([name, value]) => bytesOfText(`${name}=${value}`)),
      program,
      descriptors: () => {
        const descriptors = this.files.createDescriptors(descriptorLimit);
        this.files.openConsole(descriptors);
        return descriptors;
      },
    });
    if ('answer' in started) {
      const why = started.fault ?? errnoName(started.answer) ?? started.answer;
      this.panic(`no init: ${path}: ${why}`, null);
      return;
    }
    this.log(`init: ${argv.join(' ')}`);
    this.loop.add(started.thread);
  }

  /** A path of one name means the boot module of that name. */
  private programAt(path: Uint8Array): Uint8Array<ArrayBuffer> | number {
    const isName = !path.includes(0x2f);
    const module = this.files.findModule(isName ? Uint8Array.from([...bytesOfText('/boot/'), ...path]) : path);
    return typeof module === 'number' ? module : this.files.moduleBytes(module);
  }

  private current(): KernelThread {
    const { current } = this.loop;
    assert(current !== null, 'a trap while no thread runs');
    return current;
  }

  private call(dispatcher: Dispatcher<KernelThread>, thread: KernelThread): void {
    const outcome = dispatcher.dispatch(thread.frame, thread);
    if (typeof outcome === 'string') return;
    thread.parked = outcome;
    this.loop.remove(thread);
  }

  /** Serves a device. */
  private take(vector: number): void {
    if (!this.booted.hardware.interrupt(vector)) this.unknownInterrupts += 1;
  }

  /** In the middle of whatever answered the call: the thread is queued, no more. */
  private answered(thread: KernelThread): void {
    thread.parked = null;
    if (thread.process.state === 'running') this.loop.add(thread);
  }

  private giveBack(process: KernelProcess): void {
    const { thread, memory, descriptors } = process;
    thread.parked?.cancel('death');
    thread.parked = null;
    descriptors.closeAll();
    this.loop.unload(thread);
    memory.destroy();
    this.booted.frames.release(thread.frameAddress - FRAME_OFFSET);
  }

  /** Init has ended: the console may send what it has, then the machine is off. */
  private end(status: number): void {
    const how = readWaitStatus(status);
    this.log(
      how.how === 'exited' ? `init ended: exit status ${how.code}` : `init was ended by signal ${status & 0x7f}`,
    );
    this.loop.isOff = true;
    const errors = this.networks.dispose();
    for (const error of errors) this.log(`a network did not end: ${describeError(error)}`);
    this.offAtMs = this.booted.hardware.clock.now() + LAST_OUTPUT_MS;
    this.lastStatus = status;
  }

  private finishOutput(offAtMs: number): 'idle' | 'off' {
    const { hardware } = this.booted;
    if (hardware.isSending && hardware.clock.now() < offAtMs) return 'idle';
    hardware.stop();
    this.exitStatus = this.lastStatus;
    this.machine.powerOff();
    return 'off';
  }

  private panic(reason: string, frame: TrapFrame | null): void {
    if (this.panicText !== null) return;
    const calls = this.recent.lines([synosProfile, linuxProfile]);
    const registers = frame === null ? [] : [describeTrapFrame(frame)];
    const trace = calls.length === 0 ? [] : ['The last system calls:', ...calls];
    this.panicText = [`kernel panic: ${reason}`, ...registers, ...trace].join('\n');
    if (this.loop !== undefined) this.loop.isOff = true;
    this.machine.panic(this.panicText);
    // Nobody goes on using them; what a host lent to a network goes back to it.
    this.networks.dispose();
  }
}

/** A machine that is off may have been switched off by whoever owns it: that is no error of the kernel. */
function reasonOf(error: unknown): string {
  const isShutdown = error instanceof Error && (error as { code?: unknown }).code === 'ERR_MACHINE_SHUTDOWN';
  return isShutdown
    ? `the machine has shut down: ${error.message}`
    : `an error of the kernel's own: ${describeError(error)}`;
}

function describeError(error: unknown): string {
  if (error instanceof Error) return error.stack ?? `${error.name}: ${error.message}`;
  return String(error);
}
