// The devices of a PC as far as its drivers notice: an 8254 that fires once, a 16550 that sends at once, two 8259A that
// mask, and a PCI bus with nothing on it.

const PIT_HZ = 1_193_182;

export class FakePorts {
  readonly sent: number[] = [];
  /** When the timer fires. */
  fireAt = Infinity;
  /** Until when the serial port takes nothing; then it asks for more. */
  stuckUntil = 0;
  /** Lines that ask. */
  readonly pending = new Set<number>();
  private readonly typed: number[] = [];
  private readonly serial = new Uint8Array(8);
  private countLow: number | null = null;
  private mask = 0xffff;
  private readonly now: () => number;
  private readonly ticksPerCount: number;

  constructor(now: () => number, tscHz: number) {
    this.now = now;
    this.ticksPerCount = tscHz / PIT_HZ;
  }

  type(bytes: Iterable<number>): void {
    this.typed.push(...bytes);
    this.pending.add(4);
  }

  /** The vector of the most urgent line that may ask now, taken; -1 for none. */
  take(): number {
    if (this.now() >= this.fireAt) {
      this.fireAt = Infinity;
      this.pending.add(0);
    }
    if (this.stuckUntil > 0 && !this.isStuck) {
      this.stuckUntil = 0;
      this.pending.add(4);
    }
    for (let line = 0; line < 16; line++) {
      if (!this.pending.has(line) || ((this.mask >> line) & 1) === 1) continue;
      this.pending.delete(line);
      return 0x20 + line;
    }
    return -1;
  }

  read(port: number, bytes: number): number {
    if (port >= 0x3f8 && port < 0x400) return this.readSerial(port - 0x3f8);
    if (port === 0x21) return this.mask & 0xff;
    if (port === 0xa1) return this.mask >> 8;
    if (port === 0x20 || port === 0xa0) return 0;
    return bytes === 4 ? 0xffff_ffff : bytes === 2 ? 0xffff : 0xff;
  }

  write(port: number, value: number): void {
    if (port >= 0x3f8 && port < 0x400) this.writeSerial(port - 0x3f8, value);
    else if (port === 0x21) this.mask = (this.mask & 0xff00) | value;
    else if (port === 0xa1) this.mask = (this.mask & 0xff) | (value << 8);
    else if (port === 0x43) {
      this.countLow = null;
      this.fireAt = Infinity;
    } else if (port === 0x40) {
      if (this.countLow === null) this.countLow = value;
      else {
        const count = (value << 8) | this.countLow || 0x1_0000;
        this.fireAt = this.now() + count * this.ticksPerCount;
        this.countLow = null;
      }
    }
  }

  private get isStuck(): boolean {
    return this.now() < this.stuckUntil;
  }

  private get isDivisor(): boolean {
    return ((this.serial[3] as number) & 0x80) !== 0;
  }

  private readSerial(register: number): number {
    switch (register) {
      case 0:
        return this.typed.shift() ?? 0;
      case 2:
        return this.typed.length > 0 ? 0xc4 : 0xc1;
      case 5:
        return (this.isStuck ? 0 : 0x60) | (this.typed.length > 0 ? 1 : 0);
      default:
        return this.serial[register] as number;
    }
  }

  private writeSerial(register: number, value: number): void {
    if (register === 0 && !this.isDivisor) this.sent.push(value);
    else this.serial[register] = value;
  }
}
