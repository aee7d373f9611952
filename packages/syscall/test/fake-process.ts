import { readI64, readU64, writeI64 } from '@synos/abi';
import { TRAP_FRAME_BYTES, type TrapFrame, trapFrame, USER_END, type UserMemory } from '@synos/interfaces';
import { argumentWords } from '../src/decode.js';

/** A trap frame over bytes of its own. */
export function createFrame(vector: number): TrapFrame & { readonly view: DataView } {
  const view = new DataView(new ArrayBuffer(TRAP_FRAME_BYTES));
  const frame = {
    address: 0,
    view,
    low: (at: number) => view.getUint32(at, true),
    high: (at: number) => view.getUint32(at + 4, true),
    signed: (at: number) => readI64(view, at),
    unsigned: (at: number) => readU64(view, at),
    set: (at: number, value: number) => writeI64(view, at, value),
    setHalves(at: number, low: number, high: number) {
      view.setUint32(at, low, true);
      view.setUint32(at + 4, high, true);
    },
  };
  frame.set(trapFrame.vector, vector);
  return frame;
}

/** Fills a frame's number and arguments. */
export function fill(frame: TrapFrame, number: number, ...values: readonly number[]): void {
  frame.set(trapFrame.rax, number);
  for (const [index, value] of values.entries()) frame.set(argumentWords[index]!, value);
}

/** All words but rax, as 64-bit integers. */
export function otherWords(frame: { readonly view: DataView }): bigint[] {
  const words: bigint[] = [];
  for (let at = 0; at < TRAP_FRAME_BYTES; at += 8) {
    if (at !== trapFrame.rax) words.push(frame.view.getBigUint64(at, true));
  }
  return words;
}

/** Bytes in one stretch of an otherwise empty user half; its end may be read-only. */
export class FakeMemory implements UserMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Where it begins. */
  readonly base: number;
  /** Stores end here. */
  writableEnd: number;
  /** How often each of the three doors was used. */
  copies = 0;

  constructor(byteLength = 4096, base = 0x1000) {
    this.bytes = new Uint8Array(byteLength);
    this.view = new DataView(this.bytes.buffer);
    this.base = base;
    this.writableEnd = base + byteLength;
  }

  copyIn(address: number, into: Uint8Array, offset = 0, byteLength = into.length - offset): number {
    const length = this.within(address, byteLength, this.base + this.bytes.length);
    const at = address - this.base;
    if (length > 0) into.set(this.bytes.subarray(at, at + length), offset);
    return length;
  }

  copyOut(address: number, from: Uint8Array, offset = 0, byteLength = from.length - offset): number {
    const length = this.within(address, byteLength, this.writableEnd);
    if (length > 0) this.bytes.set(from.subarray(offset, offset + length), address - this.base);
    return length;
  }

  zeroOut(address: number, byteLength: number): number {
    const length = this.within(address, byteLength, this.writableEnd);
    if (length > 0) this.bytes.fill(0, address - this.base, address - this.base + length);
    return length;
  }

  private within(address: number, byteLength: number, end: number): number {
    this.copies += 1;
    if (!(address >= this.base && address < Math.min(end, USER_END))) return 0;
    return Math.min(byteLength, end - address);
  }

  /** Puts bytes or text somewhere and answers its address. */
  put(at: number, content: string | ArrayLike<number>): number {
    this.bytes.set(typeof content === 'string' ? ascii(content) : content, at - this.base);
    return at;
  }
}

/** Text as bytes. */
export const ascii = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Bytes as text. */
export const textOf = (bytes: Uint8Array | number): string =>
  typeof bytes === 'number' ? String(bytes) : String.fromCharCode(...bytes);
