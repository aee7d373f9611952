/** Bytes of memory that a case wants, other than what all cases begin with. */
export interface Poke {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** One to five instructions, and everything they begin with. */
export interface CpuCase {
  /** Sixteen registers in the hardware's order, in int32 halves, the low one first. */
  readonly registers: Int32Array;
  readonly flags: number;
  /** Where the code lies: it is run from its first byte on, and INT3 follows. */
  readonly ip: number;
  readonly code: Uint8Array;
  readonly pokes: readonly Poke[];
}

/** What a case came to. It ends with a trap always: that of INT3 (3) where nothing else was. */
export interface CpuResult {
  readonly registers: Int32Array;
  readonly flags: number;
  /** What an interrupt frame says. */
  readonly ip: number;
  readonly trap: number;
  /** 0 where there is none. */
  readonly error: number;
  /** Good for a page fault alone. */
  readonly cr2: number;
  /** Data that is not what all cases begin with: offset, low half, high half, and so on, ascending. */
  readonly changes: Int32Array;
}
