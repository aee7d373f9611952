// Where everything lies while a case runs, on both CPUs. native/runner.c has the same numbers.

export const PAGE_BYTES = 4096;
/** Two pages to read and write, and one that is read-only. Nothing before them and nothing behind. */
export const DATA = 0x1000_0000;
export const DATA_PAGES = 3;
export const DATA_BYTES = DATA_PAGES * PAGE_BYTES;
export const READ_ONLY = DATA + 2 * PAGE_BYTES;
export const DATA_END = DATA + DATA_BYTES;
/** Two pages that can be executed, not written; nothing behind them. Full of INT3 where no case is. */
export const CODE = 0x1001_0000;
export const CODE_PAGES = 2;
export const CODE_END = CODE + CODE_PAGES * PAGE_BYTES;
/** One page that can be executed; the one behind it can only be read. */
export const FENCED_CODE = 0x1002_0000;
export const FENCED_CODE_END = FENCED_CODE + PAGE_BYTES;
/** What FS and GS add. */
export const FS_BASE = DATA + 0x800;
export const GS_BASE = DATA + 0x400;

export const MAX_CODE_BYTES = 64;
export const MAX_POKES = 3;
export const MAX_POKE_BYTES = 16;
/** The number of a trap that is none: the case did not end. */
export const TIMED_OUT = 0xff;

/** What the data pages hold before a case, its own pokes apart. Seeded, so that a case says all there is to say. */
export function initialMemory(): Uint8Array {
  const memory = new Uint8Array(DATA_BYTES);
  let state = 0x2545_f491;
  for (let i = 0; i < memory.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    memory[i] = state;
  }
  return memory;
}
