import {
  assert,
  type PhysicalAddress,
  selectors,
  type TrapFrame,
  trapFrame,
  trapFrameTail,
  type VirtualAddress,
} from '@synos/interfaces';
import { rflag } from '../rflags.js';
import { readSigned, writeSigned } from '../word.js';

/**
 * A trap frame over its bytes, which it aliases: what is set is there at once, and what is not set stays as it was.
 *
 * @param bytes - holds the frame's 704 bytes from `offset` on (asserted); stays the caller's
 * @param offset - where it begins in `bytes`
 * @param address - where it begins in physical memory, a multiple of 16 (asserted, FXSAVE wants it); 0 for nowhere
 *
 * @example
 * ```ts
 * import { trapFrame, trapFrameTail } from '@synos/interfaces';
 * import { createTrapFrame } from '@synos/trap';
 *
 * const frame = createTrapFrame(new Uint8Array(trapFrameTail.end));
 * frame.set(trapFrame.rax, -38);
 * ```
 */
export function createTrapFrame(bytes: Uint8Array<ArrayBuffer>, offset = 0, address: PhysicalAddress = 0): TrapFrame {
  assert(offset >= 0 && offset + trapFrameTail.end <= bytes.length, 'a trap frame has 704 bytes');
  assert(address % 16 === 0, 'a trap frame lies on 16 bytes');
  return new FrameView(new DataView(bytes.buffer, bytes.byteOffset + offset, trapFrameTail.end), address);
}

/** The registers with which a program begins. */
export interface StartRegisters {
  readonly rip: VirtualAddress;
  readonly rsp: VirtualAddress;
}

/**
 * Makes a frame that resumes ring 3 for the first time: user segments, interrupts on, everything else zero, and the
 * FPU as FNINIT and the reset leave it (FCW 037F, MXCSR 1F80: all exceptions masked, SDM vol. 1, 8.1.5 and 10.2.3).
 * Writes all 704 bytes; arguments as for {@link createTrapFrame}.
 *
 * @example
 * ```ts
 * import { trapFrameTail } from '@synos/interfaces';
 * import { createStartFrame } from '@synos/trap';
 *
 * const frame = createStartFrame(new Uint8Array(trapFrameTail.end), 0, { rip: 0x40_1000, rsp: 0x7fff_ffff_0000 });
 * ```
 */
export function createStartFrame(
  bytes: Uint8Array<ArrayBuffer>,
  offset: number,
  registers: StartRegisters,
  address: PhysicalAddress = 0,
): TrapFrame {
  const frame = createTrapFrame(bytes, offset, address);
  bytes.fill(0, offset, offset + trapFrameTail.end);
  frame.set(trapFrame.rip, registers.rip);
  frame.set(trapFrame.rsp, registers.rsp);
  frame.set(trapFrame.cs, selectors.userCode);
  frame.set(trapFrame.ss, selectors.userData);
  frame.set(trapFrame.rflags, rflag.interrupt | rflag.one);
  frame.set(trapFrameTail.fxsave, 0x037f);
  frame.setHalves(trapFrameTail.fxsave + 24, 0x1f80, 0);
  return frame;
}

class FrameView implements TrapFrame {
  readonly address: PhysicalAddress;
  readonly #view: DataView;

  constructor(view: DataView, address: PhysicalAddress) {
    this.#view = view;
    this.address = address;
  }

  low(at: number): number {
    return this.#view.getUint32(at, true);
  }

  high(at: number): number {
    return this.#view.getUint32(at + 4, true);
  }

  signed(at: number): number {
    return readSigned(this.#view, at);
  }

  unsigned(at: number): number {
    return this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  set(at: number, value: number): void {
    writeSigned(this.#view, at, value);
  }

  setHalves(at: number, low: number, high: number): void {
    this.#view.setUint32(at, low, true);
    this.#view.setUint32(at + 4, high, true);
  }
}
