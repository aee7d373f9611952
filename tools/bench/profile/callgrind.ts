/** What ran at one address. */
export interface Counted {
  readonly address: number;
  /** How many times. */
  count: number;
  /** How many times its line was not in the simulated instruction cache. */
  misses: number;
  /** The function, where the object has symbols; `???` where it has none. */
  readonly name: string;
}

/** What callgrind counted in one object: an executable file or a library; `???` is memory that no file is behind. */
export interface CountedObject {
  readonly name: string;
  /** Addresses are those within the object's file; in memory without a file, those of the memory. */
  readonly addresses: ReadonlyMap<number, Counted>;
}

/** What callgrind writes for names that it does not know, and for what our engine compiles. */
export const unknownName = '???';

/** Names are written out once, later on by their number alone. */
class NameTable {
  private readonly names = new Map<string, string>();

  /** @param text - `(12) name`, `(12)`, or without compression just `name` */
  resolve(text: string): string {
    const [, id, name] = /^\((\d+)\)(?: (.*))?$/.exec(text) ?? [];
    if (id === undefined) return text;
    if (name !== undefined) this.names.set(id, name);
    return name ?? this.names.get(id) ?? unknownName;
  }
}

/** One pass over the file. */
class CallgrindReader {
  readonly objects = new Map<string, { name: string; addresses: Map<number, Counted> }>();
  private readonly objectNames = new NameTable();
  private readonly functionNames = new NameTable();
  private object = this.objectNamed(unknownName);
  private functionName = unknownName;
  /** Positions of a line: address, or address and line of source. The cost comes after them. */
  private positions = 1;
  /** Which of the counts that follow are executions, and which misses; -1 where the cache was not simulated. */
  private executed = 0;
  private missed = -1;
  private address = 0;
  /** The next line tells what a call cost in all, which was counted where it ran. */
  private isCallCost = false;

  line(text: string): void {
    const first = text.charCodeAt(0);
    // Most lines by far: `0x1a`, `+3`, `-3`, `*` or a number.
    if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2a) this.cost(text);
    else this.specification(text);
  }

  private specification(text: string): void {
    const [, key, value = ''] = /^(\w+)[=:] ?(.*)$/.exec(text) ?? [];
    switch (key) {
      case 'positions':
        if (!value.startsWith('instr')) throw new TypeError('callgrind: counts are not by instruction');
        this.positions = value.split(' ').length;
        break;
      case 'events': {
        const events = value.split(' ');
        this.executed = events.indexOf('Ir');
        this.missed = events.indexOf('I1mr');
        break;
      }
      case 'ob':
        this.object = this.objectNamed(this.objectNames.resolve(value));
        break;
      case 'cob':
        this.objectNames.resolve(value);
        break;
      case 'fn':
        // The levels of a recursion are functions of their own to callgrind.
        this.functionName = this.functionNames.resolve(value).replace(/'\d+$/, '');
        break;
      case 'cfn':
        this.functionNames.resolve(value);
        break;
      case 'calls':
        this.isCallCost = true;
        break;
    }
  }

  private cost(text: string): void {
    const fields = text.split(' ');
    const address = this.addressOf(fields[0]!);
    const count = Number(fields[this.positions + this.executed] ?? 0);
    // Zeros at the end of a line are left out.
    const misses = this.missed < 0 ? 0 : Number(fields[this.positions + this.missed] ?? 0);
    // Half a line, where the file ends too early.
    if (![address, count, misses].every(Number.isSafeInteger)) return;
    this.address = address;
    if (this.isCallCost) {
      this.isCallCost = false;
      return;
    }
    const known = this.object.addresses.get(address);
    if (known) {
      known.count += count;
      known.misses += misses;
    } else {
      this.object.addresses.set(address, { address, count, misses, name: this.functionName });
    }
  }

  /** Where the line is, given as such or as a distance from the line before. */
  private addressOf(text: string): number {
    if (text === '*') return this.address;
    if (text.startsWith('+')) return this.address + Number(text.slice(1));
    if (text.startsWith('-')) return this.address - Number(text.slice(1));
    return Number(text);
  }

  private objectNamed(name: string): { name: string; addresses: Map<number, Counted> } {
    let object = this.objects.get(name);
    if (!object) {
      object = { name, addresses: new Map() };
      this.objects.set(name, object);
    }
    return object;
  }
}

/**
 * Reads what `valgrind --tool=callgrind --dump-instr=yes` wrote.
 *
 * @throws TypeError if it did not count by address
 */
export function readCallgrind(text: string): readonly CountedObject[] {
  const reader = new CallgrindReader();
  // Without the last line break a line may be cut in the middle of a number.
  for (let at = 0, end = text.indexOf('\n'); end >= 0; at = end + 1, end = text.indexOf('\n', at)) {
    reader.line(text.slice(at, end));
  }
  return [...reader.objects.values()].filter((object) => object.addresses.size > 0);
}
