import type { PhysicalAddress, TrapFrame } from '@synos/interfaces';

/** A trap frame that is moved from place to place: the one that the machine looks at. */
export class FrameInRam implements TrapFrame {
  address: PhysicalAddress = 0;
  private readonly ram: DataView<ArrayBuffer>;

  constructor(ram: DataView<ArrayBuffer>) {
    this.ram = ram;
  }

  low(at: number): number {
    return this.ram.getUint32(this.address + at, true);
  }

  high(at: number): number {
    return this.ram.getUint32(this.address + at + 4, true);
  }

  signed(at: number): number {
    return this.ram.getInt32(this.address + at + 4, true) * 0x1_0000_0000 + this.low(at);
  }

  unsigned(at: number): number {
    return this.high(at) * 0x1_0000_0000 + this.low(at);
  }

  set(at: number, value: number): void {
    this.setHalves(at, value, Math.floor(value / 0x1_0000_0000));
  }

  setHalves(at: number, low: number, high: number): void {
    this.ram.setUint32(this.address + at, low, true);
    this.ram.setUint32(this.address + at + 4, high, true);
  }
}
