/** How a child changed, as wait4(2) stores it: what the macros of wait(2) (WIFEXITED and the rest) say. */
export type WaitStatus =
  | { readonly how: 'exited' /** 0 to 255. */; readonly code: number }
  | { readonly how: 'killed' /** 1 to 126. */; readonly signal: number; readonly dumpedCore: boolean }
  | { readonly how: 'stopped' /** 0 to 255. */; readonly signal: number }
  | { readonly how: 'continued' };

const CONTINUED = 0xffff;

/**
 * The number that wait4(2) stores.
 *
 * @param status - how the child changed; a code or signal is cut to its eight or seven bits, as exit(2) does
 * @returns 0 to 65,535
 * @example
 * ```ts
 * writeWaitStatus({ how: 'exited', code: 3 }); // 0x300
 * ```
 */
export function writeWaitStatus(status: WaitStatus): number {
  switch (status.how) {
    case 'exited':
      return (status.code & 0xff) << 8;
    case 'killed':
      return (status.signal & 0x7f) | (status.dumpedCore ? 0x80 : 0);
    case 'stopped':
      return ((status.signal & 0xff) << 8) | 0x7f;
    case 'continued':
      return CONTINUED;
  }
}

/**
 * What a number of wait4(2) says.
 *
 * @param status - any number; its low 16 bits are looked at
 * @returns a new value
 * @example
 * ```ts
 * readWaitStatus(0x8b); // { how: 'killed', signal: 11, dumpedCore: true }
 * ```
 */
export function readWaitStatus(status: number): WaitStatus {
  const word = status & 0xffff;
  if (word === CONTINUED) return { how: 'continued' };
  const low = word & 0x7f;
  if (low === 0) return { how: 'exited', code: word >> 8 };
  if (low === 0x7f) return { how: 'stopped', signal: word >> 8 };
  return { how: 'killed', signal: low, dumpedCore: (word & 0x80) !== 0 };
}
