import { isCanonical, type PhysicalAddress, type VirtualAddress } from '@synos/interfaces';
import { right } from '@synos/memory';
import type { LinearMemory, PageFault } from '@synos/trap';
import type { Cpu } from './cpu/cpu.js';
import { SupervisorPages } from './supervisor-pages.js';

const PAGE_MASK = 0xfff;

/**
 * Memory by linear address as ring 0 and the CPU itself see it: by the CPU's translations. Reads outside of memory are
 * all ones, stores there are lost.
 */
export class CpuMemory implements LinearMemory {
  readonly scratch = new DataView(new ArrayBuffer(16));
  readonly ram: DataView<ArrayBuffer>;
  readonly pages: SupervisorPages;
  /** The same bytes as int32 words. */
  readonly words: Int32Array<ArrayBuffer>;
  private readonly cpu: Cpu;

  constructor(cpu: Cpu, ram: ArrayBuffer) {
    this.cpu = cpu;
    this.pages = new SupervisorPages(cpu, ram);
    this.ram = new DataView(ram);
    this.words = new Int32Array(ram);
  }

  read(address: VirtualAddress, byteLength: number): PageFault | null {
    const at = this.pages.translate(address, 0);
    if (at < 0) return fault(address, at);
    if ((address & PAGE_MASK) + byteLength <= PAGE_MASK + 1) {
      for (let done = 0; done < byteLength; done += 4) this.scratch.setInt32(done, this.word(at + done));
      return null;
    }
    const cut = PAGE_MASK + 1 - (address & PAGE_MASK);
    const behind = this.pages.translate(address + cut, 0);
    if (behind < 0) return fault(address + cut, behind);
    for (let done = 0; done < byteLength; done++) {
      this.scratch.setUint8(done, this.byte(done < cut ? at + done : behind + done - cut));
    }
    return null;
  }

  write(address: VirtualAddress, user: boolean): PageFault | null {
    const at = this.translateWrite(address, user);
    if (at < 0) return fault(address, at);
    if ((address & PAGE_MASK) <= PAGE_MASK - 7) {
      this.store(at, this.scratch.getInt32(0, true), this.scratch.getInt32(4, true));
      return null;
    }
    const cut = PAGE_MASK + 1 - (address & PAGE_MASK);
    const behind = this.translateWrite(address + cut, user);
    if (behind < 0) return fault(address + cut, behind);
    for (let done = 0; done < 8; done++) {
      const place = done < cut ? at + done : behind + done - cut;
      if (place >= this.ram.byteLength) continue;
      this.ram.setUint8(place, this.scratch.getUint8(done));
      this.cpu.wrote(place, 1);
    }
    return null;
  }

  /** Where bytes lie that ring 0 may read, on 4 bytes and on one page; -1 where it is not as simple. */
  aligned(address: VirtualAddress, byteLength: number): PhysicalAddress {
    return this.simple(address, byteLength, 0);
  }

  /** The same for bytes that ring 0 may write. */
  alignedForWrite(address: VirtualAddress, byteLength: number): PhysicalAddress {
    return this.simple(address, byteLength, right.write);
  }

  private simple(address: VirtualAddress, byteLength: number, access: number): PhysicalAddress {
    if ((address & 3) !== 0 || (address & PAGE_MASK) + byteLength > PAGE_MASK + 1) return -1;
    const place = this.pages.translate(address, access);
    return place >= 0 && place + byteLength <= this.ram.byteLength ? place : -1;
  }

  /** Stores 64 bits. */
  store(at: PhysicalAddress, low: number, high: number): void {
    if (at + 8 > this.ram.byteLength) return;
    this.ram.setInt32(at, low, true);
    this.ram.setInt32(at + 4, high, true);
    this.cpu.wrote(at, 8);
  }

  private translateWrite(address: VirtualAddress, user: boolean): number {
    return user ? this.cpu.translate(address, right.write | right.user) : this.pages.translate(address, right.write);
  }

  private word(at: PhysicalAddress): number {
    return at + 4 <= this.ram.byteLength ? this.ram.getInt32(at) : -1;
  }

  private byte(at: PhysicalAddress): number {
    return at < this.ram.byteLength ? this.ram.getUint8(at) : 0xff;
  }
}

/** What `translate` answered below zero, as a page fault. */
function fault(address: VirtualAddress, answer: number): PageFault {
  return { address: isCanonical(address) ? address : 0, errorCode: -1 - answer };
}
