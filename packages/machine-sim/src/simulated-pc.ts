import type { Clock, Entropy, EventLoop, Machine, NetDevice } from '@synos/interfaces';

/** Where the time of a machine comes from. */
export type TimeSource =
  /** The host's: the time-stamp counter is the loop's clock in nanoseconds, and `idle` is a promise. */
  | { readonly mode: 'host'; readonly loop: EventLoop; readonly wallTimeMs: () => number }
  /**
   * The machine's own: the counter counts instructions, and `idle` leaps to the next event or the time asked for. Two
   * runs with the same input at the same counts are identical.
   */
  | {
      readonly mode: 'virtual';
      /** Instructions per second of virtual time, which is the counter's rate; default 20 million. */
      readonly instructionsPerSecond?: number;
      /** Milliseconds since 1970 at count 0; default 0. */
      readonly startWallTimeMs?: number;
    };

/** What a {@link SimulatedPc} is made of. */
export interface SimulatedPcOptions {
  readonly time: TimeSource;
  readonly entropy: Entropy;
  /** Bytes of RAM, a multiple of 4,096, 2 MB to 1 GB; default 64 MB. */
  readonly memoryBytes?: number;
  /** Files for the kernel; copied into memory. */
  readonly bootModules?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly commandLine?: string;
  /** One virtio-net card each; the machine is on the device's other side, and takes what it receives. */
  readonly network?: readonly NetDevice[];
  /**
   * Bytes that the serial port sent, gathered until the next `run`, `idle`, `advance` or `powerOff`. The array is the
   * callee's.
   */
  readonly onConsole?: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** The last words of a kernel. */
  readonly onPanic?: (text: string) => void;
  /** Instructions between two looks at devices and the host's clock; default 20,000. */
  readonly sliceInstructions?: number;
}

/** A PC in memory: the `Machine` that a kernel runs on, and what is outside of it. */
export interface SimulatedPc extends Machine {
  /** The machine's own time: milliseconds of its time-stamp counter. For whatever is to live in the same virtual time. */
  readonly clock: Clock;
  /** Keys for the serial port; what does not fit into its queue (4,096) is lost and counted. */
  type(bytes: Uint8Array): void;
  /** Instructions executed, in all. */
  readonly instructions: number;
  readonly isOff: boolean;
  /**
   * Virtual time only: moves the counter forward to `tsc`, for a wait that somebody outside decides on. Events of devices
   * on the way happen at their counts.
   */
  advance(tsc: number): void;
  /** Counted events: instructions, traps, interrupts by line, frames, drops by reason, blocks, TLB misses. */
  counters(): Record<string, number>;
  /** Takes it apart: packets go home, devices are left alone, nothing may be called afterwards. */
  dispose(): void;
}
