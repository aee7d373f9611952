import type {
  AddressSpace,
  BlockPool,
  BootModule,
  Clock,
  Entropy,
  NetDevice,
  PacketPool,
  PhysicalMemory,
  Pollable,
  SocketProvider,
} from '@synos/interfaces';
import type { Sockets } from '@synos/socket';
import type { Caller, ParkedCall } from '@synos/syscall';

/** What a network is made of: cards, time and chance of this machine, and memory that its cards reach. */
export interface NetworkHost {
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** The machine's network cards, in the order of their buses. */
  readonly devices: readonly NetDevice[];
  /** Packets and ring memory in frames of the machine: cards send and receive there without a copy. */
  readonly memory: { readonly packets: PacketPool; readonly blocks: BlockPool };
}

/** A network under the kernel's sockets. */
export interface Network {
  readonly provider: SocketProvider;
  /** What must be polled for it; a network that runs by itself has nothing. */
  readonly pollable?: Pollable;
  /** Figures for a census, such as packets and ports in use. */
  readonly census?: () => Readonly<Record<string, number>>;
  /** Ends it, when the kernel does. */
  readonly dispose?: () => void;
}

/** Makes a network for a kernel that boots. */
export type NetworkFactory = (host: NetworkHost) => Network;

/** A program's thread of execution; a process has one, so far. It is what handlers of system calls get. */
export interface Thread extends Caller {
  readonly memory: AddressSpace;
  readonly process: Process;
}

/** A program that runs. */
export interface Process {
  /** 1 for the first, never used twice. */
  readonly pid: number;
  /** Whose child it is: `init` takes those whose parent has ended; `null` for `init`. */
  readonly parent: Process | null;
  /** The file name it was started by. */
  readonly name: string;
  readonly memory: AddressSpace;
  readonly descriptors: DescriptorTable;
}

/** Things to do at a time. */
export interface Timers {
  /**
   * Calls `expired` once, soon after the clock has reached a time, in nobody's middle.
   *
   * @returns takes it back; does nothing afterwards
   */
  at(timeMs: number, expired: () => void): () => void;
}

/** The terminal of the kernel. */
export interface ConsoleDevice {
  /** Writes bytes, all of them: what the port does not take at once is kept, up to a bound. Returns how many were taken. */
  write(bytes: Uint8Array): number;
  /** Moves typed bytes to `into`; 0 when there are none. */
  read(into: Uint8Array): number;
  /** Typed bytes that wait. */
  readonly readableBytes: number;
  /** Called when some came. One callee: the console file. */
  onReadable: (() => void) | null;
}

/** What of the kernel the handlers of system calls use. */
export interface CallServices {
  /** Monotonic milliseconds. */
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallTimeMs: () => number;
  readonly entropy: Entropy;
  readonly timers: Timers;
  /** Over all networks, in the order in which they were given. */
  readonly sockets: Sockets;
  readonly console: ConsoleDevice;
  /** Files that the boot loader brought: `/boot/NAME`. */
  readonly modules: readonly BootModule[];
  readonly memory: PhysicalMemory;
}

/**
 * What descriptors of several processes may refer to: an open file (open(2), "open file description"). Counted; the last
 * `release` closes what is behind it.
 *
 * Answers are counts or negative errnos, or a parked call where the file is not O_NONBLOCK and has to wait.
 */
export interface FileDescription {
  readonly kind: 'console' | 'null' | 'module' | 'socket' | 'epoll';
  /** O_ flags of open(2): the access mode, O_NONBLOCK, O_APPEND. */
  flags: number;
  retain(): void;
  release(): number | ParkedCall;
}

/** The descriptors of one process: small numbers, always the lowest that is free (POSIX, 2.14 of XSH). */
export interface DescriptorTable {
  /** The description, or `null` where `fd` is not open. */
  get(fd: number): FileDescription | null;
  /**
   * Puts a description, whose reference becomes the table's, at the lowest free number from `least` on; or -EMFILE, and
   * the reference stays the caller's.
   */
  add(description: FileDescription, isCloseOnExec: boolean, least?: number): number;
  /** Puts a description, as {@link add}, at a number below {@link limit}. What was there is closed: dup2(2). */
  put(fd: number, description: FileDescription, isCloseOnExec: boolean): void;
  /** FD_CLOEXEC of an open number; false for others. */
  isCloseOnExec(fd: number): boolean;
  /** Sets FD_CLOEXEC of an open number; others are passed over. */
  setCloseOnExec(fd: number, isCloseOnExec: boolean): void;
  /** close(2). */
  close(fd: number): number | ParkedCall;
  /** Another table of the same descriptions, each retained: what a child begins with. Those marked close-on-exec are left out. */
  inherit(): DescriptorTable;
  /** Closes all; nobody waits for it. */
  closeAll(): void;
  /** Numbers are below it (RLIMIT_NOFILE). */
  readonly limit: number;
  /** How many are open. */
  readonly size: number;
}
