import type { Machine, NetDevice } from '@synos/interfaces';
import {
  createClock,
  createConsole,
  createInterruptController,
  createTimer,
  createVirtioNet,
  type InterruptController,
  interruptLine,
  isVirtioNet,
  type MachineClock,
  type PciFunction,
  type SerialConsole,
  scanPci,
  type Timer,
  type VirtioNetDevice,
} from '@synos/platform';
import type { MemoryPacketPool } from '@synos/wire';
import type { Hardware } from '../hardware.js';
import type { MachineFrames } from '../network/network-memory.js';

/** Lines of the interrupt controller that a PCI device may name; 255 says that it has none. */
const LINES = 16;

/** Starts the devices of a PC: interrupt controller, timer, clock, serial port, PCI. Cards follow by `startCards`. */
export function startPc(machine: Machine, log: (line: string) => void): Hardware {
  const interrupts = createInterruptController(machine);
  log('interrupts: two 8259A, vectors 32 to 47');
  const timer = createTimer(machine);
  const clock = createClock(machine);
  log(`clock: time-stamp counter, ${machine.tscHz / 1e6} MHz; alarm by an 8254`);
  const console = createConsole(machine);
  log(console.isPresent ? 'console: 16550, 115200 baud' : 'console: no serial port');
  const functions = scanPci(machine);
  log(
    `pci: ${functions.length} ${functions.length === 1 ? 'function' : 'functions'}${functions.map(pciText).join('')}`,
  );
  interrupts.enable(interruptLine.timer);
  if (console.isPresent) interrupts.enable(interruptLine.serial);
  return new Pc({ machine, log, interrupts, timer, clock, console, functions });
}

function pciText({ vendorId, deviceId }: PciFunction): string {
  return ` ${vendorId.toString(16).padStart(4, '0')}:${deviceId.toString(16).padStart(4, '0')}`;
}

interface PcParts {
  readonly machine: Machine;
  readonly log: (line: string) => void;
  readonly interrupts: InterruptController;
  readonly timer: Timer;
  readonly clock: MachineClock;
  readonly console: SerialConsole;
  readonly functions: readonly PciFunction[];
}

interface Card {
  readonly device: VirtioNetDevice;
  readonly line: number;
}

class Pc implements Hardware {
  readonly console: SerialConsole;
  readonly clock: MachineClock;
  private readonly parts: PcParts;
  private readonly cards: Card[];

  constructor(parts: PcParts) {
    this.console = parts.console;
    this.clock = parts.clock;
    this.parts = parts;
    this.cards = [];
  }

  get isSending(): boolean {
    return this.console.queuedBytes > 0;
  }

  get postedPackets(): number {
    return this.cards.reduce((sum, { device }) => sum + device.postedPackets, 0);
  }

  tscAt(timeMs: number): number {
    return this.clock.tscAt(timeMs);
  }

  armTimer(tsc: number): void {
    this.parts.timer.arm(tsc);
  }

  interrupt(vector: number): boolean {
    const { interrupts, timer, console } = this.parts;
    const line = interrupts.lineOf(vector);
    if (line < 0) return false;
    if (interrupts.isSpurious(vector)) return true;
    let isKnown = true;
    if (line === interruptLine.timer) timer.interrupt();
    else if (line === interruptLine.serial) console.interrupt();
    else {
      isKnown = false;
      for (const card of this.cards) if (card.line === line && card.device.interrupt()) isKnown = true;
    }
    // Last: a level that a device has let go of does not ask again.
    interrupts.end(line);
    return isKnown;
  }

  startCards(packets: MemoryPacketPool, frames: MachineFrames): readonly NetDevice[] {
    const { machine, functions, interrupts, log } = this.parts;
    for (const pci of functions.filter(isVirtioNet)) {
      const name = `eth${this.cards.length}`;
      const allocateDma = (byteLength: number, alignBytes: number): number =>
        frames.allocate(byteLength, alignBytes) || -1;
      const device = createVirtioNet({ machine, pci, packets, allocateDma, name });
      if ('error' in device) {
        log(`${name}: not started: ${device.error}`);
        continue;
      }
      const line = pci.interruptLine;
      this.cards.push({ device, line });
      if (line < LINES) interrupts.enable(line, 'level');
      else log(`${name}: no interrupt line: it is polled`);
    }
    return this.cards.map(({ device }) => device);
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.parts.interrupts.counters, ...this.console.counters };
  }

  stop(): void {
    this.parts.timer.disarm();
    for (const { device } of this.cards) device.close();
  }
}
