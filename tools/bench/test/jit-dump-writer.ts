/** A position as a test gives it: its address within the code, and where that is in the script. */
export interface WrittenPosition {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  /** None: that of the position before. */
  readonly script?: string;
}

/** Writes jitdumps as the engine does. */
export class JitDumpWriter {
  private readonly parts: Buffer[] = [];

  constructor(magic = 0x4a69_5444) {
    const header = Buffer.alloc(40);
    header.writeUInt32LE(magic, 0);
    header.writeUInt32LE(1, 4);
    header.writeUInt32LE(header.length, 8);
    this.parts.push(header);
  }

  load(address: number, code: Uint8Array, name: string): this {
    const fixed = Buffer.alloc(40);
    fixed.writeBigUInt64LE(BigInt(address), 8);
    fixed.writeBigUInt64LE(BigInt(address), 16);
    fixed.writeBigUInt64LE(BigInt(code.length), 24);
    return this.record(0, fixed, Buffer.from(`${name}\0`), code);
  }

  positions(address: number, positions: readonly WrittenPosition[], claimed = positions.length): this {
    const fixed = Buffer.alloc(16);
    fixed.writeBigUInt64LE(BigInt(address), 0);
    fixed.writeBigUInt64LE(BigInt(claimed), 8);
    const entries = positions.flatMap(({ offset, line, column, script }) => {
      const entry = Buffer.alloc(16);
      // After the header of an ELF file that perf will put before the code.
      entry.writeBigUInt64LE(BigInt(address + offset + 64), 0);
      entry.writeUInt32LE(line, 8);
      entry.writeUInt32LE(column, 12);
      return [entry, script === undefined ? Buffer.from([0xff, 0]) : Buffer.from(`${script}\0`)];
    });
    return this.record(2, fixed, ...entries);
  }

  record(kind: number, ...content: readonly Uint8Array[]): this {
    const body = Buffer.concat(content);
    const header = Buffer.alloc(16);
    header.writeUInt32LE(kind, 0);
    header.writeUInt32LE(16 + body.length, 4);
    this.parts.push(header, body);
    return this;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.parts);
  }
}
