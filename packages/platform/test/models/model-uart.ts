import type { FakeMachine, PortDevice } from './fake-machine.js';

const fifoBytes = 16;

/** A 16550A (PC16550D data sheet) whose line to the interrupt controller is an edge. */
export class ModelUart implements PortDevice {
  /** What left the port. */
  readonly sent: number[] = [];
  divisor = 0;
  lcr = 0;
  mcr = 0;
  ier = 0;
  lost = 0;
  readonly hasFifos: boolean;
  private readonly received: { byte: number; errors: number }[] = [];
  private readonly toSend: number[] = [];
  private fifosOn = false;
  private hasOverrun = false;
  /** The transmitter's interrupt waits: it became empty, or was enabled while it was. */
  private tellsEmpty = false;
  private scratch = 0;
  private wasUp = false;
  /** Rises of the line since they were last taken. */
  private rises = 0;

  constructor(machine: FakeMachine, from = 0x3f8, hasFifos = true) {
    this.hasFifos = hasFifos;
    machine.ports.push({ from, count: 8, device: this });
  }

  /** A byte arrives on the wire. @param errors - bits 2 to 4 of the line status */
  type(byte: number, errors = 0): void {
    if (this.received.length >= (this.fifosOn ? fifoBytes : 1)) {
      this.hasOverrun = true;
      this.lost++;
    } else {
      this.received.push({ byte, errors });
    }
    this.update();
  }

  /** Bytes leave on the wire. */
  send(most: number): void {
    if (this.toSend.length === 0) return;
    this.sent.push(...this.toSend.splice(0, most));
    if (this.toSend.length === 0) this.tellsEmpty = true;
    this.update();
  }

  get waiting(): number {
    return this.received.length;
  }

  /** Whether the controller saw an edge since it was last asked. */
  takeInterrupt(): boolean {
    const hasRisen = this.rises > 0;
    this.rises = 0;
    return hasRisen;
  }

  readPort(port: number): number {
    const value = this.read(port);
    this.update();
    return value;
  }

  writePort(port: number, _bytes: number, value: number): void {
    const isDivisor = (this.lcr & 0x80) !== 0;
    if (port === 0 && isDivisor) this.divisor = (this.divisor & 0xff00) | value;
    else if (port === 1 && isDivisor) this.divisor = (this.divisor & 0xff) | (value << 8);
    else if (port === 0) {
      if (this.toSend.length >= (this.fifosOn ? fifoBytes : 1)) throw new Error('written to a full transmitter');
      this.toSend.push(value);
      this.tellsEmpty = false;
    } else if (port === 1) {
      if ((value & 2) !== 0 && (this.ier & 2) === 0 && this.toSend.length === 0) this.tellsEmpty = true;
      this.ier = value;
    } else if (port === 2) {
      this.fifosOn = this.hasFifos && (value & 1) !== 0;
      if ((value & 2) !== 0 && this.hasFifos) this.received.length = 0;
    } else if (port === 3) this.lcr = value;
    else if (port === 4) this.mcr = value;
    else if (port === 7) this.scratch = value;
    this.update();
  }

  private read(port: number): number {
    if ((this.lcr & 0x80) !== 0 && port < 2) return (this.divisor >> (8 * port)) & 0xff;
    switch (port) {
      case 0:
        return this.received.shift()?.byte ?? 0;
      case 1:
        return this.ier;
      case 2: {
        const cause = this.cause;
        if (cause === 2) this.tellsEmpty = false;
        return cause | (this.fifosOn ? 0xc0 : 0);
      }
      case 5: {
        const status =
          (this.received.length > 0 ? 1 : 0) |
          (this.hasOverrun ? 2 : 0) |
          (this.received[0]?.errors ?? 0) |
          (this.toSend.length === 0 ? 0x60 : 0);
        this.hasOverrun = false;
        if (this.received[0] !== undefined) this.received[0].errors = 0;
        return status;
      }
      case 7:
        return this.scratch;
      default:
        return 0;
    }
  }

  /** Table IV of the data sheet: what is most urgent. */
  private get cause(): number {
    if ((this.ier & 4) !== 0 && (this.hasOverrun || (this.received[0]?.errors ?? 0) !== 0)) return 6;
    if ((this.ier & 1) !== 0 && this.received.length > 0) return 4;
    if ((this.ier & 2) !== 0 && this.tellsEmpty) return 2;
    return 1;
  }

  private update(): void {
    const isUp = this.cause !== 1 && (this.mcr & 8) !== 0;
    if (isUp && !this.wasUp) this.rises++;
    this.wasUp = isUp;
  }
}
