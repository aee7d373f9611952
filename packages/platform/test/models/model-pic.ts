import type { FakeMachine, PortDevice } from './fake-machine.js';

/** One 8259A in 8086 mode, fully nested, written after its data sheet. */
class Chip {
  irr = 0;
  isr = 0;
  imr = 0;
  base = 0;
  lines = 0;
  level = 0;
  /** How many of ICW2 to ICW4 are expected. */
  expects = 0;
  icw3 = 0;
  isReady = false;
  private readsIsr = false;

  write(isData: boolean, value: number): void {
    if (isData) {
      if (this.expects === 3) this.base = value & 0xf8;
      else if (this.expects === 2) this.icw3 = value;
      else if (this.expects === 1 && value !== 1) throw new Error('not 8086 mode');
      if (this.expects === 0) this.imr = value;
      else if (--this.expects === 0) this.isReady = true;
    } else if ((value & 0x10) !== 0) {
      if (value !== 0x11) throw new Error('not edge, cascade, ICW4');
      Object.assign(this, { irr: 0, isr: 0, imr: 0, expects: 3, isReady: false });
    } else if ((value & 0x08) !== 0) {
      if ((value & 2) !== 0) this.readsIsr = (value & 1) !== 0;
    } else if ((value & 0xe0) === 0x60) {
      this.isr &= ~(1 << (value & 7));
    } else if ((value & 0xe0) === 0x20) {
      this.isr &= this.isr - 1;
    } else {
      throw new Error(`OCW2 ${value}`);
    }
  }

  read(isData: boolean): number {
    return isData ? this.imr : this.readsIsr ? this.isr : this.requests;
  }

  set(line: number, isUp: boolean): void {
    const bit = 1 << line;
    if (isUp && (this.lines & bit) === 0) this.irr |= bit;
    // A request that is withdrawn before it is acknowledged is none (data sheet, "Edge and level triggered modes").
    if (!isUp) this.irr &= ~bit;
    this.lines = isUp ? this.lines | bit : this.lines & ~bit;
  }

  get requests(): number {
    return (this.irr & ~this.level) | (this.lines & this.level);
  }

  /** The most urgent line that may come through, or -1. */
  get next(): number {
    if (!this.isReady) return -1;
    const open = this.requests & ~this.imr;
    for (let line = 0; line < 8; line++) {
      if ((this.isr & (1 << line)) !== 0) return -1;
      if ((open & (1 << line)) !== 0) return line;
    }
    return -1;
  }

  acknowledge(): number {
    const line = this.next;
    if (line < 0) return 7;
    this.irr &= ~(1 << line);
    this.isr |= 1 << line;
    return line;
  }
}

/** The pair as a PC wires it. */
export class ModelPics {
  readonly master = new Chip();
  readonly slave = new Chip();

  constructor(machine: FakeMachine) {
    const at = (from: number, chip: Chip): void => {
      const device: PortDevice = {
        readPort: (port) => chip.read(port === 1),
        writePort: (port, _bytes, value) => {
          chip.write(port === 1, value);
          this.cascade();
        },
      };
      machine.ports.push({ from, count: 2, device });
    };
    at(0x20, this.master);
    at(0xa0, this.slave);
    const elcr: PortDevice = {
      readPort: (port) => (port === 0 ? this.master : this.slave).level,
      writePort: (port, _bytes, value) => {
        if ((value & (port === 0 ? 0x07 : 0x21)) !== 0) throw new Error('a line that is an edge for ever');
        (port === 0 ? this.master : this.slave).level = value;
        this.cascade();
      },
    };
    machine.ports.push({ from: 0x4d0, count: 2, device: elcr });
  }

  set(line: number, isUp: boolean): void {
    (line < 8 ? this.master : this.slave).set(line & 7, isUp);
    this.cascade();
  }

  /** Whether the CPU is asked. */
  get intr(): boolean {
    return this.master.next >= 0;
  }

  /** The CPU's acknowledgement. @returns the vector */
  acknowledge(): number {
    const line = this.master.acknowledge();
    if (line !== 2 || (this.master.isr & 4) === 0) return this.master.base + line;
    const vector = this.slave.base + this.slave.acknowledge();
    this.cascade();
    return vector;
  }

  private cascade(): void {
    // The second chip's output falls and rises with each request, so that the first one sees an edge each time.
    this.master.set(2, false);
    this.master.set(2, this.slave.next >= 0);
  }
}
