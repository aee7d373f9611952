/** Instructions are at most this long (SDM vol. 2, 2.3.11). */
export const MAX_INSTRUCTION_BYTES = 15;

/** Reads the bytes of one instruction, up to where it may go on. Beyond that it reads zeros and remembers it. */
export class ByteCursor {
  readonly #code: Uint8Array;
  readonly #limit: number;
  at: number;
  /** Whether a byte was wanted that is not there. */
  isShort = false;

  constructor(code: Uint8Array, at: number, limit: number) {
    this.#code = code;
    this.#limit = limit;
    this.at = at;
  }

  unsigned8(): number {
    if (this.at >= this.#limit) {
      this.isShort = true;
      return 0;
    }
    return this.#code[this.at++] as number;
  }

  signed8(): number {
    return (this.unsigned8() << 24) >> 24;
  }

  unsigned16(): number {
    return this.unsigned8() | (this.unsigned8() << 8);
  }

  signed32(): number {
    return this.unsigned16() | (this.unsigned16() << 16);
  }
}
