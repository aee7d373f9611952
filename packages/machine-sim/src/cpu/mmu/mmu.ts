import { FRAME_BYTES, isCanonical, type PhysicalAddress, type VirtualAddress } from '@synos/interfaces';
import { createPageWalker, right } from '@synos/memory';
import { vectors } from '@synos/trap';
import { raise, type Signal } from '../engine/signal.js';
import { at, type EngineState } from '../engine/state.js';
import type { CodeLines } from './code-lines.js';
import { createTlb, type Tlb } from './tlb.js';

const OFFSET = FRAME_BYTES - 1;

/** Memory as ring 3 sees it, where the fast path of a closure does not do. Faults are thrown. */
export interface Mmu {
  readonly tlb: Tlb;
  /**
   * Reads 1, 2, 4 or 8 bytes at an address in halves into `at.value`, whatever its alignment.
   *
   * @param isStack - what is not canonical is #SS
   */
  read(low: number, high: number, byteLength: number, isStack: boolean): void;
  /** The same where a store to the same place follows: faults as that would. */
  readForWrite(low: number, high: number, byteLength: number, isStack: boolean): void;
  /** Stores what is in `at.value`: all of it or nothing. */
  write(low: number, high: number, byteLength: number, isStack: boolean): void;
  /** Where the byte at an address lies, for a fetch. */
  fetch(address: VirtualAddress): PhysicalAddress;
  /**
   * Where the byte lies, for a read or a write; sets accessed and dirty bits.
   *
   * @param tlb - `at.readTlb` or `at.writeTlb`
   */
  place(tlb: number, low: number, high: number, isStack: boolean): PhysicalAddress;
  /** What `Cpu.translate` is. */
  translate(address: VirtualAddress, rights: number): number;
  setRoot(root: PhysicalAddress): void;
  counters: { misses: number };
}

/** Makes it over the RAM of the state. Tells `wrote` of stores that it makes to page tables. */
export function createMmu(
  state: EngineState,
  signal: Signal,
  code: CodeLines,
  wrote: (address: PhysicalAddress, byteLength: number) => void,
): Mmu {
  const { words: r, ram8 } = state;
  const ramBytes = ram8.length;
  const tlb = createTlb(r);
  const walker = createPageWalker(
    {
      mem: (address, byteLength) => new Uint8Array(ram8.buffer, address, byteLength),
      wrote,
      memoryMap: [{ address: 0, byteLength: ramBytes, kind: 'usable' }],
    },
    { marks: true },
  );
  const counters = { misses: 0 };
  let root = 0;

  const addressOf = (low: number, high: number): VirtualAddress => high * 2 ** 32 + (low >>> 0);
  const rightsOf = (kind: number): number => {
    if (kind === at.writeTlb) return right.user | right.write;
    return kind === at.fetchTlb ? right.user | right.execute : right.user;
  };

  /** Walks, and remembers what it found. */
  const walk = (kind: number, address: VirtualAddress): PhysicalAddress => {
    counters.misses += 1;
    const result = walker.walk(root, address, rightsOf(kind));
    if (result.fault !== null) {
      // A fault forgets what is remembered of its page (SDM vol. 3, 4.10.4.1).
      tlb.forget(address);
      return raise(signal, vectors.pageFault.vector, result.errorCode, address);
    }
    if (result.frame + FRAME_BYTES > ramBytes) return result.address;
    const low = address | 0;
    const high = Math.floor(address / 2 ** 32) | 0;
    if (kind === at.fetchTlb) {
      tlb.fill(kind, low, high, result);
      return result.address;
    }
    tlb.fill(at.readTlb, low, high, result);
    const isWritable = (result.rights & right.write) !== 0 && result.dirty;
    if (isWritable && !code.hasFrame(result.frame / FRAME_BYTES)) tlb.fill(at.writeTlb, low, high, result);
    return result.address;
  };

  const place = (kind: number, low: number, high: number, isStack: boolean): PhysicalAddress => {
    const known = tlb.find(kind, low, high);
    if (known >= 0) return known;
    const address = addressOf(low, high);
    if (!isCanonical(address)) {
      return raise(signal, isStack ? vectors.stackFault.vector : vectors.generalProtection.vector, 0);
    }
    return walk(kind, address);
  };

  // Where the two pieces of an access lie; the second only where it crosses into another page.
  let first = 0;
  let second = 0;
  let firstBytes = 0;
  /** Finds both, so that an access that faults has done nothing. */
  const locate = (kind: number, low: number, high: number, byteLength: number, isStack: boolean): void => {
    firstBytes = Math.min(byteLength, FRAME_BYTES - (low & OFFSET));
    if (firstBytes < byteLength) {
      const nextLow = ((low & -FRAME_BYTES) + FRAME_BYTES) | 0;
      const nextHigh = nextLow === 0 ? (high + 1) | 0 : high;
      if (!isCanonical(addressOf(nextLow, nextHigh))) place(kind, nextLow, nextHigh, isStack);
      first = place(kind, low, high, isStack);
      second = place(kind, nextLow, nextHigh, isStack);
    } else first = place(kind, low, high, isStack);
  };

  /** A store that meets translated code leaves the block: what runs may be what it changes. */
  const checkCode = (address: PhysicalAddress, byteLength: number): void => {
    if (address >= ramBytes || !code.hasBytes(address, byteLength)) return;
    signal.kind = 'own-code';
    signal.frame = Math.floor(address / FRAME_BYTES);
    throw signal;
  };
  const checkStore = (byteLength: number): void => {
    checkCode(first, firstBytes);
    if (firstBytes < byteLength) checkCode(second, byteLength - firstBytes);
  };

  const byteAt = (address: PhysicalAddress): number => (address < ramBytes ? ram8[address]! : 0xff);
  const get = (byteLength: number): void => {
    let low = 0;
    let high = 0;
    for (let index = 0; index < byteLength; index += 1) {
      const byte = byteAt(index < firstBytes ? first + index : second + index - firstBytes);
      if (index < 4) low |= byte << (index * 8);
      else high |= byte << (index * 8 - 32);
    }
    r[at.value] = low;
    r[at.value + 1] = high;
  };

  return {
    tlb,
    counters,
    place,
    read(low, high, byteLength, isStack) {
      locate(at.readTlb, low, high, byteLength, isStack);
      get(byteLength);
    },
    readForWrite(low, high, byteLength, isStack) {
      locate(at.writeTlb, low, high, byteLength, isStack);
      checkStore(byteLength);
      get(byteLength);
    },
    write(low, high, byteLength, isStack) {
      locate(at.writeTlb, low, high, byteLength, isStack);
      checkStore(byteLength);
      for (let index = 0; index < byteLength; index += 1) {
        const byte = index < 4 ? r[at.value]! >>> (index * 8) : r[at.value + 1]! >>> (index * 8 - 32);
        const address = index < firstBytes ? first + index : second + index - firstBytes;
        if (address < ramBytes) ram8[address] = byte;
      }
    },
    fetch: (address) => place(at.fetchTlb, address | 0, Math.floor(address / 2 ** 32) | 0, false),
    translate(address, rights) {
      if (!isCanonical(address)) return -1;
      const low = address | 0;
      const high = Math.floor(address / 2 ** 32) | 0;
      let kind: number = at.readTlb;
      if ((rights & right.write) !== 0) kind = at.writeTlb;
      else if ((rights & right.execute) !== 0) kind = at.fetchTlb;
      // What ring 3 may, ring 0 may as well: no SMAP and no SMEP.
      const known = tlb.find(kind, low, high);
      if (known >= 0) return known;
      return walker.translate(root, address, rights);
    },
    setRoot(value) {
      root = value;
      tlb.forgetLocal();
    },
  };
}
