/** The modes that a counter without a gate can be used in; others are programmed, and their output stays high. */
const LEVEL = 0;
const RATE = 2;
const SQUARE = 3;

/**
 * One counter of an 8254 (Intel 8254 data sheet, order 231164), as a function of time: nothing is done per tick. Times
 * are ticks of its clock. The gate is high. Modes 0, 2 and 3, binary; in the others (and in BCD, which counts binary)
 * the output is high.
 */
export class Pit8254Counter {
  private mode = LEVEL;
  private control = 0;
  /** Which bytes are read and written: 1 the low one, 2 the high one, 3 both in turn. */
  private access = 3;
  /** What is counted from, 1 to 65,536; 0: nothing was written since the control word. */
  private reload = 0;
  /** The tick at which `reload` came into the counting element. */
  private loadedAt = 0;
  /** A count that was written while another one runs (modes 2 and 3), and when it takes its place. */
  private next = 0;
  private nextAt = Infinity;
  /** The first byte of two that were written, or -1. */
  private lowByte = -1;
  private readsHigh = false;
  private latchedCount = -1;
  private latchedStatus = -1;

  /** The control word; bits 6 and 7, which choose the counter, do not matter. */
  writeControl(value: number, now: number): void {
    if ((value & 0x30) === 0) {
      this.latchCount(now);
      return;
    }
    this.control = value & 0x3f;
    this.access = (value >>> 4) & 3;
    const mode = (value >>> 1) & 7;
    this.mode = mode > 5 ? mode - 4 : mode;
    this.reload = 0;
    this.nextAt = Infinity;
    this.lowByte = -1;
    this.readsHigh = false;
    this.latchedCount = -1;
    this.latchedStatus = -1;
  }

  /** Takes the count as it is, for the next read. What is latched already stays. */
  latchCount(now: number): void {
    this.advance(now);
    if (this.latchedCount < 0) this.latchedCount = this.countAt(now);
  }

  /** Takes the status byte: output, null count, and the control word. */
  latchStatus(now: number): void {
    this.advance(now);
    if (this.latchedStatus >= 0) return;
    const isNull = this.reload === 0 || now < this.loadedAt || this.nextAt !== Infinity;
    this.latchedStatus = (this.outAt(now) ? 0x80 : 0) | (isNull ? 0x40 : 0) | this.control;
  }

  write(value: number, now: number): void {
    this.advance(now);
    if (this.access === 3 && this.lowByte < 0) {
      this.lowByte = value;
      // The first byte stops what mode 0 counts, and its output is low at once.
      if (this.mode === LEVEL) this.reload = 0;
      return;
    }
    const count = this.access === 1 ? value : this.access === 2 ? value << 8 : this.lowByte | (value << 8);
    this.lowByte = -1;
    this.load(count === 0 ? 0x1_0000 : count, now);
  }

  read(now: number): number {
    if (this.latchedStatus >= 0) {
      const status = this.latchedStatus;
      this.latchedStatus = -1;
      return status;
    }
    this.advance(now);
    const isLatched = this.latchedCount >= 0;
    const count = isLatched ? this.latchedCount : this.countAt(now);
    const isHigh = this.access === 2 || (this.access === 3 && this.readsHigh);
    if (this.access === 3) this.readsHigh = !this.readsHigh;
    if (isLatched && (this.access !== 3 || isHigh)) this.latchedCount = -1;
    return isHigh ? (count >>> 8) & 0xff : count & 0xff;
  }

  /** The output. */
  outAt(now: number): boolean {
    this.advance(now);
    if (this.mode === LEVEL) return this.reload !== 0 && now >= this.loadedAt + this.reload;
    if (this.reload === 0 || now < this.loadedAt) return true;
    if (this.mode === RATE) return (now - this.loadedAt) % this.reload !== this.reload - 1;
    if (this.mode === SQUARE) return (now - this.loadedAt) % this.reload < Math.ceil(this.reload / 2);
    return true;
  }

  /** The first tick after `now` at which the output rises; `Infinity`: it does not. */
  nextRise(now: number): number {
    this.advance(now);
    if (this.reload === 0) return Infinity;
    if (this.mode === LEVEL) return now < this.loadedAt + this.reload ? this.loadedAt + this.reload : Infinity;
    // A count of 1 is not allowed in these modes: the output does not rise.
    if ((this.mode !== RATE && this.mode !== SQUARE) || this.reload === 1) return Infinity;
    if (this.nextAt === Infinity) return this.cycleEnd(now);
    // In mode 3 the new count may come with the output low, in the middle of its own cycle.
    const begin = this.nextBegin();
    return begin >= this.nextAt ? begin : begin + this.next;
  }

  private load(count: number, now: number): void {
    if (this.reload === 0 || now < this.loadedAt || (this.mode !== RATE && this.mode !== SQUARE)) {
      // The next clock after the write brings it into the counting element.
      this.reload = count;
      this.loadedAt = now + 1;
      this.nextAt = Infinity;
      return;
    }
    this.next = count;
    this.nextAt = this.mode === SQUARE ? this.halfEnd(now) : this.cycleEnd(now);
  }

  /** The end of the cycle that runs. */
  private cycleEnd(now: number): number {
    if (now < this.loadedAt) return this.loadedAt + this.reload;
    return this.loadedAt + (Math.floor((now - this.loadedAt) / this.reload) + 1) * this.reload;
  }

  /** The end of the half cycle of mode 3 that runs. */
  private halfEnd(now: number): number {
    const end = this.cycleEnd(now);
    const middle = end - Math.floor(this.reload / 2);
    return now < middle ? middle : end;
  }

  /** Where the cycle of the next count begins: of mode 3 its high half may lie before {@link nextAt}, and never was. */
  private nextBegin(): number {
    if (this.mode !== SQUARE || (this.nextAt - this.loadedAt) % this.reload === 0) return this.nextAt;
    return this.nextAt - Math.ceil(this.next / 2);
  }

  /** Lets a count that was written take its place. */
  private advance(now: number): void {
    if (now < this.nextAt) return;
    this.loadedAt = this.nextBegin();
    this.reload = this.next;
    this.nextAt = Infinity;
  }

  private countAt(now: number): number {
    if (this.reload === 0 || now < this.loadedAt) return 0;
    const passed = now - this.loadedAt;
    if (this.mode === LEVEL) return (((this.reload - passed) % 0x1_0000) + 0x1_0000) & 0xffff;
    const phase = passed % this.reload;
    if (this.mode === RATE) return (this.reload - phase) & 0xffff;
    if (this.mode === SQUARE) {
      // It counts down by two, twice in a cycle, from the even number at or below the count.
      const half = Math.ceil(this.reload / 2);
      const even = this.reload & ~1;
      return (even - 2 * (phase < half ? phase : phase - half)) & 0xffff;
    }
    return this.reload & 0xffff;
  }
}
