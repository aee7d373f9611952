import {
  assert,
  type BootModule,
  type Clock,
  type ControlRegister,
  type Entropy,
  type MemoryRange,
  type PhysicalAddress,
  type PhysicalMemory,
  SYSCALL_VECTOR,
  type VirtualAddress,
} from '@synos/interfaces';
import { createRam } from '@synos/memory';
import { checkOptions } from './check-options.js';
import type { Cpu, CpuOptions } from './cpu/cpu.js';
import { DeviceBoard } from './device-board.js';
import { GuestMemory } from './devices/guest-memory.js';
import { EntryCode } from './entry-code.js';
import { IdleWait } from './idle-wait.js';
import { CpuMemory } from './linear-memory.js';
import { MachineShutdown } from './machine-shutdown.js';
import { createMachineTime, type MachineTime } from './machine-time.js';
import { createPhysicalMap, DIRECT_MAP_BASE, type PhysicalMap, STUB_BYTES } from './physical-map.js';
import { ProgramRegisters } from './program-registers.js';
import type { SimulatedPc, SimulatedPcOptions } from './simulated-pc.js';
import { KernelRegisters } from './system-registers.js';
import { TrapEntry } from './trap-entry.js';
import { TrapReturn } from './trap-return.js';

const MEMORY_BYTES = 64 * 2 ** 20;
const SLICE_INSTRUCTIONS = 20_000;

/** The PC: what is plugged together here does the work. */
export class SimulatedMachine implements SimulatedPc {
  readonly directMapBase: VirtualAddress = DIRECT_MAP_BASE;
  readonly bootModules: readonly BootModule[];
  readonly commandLine: string;
  readonly memoryMap: readonly MemoryRange[];
  readonly tscHz: number;
  readonly entropy: Entropy;
  readonly clock: Clock;
  isOff = false;
  private readonly options: SimulatedPcOptions;
  private readonly map: PhysicalMap;
  private readonly ram: PhysicalMemory;
  private readonly cpu: Cpu;
  private readonly kernel: KernelRegisters;
  private readonly program: ProgramRegisters;
  private readonly entry: TrapEntry;
  private readonly return: TrapReturn;
  private readonly time: MachineTime;
  private readonly board: DeviceBoard;
  private readonly wait: IdleWait | null;
  private readonly sliceInstructions: number;
  private isKicked = false;
  private isRunning = false;
  private traps = 0;
  private interrupts = 0;

  constructor(options: SimulatedPcOptions, makeCpu: (options: CpuOptions) => Cpu) {
    checkOptions(options);
    const { memoryBytes = MEMORY_BYTES, bootModules = [], commandLine = '', network = [], time } = options;
    const { sliceInstructions = SLICE_INSTRUCTIONS } = options;
    this.options = options;
    this.sliceInstructions = sliceInstructions;
    this.commandLine = commandLine;
    this.entropy = options.entropy;
    this.map = createPhysicalMap(memoryBytes, bootModules);
    this.memoryMap = this.map.memoryMap;
    this.bootModules = this.map.bootModules;
    const { ram, stubs, bootRoot } = this.map;
    const cpu = makeCpu({ ram, readTsc: () => this.time.tsc() });
    this.cpu = cpu;
    const wrote = (address: number, byteLength: number): void => cpu.wrote(address, byteLength);
    this.ram = createRam({ buffer: ram, memoryMap: this.memoryMap, onWrote: wrote });
    this.time = createMachineTime(time, () => cpu.instructions);
    this.tscHz = this.time.tscHz;
    this.clock = { now: () => this.time.nowMs() };
    const linear = new CpuMemory(cpu, ram);
    this.kernel = new KernelRegisters(cpu, linear, bootRoot);
    this.program = new ProgramRegisters(cpu, linear);
    const code = new EntryCode(this.program, this.kernel, linear, stubs);
    this.entry = new TrapEntry(this.program, this.kernel, linear, code);
    this.return = new TrapReturn(this.program, this.kernel, linear, code.addressOf(0));
    this.board = new DeviceBoard(this.time, new GuestMemory(ram, wrote), network, () => this.wait?.wake());
    this.wait =
      time.mode === 'virtual'
        ? null
        : new IdleWait(
            time.loop,
            (deadline) => this.lookForEnd(deadline),
            (deadline) => Math.min(deadline, this.board.plan()) / 1e6,
          );
  }

  get instructions(): number {
    return this.cpu.instructions;
  }

  mem(address: PhysicalAddress, byteLength: number): Uint8Array<ArrayBuffer> {
    return this.ram.mem(address, byteLength);
  }

  wrote(address: PhysicalAddress, byteLength: number): void {
    this.cpu.wrote(address, byteLength);
  }

  invlpg(address: VirtualAddress): void {
    this.cpu.invlpg(address);
  }

  flush(): void {
    this.kernel.flush();
  }

  lgdt(base: VirtualAddress, limit: number): void {
    this.kernel.gdt = tableRegister(base, limit);
  }

  lidt(base: VirtualAddress, limit: number): void {
    this.kernel.idt = tableRegister(base, limit);
  }

  ltr(selector: number): void {
    this.kernel.loadTaskRegister(selector);
  }

  readControl(register: ControlRegister): number {
    return this.kernel.readControl(register);
  }

  writeControl(register: ControlRegister, value: number): void {
    this.kernel.writeControl(register, value);
  }

  rdmsr(index: number): number {
    return this.kernel.readMsr(index);
  }

  wrmsr(index: number, value: number): void {
    this.kernel.writeMsr(index, value);
  }

  rdtsc(): number {
    return this.time.tsc();
  }

  stub(vector: number): VirtualAddress {
    assert(Number.isInteger(vector) && vector >= 0 && vector <= SYSCALL_VECTOR, `no vector: ${vector}`);
    return DIRECT_MAP_BASE + this.map.stubs + STUB_BYTES * vector;
  }

  run(frame: PhysicalAddress): number {
    if (this.isOff) throw new MachineShutdown('the machine is off');
    assert(!this.isRunning, 'run is called from inside of run');
    this.isRunning = true;
    try {
      this.flushConsole();
      this.return.leave(frame);
      const vector = this.execute();
      this.traps++;
      return vector;
    } catch (error) {
      if (error instanceof MachineShutdown) this.powerOff();
      throw error;
    } finally {
      this.isRunning = false;
    }
  }

  readPort(port: number, bytes: 1 | 2 | 4): number {
    return this.board.ports.read(checkPort(port), bytes);
  }

  writePort(port: number, bytes: 1 | 2 | 4, value: number): void {
    this.board.ports.write(checkPort(port), bytes, value);
  }

  readRegister(address: PhysicalAddress, bytes: 1 | 2 | 4): number {
    this.checkRegister(address);
    return this.board.pci.readMemory(address, bytes);
  }

  writeRegister(address: PhysicalAddress, bytes: 1 | 2 | 4, value: number): void {
    this.checkRegister(address);
    this.board.pci.writeMemory(address, bytes, value);
  }

  wallTimeMs(): number {
    return this.time.wallTimeMs();
  }

  panic(text: string): void {
    this.flushConsole();
    this.options.onPanic?.(text);
  }

  idle(tsc: number): number | Promise<number> {
    this.flushConsole();
    this.wait?.end(-1);
    if (this.isOff) return -1;
    const answer = this.lookForEnd(tsc);
    if (answer !== null) return answer;
    return this.wait === null ? this.leapUntil(tsc) : this.wait.begin(tsc);
  }

  kick(): void {
    this.isKicked = true;
    this.wait?.wake();
  }

  powerOff(): void {
    if (this.isOff) return;
    this.flushConsole();
    this.isOff = true;
    this.wait?.end(-1);
  }

  type(bytes: Uint8Array): void {
    assert(ArrayBuffer.isView(bytes), 'keys are bytes: a Uint8Array');
    this.board.uart.type(bytes);
    this.wait?.wake();
  }

  advance(tsc: number): void {
    assert(this.wait === null, "the host's time cannot be moved");
    assert(tsc < Infinity, `no count of the time-stamp counter: ${tsc}`);
    this.flushConsole();
    while (this.time.tsc() < tsc) this.leap(tsc);
  }

  counters(): Record<string, number> {
    const { cpu, board } = this;
    const counted: Record<string, number> = {
      instructions: cpu.instructions,
      traps: this.traps,
      interrupts: this.interrupts,
      spuriousInterrupts: board.pic.spurious,
      ...cpu.counters,
      consoleDropped: board.uart.dropped,
    };
    board.pic.taken.forEach((count, line) => {
      if (count > 0) counted[`interrupts.line${line}`] = count;
    });
    board.cards.forEach((card, index) => {
      for (const [name, count] of Object.entries(card.counters)) counted[`net${index}.${name}`] = count;
    });
    return counted;
  }

  dispose(): void {
    this.powerOff();
    for (const card of this.board.cards) card.dispose();
  }

  /** Executes ring 3 until something enters the kernel. */
  private execute(): number {
    const { board, cpu, time } = this;
    for (;;) {
      const tsc = time.tsc();
      board.turn(tsc);
      if (board.pic.isAsking && this.program.takesInterrupts) {
        this.interrupts++;
        const vector = this.entry.enterByInterrupt(board.pic.acknowledge());
        if (vector >= 0) return vector;
        continue;
      }
      let budget = this.sliceInstructions;
      // A count of virtual time is an instruction: the slice ends where the next event is.
      if (this.wait === null) budget = Math.max(1, Math.min(budget, board.plan() - tsc));
      const exit = cpu.execute(budget);
      if (exit.kind !== 'budget') {
        const vector = this.entry.enterByExit(exit);
        if (vector >= 0) return vector;
        continue;
      }
      if (this.wait !== null) board.plan();
      this.flushConsole();
    }
  }

  /** What an idle machine answers now; `null`: nothing yet. */
  private lookForEnd(deadlineTsc: number): number | null {
    const tsc = this.time.tsc();
    this.board.turn(tsc);
    this.flushConsole();
    if (this.board.pic.isAsking) {
      this.interrupts++;
      this.isKicked = false;
      return this.board.pic.acknowledge();
    }
    if (!this.isKicked && tsc < deadlineTsc) return null;
    this.isKicked = false;
    return -1;
  }

  /** Virtual time: goes from event to event. */
  private leapUntil(tsc: number): number {
    for (;;) {
      // Nothing would ever happen: who is outside must do something.
      if (!this.leap(tsc)) return -1;
      const answer = this.lookForEnd(tsc);
      if (answer !== null) return answer;
    }
  }

  /** Leaps to the next event, `tsc` at most. False where there is none. */
  private leap(tsc: number): boolean {
    const next = Math.min(tsc, Math.max(this.board.plan(), this.time.tsc()));
    if (next === Infinity) return false;
    this.time.leap(next);
    this.board.turn(this.time.tsc());
    return true;
  }

  private flushConsole(): void {
    const { uart } = this.board;
    if (uart.hasOutput) this.options.onConsole?.(uart.takeOutput());
  }

  private checkRegister(address: PhysicalAddress): void {
    assert(address >= this.map.ram.byteLength, `memory is no register: ${address}`);
  }
}

function tableRegister(base: VirtualAddress, limit: number): { base: VirtualAddress; limit: number } {
  assert(Number.isInteger(limit) && limit >= 0 && limit <= 0xffff, `no limit of a table: ${limit}`);
  return { base, limit };
}

function checkPort(port: number): number {
  assert(Number.isInteger(port) && port >= 0 && port <= 0xffff, `no port: ${port}`);
  return port;
}
