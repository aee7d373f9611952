import type { Machine, PhysicalAddress } from '@synos/interfaces';

/** Bits of features, of the device status, and flags of descriptors (virtio 1.2, 2.1, 2.7.5, 5.1.3). */
export const virtio = {
  acknowledge: 1,
  driver: 2,
  driverOk: 4,
  featuresOk: 8,
  needsReset: 64,
  next: 1,
  write: 2,
  indirect: 4,
  indirectFeature: 1 << 28,
} as const;

/** One descriptor of a chain. */
export interface Piece {
  readonly address: number;
  readonly length: number;
  readonly flags?: number;
}

/** The least of a driver: it stores what a test says, right or wrong, and waits for nothing. */
export class VirtioDriver {
  readonly size: number;
  readonly view: DataView;
  private readonly machine: Machine;
  /** Where BAR 0 is, and what its capabilities say. */
  readonly bar: PhysicalAddress;
  readonly places: Record<'common' | 'notify' | 'isr' | 'device', number>;
  private readonly slot: number;
  private readonly base: PhysicalAddress;
  private readonly nextDescriptor = [0, 0];
  private readonly available = [0, 0];
  private readonly seen = [0, 0];

  /**
   * @param slot - the device number on bus 0
   * @param base - 64 KB of memory for queues, on 4,096 bytes
   */
  constructor(machine: Machine, slot: number, base: PhysicalAddress, size = 16) {
    this.machine = machine;
    this.slot = slot;
    this.base = base;
    this.size = size;
    const bytes = machine.mem(
      0,
      machine.memoryMap.reduce((most, each) => Math.max(most, each.address + each.byteLength), 0),
    );
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bar = (this.config(0x10) & ~0xf) >>> 0;
    const places: Record<number, number> = {};
    for (let at = this.config(0x34) & 0xff; at !== 0; at = (this.config(at) >>> 8) & 0xff) {
      places[this.config(at) >>> 24] = this.config(at + 8);
    }
    this.places = { common: places[1] ?? -1, notify: places[2] ?? -1, isr: places[3] ?? -1, device: places[4] ?? -1 };
  }

  config(register: number): number {
    this.machine.writePort(0xcf8, 4, (0x8000_0000 | (this.slot << 11) | (register & 0xfc)) >>> 0);
    return this.machine.readPort(0xcfc, 4);
  }

  setConfig(register: number, bytes: 1 | 2 | 4, value: number): void {
    this.machine.writePort(0xcf8, 4, (0x8000_0000 | (this.slot << 11) | (register & 0xfc)) >>> 0);
    this.machine.writePort(0xcfc + (register & 3), bytes, value);
  }

  common(offset: number, bytes: 1 | 2 | 4): number {
    return this.machine.readRegister(this.bar + this.places.common + offset, bytes);
  }

  setCommon(offset: number, bytes: 1 | 2 | 4, value: number): void {
    this.machine.writeRegister(this.bar + this.places.common + offset, bytes, value);
  }

  device(offset: number, bytes: 1 | 2 | 4): number {
    return this.machine.readRegister(this.bar + this.places.device + offset, bytes);
  }

  isr(): number {
    return this.machine.readRegister(this.bar + this.places.isr, 1);
  }

  notify(queue: number): void {
    this.machine.writeRegister(this.bar + this.places.notify + 4 * queue, 2, queue);
  }

  offered(): number {
    this.setCommon(0, 4, 0);
    return this.common(4, 4);
  }

  /** Up to FEATURES_OK. @returns whether the device kept the bit */
  negotiate(features: number, version = 1): boolean {
    this.setCommon(20, 1, 0);
    this.setCommon(20, 1, virtio.acknowledge);
    this.setCommon(20, 1, virtio.acknowledge | virtio.driver);
    this.setCommon(8, 4, 0);
    this.setCommon(12, 4, features >>> 0);
    this.setCommon(8, 4, 1);
    this.setCommon(12, 4, version);
    this.setCommon(20, 1, virtio.acknowledge | virtio.driver | virtio.featuresOk);
    return (this.common(20, 1) & virtio.featuresOk) !== 0;
  }

  /** Where the parts of a queue lie. */
  parts(queue: number): { descriptors: number; available: number; used: number } {
    const at = this.base + queue * 0x8000;
    return { descriptors: at, available: at + 0x4000, used: at + 0x6000 };
  }

  /** Sets up both queues, turns on the bus and says DRIVER_OK. */
  start(features: number): void {
    if (!this.negotiate(features)) throw new Error('features were refused');
    for (const queue of [0, 1]) {
      const { descriptors, available, used } = this.parts(queue);
      this.setCommon(22, 2, queue);
      this.setCommon(24, 2, this.size);
      [descriptors, available, used].forEach((address, at) => {
        this.setCommon(32 + 8 * at, 4, address);
        this.setCommon(36 + 8 * at, 4, 0);
      });
      this.setCommon(28, 2, 1);
    }
    this.setConfig(0x04, 2, 0x0006);
    this.setCommon(20, 1, this.common(20, 1) | virtio.driverOk);
  }

  get status(): number {
    return this.common(20, 1);
  }

  /** Makes a chain available; the device is not notified. */
  add(queue: number, pieces: readonly Piece[]): number {
    const { descriptors, available } = this.parts(queue);
    const head = (this.nextDescriptor[queue] as number) % this.size;
    pieces.forEach(({ address, length, flags = 0 }, index) => {
      const at = (head + index) % this.size;
      const isLast = index === pieces.length - 1;
      const entry = descriptors + 16 * at;
      this.view.setBigUint64(entry, BigInt(address), true);
      this.view.setUint32(entry + 8, length, true);
      this.view.setUint16(entry + 12, flags | (isLast ? 0 : virtio.next), true);
      this.view.setUint16(entry + 14, (at + 1) % this.size, true);
    });
    this.nextDescriptor[queue] = head + pieces.length;
    const index = this.available[queue] as number;
    this.view.setUint16(available + 4 + 2 * (index % this.size), head, true);
    this.available[queue] = (index + 1) & 0xffff;
    this.view.setUint16(available + 2, this.available[queue] as number, true);
    return head;
  }

  /** Chains that the device used since the last call: head and bytes written. */
  used(queue: number): [number, number][] {
    const { used } = this.parts(queue);
    const done: [number, number][] = [];
    while (this.seen[queue] !== this.view.getUint16(used + 2, true)) {
      const entry = used + 4 + 8 * ((this.seen[queue] as number) % this.size);
      done.push([this.view.getUint32(entry, true), this.view.getUint32(entry + 4, true)]);
      this.seen[queue] = ((this.seen[queue] as number) + 1) & 0xffff;
    }
    return done;
  }
}
