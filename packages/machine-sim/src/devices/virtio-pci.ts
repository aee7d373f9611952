import type { GuestMemory } from './guest-memory.js';
import { PciFunction, type PciRegion, pciCommand } from './pci-function.js';
import { Virtqueue } from './virtqueue.js';

/** Device status (virtio 1.2, 2.1). */
const status = { driverOk: 4, featuresOk: 8, needsReset: 64 } as const;
/** Bit 32 of the features, in the high half (6). */
const VERSION_1 = 1;
/** What is the transport's: chains that lie in a table of their own (6). */
const INDIRECT_DESC = 1 << 28;

/** Where the structures lie in BAR 0; a page each. */
const place = { common: 0x0000, isr: 0x1000, device: 0x2000, notify: 0x3000 } as const;
const REGION_BYTES = 0x4000;
const COMMON_BYTES = 56;
const NOTIFY_MULTIPLIER = 4;

/** What is special about a device behind a {@link VirtioPci}. */
export interface VirtioDevice {
  /** The device's number (virtio 1.2, 5). */
  readonly type: number;
  readonly classCode: number;
  readonly queues: number;
  /** Bits 0 to 31 of the features that are offered, less the transport's. */
  readonly features: number;
  /** Bytes of the device's configuration. */
  readonly configBytes: number;
  readConfig(offset: number): number;
  /** Whether a driver that accepted these can be served. */
  accepts(features: number): boolean;
  /** A queue was notified, or all of them may go on. */
  notify(): void;
  reset(): void;
}

/**
 * A modern virtio device on PCI (virtio 1.2, 4.1) with INTx: common configuration, ISR, device configuration and
 * notifications in one memory BAR. No MSI-X; no window for access through configuration space, which no driver with
 * memory access needs.
 */
export class VirtioPci {
  readonly function: PciFunction;
  readonly queues: readonly Virtqueue[];
  /** Bits 0 to 31 of what the driver accepted. */
  features = 0;
  private readonly device: VirtioDevice;
  private readonly interruptChanged: () => void;
  private featuresHigh = 0;
  private status = 0;
  private isr = 0;
  private generation = 0;
  private deviceFeatureSelect = 0;
  private driverFeatureSelect = 0;
  private queueSelect = 0;

  constructor(options: {
    readonly device: VirtioDevice;
    readonly memory: GuestMemory;
    readonly regionAddress: number;
    readonly interruptLine: number;
    readonly interruptChanged: () => void;
  }) {
    const { device, memory } = options;
    this.device = device;
    this.interruptChanged = options.interruptChanged;
    this.queues = Array.from({ length: device.queues }, () => new Virtqueue(memory));
    this.function = new PciFunction({
      vendor: 0x1af4,
      device: 0x1040 + device.type,
      classCode: device.classCode,
      revision: 1,
      region: this.region(),
      regionAddress: options.regionAddress,
      interruptLine: options.interruptLine,
      capabilities: [
        capability(1, place.common, COMMON_BYTES),
        capability(2, place.notify, NOTIFY_MULTIPLIER * device.queues, NOTIFY_MULTIPLIER),
        capability(3, place.isr, 1),
        capability(4, place.device, device.configBytes),
      ],
      changed: () => {
        this.interruptChanged();
        this.device.notify();
      },
    });
  }

  /** Whether the driver is ready, and the device may use memory. */
  get isRunning(): boolean {
    const wanted = status.driverOk | status.featuresOk;
    const isReady = (this.status & (wanted | status.needsReset)) === wanted;
    return isReady && (this.function.command & pciCommand.busMaster) !== 0;
  }

  get allowsIndirect(): boolean {
    return (this.features & INDIRECT_DESC) !== 0;
  }

  /** Buffers were used. */
  interruptQueue(): void {
    this.interrupt(1);
  }

  /** The configuration changed. */
  interruptConfig(): void {
    this.generation = (this.generation + 1) & 0xff;
    if ((this.status & status.driverOk) !== 0) this.interrupt(2);
  }

  /** The driver wrote what has no sense: nothing more is done until it resets the device (2.1.2). */
  needsReset(): void {
    this.status |= status.needsReset;
    this.interruptConfig();
  }

  private interrupt(bit: number): void {
    this.isr |= bit;
    this.function.setInterrupt(true);
    this.interruptChanged();
  }

  private region(): PciRegion {
    return {
      byteLength: REGION_BYTES,
      read: (offset, bytes) => {
        let value = 0;
        for (let at = 0; at < bytes; at++) value |= this.readByte(offset + at) << (8 * at);
        return value >>> 0;
      },
      write: (offset, _bytes, value) => {
        if (offset < place.isr) this.writeCommon(offset, value);
        else if (offset >= place.notify && this.isRunning) this.device.notify();
      },
    };
  }

  private readByte(offset: number): number {
    if (offset < place.isr) return (this.readCommon(offset & ~3) >>> (8 * (offset & 3))) & 0xff;
    if (offset === place.isr) return this.takeIsr();
    const inside = offset - place.device;
    return inside >= 0 && inside < this.device.configBytes ? this.device.readConfig(inside) & 0xff : 0;
  }

  /** Reading it acknowledges: INTx falls (4.1.4.5). */
  private takeIsr(): number {
    const value = this.isr;
    this.isr = 0;
    this.function.setInterrupt(false);
    this.interruptChanged();
    return value;
  }

  /** The fields of 4.1.4.3, 32 bits of them. */
  private readCommon(offset: number): number {
    const queue = this.queues[this.queueSelect];
    switch (offset) {
      case 0:
        return this.deviceFeatureSelect;
      case 4:
        return this.offered(this.deviceFeatureSelect);
      case 8:
        return this.driverFeatureSelect;
      case 12:
        return this.driverFeatureSelect === 0 ? this.features : this.driverFeatureSelect === 1 ? this.featuresHigh : 0;
      case 16:
        return 0xffff | (this.queues.length << 16);
      case 20:
        return this.status | (this.generation << 8) | (this.queueSelect << 16);
      case 24:
        return (queue?.size ?? 0) | (0xffff << 16);
      case 28:
        return (queue?.isEnabled === true ? 1 : 0) | (this.queueSelect << 16);
      default:
        return queue === undefined ? 0 : readAddress(queue, offset);
    }
  }

  private writeCommon(offset: number, value: number): void {
    const queue = this.queues[this.queueSelect];
    switch (offset) {
      case 0:
        this.deviceFeatureSelect = value;
        return;
      case 8:
        this.driverFeatureSelect = value;
        return;
      case 12:
        if ((this.status & status.featuresOk) !== 0) return;
        if (this.driverFeatureSelect === 0) this.features = value;
        else if (this.driverFeatureSelect === 1) this.featuresHigh = value;
        return;
      case 20:
        this.writeStatus(value & 0xff);
        return;
      case 22:
        this.queueSelect = value & 0xffff;
        return;
      case 24:
        if (queue !== undefined && !queue.isEnabled) queue.size = value & 0xffff;
        return;
      case 28:
        if (queue !== undefined && (value & 0xffff) === 1 && !queue.isEnabled) this.enable(queue);
        return;
      default:
        if (queue !== undefined && !queue.isEnabled) writeAddress(queue, offset, value);
    }
  }

  private offered(select: number): number {
    return select === 0 ? this.device.features | INDIRECT_DESC : select === 1 ? VERSION_1 : 0;
  }

  private writeStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    let added = value & ~this.status & ~status.needsReset;
    if ((added & status.featuresOk) !== 0 && !this.acceptsFeatures()) added &= ~status.featuresOk;
    this.status |= added;
    if ((added & status.driverOk) !== 0) this.device.notify();
  }

  private acceptsFeatures(): boolean {
    const isOffered = (this.features & ~this.offered(0)) === 0 && this.featuresHigh === VERSION_1;
    return isOffered && this.device.accepts(this.features);
  }

  private enable(queue: Virtqueue): void {
    if (queue.isSound()) queue.isEnabled = true;
    else this.needsReset();
  }

  private reset(): void {
    this.status = 0;
    this.features = 0;
    this.featuresHigh = 0;
    this.queueSelect = 0;
    for (const queue of this.queues) queue.reset();
    this.device.reset();
    this.takeIsr();
  }
}

function readAddress(queue: Virtqueue, offset: number): number {
  const address = offset < 40 ? queue.descriptors : offset < 48 ? queue.driver : offset < 56 ? queue.device : 0;
  return (offset & 4) === 0 ? address >>> 0 : Math.floor(address / 2 ** 32);
}

function writeAddress(queue: Virtqueue, offset: number, value: number): void {
  const field = offset & ~4;
  const name = field === 32 ? 'descriptors' : field === 40 ? 'driver' : field === 48 ? 'device' : null;
  if (name === null) return;
  const before = queue[name];
  const high = Math.floor(before / 2 ** 32);
  queue[name] = (offset & 4) === 0 ? high * 2 ** 32 + value : value * 2 ** 32 + (before >>> 0);
}

/** A capability that says where a structure lies (4.1.4). */
function capability(type: number, offset: number, byteLength: number, multiplier?: number): Uint8Array {
  const bytes = new Uint8Array(multiplier === undefined ? 16 : 20);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x09);
  view.setUint8(2, bytes.length);
  view.setUint8(3, type);
  view.setUint32(8, offset, true);
  view.setUint32(12, byteLength, true);
  if (multiplier !== undefined) view.setUint32(16, multiplier, true);
  return bytes;
}
