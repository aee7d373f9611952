import type { Entropy, NetDevice } from '@synos/interfaces';
import { createKernel, type Kernel, type NetworkFactory } from '@synos/kernel';
import { createSimulatedPc, type SimulatedPc, type TimeSource } from '@synos/machine-sim';
import { type NetworkPlace, ourNetwork } from './network.js';
import { programs } from './programs.js';

/** A file for `/boot`. */
export interface BootFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a system is made of. */
export interface SystemOptions {
  readonly time: TimeSource;
  readonly entropy: Entropy;
  /** What the machine's network card is plugged into. */
  readonly device: NetDevice;
  readonly place: NetworkPlace;
  /** The program that `init` starts, and its arguments; ours by name, or one of `files`. */
  readonly program: string;
  readonly args: readonly string[];
  /** Further programs; one of the same name takes the place of ours. */
  readonly files?: readonly BootFile[];
  /** Other networks than our own TCP/IP. */
  readonly sockets?: readonly NetworkFactory[];
  readonly memoryBytes?: number;
  /** Instructions between two looks at the host's clock; the machine's default where there is none. */
  readonly sliceInstructions?: number;
  readonly onConsole: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly onLog: (line: string) => void;
  readonly onTrace?: ((line: string) => void) | undefined;
  readonly onPanic: (text: string) => void;
}

/** A PC with a kernel that has booted. */
export interface System {
  readonly machine: SimulatedPc;
  readonly kernel: Kernel;
}

/** Builds the machine, puts the programs into its memory, and boots. Nothing runs until the kernel is stepped. */
export function createSystem(options: SystemOptions): System {
  const { time, entropy, device, place, program, args, files = [], memoryBytes = 64 << 20 } = options;
  const own = programs.filter(({ name }) => !files.some((file) => file.name === name));
  const machine = createSimulatedPc({
    time,
    entropy,
    memoryBytes,
    bootModules: [...own.map((each) => ({ name: each.name, bytes: each.bytes() })), ...files],
    network: [device],
    ...(options.sliceInstructions !== undefined && { sliceInstructions: options.sliceInstructions }),
    onConsole: options.onConsole,
    onPanic: options.onPanic,
  });
  const kernel = createKernel({
    machine,
    sockets: options.sockets ?? [ourNetwork(place)],
    init: { path: '/boot/init', argv: ['init', program, ...args] },
    log: options.onLog,
    ...(options.onTrace && { trace: options.onTrace }),
  });
  return { machine, kernel };
}
