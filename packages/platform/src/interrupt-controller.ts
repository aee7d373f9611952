import { assert, type Machine } from '@synos/interfaces';
import { port } from './ports.js';

/** How a line asks: by a rise, as ISA's devices do, or as long as it is active, as PCI's do. */
export type Trigger = 'edge' | 'level';

/** What {@link createInterruptController} may be told. */
export interface InterruptControllerOptions {
  /** The vector of line 0, a multiple of 8 from 0x20 to 0xf0; 0x20 if not given. Sixteen follow one another. */
  readonly firstVector?: number;
}

/** The pair of 8259A: sixteen lines, 0 the most urgent; line 2 is where the second of the pair hangs. */
export interface InterruptController {
  /**
   * Lets a line through.
   *
   * @param line - 0 to 15, not 2
   * @param trigger - `edge` if not given; lines 0, 1, 8 and 13 can do nothing else
   */
  enable(line: number, trigger?: Trigger): void;
  /** Masks a line. What it asked for meanwhile comes when it is enabled again. */
  disable(line: number): void;
  /** The line of a vector, or -1 where the vector is none of the controller's. */
  lineOf(vector: number): number;
  /**
   * Whether nobody asked: the request was gone before the CPU acknowledged it (8259A data sheet, "IR7 default"). Such
   * an interrupt is counted and needs no {@link end}; what the first chip owes for one of the second is done here.
   * Ask once per interrupt.
   */
  isSpurious(vector: number): boolean;
  /** Says that a line was served: lines as urgent as it and less are let through again. */
  end(line: number): void;
  readonly counters: Readonly<InterruptControllerCounters>;
}

/** What {@link InterruptController} counts. */
export type InterruptControllerCounters = {
  /** Interrupts that nobody had asked for. */
  spurious: number;
};

// Command words of the 8259A data sheet.
const icw1EdgeCascadeIcw4 = 0x11;
const icw3Master = 1 << 2;
const icw3Slave = 2;
const icw4Mode8086 = 0x01;
const ocw2SpecificEoi = 0x60;
const ocw3ReadInService = 0x0b;

/** The line of the first chip that the second one drives. */
const cascadeLine = 2;
/** Lines of the timer, the keyboard, the cascade, the clock and the coprocessor: edges, always (82371SB, ELCR1, ELCR2). */
const edgeOnlyLines = 0x2107;

/**
 * Initialises both chips, every line masked.
 *
 * @throws Error (`ERR_ASSERTION`) for a first vector that the chips cannot have
 * @example
 * ```ts
 * const interrupts = createInterruptController(machine);
 * interrupts.enable(0); // the timer
 * const vector = machine.run(frame);
 * const line = interrupts.lineOf(vector);
 * if (line >= 0 && !interrupts.isSpurious(vector)) {
 *   interrupts.end(line);
 * }
 * ```
 */
export function createInterruptController(
  machine: Machine,
  options: InterruptControllerOptions = {},
): InterruptController {
  const { firstVector = 0x20 } = options;
  assert(
    firstVector % 8 === 0 && firstVector >= 0x20 && firstVector <= 0xf0,
    `firstVector is a multiple of 8 from 0x20 to 0xf0, not ${firstVector}`,
  );
  const { masterPic, slavePic } = port;
  // Before the first word nothing may come through; the chips forget their masks at ICW1.
  for (const [at, vector, wiring] of [
    [masterPic, firstVector, icw3Master],
    [slavePic, firstVector + 8, icw3Slave],
  ] as const) {
    machine.writePort(at, 1, icw1EdgeCascadeIcw4);
    machine.writePort(at + 1, 1, vector);
    machine.writePort(at + 1, 1, wiring);
    machine.writePort(at + 1, 1, icw4Mode8086);
    machine.writePort(at + 1, 1, 0xff);
  }
  return new PicPair(machine, firstVector);
}

class PicPair implements InterruptController {
  readonly counters: InterruptControllerCounters;
  private readonly machine: Machine;
  private readonly firstVector: number;
  /** A bit per line that is masked, the cascade's among them. */
  private mask: number;

  constructor(machine: Machine, firstVector: number) {
    this.counters = { spurious: 0 };
    this.machine = machine;
    this.firstVector = firstVector;
    this.mask = 0xffff;
  }

  enable(line: number, trigger: Trigger = 'edge'): void {
    checkLine(line);
    this.setTrigger(line, trigger);
    this.setMask(this.mask & ~(1 << line));
  }

  disable(line: number): void {
    checkLine(line);
    this.setMask(this.mask | (1 << line));
  }

  lineOf(vector: number): number {
    const line = vector - this.firstVector;
    return line >= 0 && line < 16 ? line : -1;
  }

  isSpurious(vector: number): boolean {
    const line = this.lineOf(vector);
    if (line !== 7 && line !== 15) return false;
    const at = line === 7 ? port.masterPic : port.slavePic;
    this.machine.writePort(at, 1, ocw3ReadInService);
    if ((this.machine.readPort(at, 1) & 0x80) !== 0) return false;
    // The first chip has its line 2 in service all the same: it cannot know what the second one answered.
    if (line === 15) this.machine.writePort(port.masterPic, 1, ocw2SpecificEoi | cascadeLine);
    this.counters.spurious++;
    return true;
  }

  end(line: number): void {
    checkLine(line);
    if (line < 8) {
      this.machine.writePort(port.masterPic, 1, ocw2SpecificEoi | line);
    } else {
      this.machine.writePort(port.slavePic, 1, ocw2SpecificEoi | (line - 8));
      this.machine.writePort(port.masterPic, 1, ocw2SpecificEoi | cascadeLine);
    }
  }

  private setTrigger(line: number, trigger: Trigger): void {
    if (((edgeOnlyLines >>> line) & 1) !== 0) {
      assert(trigger === 'edge', 'this line knows edges alone');
      return;
    }
    const at = port.edgeLevel + (line >>> 3);
    const bit = 1 << (line & 7);
    const before = this.machine.readPort(at, 1);
    const after = trigger === 'level' ? before | bit : before & ~bit;
    if (after !== before) this.machine.writePort(at, 1, after);
  }

  private setMask(lines: number): void {
    // The cascade is open while anything behind it is.
    const mask = lines >>> 8 === 0xff ? lines | (1 << cascadeLine) : lines & ~(1 << cascadeLine);
    if ((mask & 0xff) !== (this.mask & 0xff)) this.machine.writePort(port.masterPic + 1, 1, mask & 0xff);
    if (mask >>> 8 !== this.mask >>> 8) this.machine.writePort(port.slavePic + 1, 1, mask >>> 8);
    this.mask = mask;
  }
}

function checkLine(line: number): void {
  const isLine = Number.isInteger(line) && line >= 0 && line < 16 && line !== cascadeLine;
  assert(isLine, `a line is 0 to 15, and not ${cascadeLine}, where the second chip hangs: ${line}`);
}
