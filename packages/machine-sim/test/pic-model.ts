/**
 * The 8259A pair of a PC as a list of facts, written apart from the device: for each line whether it is high, whether it
 * asks, whether it is served. Priorities are a list of lines, the most urgent first.
 */
export class PicModel {
  private readonly chips = [new ChipModel(), new ChipModel()] as const;

  command(chip: 0 | 1, value: number): void {
    this.chips[chip].command(value);
    this.link();
  }

  data(chip: 0 | 1, value: number): void {
    this.chips[chip].data(value);
    this.link();
  }

  level(chip: 0 | 1, value: number): void {
    const fixed = chip === 0 ? [0, 1, 2] : [0, 5];
    this.chips[chip].lines.forEach((line, at) => {
      line.byLevel = (value & (1 << at)) !== 0 && !fixed.includes(at);
      if (line.byLevel && line.high) line.asks = true;
    });
    this.link();
  }

  set(line: number, high: boolean): void {
    this.chips[line < 8 ? 0 : 1].input(line % 8, high);
    this.link();
  }

  get asking(): boolean {
    return this.chips[0].best() !== null;
  }

  acknowledge(): number {
    const [first, second] = this.chips;
    const line = first.serve();
    if (line !== 2) return first.base + (line ?? 7);
    const behind = second.serve();
    // The output of the second chip falls with the acknowledgement.
    first.input(2, false);
    this.link();
    return second.base + (behind ?? 7);
  }

  read(chip: 0 | 1, port: 0 | 1): number {
    const chosen = this.chips[chip];
    if (chosen.poll) {
      chosen.poll = false;
      const line = chosen.serve();
      this.link();
      return line === null ? 7 : 0x80 | line;
    }
    const bits = (pick: (line: LineModel) => boolean): number =>
      chosen.lines.reduce((value, line, at) => value | (pick(line) ? 1 << at : 0), 0);
    if (port === 1) return bits((line) => line.masked);
    return chosen.showsServed ? bits((line) => line.served) : bits((line) => line.asks);
  }

  private link(): void {
    this.chips[0].input(2, this.chips[1].best() !== null);
  }
}

interface LineModel {
  high: boolean;
  asks: boolean;
  served: boolean;
  masked: boolean;
  byLevel: boolean;
}

class ChipModel {
  readonly lines: LineModel[] = Array.from({ length: 8 }, () => ({
    high: false,
    asks: false,
    served: false,
    masked: true,
    byLevel: false,
  }));
  base = 0;
  poll = false;
  showsServed = false;
  private order = [0, 1, 2, 3, 4, 5, 6, 7];
  private setup: ('icw2' | 'icw3' | 'icw4')[] = [];
  private autoEnd = false;
  private autoRotate = false;
  private special = false;

  input(at: number, high: boolean): void {
    const line = this.lines[at] as LineModel;
    if (high && (!line.high || line.byLevel)) line.asks = true;
    if (!high) line.asks = false;
    line.high = high;
  }

  /** The line that is served next, or `null`: nested, a line waits for all that are as urgent or more. */
  best(): number | null {
    for (const at of this.order) {
      const line = this.lines[at] as LineModel;
      if (line.served && !this.special) return null;
      if (line.served && !line.masked) continue;
      if (line.asks && !line.masked && !line.served) return at;
    }
    return null;
  }

  serve(): number | null {
    const at = this.best();
    if (at === null) return null;
    const line = this.lines[at] as LineModel;
    if (!line.byLevel) line.asks = false;
    if (!this.autoEnd) line.served = true;
    else if (this.autoRotate) this.sink(at);
    return at;
  }

  command(value: number): void {
    if (value & 0x10) {
      for (const line of this.lines) {
        line.served = false;
        line.masked = false;
        line.asks = line.high && line.byLevel;
      }
      this.order = [0, 1, 2, 3, 4, 5, 6, 7];
      this.autoEnd = false;
      this.autoRotate = false;
      this.special = false;
      this.showsServed = false;
      this.poll = false;
      this.setup = ['icw2'];
      if (!(value & 2)) this.setup.push('icw3');
      if (value & 1) this.setup.push('icw4');
    } else if (value & 8) {
      if (value & 0x40) this.special = Boolean(value & 0x20);
      if (value & 4) this.poll = true;
      else if (value & 2) this.showsServed = Boolean(value & 1);
    } else {
      const ends = Boolean(value & 0x20);
      const named = Boolean(value & 0x40);
      const rotates = Boolean(value & 0x80);
      if (!ends && !named) {
        this.autoRotate = rotates;
        return;
      }
      if (!ends) {
        if (rotates) this.sink(value & 7);
        return;
      }
      const at = named
        ? value & 7
        : this.order.find((each) => {
            const line = this.lines[each] as LineModel;
            return line.served && !(this.special && line.masked);
          });
      if (at === undefined) return;
      (this.lines[at] as LineModel).served = false;
      if (rotates) this.sink(at);
    }
  }

  data(value: number): void {
    const step = this.setup.shift();
    if (step === undefined) {
      this.lines.forEach((line, at) => {
        line.masked = Boolean(value & (1 << at));
      });
    } else if (step === 'icw2') this.base = value & 0xf8;
    else if (step === 'icw4') this.autoEnd = Boolean(value & 2);
  }

  /** Makes a line the least urgent, and the one behind it the most urgent. */
  private sink(at: number): void {
    this.order = Array.from({ length: 8 }, (_, index) => (at + 1 + index) % 8);
  }
}
