import { assert, type Machine } from '@synos/interfaces';
import { ByteQueue } from './byte-queue.js';
import { port as ports } from './ports.js';

/** What {@link createConsole} may be told. */
export interface ConsoleOptions {
  /** The first of its eight ports; that of COM1 if not given. */
  readonly port?: number;
  /** Bits per second, a divisor of 115,200; that if not given. */
  readonly baud?: number;
  /** How many bytes wait to be sent at most; 65,536 if not given. */
  readonly outputLimitBytes?: number;
  /** How many typed bytes wait to be read at most; 4,096 if not given. */
  readonly inputLimitBytes?: number;
}

/** A serial port as a terminal. */
export interface SerialConsole {
  /**
   * Writes bytes. What the port does not take at once is kept, up to a bound, and goes out by {@link interrupt}.
   *
   * @returns how many were taken. The rest is the caller's to keep or drop
   */
  write(bytes: Uint8Array): number;
  /** Moves typed bytes to `into`; 0 when there are none. */
  read(into: Uint8Array): number;
  /** Typed bytes that wait. */
  readonly readableBytes: number;
  /** Bytes that wait to be sent. */
  readonly queuedBytes: number;
  /** Called, from {@link interrupt}, when some came. */
  onReadable: (() => void) | null;
  /**
   * To be called when the port's interrupt came (line 4 of COM1), and as often as one likes besides.
   *
   * @returns whether the port had asked for it
   */
  interrupt(): boolean;
  /** Whether there is a port at all. Without one what is written is taken and gone. */
  readonly isPresent: boolean;
  readonly counters: Readonly<ConsoleCounters>;
}

/** What {@link SerialConsole} counts: bytes. */
export type ConsoleCounters = {
  /** Typed, and nobody had read what was typed before. */
  inputDropped: number;
  /** Arrived with a wrong parity or stop bit, or as a break; dropped. */
  inputErrors: number;
  /** How often the port itself lost bytes, being read too late. */
  inputOverruns: number;
  /** Not taken by `write`, the queue being full. */
  outputRefused: number;
};

// Registers of the 16550 (PC16550D data sheet, table II); the first two are the divisor while LCR has its bit 7.
const register = { data: 0, ier: 1, iirOrFcr: 2, lcr: 3, mcr: 4, lsr: 5, msr: 6, scratch: 7 } as const;
const ierReceived = 0x01;
const ierTransmitterEmpty = 0x02;
/** Enables both FIFOs and empties them; an interrupt for each byte, which is soon enough for a terminal. */
const fcrOn = 0x07;
const lcr8N1 = 0x03;
const lcrDivisor = 0x80;
/** DTR, RTS, and OUT2, which lets the interrupt out of the port on a PC. */
const mcrOn = 0x0b;
const lsrDataReady = 0x01;
const lsrOverrun = 0x02;
/** Parity, framing, break: of the byte that is read next. */
const lsrByteErrors = 0x1c;
const lsrTransmitterEmpty = 0x20;
const iirNone = 0x01;
const iirFifos = 0xc0;
const fifoBytes = 16;

/** How much one call of `interrupt` handles: 16 KB or so; the port asks again then. */
const mostRounds = 1024;

/**
 * Makes a terminal of a 16550: 8 bits, no parity, 1 stop bit, FIFOs on, interrupts on.
 *
 * @throws Error (`ERR_ASSERTION`) for a rate that the port does not have, and limits that are no counts
 * @example
 * ```ts
 * const terminal = createConsole(machine);
 * interrupts.enable(interruptLine.serial);
 * terminal.write(Uint8Array.of(0x68, 0x69, 0x0a));
 * ```
 */
export function createConsole(machine: Machine, options: ConsoleOptions = {}): SerialConsole {
  const { baud = 115_200, outputLimitBytes = 0, inputLimitBytes = 0 } = options;
  assert(baud >= 2 && 115_200 % baud === 0, `baud is a divisor of 115,200, 2 or more, not ${baud}`);
  assert(isCount(outputLimitBytes), `outputLimitBytes is an integer, 0 or more, not ${outputLimitBytes}`);
  assert(isCount(inputLimitBytes), `inputLimitBytes is an integer, 0 or more, not ${inputLimitBytes}`);
  return new Uart(machine, options, 115_200 / baud);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

class Uart implements SerialConsole {
  onReadable: (() => void) | null;
  readonly isPresent: boolean;
  readonly counters: ConsoleCounters;
  private readonly machine: Machine;
  private readonly port: number;
  private readonly input: ByteQueue;
  private readonly output: ByteQueue;
  private readonly burstBytes: number;
  private ier: number;
  /** What was wrong with the byte that is read next: a look at the line's status forgets it (data sheet, 8.4). */
  private errors: number;

  constructor(machine: Machine, options: ConsoleOptions, divisor: number) {
    const { port = ports.serial, outputLimitBytes = 65_536, inputLimitBytes = 4096 } = options;
    this.onReadable = null;
    this.counters = { inputDropped: 0, inputErrors: 0, inputOverruns: 0, outputRefused: 0 };
    this.machine = machine;
    this.port = port;
    this.input = new ByteQueue(inputLimitBytes);
    this.output = new ByteQueue(outputLimitBytes);
    this.ier = 0;
    this.errors = 0;
    this.set(register.scratch, 0x5a);
    // Where nothing answers, the bus reads as ones; the second value tells a port from a bus that remembers.
    let isPresent = this.get(register.scratch) === 0x5a;
    this.set(register.scratch, 0xa5);
    isPresent &&= this.get(register.scratch) === 0xa5;
    this.isPresent = isPresent;
    this.burstBytes = isPresent ? this.start(divisor) : 0;
  }

  get readableBytes(): number {
    return this.input.count;
  }

  get queuedBytes(): number {
    return this.output.count;
  }

  write(bytes: Uint8Array): number {
    if (!this.isPresent) return bytes.length;
    let taken = 0;
    for (;;) {
      while (taken < bytes.length && this.output.push(bytes[taken] as number)) taken++;
      // A port that is fast makes room in a full queue at once.
      if (!this.drain() || taken === bytes.length) break;
    }
    this.counters.outputRefused += bytes.length - taken;
    return taken;
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.input.count);
    for (let i = 0; i < count; i++) into[i] = this.input.shift();
    return count;
  }

  interrupt(): boolean {
    if (!this.isPresent) return false;
    const before = this.input.count;
    let rounds = 0;
    for (; rounds < mostRounds; rounds++) {
      const cause = this.get(register.iirOrFcr);
      if ((cause & iirNone) !== 0) break;
      // Each cause ends by reading or writing what it is about (data sheet, table IV). The line is edge-triggered: only
      // a port that wants nothing any more can ask again.
      this.collect();
      this.drain();
      this.get(register.msr);
    }
    if (rounds === mostRounds) {
      this.set(register.ier, 0);
      this.set(register.ier, this.ier);
    } else if (rounds === 0) {
      this.collect();
      this.drain();
    }
    if (this.input.count > before) this.onReadable?.();
    return rounds > 0;
  }

  /** Sets the port up. @returns how many bytes it takes when its transmitter is empty */
  private start(divisor: number): number {
    this.set(register.ier, 0);
    this.set(register.lcr, lcrDivisor);
    this.set(register.data, divisor & 0xff);
    this.set(register.ier, divisor >>> 8);
    this.set(register.lcr, lcr8N1);
    this.set(register.iirOrFcr, fcrOn);
    this.set(register.mcr, mcrOn);
    // What firmware left undone is forgotten, so that the first edge is ours.
    this.get(register.lsr);
    this.get(register.data);
    const hasFifos = (this.get(register.iirOrFcr) & iirFifos) === iirFifos;
    this.get(register.msr);
    this.setIer(ierReceived);
    return hasFifos ? fifoBytes : 1;
  }

  /** Takes what has arrived, 16 bytes at most. */
  private collect(): void {
    for (let i = 0; i < fifoBytes; i++) {
      if ((this.lineStatus() & lsrDataReady) === 0) break;
      const byte = this.get(register.data) & 0xff;
      const hasErrors = this.errors !== 0;
      this.errors = 0;
      if (hasErrors) this.counters.inputErrors++;
      else if (!this.input.push(byte)) this.counters.inputDropped++;
    }
  }

  /** Gives the port what it takes. @returns whether that was anything */
  private drain(): boolean {
    let hasGiven = false;
    while (this.output.count > 0 && (this.lineStatus() & lsrTransmitterEmpty) !== 0) {
      for (let i = 0; i < this.burstBytes && this.output.count > 0; i++) this.set(register.data, this.output.shift());
      hasGiven = true;
    }
    this.setIer(this.output.count > 0 ? ierReceived | ierTransmitterEmpty : ierReceived);
    return hasGiven;
  }

  private lineStatus(): number {
    const status = this.get(register.lsr);
    if ((status & lsrOverrun) !== 0) this.counters.inputOverruns++;
    this.errors |= status & lsrByteErrors;
    return status;
  }

  private setIer(ier: number): void {
    if (ier === this.ier) return;
    this.ier = ier;
    this.set(register.ier, ier);
  }

  private get(offset: number): number {
    return this.machine.readPort(this.port + offset, 1);
  }

  private set(offset: number, value: number): void {
    this.machine.writePort(this.port + offset, 1, value);
  }
}
