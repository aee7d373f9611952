import { assert } from '@synos/interfaces';
import { SLOTS } from '../ir.js';

/**
 * Everything that closures read and write lies in one Int32Array, so that each of them touches one array alone: the
 * registers, the flags, the TLB, and every constant of the program. Numbers here are indices of int32s.
 */
export const at = {
  /** What the flags are to be worked out from: one of `flagKind`. */
  flagKind: SLOTS * 2,
  /** Operands and result of the operation that wrote them, 64 bits each. */
  flagLeft: SLOTS * 2 + 2,
  flagRight: SLOTS * 2 + 4,
  flagResult: SLOTS * 2 + 6,
  /** Status flags that are known, as bits. */
  flagBits: SLOTS * 2 + 8,
  /** The bits of RFLAGS that are no status flags. */
  systemFlags: SLOTS * 2 + 9,
  /** What an access of the slow path read or is to write. */
  value: SLOTS * 2 + 10,
  /** An effective address. */
  address: SLOTS * 2 + 12,
  /** Where an indirect jump goes. */
  target: SLOTS * 2 + 14,
  /** Counts up whenever links between blocks become doubtful. */
  generation: SLOTS * 2 + 16,
  /** Instructions of this `execute` up to the block that runs; and those of the block up to the one that runs. */
  done: SLOTS * 2 + 17,
  within: SLOTS * 2 + 18,
  /** A string instruction has more to do. */
  again: SLOTS * 2 + 19,
  /** How many elements a string instruction may do at once. */
  stringLimit: SLOTS * 2 + 20,
  /** Results that nobody wants. */
  nowhere: SLOTS * 2 + 22,
  /** Translations for reads, writes and fetches: four int32s each, of `entryAt`. */
  readTlb: 1024,
  writeTlb: 1024 + 2048,
  fetchTlb: 1024 + 4096,
  constants: 1024 + 6144,
} as const;

/** Translations of each kind. */
export const TLB_ENTRIES = 512;
/** Of an entry of the TLB: the page's address in halves, what makes an offset in RAM of an address' low half, flags. */
export const entryAt = { tagLow: 0, tagHigh: 1, addend: 2, flags: 3 } as const;
/** No low half of an address that was cut to its page and its alignment is like this. */
export const NO_TAG = 0x800;

/** Constants that all blocks together may have. */
export const CONSTANTS = 16384;

/** The state that closures work on. */
export interface EngineState {
  readonly words: Int32Array<ArrayBuffer>;
  /** The same as bytes and 16-bit words: registers of 8 and 16 bits. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly halves: Uint16Array<ArrayBuffer>;
  /** RAM. */
  readonly ram8: Uint8Array<ArrayBuffer>;
  readonly ram16: Uint16Array<ArrayBuffer>;
  readonly ram32: Int32Array<ArrayBuffer>;
  readonly constants: ConstantPool;
}

/** Constants of programs in the state's array, so that an immediate operand is read as a register is. */
export interface ConstantPool {
  /** The index of a constant of 64 bits. */
  indexOf(low: number, high: number): number;
  /** How many more there is room for. */
  readonly room: number;
  /** Forgets all: no block may be left. */
  clear(): void;
}

/** Makes the state of a CPU with this RAM. */
export function createEngineState(ram: ArrayBuffer): EngineState {
  assert(ram.byteLength <= 2 ** 32, `RAM of ${ram.byteLength} bytes: offsets have 32 bits`);
  const words = new Int32Array(at.constants + CONSTANTS * 2);
  for (const tlb of [at.readTlb, at.writeTlb, at.fetchTlb]) {
    for (let entry = 0; entry < TLB_ENTRIES; entry += 1) words[tlb + entry * 4] = NO_TAG;
  }
  return {
    words,
    bytes: new Uint8Array(words.buffer),
    halves: new Uint16Array(words.buffer),
    ram8: new Uint8Array(ram),
    ram16: new Uint16Array(ram, 0, ram.byteLength >>> 1),
    ram32: new Int32Array(ram, 0, Math.floor(ram.byteLength / 4)),
    constants: createConstantPool(words),
  };
}

function createConstantPool(words: Int32Array): ConstantPool {
  const known = new Map<string, number>();
  let used = 0;
  return {
    indexOf(low, high) {
      const key = `${low}:${high}`;
      const old = known.get(key);
      if (old !== undefined) return old;
      assert(used < CONSTANTS, 'no room for a constant');
      const index = at.constants + used * 2;
      used += 1;
      words[index] = low;
      words[index + 1] = high;
      known.set(key, index);
      return index;
    },
    get room() {
      return CONSTANTS - used;
    },
    clear() {
      known.clear();
      used = 0;
    },
  };
}
