import type { FakeMachine, PortDevice } from './fake-machine.js';

/** A base address register as its card decodes it. */
export interface ModelBar {
  readonly index: number;
  readonly byteLength: number;
  readonly kind: 'io' | 'memory32' | 'memory64';
  readonly isPrefetchable?: boolean;
}

/** 256 bytes of configuration space, with the bits of each that can be written. */
export class ModelFunction {
  readonly space = new Uint8Array(256);
  readonly writable = new Uint8Array(256);
  readonly view = new DataView(this.space.buffer);
  /** Every write to the command register and to base addresses, in order. */
  readonly log: { offset: number; value: number; command: number }[] = [];

  constructor(vendor: number, device: number, bars: readonly ModelBar[] = []) {
    this.view.setUint16(0x00, vendor, true);
    this.view.setUint16(0x02, device, true);
    this.writable.set([0x07, 0x04], 0x04);
    this.writable[0x3c] = 0xff;
    for (const { index, byteLength, kind, isPrefetchable = false } of bars) {
      const at = 0x10 + 4 * index;
      const type = kind === 'io' ? 1 : kind === 'memory64' ? 4 : 0;
      this.space[at] = type | (isPrefetchable ? 8 : 0);
      const mask = 2n ** 64n - BigInt(byteLength);
      const bytes = kind === 'memory64' ? 8 : 4;
      for (let i = 0; i < bytes; i++) this.writable[at + i] = Number((mask >> BigInt(8 * i)) & 0xffn);
      this.writable[at] = this.writable[at]! & (kind === 'io' ? 0xfc : 0xf0);
    }
  }

  /** Sets the address of a base address register, as firmware does. */
  place(index: number, address: number): void {
    const at = 0x10 + 4 * index;
    this.write(at, 4, address % 2 ** 32);
    if ((this.space[at]! & 7) === 4) this.write(at + 4, 4, Math.floor(address / 2 ** 32));
    this.log.length = 0;
  }

  /** Appends a capability to the list. @param bytes - all of it, id and next included */
  addCapability(offset: number, bytes: readonly number[]): void {
    this.space.set(bytes, offset);
    let link = 0x34;
    while (this.space[link] !== 0) link = this.space[link]! + 1;
    this.space[link] = offset;
    this.space[offset + 1] = 0;
    this.view.setUint16(0x06, this.view.getUint16(0x06, true) | 0x10, true);
  }

  get command(): number {
    return this.view.getUint16(0x04, true);
  }

  read(offset: number, bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += this.space[offset + i]! * 2 ** (8 * i);
    return value;
  }

  write(offset: number, bytes: number, value: number): void {
    this.log.push({ offset, value, command: this.command });
    for (let i = 0; i < bytes; i++) {
      const byte = Math.floor(value / 2 ** (8 * i)) & 0xff;
      const mask = this.writable[offset + i]!;
      this.space[offset + i] = (this.space[offset + i]! & ~mask) | (byte & mask);
    }
  }
}

/** Configuration mechanism #1: ports 0xcf8 to 0xcff. */
export class ModelPciHost implements PortDevice {
  readonly functions = new Map<string, ModelFunction>();
  private address = 0;
  reads = 0;

  constructor(machine: FakeMachine) {
    machine.ports.push({ from: 0xcf8, count: 8, device: this });
  }

  add(bus: number, device: number, fn: number, it: ModelFunction): ModelFunction {
    this.functions.set(`${bus}:${device}.${fn}`, it);
    return it;
  }

  readPort(port: number, bytes: number): number {
    if (port === 0 && bytes === 4) return this.address;
    this.reads++;
    const it = this.chosen();
    return port < 4 || it === undefined ? 2 ** (8 * bytes) - 1 : it.read((this.address & 0xfc) + port - 4, bytes);
  }

  writePort(port: number, bytes: number, value: number): void {
    if (port === 0 && bytes === 4) this.address = value;
    else if (port >= 4) this.chosen()?.write((this.address & 0xfc) + port - 4, bytes, value);
  }

  private chosen(): ModelFunction | undefined {
    const { address } = this;
    if (address < 2 ** 31) return undefined;
    return this.functions.get(`${(address >>> 16) & 0xff}:${(address >>> 11) & 31}.${(address >>> 8) & 7}`);
  }
}
