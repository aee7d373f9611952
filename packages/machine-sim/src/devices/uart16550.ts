import type { PortDevice } from './port-bus.js';

/** What waits to be received at most, outside of the FIFO. */
const QUEUE_BYTES = 4096;
const FIFO_BYTES = 16;
/** At which fill the FIFO asks, by bits 6 and 7 of FCR. */
const TRIGGERS = [1, 4, 8, 14] as const;

/** Bits of LSR. */
const lsr = { dataReady: 0x01, overrun: 0x02, holdingEmpty: 0x20, empty: 0x40 } as const;
/** What the modem control register drives, and in loopback reads back. */
const mcr = { out2: 0x08, loop: 0x10 } as const;
/** The far end is there: CTS, DSR and DCD. */
const CONNECTED = 0xb0;

/** What a {@link Uart16550} is connected to. */
export interface Uart16550Options {
  /** Line 4 of the interrupt controller. */
  readonly setLine: (high: boolean) => void;
}

/**
 * A 16550A UART (National Semiconductor PC16550D data sheet) at ports 3F8 to 3FF. Bytes are sent at once, whatever the
 * divisor says; received bytes wait outside until there is room, so nothing is overrun but in loopback. The time-out of
 * the FIFO comes at once as well. Not modelled: parity and framing errors, breaks.
 */
export class Uart16550 implements PortDevice {
  private readonly options: Uart16550Options;
  private readonly queue = new Uint8Array(QUEUE_BYTES);
  private queueAt = 0;
  private queueCount = 0;
  private readonly fifo: number[] = [];
  private output = new Uint8Array(256);
  private outputCount = 0;
  private ier = 0;
  private fcr = 0;
  private lcr = 0;
  private mcr = 0;
  private modemDeltas = 0;
  private scratch = 0;
  private divisor = 12;
  private overrun = false;
  /** The transmitter became empty, and nobody looked or wrote since. */
  private asksForOutput = false;
  /** Bytes of {@link type} that found no room. */
  dropped = 0;

  constructor(options: Uart16550Options) {
    this.options = options;
  }

  /** Bytes from the far end. */
  type(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.queueCount === QUEUE_BYTES) {
        this.dropped++;
        continue;
      }
      this.queue[(this.queueAt + this.queueCount++) % QUEUE_BYTES] = byte;
    }
    this.settle();
  }

  get hasOutput(): boolean {
    return this.outputCount > 0;
  }

  /** What was sent since the last call. The array is the caller's. */
  takeOutput(): Uint8Array<ArrayBuffer> {
    const bytes = this.output.slice(0, this.outputCount);
    this.outputCount = 0;
    return bytes;
  }

  read(offset: number): number {
    const isDivisor = (this.lcr & 0x80) !== 0;
    switch (offset) {
      case 0:
        return isDivisor ? this.divisor & 0xff : this.receive();
      case 1:
        return isDivisor ? this.divisor >>> 8 : this.ier;
      case 2:
        return this.identify();
      case 3:
        return this.lcr;
      case 4:
        return this.mcr;
      case 5:
        return this.lineStatus();
      case 6:
        return this.modemStatus();
      default:
        return this.scratch;
    }
  }

  write(offset: number, value: number): void {
    const isDivisor = (this.lcr & 0x80) !== 0;
    if (offset === 0 && isDivisor) this.divisor = (this.divisor & 0xff00) | value;
    else if (offset === 0) this.send(value);
    else if (offset === 1 && isDivisor) this.divisor = (this.divisor & 0xff) | (value << 8);
    else if (offset === 1) this.enable(value & 0x0f);
    else if (offset === 2) this.controlFifo(value);
    else if (offset === 3) this.lcr = value;
    else if (offset === 4) this.controlModem(value & 0x1f);
    else if (offset === 7) this.scratch = value;
    this.settle();
  }

  private receive(): number {
    const byte = this.fifo.shift() ?? 0;
    this.settle();
    return byte;
  }

  private send(value: number): void {
    if ((this.mcr & mcr.loop) !== 0) {
      if (this.fifo.length < this.capacity()) this.fifo.push(value);
      else this.overrun = true;
    } else {
      if (this.outputCount === this.output.length) {
        const larger = new Uint8Array(this.output.length * 2);
        larger.set(this.output);
        this.output = larger;
      }
      this.output[this.outputCount++] = value;
    }
    this.asksForOutput = true;
  }

  private enable(value: number): void {
    // Allowing it while the transmitter is empty, as it always is, asks.
    if ((value & 2) !== 0 && (this.ier & 2) === 0) this.asksForOutput = true;
    this.ier = value;
  }

  private controlFifo(value: number): void {
    const changes = ((value ^ this.fcr) & 1) !== 0;
    if (changes || (value & 3) === 3) this.fifo.length = 0;
    // The other bits count only together with the first.
    this.fcr = (value & 1) !== 0 ? value & 0xc9 : 0;
  }

  private controlModem(value: number): void {
    const before = this.modemLines();
    this.mcr = value;
    const changed = before ^ this.modemLines();
    this.modemDeltas |= ((changed & 0xb0) >>> 4) & 0x0b;
    // Of RI only the end counts.
    if ((changed & before & 0x40) !== 0) this.modemDeltas |= 0x04;
  }

  /** CTS, DSR, RI and DCD: the far end's, or in loopback RTS, DTR, OUT1 and OUT2. */
  private modemLines(): number {
    if ((this.mcr & mcr.loop) === 0) return CONNECTED;
    const { mcr: value } = this;
    return ((value & 2) << 3) | ((value & 1) << 5) | ((value & 4) << 4) | ((value & 8) << 4);
  }

  private modemStatus(): number {
    const value = this.modemLines() | this.modemDeltas;
    this.modemDeltas = 0;
    this.settle();
    return value;
  }

  private lineStatus(): number {
    const ready = this.fifo.length > 0 ? lsr.dataReady : 0;
    const value = lsr.holdingEmpty | lsr.empty | ready | (this.overrun ? lsr.overrun : 0);
    this.overrun = false;
    this.settle();
    return value;
  }

  /** IIR; reading it takes note of an empty transmitter. */
  private identify(): number {
    const cause = this.cause();
    if (cause === 0x02) {
      this.asksForOutput = false;
      this.settle();
    }
    return cause | ((this.fcr & 1) !== 0 ? 0xc0 : 0);
  }

  /** The most urgent cause as IIR has it; 1: none. */
  private cause(): number {
    if ((this.ier & 4) !== 0 && this.overrun) return 0x06;
    if ((this.ier & 1) !== 0 && this.fifo.length > 0) return this.fifo.length >= this.trigger() ? 0x04 : 0x0c;
    if ((this.ier & 2) !== 0 && this.asksForOutput) return 0x02;
    if ((this.ier & 8) !== 0 && this.modemDeltas !== 0) return 0x00;
    return 0x01;
  }

  private trigger(): number {
    return (this.fcr & 1) === 0 ? 1 : (TRIGGERS[this.fcr >>> 6] as number);
  }

  private capacity(): number {
    return (this.fcr & 1) === 0 ? 1 : FIFO_BYTES;
  }

  /** Fills the FIFO from outside, and sets the interrupt line, which a PC leads through OUT2. */
  private settle(): void {
    const isLooped = (this.mcr & mcr.loop) !== 0;
    const capacity = this.capacity();
    while (!isLooped && this.queueCount > 0 && this.fifo.length < capacity) {
      this.fifo.push(this.queue[this.queueAt] as number);
      this.queueAt = (this.queueAt + 1) % QUEUE_BYTES;
      this.queueCount--;
    }
    this.options.setLine(!isLooped && (this.mcr & mcr.out2) !== 0 && this.cause() !== 0x01);
  }
}
