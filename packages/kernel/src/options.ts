import type { Machine } from '@synos/interfaces';
import type { NetworkFactory } from './contracts.js';
import type { NetworkMemorySize } from './network/network-memory.js';

/** The first program. */
export interface InitProgram {
  /** `/boot/NAME`, or just the name, of a boot module. */
  readonly path: string;
  /** Default: the path alone. */
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a kernel may have; one more is EAGAIN, EMFILE, ENOMEM. */
export interface KernelLimits {
  /** Default 256. */
  readonly processes?: number;
  /** Descriptors of a process, 3 or more; default 1,024. */
  readonly descriptors?: number;
  /** Bytes of a program's stack, a multiple of 4,096; default 1 MB. A quarter of it is for its arguments. */
  readonly stackBytes?: number;
}

/** What {@link createKernel} takes. */
export interface KernelOptions {
  /** Becomes the kernel's alone. */
  readonly machine: Machine;
  /** Networks under the sockets, in the order in which they are asked. Default none. */
  readonly sockets?: readonly NetworkFactory[];
  /** The first program, by its path or with arguments. When it ends, the kernel does. */
  readonly init: InitProgram | string;
  /** Gets the boot log and a line for each program that is ended by an exception; lines begin with the time. */
  readonly log?: (line: string) => void;
  /** Gets a line for each system call, in the style of strace(1), with the pid in front. */
  readonly trace?: (line: string) => void;
  /** How long a program runs before others have their turn; default 10. */
  readonly timeSliceMs?: number;
  readonly limits?: KernelLimits;
  /** What uname(2) says; default `synos`. */
  readonly hostName?: string;
  /** Packets and socket rings; default as much as suits the machine's memory. */
  readonly networkMemory?: Partial<NetworkMemorySize>;
}
