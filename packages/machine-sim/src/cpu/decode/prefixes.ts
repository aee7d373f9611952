import { slot } from '../ir.js';
import type { ByteCursor } from './byte-cursor.js';

/** What stands before the opcode (SDM vol. 2, 2.1.1 and 2.2.1). */
export interface Prefixes {
  /** 66. */
  hasOperandSize: boolean;
  /** 67. */
  hasAddressSize: boolean;
  /** F0. */
  hasLock: boolean;
  /** The last of F2 and F3, or 0. */
  repeat: 0 | 0xf2 | 0xf3;
  /** The base that FS or GS has, or -1: the other segments' prefixes do nothing in 64-bit mode. */
  segment: number;
  /** The REX prefix, or 0. It counts only where the opcode follows at once. */
  rex: number;
}

/** Reads the prefixes and the first byte of the opcode, which is the answer. */
export function readPrefixes(cursor: ByteCursor, prefixes: Prefixes): number {
  for (;;) {
    const byte = cursor.unsigned8();
    if ((byte & 0xf0) === 0x40) {
      prefixes.rex = byte;
      continue;
    }
    switch (byte) {
      case 0x66:
        prefixes.hasOperandSize = true;
        break;
      case 0x67:
        prefixes.hasAddressSize = true;
        break;
      case 0xf0:
        prefixes.hasLock = true;
        break;
      case 0xf2:
      case 0xf3:
        prefixes.repeat = byte;
        break;
      case 0x64:
        prefixes.segment = slot.fsBase;
        break;
      case 0x65:
        prefixes.segment = slot.gsBase;
        break;
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
        break;
      default:
        return byte;
    }
    prefixes.rex = 0;
  }
}
