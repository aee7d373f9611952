import {
  assert,
  type BootModule,
  type Machine,
  SYSCALL_VECTOR,
  selectors,
  TRAP_FRAME_BYTES,
  type TrapFrame,
  trapFrame,
} from '@synos/interfaces';
import { createPageWalker, createRam, right } from '@synos/memory';
import { createTrapFrame, readGate, readTss, readTssDescriptor } from '@synos/trap';
import { makeElf } from './elf-file.js';
import { type Event, FakeCpu, type Program } from './fake-cpu.js';
import { FakePorts } from './fake-ports.js';

const BASE = -(2 ** 47);
const STUBS = 0x10_0000;
const TEXT = 0x40_0000;
/** Where each program has 16 KB that it may write. */
export const DATA = 0x60_0000;

/** A program as a file: its entry says which it is. */
function fileOf(index: number): Uint8Array<ArrayBuffer> {
  return makeElf({
    entry: TEXT + 16 * index,
    segments: [
      { flags: 5, address: TEXT, bytes: new Uint8Array(64).fill(0x90) },
      { flags: 6, address: DATA, bytes: Uint8Array.of(1, 2, 3), memoryBytes: 0x4000 },
    ],
  });
}

export interface FakeMachineOptions {
  readonly programs: Readonly<Record<string, Program>>;
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly memoryBytes?: number;
  /** Counts of each trap; default 1. */
  readonly trapTicks?: number;
}

interface Running {
  readonly steps: Generator<Event, void, void>;
  /** What an interrupt left of a piece of work. */
  work: number;
  entry: number;
}

/** A machine whose programs are generators. Its clock counts microseconds: those that programs work, and idle ones. */
export class FakeMachine implements Machine {
  readonly directMapBase = BASE;
  readonly tscHz = 1_000_000;
  readonly commandLine = '';
  readonly bootModules: readonly BootModule[];
  readonly memoryMap: Machine['memoryMap'];
  readonly ports: FakePorts;
  readonly panics: string[] = [];
  isOff = false;
  kicks = 0;
  switches = 0;
  ticks = 0;
  /** Interrupts of devices that are not there, for tests. */
  readonly vectors: number[] = [];
  /** What `run` does in place of running, for tests. */
  sabotage: ((frame: TrapFrame) => number) | null = null;
  private readonly ram: ReturnType<typeof createRam>;
  private readonly walker: ReturnType<typeof createPageWalker>;
  private readonly programs: readonly Program[];
  private readonly running = new Map<number, Running>();
  private readonly controls = { cr0: 0x8000_0011, cr2: 0, cr3: 0, cr4: 0x20 };
  private readonly msrs = new Map<number, number>();
  private readonly trapTicks: number;
  private gdt = 0;
  private idt = 0;
  private tss = 0;
  private chance = 1;
  readonly entropy = {
    fill: (bytes: Uint8Array): void => {
      for (let index = 0; index < bytes.length; index++) {
        this.chance = (Math.imul(this.chance, 1_103_515_245) + 12_345) >>> 0;
        bytes[index] = this.chance >>> 16;
      }
    },
  };

  constructor({ programs, files = {}, memoryBytes = 8 << 20, trapTicks = 1 }: FakeMachineOptions) {
    this.trapTicks = trapTicks;
    this.programs = Object.values(programs);
    const contents = [
      ...Object.keys(programs).map((name, index) => ({ name, bytes: fileOf(index) })),
      ...Object.entries(files).map(([name, bytes]) => ({ name, bytes })),
    ];
    const total = contents.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 4096) * 4096, 0);
    let at = memoryBytes - total;
    this.memoryMap = [
      { address: 0, byteLength: 0x9_fc00, kind: 'usable' },
      { address: STUBS, byteLength: 8192, kind: 'reserved' },
      { address: STUBS + 8192, byteLength: at - STUBS - 8192, kind: 'usable' },
      { address: at, byteLength: total, kind: 'reserved' },
    ];
    this.ram = createRam({ byteLength: memoryBytes, memoryMap: this.memoryMap });
    this.bootModules = contents.map(({ name, bytes }) => {
      const address = at;
      this.ram.mem(address, bytes.length).set(bytes);
      at += Math.ceil(bytes.length / 4096) * 4096;
      return { name, address, byteLength: bytes.length };
    });
    this.walker = createPageWalker(this.ram, { marks: true });
    this.ports = new FakePorts(() => this.ticks, this.tscHz);
  }

  get output(): string {
    return String.fromCharCode(...this.ports.sent);
  }

  mem(address: number, byteLength: number): Uint8Array<ArrayBuffer> {
    return this.ram.mem(address, byteLength);
  }

  wrote(): void {}
  invlpg(): void {}
  flush(): void {}

  lgdt(base: number): void {
    this.gdt = base;
  }

  lidt(base: number): void {
    this.idt = base;
  }

  ltr(selector: number): void {
    assert(selector === selectors.tss, 'another TSS');
    const descriptor = readTssDescriptor(this.viewOf(this.gdt, 0x100), selector);
    assert('base' in descriptor, 'no TSS');
    this.tss = descriptor.base;
  }

  readControl(register: keyof FakeMachine['controls']): number {
    return this.controls[register];
  }

  writeControl(register: keyof FakeMachine['controls'], value: number): void {
    this.controls[register] = value;
    if (register === 'cr3') this.switches += 1;
  }

  rdmsr(index: number): number {
    return this.msrs.get(index) ?? 0;
  }

  wrmsr(index: number, value: number): void {
    this.msrs.set(index, value);
  }

  rdtsc(): number {
    return this.ticks;
  }

  stub(vector: number): number {
    return BASE + STUBS + 16 * vector;
  }

  readPort(port: number, bytes: 1 | 2 | 4): number {
    return this.ports.read(port, bytes);
  }

  writePort(port: number, _bytes: 1 | 2 | 4, value: number): void {
    this.ports.write(port, value);
  }

  readRegister(): number {
    return 0;
  }

  writeRegister(): void {}

  wallTimeMs(): number {
    return 1_700_000_000_000 + this.ticks / 1000;
  }

  panic(text: string): void {
    this.panics.push(text);
  }

  kick(): void {
    this.kicks += 1;
  }

  powerOff(): void {
    this.isOff = true;
  }

  idle(tsc: number): number {
    const end = Math.min(tsc, this.ports.fireAt);
    const vector = this.takeInterrupt();
    if (vector >= 0) return vector;
    assert(end !== Infinity, 'the machine would wait for ever');
    this.ticks = Math.max(this.ticks, end);
    return this.takeInterrupt();
  }

  run(address: number): number {
    const frame = createTrapFrame(this.mem(address, 704), 0, address);
    this.ticks += this.trapTicks;
    this.checkEntry(address, frame);
    if (this.sabotage !== null) return this.sabotage(frame);
    const program = this.programOf(address, frame);
    for (;;) {
      const vector = this.takeInterrupt();
      if (vector >= 0) return this.trap(frame, vector, 0);
      if (program.work > 0) {
        const done = Math.min(program.work, Math.max(1, this.ports.fireAt - this.ticks));
        program.work -= done;
        this.ticks += done;
        continue;
      }
      const step = program.steps.next();
      // A program that comes to its end leaves by exit_group(0).
      if (step.done === true) {
        frame.set(trapFrame.rax, 231);
        frame.set(trapFrame.rdi, 0);
        return this.trap(frame, 0x80, 0);
      }
      if (step.value.kind === 'work') program.work = step.value.ticks;
      else {
        if (step.value.address !== undefined) this.controls.cr2 = step.value.address;
        return this.trap(frame, step.value.vector, step.value.error ?? 0);
      }
    }
  }

  /** Where the CPU pushes for a vector that has a stack to itself. */
  ownStackFrame(vector: number): TrapFrame {
    const gate = readGate(this.viewOf(this.idt, 4096), vector * 16);
    assert('ist' in gate && gate.ist > 0, 'a stack of its own');
    const top = readTss(this.viewOf(this.tss, 104), 0)[`ist${gate.ist}` as 'ist1'];
    const address = top - BASE - TRAP_FRAME_BYTES;
    return createTrapFrame(this.mem(address, 704), 0, address);
  }

  private trap(frame: TrapFrame, vector: number, error: number): number {
    frame.set(trapFrame.vector, vector);
    frame.set(trapFrame.error, error);
    return vector;
  }

  private takeInterrupt(): number {
    return this.vectors.shift() ?? this.ports.take();
  }

  /** What a CPU would look at on the way in: the gate, the stack, the entry code in the page tables that are on. */
  private checkEntry(address: number, frame: TrapFrame): void {
    const rsp0 = readTss(this.viewOf(this.tss, 104), 0).rsp0;
    assert(rsp0 === BASE + address + TRAP_FRAME_BYTES, 'RSP0 is not at the end of the frame');
    const gate = readGate(this.viewOf(this.idt, 4096), 0x80 * 16);
    assert(
      'offset' in gate && gate.present && gate.dpl === 3 && gate.offset === this.stub(0x80),
      'the gate of INT 0x80',
    );
    const { cr3 } = this.controls;
    assert(this.walker.translate(cr3, this.stub(0x80), right.execute) >= 0, 'the entry code cannot be executed');
    assert(this.walker.translate(cr3, rsp0 - 8, right.write) >= 0, 'the stack cannot be written');
    assert(this.msrs.get(0xc000_0082) === this.stub(SYSCALL_VECTOR), 'LSTAR');
    assert(frame.low(trapFrame.cs) === selectors.userCode, 'a frame of ring 3');
  }

  private programOf(address: number, frame: TrapFrame): Running {
    const rip = frame.signed(trapFrame.rip);
    const index = (rip - TEXT) / 16;
    const program = this.programs[index];
    if (program !== undefined) {
      // It begins: from here on its RIP is no entry any more.
      frame.set(trapFrame.rip, rip + 1);
      const cpu = new FakeCpu(
        frame,
        this.walker,
        () => this.controls.cr3,
        (at, count) => this.mem(at, count),
      );
      this.running.set(address, { steps: program(cpu), work: 0, entry: rip });
    }
    const running = this.running.get(address);
    assert(running !== undefined && running.entry === rip - (program === undefined ? 1 : 0), 'no program at this RIP');
    return running;
  }

  private viewOf(address: number, byteLength: number): DataView {
    const bytes = this.mem(address - BASE, byteLength);
    return new DataView(bytes.buffer, bytes.byteOffset, byteLength);
  }
}
