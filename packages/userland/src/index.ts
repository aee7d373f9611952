/** A program as a file. */
export interface ProgramFile {
  readonly name: string;
  /** SHA-256 of what it was made from, in hexadecimal. */
  readonly sourceHash: string;
  /** The ELF file, a new array each time. */
  bytes(): Uint8Array<ArrayBuffer>;
}
