/** A memory-mapped region of a PCI function. */
export interface PciRegion {
  /** A power of two, 16 or more. */
  readonly byteLength: number;
  read(offset: number, bytes: 1 | 2 | 4): number;
  write(offset: number, bytes: 1 | 2 | 4, value: number): void;
}

/** What a {@link PciFunction} is. */
export interface PciFunctionOptions {
  readonly vendor: number;
  readonly device: number;
  readonly subsystem?: number;
  /** Class, subclass and programming interface: 24 bits. */
  readonly classCode: number;
  readonly revision?: number;
  /** What BAR 0 maps, and where firmware put it. */
  readonly region?: PciRegion;
  readonly regionAddress?: number;
  /** The line of the interrupt controller that INTA is soldered to; without it there is no pin. */
  readonly interruptLine?: number;
  /** Bytes of capabilities each, the first two (ID, next) left out. */
  readonly capabilities?: readonly Uint8Array[];
  /** The command register was written, or the region moved. */
  readonly changed?: () => void;
}

/** Bits of the command register (PCI 3.0, 6.2.2). */
export const pciCommand = { memory: 0x0002, busMaster: 0x0004, interruptDisable: 0x0400 } as const;
/** What of the command register can be written. */
const COMMAND_MASK = 0x0547;
/** Bits of the status register. */
const STATUS_INTERRUPT = 0x0008;
const STATUS_CAPABILITIES = 0x0010;

/** Where registers of a header of type 0 lie (PCI 3.0, 6.1). */
const at = {
  command: 0x04,
  status: 0x06,
  cacheLine: 0x0c,
  latency: 0x0d,
  bar0: 0x10,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
  firstCapability: 0x40,
} as const;

/** One function on the bus: 256 bytes of configuration space, and one memory BAR at most. */
export class PciFunction {
  private readonly view = new DataView(new ArrayBuffer(256));
  private readonly options: PciFunctionOptions;
  /** INTA, as the device drives it. */
  private isAsserted = false;

  constructor(options: PciFunctionOptions) {
    this.options = options;
    const { view } = this;
    view.setUint16(0x00, options.vendor, true);
    view.setUint16(0x02, options.device, true);
    view.setUint32(0x08, (options.classCode << 8) | (options.revision ?? 0), true);
    view.setUint16(0x2c, options.vendor, true);
    view.setUint16(0x2e, options.subsystem ?? options.device, true);
    if (options.region !== undefined) {
      view.setUint32(at.bar0, options.regionAddress ?? 0, true);
      view.setUint16(at.command, pciCommand.memory, true);
    }
    if (options.interruptLine !== undefined) {
      view.setUint8(at.interruptLine, options.interruptLine);
      view.setUint8(at.interruptPin, 1);
    }
    this.layCapabilities(options.capabilities ?? []);
  }

  get command(): number {
    return this.view.getUint16(at.command, true);
  }

  /** Whether the line that INTA is at is driven. */
  get interrupts(): boolean {
    return this.isAsserted && (this.command & pciCommand.interruptDisable) === 0;
  }

  setInterrupt(asserted: boolean): void {
    this.isAsserted = asserted;
  }

  /** The region, where it answers at an address; `null` else. */
  regionAt(address: number, bytes: number): { region: PciRegion; offset: number } | null {
    const { region } = this.options;
    if (region === undefined || (this.command & pciCommand.memory) === 0) return null;
    const offset = address - ((this.view.getUint32(at.bar0, true) & ~0xf) >>> 0);
    return offset >= 0 && offset + bytes <= region.byteLength ? { region, offset } : null;
  }

  readConfig(offset: number): number {
    if (offset === at.status) return this.view.getUint8(offset) | (this.isAsserted ? STATUS_INTERRUPT : 0);
    return this.view.getUint8(offset);
  }

  /** Bytes that cannot be written keep what they are. */
  writeConfig(offset: number, value: number): void {
    const { view } = this;
    if (offset === at.command || offset === at.command + 1) {
      const mask = (COMMAND_MASK >>> (8 * (offset - at.command))) & 0xff;
      view.setUint8(offset, value & mask);
      this.options.changed?.();
    } else if (offset >= at.bar0 && offset < at.bar0 + 4) {
      const { region } = this.options;
      if (region === undefined) return;
      const mask = (-region.byteLength >>> (8 * (offset - at.bar0))) & 0xff;
      view.setUint8(offset, value & mask);
    } else if (offset === at.cacheLine || offset === at.latency || offset === at.interruptLine) {
      view.setUint8(offset, value);
    }
  }

  private layCapabilities(capabilities: readonly Uint8Array[]): void {
    let offset: number = at.firstCapability;
    let link: number = at.capabilities;
    for (const bytes of capabilities) {
      this.view.setUint8(link, offset);
      bytes.forEach((byte, index) => {
        if (index !== 1) this.view.setUint8(offset + index, byte);
      });
      link = offset + 1;
      offset += Math.ceil(bytes.length / 4) * 4;
    }
    if (capabilities.length > 0) this.view.setUint16(at.status, STATUS_CAPABILITIES, true);
  }
}
