import { slot } from '@synos/machine-sim/testing';

/** Registers by their numbers in an instruction (SDM vol. 2, table 2-4). */
export const register = slot;

/** The low four bits of a jump's opcode (SDM vol. 1, appendix B). */
export const condition = { equal: 4, notEqual: 5, negative: 8, notNegative: 9 } as const;

/** A number, or the address of a label. */
export type Operand = number | bigint | string;

/** Where the registers of a call go, and the registers of its arguments. */
const argumentRegisters = [register.rdi, register.rsi, register.rdx, register.r10, register.r8, register.r9];
const INT_80 = [0xcd, 0x80];
const SYSCALL = [0x0f, 0x05];

/** A few instructions of x86-64 and labels, for programs that a test makes. */
export class Assembly {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fixes: { readonly at: number; readonly label: string; readonly isRelative: boolean }[] = [];

  raw(...bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  label(name: string): this {
    this.#labels.set(name, this.#bytes.length);
    return this;
  }

  /** MOV r64, imm64. */
  set(into: number, value: Operand): this {
    this.raw(0x48 | (into >> 3), 0xb8 | (into & 7));
    return this.quad(value);
  }

  quad(value: Operand): this {
    if (typeof value === 'string') this.#fixes.push({ at: this.#bytes.length, label: value, isRelative: false });
    const bits = BigInt.asUintN(64, typeof value === 'string' ? 0n : BigInt(value));
    for (let byte = 0n; byte < 8n; byte++) this.#bytes.push(Number((bits >> (8n * byte)) & 0xffn));
    return this;
  }

  text(words: string): this {
    return this.raw(...Array.from(words, (letter) => letter.charCodeAt(0)));
  }

  align(bytes: number): this {
    while (this.#bytes.length % bytes !== 0) this.#bytes.push(0);
    return this;
  }

  jump(label: string): this {
    return this.raw(0xe9).#relative(label);
  }

  jumpIf(code: number, label: string): this {
    return this.raw(0x0f, 0x80 | code).#relative(label);
  }

  /** TEST rax, rax. */
  testAnswer(): this {
    return this.raw(0x48, 0x85, 0xc0);
  }

  /** CMP rax, imm32. */
  compareAnswer(value: number): this {
    return this.raw(0x48, 0x3d, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
  }

  /** CMP r64, the quad at a label. */
  compareWith(left: number, label: string): this {
    return this.raw(0x48 | ((left >> 3) << 2), 0x3b, ((left & 7) << 3) | 5).#relative(label);
  }

  /** MOV r64, the quad at a label. */
  load(into: number, label: string): this {
    return this.raw(0x48 | ((into >> 3) << 2), 0x8b, ((into & 7) << 3) | 5).#relative(label);
  }

  /** A call by INT 0x80. */
  call(number: number, ...args: readonly Operand[]): this {
    return this.#call(INT_80, number, args);
  }

  /** A call by SYSCALL. */
  linuxCall(number: number, ...args: readonly Operand[]): this {
    return this.#call(SYSCALL, number, args);
  }

  #call(instruction: readonly number[], number: number, args: readonly Operand[]): this {
    args.forEach((value, index) => {
      this.set(argumentRegisters[index] as number, value);
    });
    return this.set(register.rax, number).raw(...instruction);
  }

  #relative(label: string): this {
    this.#fixes.push({ at: this.#bytes.length, label, isRelative: true });
    return this.raw(0, 0, 0, 0);
  }

  /** The bytes, where the first of them lies at `address`. */
  assembled(address: number): Uint8Array<ArrayBuffer> {
    const bytes = Uint8Array.from(this.#bytes);
    const view = new DataView(bytes.buffer);
    for (const { at, label, isRelative } of this.#fixes) {
      const place = this.#labels.get(label);
      if (place === undefined) throw new Error(`no label ${label}`);
      if (isRelative) view.setInt32(at, place - (at + 4), true);
      else view.setBigUint64(at, BigInt(address + place), true);
    }
    return bytes;
  }
}
