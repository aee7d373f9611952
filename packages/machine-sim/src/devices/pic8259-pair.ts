import { Pic8259Chip } from './pic8259-chip.js';
import type { PortDevice } from './port-bus.js';

/** The line of the first chip at which the second one is. */
const CASCADE = 2;
/** Lines that a PC triggers by edges, whatever is written: timer, keyboard, cascade; clock, FPU (82371AB, 8.1.4). */
const EDGE_ONLY = [0b0000_0111, 0b0010_0001] as const;

/**
 * The two 8259A of a PC: sixteen lines, the second chip at line 2 of the first; commands at ports 20 and A0, data one
 * above, edge or level for each line at 4D0 and 4D1. As firmware leaves it: vectors 08 and 70, everything masked, the
 * lines of PCI by level.
 */
export class Pic8259Pair {
  readonly first: Pic8259Chip;
  readonly second: Pic8259Chip;
  /** Whether INTR of the CPU is high. */
  isAsking = false;
  /** Interrupts taken, by line. */
  readonly taken: number[] = new Array<number>(16).fill(0);
  /** Acknowledged when there was nothing to acknowledge any more: vectors of lines 7 and 15. */
  spurious = 0;

  constructor() {
    this.first = new Pic8259Chip(0x08, CASCADE);
    this.second = new Pic8259Chip(0x70, -1);
  }

  setLine(line: number, high: boolean): void {
    if (line < 8) this.first.setLine(line, high);
    else this.second.setLine(line - 8, high);
    this.settle();
  }

  /** INTA: the vector of the most urgent request. */
  acknowledge(): number {
    const line = this.first.request();
    let vector = this.first.base + this.first.acknowledge();
    if (line === CASCADE) {
      const behind = this.second.request();
      vector = this.second.base + this.second.acknowledge();
      this.count(behind < 0 ? -1 : 8 + behind);
      // INT of the second chip falls, so that it can rise for the next.
      this.first.setLine(CASCADE, false);
    } else {
      this.count(line);
    }
    this.settle();
    return vector;
  }

  /** Ports of one chip. */
  ports(chip: Pic8259Chip): PortDevice {
    return {
      read: (offset) => {
        const value = chip.read(offset);
        // Polling acknowledges.
        this.settle();
        return value;
      },
      write: (offset, value) => {
        chip.write(offset, value);
        this.settle();
      },
    };
  }

  /** The ports 4D0 and 4D1. */
  levelPorts(): PortDevice {
    const chips = [this.first, this.second] as const;
    return {
      read: (offset) => chips[offset as 0 | 1].elcr,
      write: (offset, value) => {
        chips[offset as 0 | 1].setLevel(value & ~EDGE_ONLY[offset as 0 | 1]);
        this.settle();
      },
    };
  }

  private count(line: number): void {
    if (line < 0) this.spurious++;
    else this.taken[line] = (this.taken[line] as number) + 1;
  }

  private settle(): void {
    this.first.setLine(CASCADE, this.second.request() >= 0);
    this.isAsking = this.first.request() >= 0;
  }
}
