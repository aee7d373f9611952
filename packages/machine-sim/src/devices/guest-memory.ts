/** The machine's memory as a device on the bus sees it: what lies outside is refused, and what is stored is told. */
export class GuestMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  private readonly wrote: (address: number, byteLength: number) => void;

  constructor(ram: ArrayBuffer, wrote: (address: number, byteLength: number) => void) {
    this.bytes = new Uint8Array(ram);
    this.view = new DataView(ram);
    this.wrote = wrote;
  }

  /** Whether all of a range is memory. Any numbers. */
  has(address: number, byteLength: number): boolean {
    return address >= 0 && address + byteLength <= this.bytes.length;
  }

  u16(address: number): number {
    return this.view.getUint16(address, true);
  }

  u32(address: number): number {
    return this.view.getUint32(address, true);
  }

  /** 64 bits; from 2^53 on rounded, which is outside of any memory. */
  u64(address: number): number {
    return this.view.getUint32(address + 4, true) * 0x1_0000_0000 + this.view.getUint32(address, true);
  }

  setU16(address: number, value: number): void {
    this.view.setUint16(address, value, true);
    this.wrote(address, 2);
  }

  setU32(address: number, value: number): void {
    this.view.setUint32(address, value, true);
    this.wrote(address, 4);
  }

  /** Copies from elsewhere. */
  store(address: number, source: Uint8Array, at: number, byteLength: number): void {
    this.bytes.set(source.subarray(at, at + byteLength), address);
    this.wrote(address, byteLength);
  }
}
