import type { Clock, Machine, NetDevice } from '@synos/interfaces';
import type { MemoryPacketPool } from '@synos/wire';
import type { ConsoleDevice } from './contracts.js';
import type { MachineFrames } from './network/network-memory.js';

/** The devices that a kernel drives. On a PC: `boot/pc.ts`. */
export interface Hardware {
  /** Milliseconds of the machine's time-stamp counter. */
  readonly clock: Clock;
  /** The first count at which the clock says a time, or later; `Infinity` for `Infinity`. */
  tscAt(timeMs: number): number;
  readonly console: ConsoleDevice;
  /** Whether the console still has something to send. */
  readonly isSending: boolean;
  /** Sees to an interrupt at a count of the time-stamp counter or soon after. A later call takes the place of it. */
  armTimer(tsc: number): void;
  /** An interrupt came: its device is served. False where it is nobody's. */
  interrupt(vector: number): boolean;
  /** Starts the network cards: packets of this pool go in and out without a copy. */
  startCards(packets: MemoryPacketPool, frames: MachineFrames): readonly NetDevice[];
  /** Packets of the pool that wait in cards to be received into. */
  readonly postedPackets: number;
  /** Counted events. */
  counters(): Readonly<Record<string, number>>;
  /** Stops the cards: they send and store no more. */
  stop(): void;
}

/** Starts the devices of a machine. `log` gets a line for each. */
export type HardwareFactory = (machine: Machine, log: (line: string) => void) => Hardware;
