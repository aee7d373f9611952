/** Seeded chance, for simulations and tests: the same seed gives the same sequence. */
export interface Random {
  /** The next 32 bits, 0 to 2^32 - 1. */
  nextUint32(): number;
}

/**
 * Unpredictable chance, for sequence numbers, ports, IP identifiers and hash keys (RFC 4086). A stack without it
 * refuses to start.
 */
export interface Entropy {
  /** Fills the whole of `bytes` with unpredictable bytes. */
  fill(bytes: Uint8Array<ArrayBuffer>): void;
}
