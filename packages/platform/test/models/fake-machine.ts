import type { Machine, MemoryRange } from '@synos/interfaces';

/** A device at I/O ports. */
export interface PortDevice {
  readPort(port: number, bytes: number): number;
  writePort(port: number, bytes: number, value: number): void;
}

/** A device at physical addresses. */
export interface RegisterDevice {
  readRegister(address: number, bytes: number): number;
  writeRegister(address: number, bytes: number, value: number): void;
}

/** Buses, memory and a counter; no CPU. */
export class FakeMachine implements Machine {
  readonly directMapBase = -(2 ** 46);
  readonly bootModules = [];
  readonly commandLine = '';
  readonly memoryMap: readonly MemoryRange[];
  readonly entropy = { fill: (bytes: Uint8Array) => void bytes.fill(0xab) };
  readonly ram: Uint8Array<ArrayBuffer>;
  readonly ramBase: number;
  readonly tscHz: number;
  tsc = 0;
  /** How much the counter moves with each access to a port, as on real hardware. */
  tscPerPort = 0;
  readonly ports: { from: number; count: number; device: PortDevice }[] = [];
  readonly registers: { from: number; count: number; device: RegisterDevice }[] = [];
  portAccesses = 0;
  registerAccesses = 0;
  private nextDma: number;

  constructor({ ramBytes = 1 << 16, ramBase = 0x10_0000, tscHz = 1e9 } = {}) {
    this.ram = new Uint8Array(ramBytes);
    this.ramBase = ramBase;
    this.tscHz = tscHz;
    this.memoryMap = [{ address: ramBase, byteLength: ramBytes, kind: 'usable' }];
    this.nextDma = ramBase;
  }

  /** Memory of this machine that nobody has yet. */
  allocate = (byteLength: number, alignBytes: number): number => {
    const address = Math.ceil(this.nextDma / alignBytes) * alignBytes;
    if (address + byteLength > this.ramBase + this.ram.length) return -1;
    this.nextDma = address + byteLength;
    return address;
  };

  mem(address: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const at = address - this.ramBase;
    if (at < 0 || at + byteLength > this.ram.length) throw new Error(`no memory at ${address}`);
    return this.ram.subarray(at, at + byteLength);
  }

  readPort(port: number, bytes: 1 | 2 | 4): number {
    this.portAccesses++;
    this.tsc += this.tscPerPort;
    const found = this.ports.find(({ from, count }) => port >= from && port < from + count);
    return found ? found.device.readPort(port - found.from, bytes) : 2 ** (8 * bytes) - 1;
  }

  writePort(port: number, bytes: 1 | 2 | 4, value: number): void {
    if (!(value >= 0 && value < 2 ** (8 * bytes))) throw new Error(`${value} does not fit in ${bytes} bytes`);
    this.portAccesses++;
    this.tsc += this.tscPerPort;
    const found = this.ports.find(({ from, count }) => port >= from && port < from + count);
    found?.device.writePort(port - found.from, bytes, value);
  }

  readRegister(address: number, bytes: 1 | 2 | 4): number {
    this.registerAccesses++;
    if (address % bytes !== 0) throw new Error('a register that is not aligned');
    const found = this.registers.find(({ from, count }) => address >= from && address < from + count);
    return found ? found.device.readRegister(address - found.from, bytes) : 2 ** (8 * bytes) - 1;
  }

  writeRegister(address: number, bytes: 1 | 2 | 4, value: number): void {
    if (!(value >= 0 && value < 2 ** (8 * bytes))) throw new Error(`${value} does not fit in ${bytes} bytes`);
    this.registerAccesses++;
    if (address % bytes !== 0) throw new Error('a register that is not aligned');
    const found = this.registers.find(({ from, count }) => address >= from && address < from + count);
    found?.device.writeRegister(address - found.from, bytes, value);
  }

  rdtsc(): number {
    return this.tsc;
  }

  wrote(): void {}
  invlpg(): void {}
  flush(): void {}
  lgdt(): void {}
  lidt(): void {}
  ltr(): void {}
  readControl(): number {
    return 0;
  }
  writeControl(): void {}
  rdmsr(): number {
    return 0;
  }
  wrmsr(): void {}
  stub(): number {
    return 0;
  }
  run(): number {
    throw new Error('no CPU');
  }
  wallTimeMs(): number {
    return 0;
  }
  panic(): void {}
  idle(): number {
    return -1;
  }
  kick(): void {}
  powerOff(): void {}
}
