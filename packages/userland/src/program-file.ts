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
 * A program out of its text.
 *
 * @param base64 - the ELF file; decoded when somebody asks for the bytes
 */
export function programFile(name: string, sourceHash: string, base64: string): ProgramFile {
  return { name, sourceHash, bytes: () => decodeBase64(base64) };
}
