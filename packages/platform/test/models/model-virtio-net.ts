import type { FakeMachine, RegisterDevice } from './fake-machine.js';
import { ModelFunction } from './model-pci.js';

/** Where the structures lie in the card's memory. */
const at = { common: 0x0000, isr: 0x1000, config: 0x2000, notify: 0x3000 } as const;
export const modelBarBytes = 0x4000;
const notifyMultiplier = 4;

export const feature = {
  csum: 0,
  guestCsum: 1,
  mtu: 3,
  mac: 5,
  guestTso4: 7,
  hostTso4: 11,
  hostEcn: 13,
  mergeable: 15,
  status: 16,
  version1: 32,
} as const;

export interface ModelOptions {
  readonly machine: FakeMachine;
  readonly address: number;
  readonly features: readonly number[];
  readonly mac?: readonly number[];
  readonly mtu?: number;
  readonly queueSize?: number;
}

interface ModelQueue {
  size: number;
  enabled: boolean;
  desc: number;
  driver: number;
  device: number;
  /** How many available entries were looked at, and used ones written. */
  seen: number;
  used: number;
}

/** A frame as it went out: its header and its bytes. */
export interface SentFrame {
  readonly header: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A virtio-net card written after VIRTIO 1.2, for its driver's tests. It sends and receives when it is told to. */
export class ModelVirtioNet implements RegisterDevice {
  readonly pci: ModelFunction;
  readonly machine: FakeMachine;
  status = 0;
  isr = 0;
  linkUp = true;
  generation = 0;
  notified: number[] = [];
  driverFeatures = 0n;
  /** Whether the device keeps its promise to reset, and to take features. */
  resets = true;
  takesFeatures = true;
  readonly sent: SentFrame[] = [];
  readonly queues: ModelQueue[];
  readonly offered: bigint;
  private readonly options: ModelOptions;
  private readonly maxSize: number;
  private featureSelect = 0;
  private driverFeatureSelect = 0;
  private queueSelect = 0;

  constructor(options: ModelOptions) {
    const { machine, address, features, queueSize = 256 } = options;
    this.options = options;
    this.machine = machine;
    this.offered = features.reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);
    this.maxSize = queueSize;
    this.queues = [0, 1].map(() => this.freshQueue());
    this.pci = new ModelFunction(0x1af4, 0x1041, [{ index: 4, byteLength: modelBarBytes, kind: 'memory64' }]);
    this.pci.space.set([0x00, 0x00, 0x02], 0x09);
    this.pci.space.set([11, 1], 0x3c);
    this.pci.place(4, address);
    const capability = (offset: number, kind: number, where: number, byteLength: number, more: number[] = []): void => {
      const le = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, 0];
      const bytes = [0x09, 0, 16 + more.length, kind, 4, 0, 0, 0, ...le(where), ...le(byteLength), ...more];
      this.pci.addCapability(offset, bytes);
    };
    capability(0x40, 1, at.common, 56);
    capability(0x50, 2, at.notify, 0x1000, [notifyMultiplier, 0, 0, 0]);
    capability(0x64, 3, at.isr, 1);
    capability(0x74, 4, at.config, 12);
    machine.registers.push({ from: address, count: modelBarBytes, device: this });
  }

  /** Whether the line is active: level-triggered, until the ISR is read; the command register can hold it back. */
  get line(): boolean {
    return this.isr !== 0 && (this.pci.command & 0x400) === 0;
  }

  has(bit: number): boolean {
    return (this.driverFeatures & (1n << BigInt(bit))) !== 0n;
  }

  setLink(up: boolean): void {
    this.linkUp = up;
    this.generation = (this.generation + 1) & 0xff;
    if ((this.status & 4) !== 0) this.isr |= 2;
  }

  // The rings (§2.7), all through physical addresses.

  view(address: number, byteLength: number): DataView {
    if ((this.pci.command & 4) === 0) throw new Error('the card is no bus master');
    const bytes = this.machine.mem(address, byteLength);
    return new DataView(bytes.buffer, bytes.byteOffset, byteLength);
  }

  /** Whether the driver made buffers available that were not looked at. */
  available(index: number): number {
    const queue = this.queues[index]!;
    if (!queue.enabled || (this.status & 4) === 0) return 0;
    return (this.view(queue.driver + 2, 2).getUint16(0, true) - queue.seen) & 0xffff;
  }

  /** The next chain of buffers. */
  pop(index: number): { id: number; parts: { address: number; byteLength: number; flags: number }[] } | null {
    const queue = this.queues[index]!;
    if (this.available(index) === 0) return null;
    const id = this.view(queue.driver + 4 + 2 * (queue.seen % queue.size), 2).getUint16(0, true);
    queue.seen = (queue.seen + 1) & 0xffff;
    const parts = [];
    for (let next = id; parts.length <= queue.size; ) {
      const descriptor = this.view(queue.desc + 16 * next, 16);
      const address = Number(descriptor.getBigUint64(0, true));
      const flags = descriptor.getUint16(12, true);
      parts.push({ address, byteLength: descriptor.getUint32(8, true), flags });
      if ((flags & 1) === 0) break;
      next = descriptor.getUint16(14, true);
    }
    return { id, parts };
  }

  /** Puts buffers into the used ring, all at once, and interrupts unless it is asked not to. */
  push(index: number, used: readonly { id: number; length: number }[]): void {
    const queue = this.queues[index]!;
    for (const { id, length } of used) {
      const entry = this.view(queue.device + 4 + 8 * (queue.used % queue.size), 8);
      entry.setUint32(0, id, true);
      entry.setUint32(4, length, true);
      queue.used = (queue.used + 1) & 0xffff;
    }
    this.view(queue.device + 2, 2).setUint16(0, queue.used, true);
    if ((this.view(queue.driver, 2).getUint16(0, true) & 1) === 0) this.isr |= 1;
  }

  setNoNotify(index: number, isSet: boolean): void {
    this.view(this.queues[index]!.device, 2).setUint16(0, isSet ? 1 : 0, true);
  }

  /** Sends up to `most` frames of those that the driver made available. */
  transmit(most = Infinity): SentFrame[] {
    const frames: SentFrame[] = [];
    while (frames.length < most) {
      const chain = this.pop(1);
      if (chain === null) break;
      const all = chain.parts.flatMap(({ address, byteLength }) => [...this.machine.mem(address, byteLength)]);
      frames.push({ header: Uint8Array.from(all.slice(0, 12)), bytes: Uint8Array.from(all.slice(12)) });
      this.push(1, [{ id: chain.id, length: 0 }]);
    }
    this.sent.push(...frames);
    return frames;
  }

  /** Receives a frame into the driver's buffers; false where there are too few. */
  receive(frame: Uint8Array, header: Partial<Record<'flags' | 'gso' | 'gsoSize' | 'count', number>> = {}): boolean {
    const before = this.queues[0]!.seen;
    const used: { id: number; length: number }[] = [];
    const mergeable = this.has(feature.mergeable);
    let first: DataView | null = null;
    let done = 0;
    do {
      const chain = this.pop(0);
      if (chain === null || (used.length > 0 && !mergeable)) {
        this.queues[0]!.seen = before;
        return false;
      }
      const [part] = chain.parts;
      if (part === undefined || part.flags !== 2 || chain.parts.length !== 1)
        throw new Error('not a buffer to write to');
      const view = this.view(part.address, part.byteLength);
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const skipped = first === null ? 12 : 0;
      first ??= view;
      const count = Math.min(frame.length - done, bytes.length - skipped);
      bytes.set(frame.subarray(done, done + count), skipped);
      done += count;
      used.push({ id: chain.id, length: count + skipped });
    } while (done < frame.length);
    first.setUint8(0, header.flags ?? 0);
    first.setUint8(1, header.gso ?? 0);
    first.setUint16(2, 0, true);
    first.setUint16(4, header.gsoSize ?? 0, true);
    first.setUint16(10, header.count ?? used.length, true);
    this.push(0, used);
    return true;
  }

  // Registers (§4.1.4.3).

  readRegister(offset: number, bytes: number): number {
    if ((this.pci.command & 2) === 0) return 2 ** (8 * bytes) - 1;
    if (offset === at.isr) {
      const value = this.isr;
      this.isr = 0;
      return value;
    }
    if (offset >= at.config && offset < at.config + 12) {
      const { mac = [2, 0, 0, 0, 0, 1], mtu = 1500 } = this.options;
      const config = new DataView(new ArrayBuffer(12));
      mac.forEach((byte, i) => void config.setUint8(i, byte));
      config.setUint16(6, this.linkUp ? 1 : 0, true);
      config.setUint16(8, 1, true);
      config.setUint16(10, mtu, true);
      const field = offset - at.config;
      if (bytes !== (field < 6 ? 1 : 2)) throw new Error('a field of the configuration in a wrong width');
      return bytes === 1 ? config.getUint8(field) : config.getUint16(field, true);
    }
    const queue = this.queues[this.queueSelect];
    switch (offset) {
      case 4:
        return Number((this.offered >> BigInt(32 * this.featureSelect)) & 0xffff_ffffn);
      case 18:
        return this.queues.length;
      case 20:
        return this.status;
      case 21:
        return this.generation;
      case 24:
        return queue?.size ?? 0;
      case 28:
        return queue?.enabled ? 1 : 0;
      case 30:
        return this.queueSelect;
      default:
        return 0;
    }
  }

  writeRegister(offset: number, bytes: number, value: number): void {
    if ((this.pci.command & 2) === 0) return;
    if (offset >= at.notify) {
      if (bytes !== 2 || offset !== at.notify + notifyMultiplier * value) throw new Error('a wrong notification');
      if ((this.status & 4) === 0) throw new Error('notified before DRIVER_OK');
      this.notified.push(value);
      return;
    }
    const queue = this.queues[this.queueSelect];
    const low = (old: number): number => Math.floor(old / 2 ** 32) * 2 ** 32 + value;
    const high = (old: number): number => (old % 2 ** 32) + value * 2 ** 32;
    switch (offset) {
      case 0:
        this.featureSelect = value;
        return;
      case 8:
        this.driverFeatureSelect = value;
        return;
      case 12: {
        if ((this.status & 8) !== 0) throw new Error('features after FEATURES_OK');
        const shift = BigInt(32 * this.driverFeatureSelect);
        this.driverFeatures = (this.driverFeatures & ~(0xffff_ffffn << shift)) | (BigInt(value) << shift);
        return;
      }
      case 20:
        this.writeStatus(value);
        return;
      case 22:
        this.queueSelect = value;
        return;
    }
    if (queue === undefined) return;
    if ((this.status & 8) === 0 || queue.enabled)
      throw new Error('a queue is set up between FEATURES_OK and its start');
    if (offset === 24) queue.size = value;
    else if (offset === 28) queue.enabled = value === 1;
    else if (offset === 32) queue.desc = low(queue.desc);
    else if (offset === 36) queue.desc = high(queue.desc);
    else if (offset === 40) queue.driver = low(queue.driver);
    else if (offset === 44) queue.driver = high(queue.driver);
    else if (offset === 48) queue.device = low(queue.device);
    else if (offset === 52) queue.device = high(queue.device);
  }

  private writeStatus(value: number): void {
    if (value === 0) {
      if (!this.resets) return;
      this.status = 0;
      this.isr = 0;
      this.driverFeatures = 0n;
      this.queues.forEach((queue) => void Object.assign(queue, this.freshQueue()));
      return;
    }
    if ((value & this.status) !== this.status) throw new Error('a bit of the status was taken away');
    let next = value;
    if ((value & 8) !== 0 && (this.status & 8) === 0) {
      const isSubset = (this.driverFeatures & ~this.offered) === 0n;
      const needs = (bit: number, other: number): boolean => !this.has(bit) || this.has(other);
      const isWhole = needs(feature.hostTso4, feature.csum) && needs(feature.guestTso4, feature.guestCsum);
      if (!isSubset || !isWhole || !this.has(feature.version1) || !this.takesFeatures) next &= ~8;
    }
    if ((value & 4) !== 0 && (this.status & 8) === 0 && (value & 128) === 0)
      throw new Error('DRIVER_OK without features');
    this.status = next;
  }

  private freshQueue(): ModelQueue {
    return { size: this.maxSize, enabled: false, desc: 0, driver: 0, device: 0, seen: 0, used: 0 };
  }
}
