import type { PhysicalAddress } from './machine-memory.js';

/**
 * Where the registers of an interrupted program lie, in bytes from the frame's start: 22 little-endian 64-bit words.
 * The last five are what the CPU pushes, `error` and `vector` what the entry code or the CPU adds, the rest what the
 * entry code saves. RSP0 of the TSS points behind `ss`.
 */
export const trapFrame = {
  r15: 0,
  r14: 8,
  r13: 16,
  r12: 24,
  r11: 32,
  r10: 40,
  r9: 48,
  r8: 56,
  rdi: 64,
  rsi: 72,
  rbp: 80,
  rbx: 88,
  rdx: 96,
  rcx: 104,
  rax: 112,
  vector: 120,
  error: 128,
  rip: 136,
  cs: 144,
  rflags: 152,
  rsp: 160,
  ss: 168,
} as const;
/** The name of a word of a {@link trapFrame}. */
export type TrapFrameWord = keyof typeof trapFrame;

/** Bytes of the 22 words. */
export const TRAP_FRAME_BYTES = 176;

/** What follows the words, in bytes from the frame's start, and how much the whole takes. It lies on 16 bytes. */
export const trapFrameTail = { fxsave: 176, fsBase: 688, gsBase: 696, end: 704 } as const;

/** Segment selectors, in the order that SYSRET wants (SDM vol. 3, 5.8.8). */
export const selectors = { kernelCode: 0x08, kernelData: 0x10, userData: 0x1b, userCode: 0x23, tss: 0x28 } as const;

/** The vector that stands for the SYSCALL instruction, above the 256 of the IDT. */
export const SYSCALL_VECTOR = 256;

/**
 * The registers of an interrupted program, over their bytes. A word is 64 bits: as a signed number it is exact between
 * -2^53 and 2^53, which every canonical address is; in halves it is always exact.
 *
 * @example
 * ```ts
 * import { type TrapFrame, trapFrame } from '@synos/interfaces';
 *
 * // The number of a system call, and its answer.
 * const answer = (frame: TrapFrame): void => {
 *   const number = frame.low(trapFrame.rax);
 *   frame.set(trapFrame.rax, number === 39 ? 1 : -38);
 * };
 * ```
 */
export interface TrapFrame {
  /** Where it lies in physical memory; 0 where it does not lie in any. */
  readonly address: PhysicalAddress;
  /** Bits 0 to 31 of the word at an offset of {@link trapFrame}, unsigned. */
  low(at: number): number;
  /** Bits 32 to 63, unsigned. */
  high(at: number): number;
  /** The word as a signed number: canonical addresses, `ssize_t`, `off_t`. Rounded outside ±2^53. */
  signed(at: number): number;
  /** The word as an unsigned number: `size_t`. Rounded from 2^53 on, and never to less than that. */
  unsigned(at: number): number;
  /** Stores an integer, negative ones as two's complement. */
  set(at: number, value: number): void;
  /** Stores both halves; they are cut to 32 bits. */
  setHalves(at: number, low: number, high: number): void;
}
