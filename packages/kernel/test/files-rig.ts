import { AF_INET, errnoName, sockaddrInLayout, type systemCallSignatures, writeSockaddr } from '@synos/abi';
import {
  type AddressSpace,
  type BootModule,
  type Result,
  readiness,
  type SocketProvider,
  type TransportEndpoint,
} from '@synos/interfaces';
import { createAddressSpace, createFrameAllocator, createRam, nullTlb } from '@synos/memory';
import { createSockets, type Sockets } from '@synos/socket';
import { createMemoryNetwork, type MemoryNetwork } from '@synos/socket/memory';
import type { CancelReason, ParkedCall } from '@synos/syscall';
import type { CallServices, DescriptorTable, Process, Thread } from '../src/contracts.js';
import { createDescriptorTable, createFiles, type Files, fileHandlers } from '../src/index.js';

/** Program memory: so many bytes that may be written, from here on; behind them nothing. */
export const MEMORY = 0x10_0000;
export const MEMORY_BYTES = 0x4_0000;
/** A page that may be written, one that may only be read, then nothing. */
export const EDGE = 0x20_0000;
export const READ_ONLY = EDGE + 4096;
export const HOLE = READ_ONLY + 4096;
/** No address of anybody's. */
export const NOWHERE = 8;
/** Of the kernel half. */
export const KERNEL = -4096;

export const MODULES = ['/boot/alpha', 'beta', 'empty'] as const;

export type CallName = keyof typeof systemCallSignatures;
type AnyHandler = (thread: Thread, ...values: readonly number[]) => number | ParkedCall;

/** A result as people say it. */
export function said(result: number): string | number {
  return result >= 0 ? result : (errnoName(result) ?? `E${-result}`);
}

export class FakeConsole {
  written: number[] = [];
  typed: number[] = [];
  /** How many bytes are taken before it is full. */
  room: number = Number.POSITIVE_INFINITY;
  onReadable: (() => void) | null = null;

  get readableBytes(): number {
    return this.typed.length;
  }

  write(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room);
    for (let index = 0; index < count; index += 1) this.written.push(bytes[index]!);
    this.room -= count;
    return count;
  }

  read(into: Uint8Array): number {
    const bytes = this.typed.splice(0, into.length);
    into.set(bytes);
    return bytes.length;
  }

  type(text: string): void {
    for (const letter of text) this.typed.push(letter.charCodeAt(0));
    this.onReadable?.();
  }

  get text(): string {
    return String.fromCharCode(...this.written);
  }
}

export interface RigOptions {
  readonly completesLater?: boolean;
  readonly limit?: number;
}

/** A kernel's files over a network in memory, in a time of its own. */
export class FilesRig {
  readonly network: MemoryNetwork;
  readonly sockets: Sockets;
  readonly console: FakeConsole;
  readonly files: Files;
  readonly limit: number;
  readonly handlers: Record<string, AnyHandler>;
  nowMs = 1000;
  /** Connections are never done: what was sent is not acknowledged. */
  keepsUnacknowledged = false;
  private readonly tasks: (() => void)[] = [];
  private readonly timers: Set<{ readonly timeMs: number; readonly expired: () => void }> = new Set();
  private readonly newSpace: () => AddressSpace;
  private lastPid = 0;

  constructor({ completesLater = false, limit = 32 }: RigOptions = {}) {
    const byteLength = 1 << 21;
    const reserved = 1 << 16;
    const memory = createRam({
      byteLength,
      memoryMap: [
        { address: 0, byteLength: byteLength - reserved, kind: 'usable' },
        { address: byteLength - reserved, byteLength: reserved, kind: 'reserved' },
      ],
    });
    const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
    this.newSpace = () => {
      const space = createAddressSpace({ memory, frames, tlb: nullTlb() })!;
      space.mmap(MEMORY, MEMORY_BYTES, 3, 0x32);
      space.mmap(EDGE, 8192, 3, 0x32);
      space.mprotect(READ_ONLY, 4096, 1);
      return space;
    };
    const modules: BootModule[] = MODULES.map((name, index) => ({
      name,
      address: byteLength - reserved + index * 0x4000,
      byteLength: [5000, 3, 0][index]!,
    }));
    for (const { address, byteLength: length } of modules) {
      for (let at = 0; at < length; at += 1) memory.mem(address + at, 1)[0] = moduleByte(at);
    }
    const clock = { now: () => this.nowMs };
    this.network = createMemoryNetwork({ soon: (task) => this.tasks.push(task), completesLater });
    const provider: SocketProvider = {
      name: 'memory',
      lacks: [],
      supports: (kind) => this.network.supports(kind),
      open: (kind) => this.watched(this.network.open(kind)),
    };
    this.sockets = createSockets({ providers: [provider], clock });
    this.console = new FakeConsole();
    this.limit = limit;
    let seed = 1;
    const services: CallServices = {
      clock,
      wallTimeMs: () => this.nowMs,
      entropy: {
        fill: (bytes) => {
          for (let at = 0; at < bytes.length; at += 1) {
            seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
            bytes[at] = seed >>> 16;
          }
        },
      },
      timers: {
        at: (timeMs, expired) => {
          const timer = { timeMs, expired };
          this.timers.add(timer);
          return () => void this.timers.delete(timer);
        },
      },
      sockets: this.sockets,
      console: this.console,
      modules,
      memory,
    };
    this.files = createFiles(services);
    this.handlers = fileHandlers(services, this.files) as unknown as Record<string, AnyHandler>;
  }

  program(): Program {
    const descriptors = createDescriptorTable(this.limit);
    this.files.openConsole(descriptors);
    return this.programWith(descriptors);
  }

  programWith(descriptors: DescriptorTable): Program {
    const memory = this.newSpace();
    this.lastPid += 1;
    const process: Process = { pid: this.lastPid, parent: null, name: 'test', memory, descriptors };
    return new Program(this, { memory, process });
  }

  /** Lets everything happen that can at this time. */
  settle(): void {
    for (let turn = 0; turn < 10_000; turn += 1) {
      const task = this.tasks.shift();
      const timer = [...this.timers].find(({ timeMs }) => timeMs <= this.nowMs);
      if (task !== undefined) task();
      else if (timer !== undefined) {
        this.timers.delete(timer);
        timer.expired();
      } else if (this.sockets.nextDeadline() <= this.nowMs) this.sockets.advance(this.nowMs);
      else return;
    }
    throw new Error('it does not come to rest');
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.settle();
  }

  /** An endpoint that says that something is unacknowledged as long as it is wanted. */
  private watched(endpoint: TransportEndpoint | Result): TransportEndpoint | Result {
    if (typeof endpoint === 'number') return endpoint;
    const readinessOf = endpoint.readiness.bind(endpoint);
    endpoint.readiness = () => readinessOf() & ~(this.keepsUnacknowledged ? readiness.drained : 0);
    return endpoint;
  }

  /** What is open, armed or waiting anywhere. */
  census(): Record<string, number> {
    return {
      files: this.files.openFiles,
      endpoints: this.network.openEndpoints,
      deadlines: this.sockets.nextDeadline() === Number.POSITIVE_INFINITY ? 0 : 1,
      timers: this.timers.size,
    };
  }
}

export const nothing = { files: 0, endpoints: 0, deadlines: 0, timers: 0 };

export function moduleByte(at: number): number {
  return (at * 7 + 1) & 0xff;
}

/** A program that makes calls: its memory is handed out from the start on. */
export class Program {
  readonly rig: FilesRig;
  readonly thread: Thread;
  private next = MEMORY;

  constructor(rig: FilesRig, thread: Thread) {
    this.rig = rig;
    this.thread = thread;
  }

  start(name: string, ...values: readonly number[]): number | ParkedCall {
    const handler = this.rig.handlers[name];
    if (handler === undefined) throw new Error(`no handler of ${name}`);
    return handler(this.thread, ...values);
  }

  /** A call that must have its answer at once, or after all has happened that can. */
  call(name: string, ...values: readonly number[]): number {
    const result = this.start(name, ...values);
    if (typeof result === 'number') return result;
    this.rig.settle();
    if (result.answer === null) throw new Error(`${name} waits`);
    return result.answer;
  }

  /** A call that must wait. */
  park(name: string, ...values: readonly number[]): ParkedCall {
    const result = this.start(name, ...values);
    if (typeof result === 'number') throw new Error(`${name} answered ${said(result)}`);
    this.rig.settle();
    if (result.isOver) throw new Error(`${name} answered ${said(result.answer ?? 0)}`);
    return result;
  }

  room(byteLength: number): number {
    const address = this.next;
    this.next += Math.ceil(byteLength / 16) * 16;
    if (this.next > MEMORY + MEMORY_BYTES) throw new Error('no memory is left');
    return address;
  }

  /** Memory from the start again. */
  reset(): void {
    this.next = MEMORY;
  }

  put(content: string | ArrayLike<number>, at = -1): number {
    const bytes = typeof content === 'string' ? ascii(content) : Uint8Array.from(content);
    const address = at < 0 ? this.room(bytes.length) : at;
    if (this.thread.memory.copyOut(address, bytes) < bytes.length) throw new Error('no memory there');
    return address;
  }

  int(value: number): number {
    return this.put(new Uint8Array(Int32Array.of(value).buffer));
  }

  /** A path or another string. */
  text(text: string): number {
    return this.put(`${text}\0`);
  }

  words(...values: readonly number[]): number {
    return this.put(new Uint8Array(BigUint64Array.from(values, (value) => BigInt.asUintN(64, BigInt(value))).buffer));
  }

  bytes(address: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(byteLength);
    if (this.thread.memory.copyIn(address, bytes) < byteLength) throw new Error('no memory there');
    return bytes;
  }

  string(address: number, byteLength: number): string {
    return String.fromCharCode(...this.bytes(address, byteLength));
  }

  intAt(address: number): number {
    return new DataView(this.bytes(address, 4).buffer).getInt32(0, true);
  }

  /** 127.0.0.1 and a port. */
  name(port: number): number {
    const bytes = new Uint8Array(sockaddrInLayout.size);
    writeSockaddr(new DataView(bytes.buffer), 0, 16, { family: AF_INET, port, address: 0x7f000001 });
    return this.put(bytes);
  }

  /** What is left of the program when it dies. */
  die(...waiting: readonly ParkedCall[]): void {
    for (const call of waiting) call.cancel('death');
    this.thread.process.descriptors.closeAll();
  }
}

export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export const STREAM = 1;
export const DATAGRAM = 2;
export const NONBLOCK = 0o4000;
export const CLOEXEC = 0o2000000;

/** A listener, a client and what was accepted of it. */
export function connectedPair(program: Program, port = 80): { listener: number; client: number; server: number } {
  const listener = program.call('socket', AF_INET, STREAM, 0);
  const name = program.name(port);
  program.call('bind', listener, name, 16);
  program.call('listen', listener, 8);
  const client = program.call('socket', AF_INET, STREAM, 0);
  const connected = program.call('connect', client, name, 16);
  if (connected !== 0) throw new Error(`connect: ${said(connected)}`);
  const server = program.call('accept', listener, 0, 0);
  if (server < 0) throw new Error(`accept: ${said(server)}`);
  return { listener, client, server };
}

/** Two datagram sockets that know one another. */
export function datagramPair(program: Program, port = 90): { a: number; b: number } {
  const [a, b] = [0, 1].map((index) => {
    const fd = program.call('socket', AF_INET, DATAGRAM, 0);
    program.call('bind', fd, program.name(port + index), 16);
    return fd;
  }) as [number, number];
  program.call('connect', a, program.name(port + 1), 16);
  program.call('connect', b, program.name(port), 16);
  return { a, b };
}

export type { CancelReason, ParkedCall };
