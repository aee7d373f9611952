import type { PhysicalAddress, VirtualAddress } from '@synos/interfaces';
import { right } from '@synos/memory';
import type { Cpu } from './cpu/cpu.js';

const OFFSET = 0xfff;
/** Pages that are remembered for each kind of access. */
const SLOTS = 64;
/** Int32 words of one remembered entry: where it lies in words, its low half, its high half. */
const ENTRY_WORDS = 3;
const LEVELS = 4;

/** PS: the entry maps a page itself. */
const LARGE = 1 << 7;

/**
 * Translations of ring 0, remembered together with the page-table entries that they came from: as long as every one of
 * those is in memory as it was, the answer is the same. So nothing is hidden that a kernel changes, unlike by a TLB, and
 * a trap costs a few comparisons instead of seven walks.
 */
export class SupervisorPages {
  /** What CR3 holds, without its low bits. */
  root: PhysicalAddress = 0;
  private readonly cpu: Cpu;
  private readonly ram: Int32Array<ArrayBuffer>;
  /** By kind and slot: the page's address, and the root it was found from. */
  private readonly pages = new Float64Array(3 * SLOTS).fill(1);
  private readonly roots = new Float64Array(3 * SLOTS);
  private readonly places = new Float64Array(3 * SLOTS);
  private readonly counts = new Uint8Array(3 * SLOTS);
  private readonly entries = new Int32Array(3 * SLOTS * LEVELS * ENTRY_WORDS);

  constructor(cpu: Cpu, ram: ArrayBuffer) {
    this.cpu = cpu;
    this.ram = new Int32Array(ram);
  }

  /**
   * What `Cpu.translate` is, for ring 0.
   *
   * @param access - 0, `right.write` or `right.execute`
   */
  translate(address: VirtualAddress, access: number): number {
    const kind = access === 0 ? 0 : access === right.write ? 1 : 2;
    const slot = kind * SLOTS + ((address >>> 12) & (SLOTS - 1));
    const offset = address & OFFSET;
    if (this.pages[slot] === address - offset && this.roots[slot] === this.root && this.isUnchanged(slot)) {
      return (this.places[slot] as number) + offset;
    }
    const place = this.cpu.translate(address, access);
    if (place >= 0) this.remember(slot, address - offset, place - offset);
    return place;
  }

  private isUnchanged(slot: number): boolean {
    const { entries, ram } = this;
    let at = slot * LEVELS * ENTRY_WORDS;
    const end = at + (this.counts[slot] as number) * ENTRY_WORDS;
    for (; at < end; at += ENTRY_WORDS) {
      const word = entries[at] as number;
      if (ram[word] !== entries[at + 1] || ram[word + 1] !== entries[at + 2]) return false;
    }
    return true;
  }

  private remember(slot: number, page: VirtualAddress, place: PhysicalAddress): void {
    const { entries, ram } = this;
    const high = Math.floor(page / 2 ** 32);
    const indices = [(high >>> 7) & 511, ((high & 127) << 2) | (page >>> 30), (page >>> 21) & 511, (page >>> 12) & 511];
    let table = this.root;
    let at = slot * LEVELS * ENTRY_WORDS;
    let count = 0;
    this.pages[slot] = 1;
    for (; count < LEVELS; count++) {
      const word = table / 4 + 2 * (indices[count] as number);
      if (word + 1 >= ram.length) return;
      const low = ram[word] as number;
      entries[at] = word;
      entries[at + 1] = low;
      entries[at + 2] = ram[word + 1] as number;
      at += ENTRY_WORDS;
      if (count > 0 && (low & LARGE) !== 0) {
        count++;
        break;
      }
      table = ((low & ~OFFSET) >>> 0) + ((ram[word + 1] as number) & 0xf_ffff) * 2 ** 32;
    }
    this.counts[slot] = count;
    this.roots[slot] = this.root;
    this.places[slot] = place;
    this.pages[slot] = page;
  }
}
