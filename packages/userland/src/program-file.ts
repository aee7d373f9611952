import { decodeBase64 } from './base64.js';

/** A program as a file. */
export interface ProgramFile {
  /** Under which a kernel finds it: `/boot/NAME`. */
  readonly name: string;
  /** SHA-256 of what it was made from, in hexadecimal. */
  readonly sourceHash: string;
  /** The ELF file, a new array each time. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/**
 * A program out of its text, as the modules of this package have it: for programs of one's own that are to be modules too.
 *
 * @param sourceHash - of whatever it was made from; nothing here looks at it
 * @param base64 - the ELF file (RFC 4648, section 4; line breaks are passed over); decoded when somebody asks for the bytes
 * @example
 * ```ts
 * import { programFile } from '@synos/userland';
 *
 * const mine = programFile('mine', '', 'f0VMRgIBAQAAAAAAAAAAAAIAPgAB');
 * mine.bytes()[0]; // 0x7f
 * ```
 */
export function programFile(name: string, sourceHash: string, base64: string): ProgramFile {
  return { name, sourceHash, bytes: () => decodeBase64(base64) };
}
