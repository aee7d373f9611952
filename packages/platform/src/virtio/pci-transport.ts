import type { Machine, PhysicalAddress } from '@synos/interfaces';
import type { PciFunction } from '../pci/pci-function.js';

// Virtual I/O Device (VIRTIO) 1.2, §4.1: virtio over PCI.

const vendor = 0x1af4;
/** 0x1040 and the device's kind, or the older number of a device that speaks both ways (§4.1.2). */
const netDeviceId = 0x1041;
const transitionalNetDeviceId = 0x1000;
/** A capability of the vendor's own, as virtio's are. */
const vendorCapability = 0x09;
/** What a capability leads to (§4.1.4). */
const structure = { common: 1, notify: 2, isr: 3, device: 4 } as const;

/** Registers of the common structure (§4.1.4.3). */
const common = {
  deviceFeatureSelect: 0,
  deviceFeature: 4,
  driverFeatureSelect: 8,
  driverFeature: 12,
  deviceStatus: 20,
  configGeneration: 21,
  queueSelect: 22,
  queueSize: 24,
  queueEnable: 28,
  queueNotifyOff: 30,
  queueDesc: 32,
  queueDriver: 40,
  queueDevice: 48,
  end: 56,
} as const;

/** Bits of the device status (§2.1). */
export const deviceStatus = {
  acknowledge: 1,
  driver: 2,
  driverOk: 4,
  featuresOk: 8,
  needsReset: 64,
  failed: 128,
} as const;

/** Bits of the ISR status (§4.1.4.5). */
export const isrStatus = { queue: 1, configuration: 2 } as const;

/** How often a register is read before the device is given up. */
const patience = 100_000;

/** Whether a function of PCI is a virtio network card, of a kind that speaks virtio 1.x. */
export function isVirtioNet(pci: PciFunction): boolean {
  const isCard = pci.deviceId === netDeviceId || pci.deviceId === transitionalNetDeviceId;
  return pci.vendorId === vendor && isCard && findStructure(pci, structure.common) !== null;
}

/** Where a queue lies in physical memory. */
export interface QueuePlace {
  readonly descriptors: PhysicalAddress;
  readonly available: PhysicalAddress;
  readonly used: PhysicalAddress;
}

/** The registers of one virtio device. */
export class VirtioTransport {
  private readonly machine: Machine;
  private readonly common: PhysicalAddress;
  private readonly notify: Structure;
  private readonly notifyMultiplier: number;
  private readonly isr: PhysicalAddress;
  private readonly config: Structure;

  private constructor(
    machine: Machine,
    at: Structure,
    notify: Structure,
    isr: Structure,
    config: Structure,
    by: number,
  ) {
    this.machine = machine;
    this.common = at.address;
    this.notify = notify;
    this.notifyMultiplier = by;
    this.isr = isr.address;
    this.config = config;
  }

  /** The registers of a function; `null` where they are not all there, in memory. */
  static find(machine: Machine, pci: PciFunction): VirtioTransport | null {
    const at = findStructure(pci, structure.common);
    const notify = findStructure(pci, structure.notify);
    const isr = findStructure(pci, structure.isr);
    const config = findStructure(pci, structure.device);
    if (!at || !notify || !isr || !config) return null;
    if (at.byteLength < common.end || isr.byteLength < 1 || notify.capability + 20 > 256) return null;
    return new VirtioTransport(machine, at, notify, isr, config, pci.read(notify.capability + 16, 4));
  }

  /** Brings the device back to where it was when switched on (§2.4). @returns false where it does not answer */
  reset(): boolean {
    this.put(common.deviceStatus, 1, 0);
    for (let i = 0; i < patience; i++) if (this.status === 0) return true;
    return false;
  }

  get status(): number {
    return this.get(common.deviceStatus, 1);
  }

  /** Adds a bit to the status: the driver never takes one away but by a reset. */
  addStatus(bit: number): void {
    this.put(common.deviceStatus, 1, this.status | bit);
  }

  /** 32 of the features that the device offers: bits 32 times `half` and on. */
  features(half: 0 | 1): number {
    this.put(common.deviceFeatureSelect, 4, half);
    return this.get(common.deviceFeature, 4);
  }

  setFeatures(half: 0 | 1, bits: number): void {
    this.put(common.driverFeatureSelect, 4, half);
    this.put(common.driverFeature, 4, bits >>> 0);
  }

  /** Chooses a queue. @returns how many entries it may have; 0 where there is no such queue */
  selectQueue(index: number): number {
    this.put(common.queueSelect, 2, index);
    return this.get(common.queueSize, 2);
  }

  /**
   * Makes the chosen queue ready (§4.1.5.1.3).
   *
   * @returns the register that its notifications go to, or -1 where the device names one outside its structure
   */
  enableQueue(size: number, place: QueuePlace): PhysicalAddress {
    this.put(common.queueSize, 2, size);
    this.putAddress(common.queueDesc, place.descriptors);
    this.putAddress(common.queueDriver, place.available);
    this.putAddress(common.queueDevice, place.used);
    const offset = this.get(common.queueNotifyOff, 2) * this.notifyMultiplier;
    if (offset + 2 > this.notify.byteLength) return -1;
    this.put(common.queueEnable, 2, 1);
    return this.notify.address + offset;
  }

  /** Reads why it interrupted, which ends the interrupt (§4.1.4.5). */
  takeInterrupt(): number {
    return this.machine.readRegister(this.isr, 1);
  }

  /**
   * Reads a register for the sake of the order: what was stored before is in memory before anything is loaded after.
   * That is the one order that x86 does not keep by itself (SDM vol. 3, 9.2.2); a device's register is uncacheable, and
   * reading it waits for the stores.
   */
  fence(): void {
    this.get(common.configGeneration, 1);
  }

  /**
   * Reads several fields of the device's own configuration as they were at one moment (§2.5.1): again when something
   * changed meanwhile.
   */
  readTogether(read: () => void): void {
    for (let i = 0; i < 16; i++) {
      const before = this.get(common.configGeneration, 1);
      read();
      if (this.get(common.configGeneration, 1) === before) return;
    }
  }

  /** A field of the device's own configuration, which is read in its own width (§4.1.3.1); 0 where there is none. */
  readConfig(offset: number, bytes: 1 | 2 | 4): number {
    if (offset + bytes > this.config.byteLength) return 0;
    return this.machine.readRegister(this.config.address + offset, bytes) >>> 0;
  }

  /** Tells the device that a queue has new buffers. @param register - of {@link enableQueue} */
  notifyQueue(register: PhysicalAddress, index: number): void {
    this.machine.writeRegister(register, 2, index);
  }

  private get(offset: number, bytes: 1 | 2 | 4): number {
    return this.machine.readRegister(this.common + offset, bytes) >>> 0;
  }

  private put(offset: number, bytes: 1 | 2 | 4, value: number): void {
    this.machine.writeRegister(this.common + offset, bytes, value);
  }

  private putAddress(offset: number, address: PhysicalAddress): void {
    this.put(offset, 4, address >>> 0);
    this.put(offset + 4, 4, Math.floor(address / 2 ** 32));
  }
}

interface Structure {
  /** Where in configuration space the capability is that told of it. */
  readonly capability: number;
  readonly address: PhysicalAddress;
  readonly byteLength: number;
}

/** The first structure of a kind that lies in memory; the device states them in the order of its preference. */
function findStructure(pci: PciFunction, kind: number): Structure | null {
  for (const { id, offset: capability } of pci.capabilities) {
    if (id !== vendorCapability || capability + 16 > 256 || pci.read(capability + 3, 1) !== kind) continue;
    const bar = pci.bars[pci.read(capability + 4, 1)];
    const offset = pci.read(capability + 8, 4);
    const byteLength = pci.read(capability + 12, 4);
    if (bar?.kind !== 'memory' || bar.address === 0 || offset + byteLength > bar.byteLength) continue;
    return { capability, address: bar.address + offset, byteLength };
  }
  return null;
}
