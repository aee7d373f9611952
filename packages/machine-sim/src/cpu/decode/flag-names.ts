import { STATUS_FLAGS } from '../ir.js';

/** The status flags by their letters in the manual. */
export const flag = { c: 0x001, p: 0x004, a: 0x010, z: 0x040, s: 0x080, o: 0x800 } as const;

/** Sets of flags that instructions write or leave undefined together (SDM vol. 1, appendix A.1). */
export const flagSet = {
  all: STATUS_FLAGS,
  /** INC and DEC keep CF. */
  allButCarry: STATUS_FLAGS & ~flag.c,
  /** Shifts leave AF undefined. */
  allButAdjust: STATUS_FLAGS & ~flag.a,
  /** All that rotates and multiplications define. */
  carryAndOverflow: flag.c | flag.o,
  /** What multiplications leave undefined. */
  allButCarryAndOverflow: flag.p | flag.a | flag.z | flag.s,
  /** What BT and its kin leave undefined. */
  allButCarryAndZero: flag.p | flag.a | flag.s | flag.o,
  /** What BSF and BSR leave undefined. */
  allButZero: STATUS_FLAGS & ~flag.z,
} as const;
