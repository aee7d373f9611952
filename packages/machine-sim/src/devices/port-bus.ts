/** A device with I/O ports. Offsets are from the first port of its range. */
export interface PortDevice {
  /** Reads one byte. */
  read(offset: number): number;
  /** Writes one byte. */
  write(offset: number, value: number): void;
  /** Reads 2 or 4 bytes at once. Without it they are read one by one, as the bus of a PC does for devices of 8 bits. */
  readWide?(offset: number, bytes: 2 | 4): number;
  /** Writes 2 or 4 bytes at once. */
  writeWide?(offset: number, bytes: 2 | 4, value: number): void;
}

interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly device: PortDevice;
}

/** The 65,536 I/O ports: who answers where. A port of nobody reads as all ones, and forgets what is written. */
export class PortBus {
  private readonly ranges: PortRange[] = [];

  /** Gives a device the ports from `first` to `last`. */
  attach(first: number, last: number, device: PortDevice): void {
    this.ranges.push({ first, last, device });
  }

  read(port: number, bytes: 1 | 2 | 4): number {
    const range = this.find(port);
    if (bytes !== 1 && range?.device.readWide !== undefined && port + bytes - 1 <= range.last) {
      return range.device.readWide(port - range.first, bytes) >>> 0;
    }
    let value = 0;
    for (let at = 0; at < bytes; at++) value |= this.readByte((port + at) & 0xffff) << (8 * at);
    return value >>> 0;
  }

  write(port: number, bytes: 1 | 2 | 4, value: number): void {
    const range = this.find(port);
    if (bytes !== 1 && range?.device.writeWide !== undefined && port + bytes - 1 <= range.last) {
      range.device.writeWide(port - range.first, bytes, value >>> 0);
      return;
    }
    for (let at = 0; at < bytes; at++) {
      const byteRange = this.find((port + at) & 0xffff);
      byteRange?.device.write(port + at - byteRange.first, (value >>> (8 * at)) & 0xff);
    }
  }

  private readByte(port: number): number {
    const range = this.find(port);
    return range === undefined ? 0xff : range.device.read(port - range.first) & 0xff;
  }

  private find(port: number): PortRange | undefined {
    for (const range of this.ranges) if (port >= range.first && port <= range.last) return range;
    return undefined;
  }
}
