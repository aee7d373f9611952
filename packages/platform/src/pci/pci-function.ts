import { assert, type Machine, type PhysicalAddress } from '@synos/interfaces';
import {
  configurationAddress,
  pciCommand,
  pciRegister,
  readConfiguration,
  writeConfiguration,
} from './configuration.js';

/** A stretch of memory or ports that a function answers to (§6.2.5.1). */
export interface PciBar {
  readonly kind: 'memory' | 'io';
  /** Where firmware put it; 0 where it put it nowhere. */
  readonly address: PhysicalAddress;
  readonly byteLength: number;
  readonly isPrefetchable: boolean;
}

/** An entry of a function's list of capabilities (§6.7). */
export interface PciCapability {
  readonly id: number;
  /** Where in configuration space it begins. */
  readonly offset: number;
}

/** A device on PCI, or one of several on one card. */
export interface PciFunction {
  readonly bus: number;
  readonly device: number;
  readonly function: number;
  readonly vendorId: number;
  readonly deviceId: number;
  /** What it is in general: 2 is a network card (appendix D). */
  readonly classCode: number;
  readonly subclass: number;
  readonly programmingInterface: number;
  readonly revision: number;
  readonly subsystemVendorId: number;
  readonly subsystemId: number;
  /** By the number of their first register; `null` where there is none, or the upper half of one. */
  readonly bars: readonly (PciBar | null)[];
  /** The line of the interrupt controller that firmware wired it to; -1 if to none. Shared, and level-triggered. */
  readonly interruptLine: number;
  readonly capabilities: readonly PciCapability[];
  /**
   * Reads configuration space.
   *
   * @param offset - 0 to 255, a multiple of `bytes`
   */
  read(offset: number, bytes: 1 | 2 | 4): number;
  write(offset: number, bytes: 1 | 2 | 4, value: number): void;
  /** Lets it answer at its {@link bars}, read and write memory by itself, and interrupt. */
  enableBusMaster(): void;
  /** Takes away its access to memory. */
  disableBusMaster(): void;
}

/** Capabilities take 4 bytes at least, from 0x40 on: a longer list goes round. */
const mostCapabilities = 48;

/** A function that answers at an address, with its registers read. */
export function readFunction(machine: Machine, bus: number, device: number, fn: number): PciFunction {
  return new ConfiguredFunction(machine, bus, device, fn);
}

class ConfiguredFunction implements PciFunction {
  readonly bus: number;
  readonly device: number;
  readonly function: number;
  readonly vendorId: number;
  readonly deviceId: number;
  readonly classCode: number;
  readonly subclass: number;
  readonly programmingInterface: number;
  readonly revision: number;
  readonly subsystemVendorId: number;
  readonly subsystemId: number;
  readonly bars: readonly (PciBar | null)[];
  readonly interruptLine: number;
  readonly capabilities: readonly PciCapability[];
  private readonly machine: Machine;
  private readonly address: number;

  constructor(machine: Machine, bus: number, device: number, fn: number) {
    this.machine = machine;
    this.address = configurationAddress(bus, device, fn);
    this.bus = bus;
    this.device = device;
    this.function = fn;
    this.vendorId = this.read(pciRegister.vendorId, 2);
    this.deviceId = this.read(pciRegister.deviceId, 2);
    this.classCode = this.read(pciRegister.classCode, 1);
    this.subclass = this.read(pciRegister.subclass, 1);
    this.programmingInterface = this.read(pciRegister.programmingInterface, 1);
    this.revision = this.read(pciRegister.revision, 1);
    const headerType = this.read(pciRegister.headerType, 1) & 0x7f;
    const isPlain = headerType === 0;
    this.subsystemVendorId = isPlain ? this.read(pciRegister.subsystemVendorId, 2) : 0;
    this.subsystemId = isPlain ? this.read(pciRegister.subsystemId, 2) : 0;
    this.bars = this.readBars(isPlain ? 6 : headerType === 1 ? 2 : 0);
    this.capabilities = this.readCapabilities(headerType);
    const pin = this.read(pciRegister.interruptPin, 1);
    const line = this.read(pciRegister.interruptLine, 1);
    // On a PC 255 stands for: not connected (§6.2.4).
    this.interruptLine = pin >= 1 && pin <= 4 && line < 16 ? line : -1;
  }

  read(offset: number, bytes: 1 | 2 | 4): number {
    checkOffset(offset, bytes);
    return readConfiguration(this.machine, this.address, offset, bytes);
  }

  write(offset: number, bytes: 1 | 2 | 4, value: number): void {
    checkOffset(offset, bytes);
    writeConfiguration(this.machine, this.address, offset, bytes, value);
  }

  enableBusMaster(): void {
    const { ioSpace, memorySpace, busMaster, interruptDisable } = pciCommand;
    const command = this.read(pciRegister.command, 2);
    this.write(pciRegister.command, 2, (command | ioSpace | memorySpace | busMaster) & ~interruptDisable);
  }

  disableBusMaster(): void {
    this.write(pciRegister.command, 2, this.read(pciRegister.command, 2) & ~pciCommand.busMaster);
  }

  private readBars(count: number): (PciBar | null)[] {
    const bars: (PciBar | null)[] = new Array<PciBar | null>(count).fill(null);
    if (count === 0) return bars;
    // While it is measured it must not answer anywhere: for a moment its address is wrong.
    const command = this.read(pciRegister.command, 2);
    this.write(pciRegister.command, 2, command & ~(pciCommand.ioSpace | pciCommand.memorySpace));
    for (let i = 0; i < count; i++) {
      const [low, lowMask] = this.measure(i);
      const isIo = (low & 1) !== 0;
      const isLong = !isIo && (low & 6) === 4 && i + 1 < count;
      const [high, highMask] = isLong ? this.measure(i + 1) : [0, 0];
      const bits = isIo ? ~3 : ~15;
      const byteLength = (lowMask & bits) !== 0 ? lowestBit(lowMask & bits) : lowestBit(highMask) * 2 ** 32;
      if (byteLength !== 0) {
        bars[i] = {
          kind: isIo ? 'io' : 'memory',
          address: ((low & bits) >>> 0) + high * 2 ** 32,
          byteLength,
          isPrefetchable: !isIo && (low & 8) !== 0,
        };
      }
      if (isLong) i++;
    }
    this.write(pciRegister.command, 2, command);
    return bars;
  }

  /** What a base address register holds, and which of its bits can be written. */
  private measure(index: number): [value: number, mask: number] {
    const offset = pciRegister.bar0 + 4 * index;
    const value = this.read(offset, 4);
    this.write(offset, 4, 0xffff_ffff);
    const mask = this.read(offset, 4);
    this.write(offset, 4, value);
    return [value, mask];
  }

  private readCapabilities(headerType: number): PciCapability[] {
    const capabilities: PciCapability[] = [];
    const hasList = (this.read(pciRegister.status, 2) & 0x10) !== 0;
    if (!hasList || headerType > 1) return capabilities;
    let offset = this.read(pciRegister.capabilities, 1) & 0xfc;
    while (offset >= 0x40 && capabilities.length < mostCapabilities) {
      capabilities.push({ id: this.read(offset, 1), offset });
      offset = this.read(offset + 1, 1) & 0xfc;
    }
    return capabilities;
  }
}

function lowestBit(word: number): number {
  return (word & -word) >>> 0;
}

function checkOffset(offset: number, bytes: number): void {
  assert(Number.isInteger(offset) && offset >= 0 && offset + bytes <= 256 && offset % bytes === 0, 'no such register');
}
