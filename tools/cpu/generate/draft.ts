import type { InstructionForm, Width } from '@synos/machine-sim/testing';
import type { Poke } from '../cpu-case.js';
import { CODE, CODE_END, CODE_PAGES, DATA, MAX_POKES, PAGE_BYTES } from '../layout.js';
import { alignedAddress, badAddress, goodAddress } from './addressing.js';
import type { Combination, Modifier, Place } from './combination.js';
import type { Chance } from './random.js';
import { bytesOf, edgeValue } from './values.js';

/** Registers by their numbers, where an instruction implies them. */
export const rax = 0;
export const rcx = 1;
export const rdx = 2;
export const rbx = 3;
export const rsp = 4;
export const rbp = 5;
export const rsi = 6;
export const rdi = 7;

/** A case that is being made: registers and memory, until the instruction is encoded. */
export class Draft {
  readonly chance: Chance;
  readonly form: InstructionForm;
  readonly width: Width;
  readonly place: Place;
  readonly modifier: Modifier;
  /** Memory is where an access may fault. */
  readonly seeksFault: boolean;
  /** Sixteen registers. */
  readonly values = new BigInt64Array(16);
  readonly pokes: Poke[] = [];
  /** Registers that hold an address, and must. */
  private readonly kept = new Set<number>();

  constructor(chance: Chance, { form, width, place, modifier }: Combination, seeksFault: boolean) {
    this.chance = chance;
    this.form = form;
    this.width = width;
    this.place = place;
    this.modifier = modifier;
    this.seeksFault = seeksFault;
    for (let i = 0; i < 16; i++) this.values[i] = edgeValue(chance);
  }

  /** Bytes of the operation's width. */
  get bytes(): number {
    return this.width / 8;
  }

  set(register: number, value: bigint | number): void {
    this.values[register] = BigInt.asIntN(64, BigInt(value));
  }

  /** Sets a register that is part of an address: it is not changed after that. */
  keep(register: number, value: bigint): void {
    this.set(register, value);
    this.kept.add(register);
  }

  /** Sets a register but where an address needs it. */
  suggest(register: number, value: bigint | number): void {
    if (!this.kept.has(register)) this.set(register, value);
  }

  /** Stores before the case, as long as there is room for it. */
  poke(at: number, length: number, value: bigint): void {
    if (this.pokes.length < MAX_POKES) this.pokes.push({ address: at, bytes: bytesOf(value, length) });
  }

  /** An address for an access of `size` bytes. */
  address(size: number, isFaulting = this.seeksFault): number {
    if (isFaulting) return badAddress(this.chance, size);
    return this.modifier === 'lock' ? alignedAddress(this.chance, size) : goodAddress(this.chance, size);
  }

  /** Where a jump may go: to an INT3, or where it faults. */
  codeTarget(): number {
    const { chance } = this;
    if (!this.seeksFault || !chance.once(2)) return CODE + chance.below(CODE_PAGES * PAGE_BYTES - 64);
    return chance.pick([2 ** 47, DATA + 8, CODE_END, CODE_END + 0x6000, 2 ** 47 - 1]);
  }
}
