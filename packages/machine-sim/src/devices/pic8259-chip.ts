/**
 * One 8259A interrupt controller (Intel 8259A data sheet, order 231468). Modelled: ICW1 to ICW4, the 8086 mode, fully
 * nested and special fully nested modes, all forms of EOI with and without rotation, automatic EOI, the special mask
 * mode, polling, edge and level triggering for each line (the ELCR of a PC). Not modelled: the MCS-80 mode, buffers.
 */
export class Pic8259Chip {
  /** Requests that were seen: an edge that was latched, or a level. */
  irr = 0;
  /** Requests that are served: acknowledged, and not ended. */
  isr = 0;
  /** Lines that are masked. */
  imr = 0xff;
  /** The inputs as they are. */
  lines = 0;
  /** Lines that are triggered by their level. */
  elcr = 0;
  /** The vector of line 0: a multiple of 8. */
  base: number;
  /** The line below the highest priority; 7 makes line 0 the highest. */
  private lowest = 7;
  /** The next byte at the data port is ICW2 to ICW4; 0: it is OCW1. */
  private expects: 0 | 2 | 3 | 4 = 0;
  private wantsIcw3 = false;
  private wantsIcw4 = false;
  private autoEoi = false;
  private rotatesOnAutoEoi = false;
  private specialMask = false;
  private specialFullyNested = false;
  private readsIsr = false;
  private polls = false;
  /** The line at which another chip is, for the special fully nested mode; -1: none. */
  private readonly cascade: number;

  constructor(base: number, cascade: number) {
    this.base = base;
    this.cascade = cascade;
  }

  /** Changes an input. */
  setLine(line: number, high: boolean): void {
    const bit = 1 << line;
    const was = (this.lines & bit) !== 0;
    if (high) {
      this.lines |= bit;
      if (!was || (this.elcr & bit) !== 0) this.irr |= bit;
    } else {
      this.lines &= ~bit;
      // An input must stay high until it is acknowledged, in either mode: else the request is taken back.
      this.irr &= ~bit;
    }
  }

  /** Changes which lines are triggered by level: those that are high ask from now on. */
  setLevel(mask: number): void {
    this.elcr = mask;
    this.irr |= this.lines & mask;
  }

  /** The line that would be acknowledged; -1: the INT output is low. */
  request(): number {
    const candidates = this.irr & ~this.imr;
    if (candidates === 0) return -1;
    // In the special mask mode a masked line that is served does not hold back others.
    let serving = this.specialMask ? this.isr & ~this.imr : this.isr;
    // A slave may ask again for something more urgent while it is served.
    if (this.specialFullyNested && this.cascade >= 0) serving &= ~(1 << this.cascade);
    for (let at = 1; at <= 8; at++) {
      const line = (this.lowest + at) & 7;
      if ((serving & (1 << line)) !== 0 && !this.specialMask) return -1;
      if ((candidates & ~serving & (1 << line)) !== 0) return line;
    }
    return -1;
  }

  /** INTA: the line is served from now on. Where there is no request any more it is line 7, which is not served then. */
  acknowledge(): number {
    const line = this.request();
    if (line < 0) return 7;
    const bit = 1 << line;
    if ((this.elcr & this.lines & bit) === 0) this.irr &= ~bit;
    if (!this.autoEoi) this.isr |= bit;
    else if (this.rotatesOnAutoEoi) this.lowest = line;
    return line;
  }

  /** @param port - 0: the command port, 1: the data port */
  read(port: number): number {
    if (this.polls) {
      this.polls = false;
      const line = this.request();
      return line < 0 ? 0x07 : 0x80 | this.acknowledge();
    }
    if (port === 1) return this.imr;
    return this.readsIsr ? this.isr : this.irr;
  }

  write(port: number, value: number): void {
    if (port === 1) this.writeData(value);
    else if ((value & 0x10) !== 0) this.initialise(value);
    else if ((value & 0x08) !== 0) this.operate3(value);
    else this.operate2(value);
  }

  /** ICW1. */
  private initialise(value: number): void {
    this.imr = 0;
    this.isr = 0;
    // The edge detectors are reset: a line must fall and rise to ask.
    this.irr = this.lines & this.elcr;
    this.lowest = 7;
    this.autoEoi = false;
    this.rotatesOnAutoEoi = false;
    this.specialMask = false;
    this.specialFullyNested = false;
    this.readsIsr = false;
    this.polls = false;
    this.wantsIcw4 = (value & 1) !== 0;
    this.wantsIcw3 = (value & 2) === 0;
    this.expects = 2;
  }

  private writeData(value: number): void {
    switch (this.expects) {
      case 0:
        this.imr = value;
        return;
      case 2:
        this.base = value & 0xf8;
        this.expects = this.wantsIcw3 ? 3 : this.wantsIcw4 ? 4 : 0;
        return;
      case 3:
        // Who is where is soldered on a PC.
        this.expects = this.wantsIcw4 ? 4 : 0;
        return;
      case 4:
        this.autoEoi = (value & 2) !== 0;
        this.specialFullyNested = (value & 0x10) !== 0;
        this.expects = 0;
        return;
    }
  }

  /** OCW2: R, SL and EOI in the upper three bits. */
  private operate2(value: number): void {
    const line = value & 7;
    switch (value >>> 5) {
      case 0b000:
        this.rotatesOnAutoEoi = false;
        return;
      case 0b001:
        this.end(this.mostUrgentServed());
        return;
      case 0b011:
        this.end(line);
        return;
      case 0b100:
        this.rotatesOnAutoEoi = true;
        return;
      case 0b101:
        this.rotate(this.mostUrgentServed());
        return;
      case 0b110:
        this.lowest = line;
        return;
      case 0b111:
        this.rotate(line);
        return;
    }
  }

  private operate3(value: number): void {
    if ((value & 0x40) !== 0) this.specialMask = (value & 0x20) !== 0;
    if ((value & 0x04) !== 0) this.polls = true;
    else if ((value & 0x02) !== 0) this.readsIsr = (value & 1) !== 0;
  }

  private end(line: number): void {
    if (line >= 0) this.isr &= ~(1 << line);
  }

  private rotate(line: number): void {
    if (line < 0) return;
    this.end(line);
    this.lowest = line;
  }

  /** What an EOI without a line means; in the special mask mode not one that is masked. */
  private mostUrgentServed(): number {
    const serving = this.specialMask ? this.isr & ~this.imr : this.isr;
    for (let at = 1; at <= 8; at++) {
      const line = (this.lowest + at) & 7;
      if ((serving & (1 << line)) !== 0) return line;
    }
    return -1;
  }
}
