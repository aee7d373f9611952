import { vectors } from './vectors.js';

/** What the error code of a page fault says (SDM vol. 3, 4.7). */
export interface PageFaultError {
  /** The page is there, and the access is not allowed. Clear: no page is there. */
  readonly present: boolean;
  readonly write: boolean;
  /** An access of ring 3. Clear: of ring 0, reads of the CPU's own tables included. */
  readonly user: boolean;
  /** A reserved bit is set in a table. */
  readonly reservedBit: boolean;
  /** An instruction was fetched. */
  readonly fetch: boolean;
  readonly protectionKey: boolean;
  readonly shadowStack: boolean;
}

/**
 * Takes the error code of a page fault apart.
 *
 * @example
 * ```ts
 * import { readPageFaultError } from '@synos/trap';
 *
 * readPageFaultError(6); // a write of ring 3 where no page is
 * ```
 */
export function readPageFaultError(code: number): PageFaultError {
  return {
    present: (code & 1) !== 0,
    write: (code & 2) !== 0,
    user: (code & 4) !== 0,
    reservedBit: (code & 8) !== 0,
    fetch: (code & 16) !== 0,
    protectionKey: (code & 32) !== 0,
    shadowStack: (code & 64) !== 0,
  };
}

/** What the error code of #TS, #NP, #SS and #GP says (SDM vol. 3, 6.13). */
export interface SelectorError {
  /** EXT: it happened while an interrupt or an earlier exception was delivered, not by the program's instruction. */
  readonly external: boolean;
  readonly table: 'gdt' | 'idt' | 'ldt';
  /** The entry of the table; of the IDT the vector. Table `gdt` and entry 0: no descriptor is to blame. */
  readonly index: number;
}

/**
 * Takes an error code that names a selector apart.
 *
 * @example
 * ```ts
 * import { readSelectorError } from '@synos/trap';
 *
 * readSelectorError(0x102); // { external: false, table: 'idt', index: 32 }: INT 0x20 was not allowed
 * ```
 */
export function readSelectorError(code: number): SelectorError {
  const table = (code & 2) !== 0 ? 'idt' : (code & 4) !== 0 ? 'ldt' : 'gdt';
  return { external: (code & 1) !== 0, table, index: (code >>> 3) & 0x1fff };
}

/** The error code that names a selector. */
export function selectorErrorCode(selector: number, external: boolean): number {
  return (selector & 0xfffc) | (external ? 1 : 0);
}

/** The error code that names a gate of the IDT. */
export function gateErrorCode(vector: number, external: boolean): number {
  return ((vector & 0xff) << 3) | 2 | (external ? 1 : 0);
}

/** An error code in words, as the vector that it came with understands it. Any numbers will do. */
export function describeErrorCode(vector: number, code: number): string {
  switch (vector) {
    case vectors.pageFault.vector:
      return describePageFault(readPageFaultError(code));
    case vectors.invalidTss.vector:
    case vectors.segmentNotPresent.vector:
    case vectors.stackFault.vector:
    case vectors.generalProtection.vector:
      return describeSelector(readSelectorError(code));
    default:
      return `error code ${hex(code)}`;
  }
}

function describePageFault(error: PageFaultError): string {
  const access = error.fetch ? 'fetch' : error.write ? 'write' : 'read';
  const why = error.reservedBit ? 'a reserved bit in a table' : error.present ? 'not allowed' : 'no page';
  const more = `${error.protectionKey ? ', protection key' : ''}${error.shadowStack ? ', shadow stack' : ''}`;
  return `${error.user ? 'user' : 'supervisor'} ${access}: ${why}${more}`;
}

function describeSelector({ external, table, index }: SelectorError): string {
  const what = table === 'idt' ? `gate ${hex(index)}` : `${table.toUpperCase()} selector ${hex(index * 8)}`;
  const named = table === 'gdt' && index === 0 ? 'no selector' : what;
  return external ? `${named}, while an event was delivered` : named;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
