/** Where in a script the instructions from an address on come from. */
export interface JitPosition {
  readonly address: number;
  /** As the engine calls it: a path or a URL. */
  readonly script: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** Code that the engine made while the program ran. */
export interface JitCode {
  readonly address: number;
  readonly bytes: number;
  /** `JS:*receive /path/program.cjs:12:5`: a star for optimised code. */
  readonly name: string;
  /** By address; where code was inlined, that of the inlined function. */
  readonly positions: readonly JitPosition[];
}

const magic = 0x4a69_5444;
const recordHeaderBytes = 16;
/** Kinds of record; the others say nothing that is needed here. */
const codeLoad = 0;
const debugInfo = 2;
/** Positions are given as they will lie in an ELF file that `perf inject` makes of the code: after its header. */
const elfHeaderBytes = 64;
/** Stands for the script of the position before. */
const sameScript = 0xff;

/** One record's fields, one after another. */
class Fields {
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  /** Addresses of programs have 47 bits. */
  u64(): number {
    this.at += 8;
    return Number(this.view.getBigUint64(this.at - 8, true));
  }

  /** Up to a zero byte; null where it stands for the one before. */
  text(): string | null {
    const start = this.at;
    while (this.view.getUint8(this.at) !== 0) this.at += 1;
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + start, this.at - start);
    this.at += 1;
    return bytes.length === 1 && bytes[0] === sameScript ? null : Buffer.from(bytes).toString('utf8');
  }
}

/** All code that a jitdump tells of, found by address. */
export class JitDump {
  /** By address; no two overlap. */
  private codes: readonly JitCode[];

  /** @param loads - in the order in which they were loaded */
  constructor(loads: readonly JitCode[]) {
    this.codes = withoutReplaced(loads);
  }

  get size(): number {
    return this.codes.length;
  }

  find(address: number): JitCode | null {
    const code = lastUpTo(this.codes, address);
    return code && address < code.address + code.bytes ? code : null;
  }
}

/** Where the instruction comes from; null before the first position, which is the function's entry. */
export function positionAt(code: JitCode, address: number): JitPosition | null {
  return lastUpTo(code.positions, address);
}

/**
 * Reads a jitdump, as `node --perf-prof` writes it. Of one that ends too early, all that is whole.
 *
 * @throws TypeError if it is none
 */
export function readJitDump(bytes: Uint8Array): JitDump {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0, true) !== magic) throw new TypeError('no jitdump of this byte order');
  const loads: JitCode[] = [];
  /** Positions come before the code that they are of. */
  const pending = new Map<number, readonly JitPosition[]>();
  for (let at = view.getUint32(8, true); at + recordHeaderBytes <= bytes.length; ) {
    const kind = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    if (size < recordHeaderBytes || at + size > bytes.length) break;
    const record = new Fields(bytes.subarray(at + recordHeaderBytes, at + size));
    try {
      if (kind === debugInfo) {
        const { address, positions } = readPositions(record);
        pending.set(address, positions);
      } else if (kind === codeLoad) {
        const load = readLoad(record);
        loads.push({ ...load, positions: pending.get(load.address) ?? [] });
        pending.delete(load.address);
      }
    } catch (error) {
      // Fields beyond the end of their record: it is left out.
      if (!(error instanceof RangeError)) throw error;
    }
    at += size;
  }
  return new JitDump(loads);
}

function readLoad(record: Fields): { address: number; bytes: number; name: string } {
  // The process, the thread and the address once more.
  record.skip(16);
  const address = record.u64();
  const bytes = record.u64();
  // A number of its own.
  record.skip(8);
  return { address, bytes, name: record.text() ?? '' };
}

function readPositions(record: Fields): { address: number; positions: readonly JitPosition[] } {
  const address = record.u64();
  const count = record.u64();
  const positions: JitPosition[] = [];
  let script = '';
  for (let index = 0; index < count; index++) {
    const at = record.u64() - elfHeaderBytes;
    const line = record.u32();
    const column = record.u32();
    script = record.text() ?? script;
    positions.push({ address: at, script, line, column });
  }
  positions.sort((a, b) => a.address - b.address);
  return { address, positions };
}

/** Code that was loaded over other code is what ran there last. */
function withoutReplaced(loads: readonly JitCode[]): readonly JitCode[] {
  const kept: JitCode[] = [];
  for (const load of loads) {
    const end = load.address + load.bytes;
    // Those that begin before its end and do not end before it begins; none of them overlap, so they lie together.
    const until = indexAfter(kept, end - 1);
    let from = until;
    while (from > 0 && kept[from - 1]!.address + kept[from - 1]!.bytes > load.address) from -= 1;
    kept.splice(from, until - from, load);
  }
  return kept;
}

function lastUpTo<T extends { readonly address: number }>(sorted: readonly T[], address: number): T | null {
  return sorted[indexAfter(sorted, address) - 1] ?? null;
}

/** How many begin at the address or before it. */
function indexAfter(sorted: readonly { readonly address: number }[], address: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
