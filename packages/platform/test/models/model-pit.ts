import type { FakeMachine, PortDevice } from './fake-machine.js';

const ticksPerSecond = 1_193_182;

/** Channel 0 of an 8254 in mode 0, whose ticks run on whatever is written (data sheet, "Mode 0"). */
export class ModelPit implements PortDevice {
  /** When OUT rises, as a value of the machine's counter; `Infinity` while nothing counts. */
  risesAt = Infinity;
  programmed = 0;
  private readonly machine: FakeMachine;
  private low = -1;

  constructor(machine: FakeMachine) {
    this.machine = machine;
    machine.ports.push({ from: 0x40, count: 4, device: this });
  }

  readPort(): number {
    return 0;
  }

  writePort(port: number, _bytes: number, value: number): void {
    if (port === 3) {
      if (value !== 0x30) throw new Error('not channel 0, both bytes, mode 0, binary');
      this.risesAt = Infinity;
      this.low = -1;
    } else if (port === 0) {
      if (this.low < 0) {
        this.low = value;
        return;
      }
      const count = this.low + 256 * value || 65_536;
      this.low = -1;
      this.programmed++;
      const perTick = this.machine.tscHz / ticksPerSecond;
      // Loaded by the tick after the write, then counted down.
      const loaded = Math.floor(this.machine.tsc / perTick) + 1;
      this.risesAt = (loaded + count) * perTick;
    }
  }
}
