import { assert } from '@synos/interfaces';
import type { PciFunction } from './pci-function.js';
import type { PortDevice } from './port-bus.js';

/** Most functions: device 0 to 31, function 0 each. */
const DEVICES = 32;

/**
 * Bus 0 of PCI, and configuration mechanism #1 (PCI 3.0, 3.2.2.3.2): the address at ports CF8 to CFB, the data at CFC
 * to CFF. Where no function is, reads are all ones.
 */
export class PciBus implements PortDevice {
  private readonly functions: PciFunction[] = [];
  private address = 0;

  /** Puts a function into the next slot, which is its device number. */
  add(added: PciFunction): void {
    assert(this.functions.length < DEVICES, 'no slot is free on the PCI bus');
    this.functions.push(added);
  }

  read(offset: number): number {
    return this.readWide(offset, 1);
  }

  write(offset: number, value: number): void {
    this.writeWide(offset, 1, value);
  }

  readWide(offset: number, bytes: 1 | 2 | 4): number {
    // The address is a register of 32 bits, and of no other width.
    if (offset < 4) return bytes === 4 ? this.address : ones(bytes);
    const chosen = this.chosen();
    if (chosen === null) return ones(bytes);
    let value = 0;
    for (let at = 0; at < bytes; at++) value |= chosen.readConfig(this.register(offset + at)) << (8 * at);
    return value >>> 0;
  }

  writeWide(offset: number, bytes: 1 | 2 | 4, value: number): void {
    if (offset < 4) {
      if (bytes === 4) this.address = (value & 0x80ff_fffc) >>> 0;
      return;
    }
    const chosen = this.chosen();
    if (chosen === null) return;
    for (let at = 0; at < bytes; at++) chosen.writeConfig(this.register(offset + at), (value >>> (8 * at)) & 0xff);
  }

  /** Reads what is mapped at an address outside of memory. */
  readMemory(address: number, bytes: 1 | 2 | 4): number {
    for (const each of this.functions) {
      const found = each.regionAt(address, bytes);
      if (found !== null) return found.region.read(found.offset, bytes) >>> 0;
    }
    return ones(bytes);
  }

  writeMemory(address: number, bytes: 1 | 2 | 4, value: number): void {
    for (const each of this.functions) {
      const found = each.regionAt(address, bytes);
      if (found !== null) {
        found.region.write(found.offset, bytes, value >>> 0);
        return;
      }
    }
  }

  private register(offset: number): number {
    return (this.address & 0xfc) + (offset & 3);
  }

  private chosen(): PciFunction | null {
    const isEnabled = this.address >>> 31 === 1;
    const isHere = ((this.address >>> 16) & 0xff) === 0 && ((this.address >>> 8) & 7) === 0;
    if (!isEnabled || !isHere) return null;
    return this.functions[(this.address >>> 11) & 0x1f] ?? null;
  }
}

function ones(bytes: 1 | 2 | 4): number {
  return bytes === 4 ? 0xffff_ffff : bytes === 2 ? 0xffff : 0xff;
}
