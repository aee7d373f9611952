import type { NetDevice } from '@synos/interfaces';
import { createStackMemory } from '@synos/wire';
import type { GuestMemory } from './devices/guest-memory.js';
import { PciBus } from './devices/pci-bus.js';
import { PciFunction } from './devices/pci-function.js';
import { Pic8259Pair } from './devices/pic8259-pair.js';
import { Pit8254 } from './devices/pit8254.js';
import { PortBus } from './devices/port-bus.js';
import { Uart16550 } from './devices/uart16550.js';
import { VirtioNet } from './devices/virtio-net.js';
import type { MachineTime } from './machine-time.js';

const TIMER_LINE = 0;
const SERIAL_LINE = 4;
/** Lines that the slots of PCI are soldered to in turn. Firmware has set them to be triggered by level. */
const PCI_LINES = [10, 11] as const;
/** Where firmware puts BARs: below what a PC has at the end of 4 GB. */
const PCI_MEMORY = 0xfeb0_0000;
const REGION_STRIDE = 0x1_0000;

/** Everything around the CPU, and how it is wired. */
export class DeviceBoard {
  readonly pic = new Pic8259Pair();
  readonly pit: Pit8254;
  readonly uart: Uart16550;
  readonly pci = new PciBus();
  readonly ports = new PortBus();
  readonly cards: readonly VirtioNet[];
  private readonly time: MachineTime;
  /** Something is to be done before its time. */
  private wantsTurn = true;
  /** The count at which something is to be done. */
  private nextTsc = 0;

  /** @param attention - told whenever something is to be done soon; it may only take note */
  constructor(time: MachineTime, memory: GuestMemory, network: readonly NetDevice[], attention: () => void) {
    this.time = time;
    const { pic, ports, pci } = this;
    const note = (): void => {
      this.wantsTurn = true;
      attention();
    };
    this.pit = new Pit8254({
      readTsc: () => time.tsc(),
      tscHz: time.tscHz,
      setLine: (high) => pic.setLine(TIMER_LINE, high),
      changed: note,
    });
    this.uart = new Uart16550({ setLine: (high) => pic.setLine(SERIAL_LINE, high) });
    pci.add(new PciFunction({ vendor: 0x8086, device: 0x1237, classCode: 0x06_0000, revision: 2 }));
    this.cards = network.map((device, index) => {
      const card = new VirtioNet({
        device,
        memory,
        pool: createStackMemory({ smallPackets: 512, largePackets: 16, ringBytes: 0 }).packets,
        regionAddress: PCI_MEMORY + index * REGION_STRIDE,
        interruptLine: PCI_LINES[index % 2] as number,
        interruptChanged: () => this.drivePciLines(),
        attention: note,
      });
      pci.add(card.pci.function);
      return card;
    });
    ports.attach(0x20, 0x21, pic.ports(pic.first));
    ports.attach(0xa0, 0xa1, pic.ports(pic.second));
    ports.attach(0x4d0, 0x4d1, pic.levelPorts());
    ports.attach(0x40, 0x43, this.pit);
    ports.attach(0x3f8, 0x3ff, this.uart);
    ports.attach(0xcf8, 0xcff, pci);
    for (const line of PCI_LINES) pic.second.elcr |= 1 << (line - 8);
  }

  /** Does what is due. Cheap where nothing is. */
  turn(tsc: number): void {
    if (!this.wantsTurn && tsc < this.nextTsc) return;
    this.wantsTurn = false;
    this.pit.catchUp();
    const nowMs = this.time.nowMs();
    for (const card of this.cards) card.turn(nowMs);
    this.plan();
  }

  /** The count at which something is to be done, as devices see it now. */
  plan(): number {
    let next = this.pit.nextTsc();
    for (const card of this.cards) {
      const deadlineMs = card.nextDeadline();
      if (deadlineMs !== Infinity) next = Math.min(next, this.time.tscAt(deadlineMs));
    }
    this.nextTsc = next;
    return this.wantsTurn ? 0 : next;
  }

  private drivePciLines(): void {
    // While the first card is made there are none yet.
    const cards = this.cards ?? [];
    PCI_LINES.forEach((line, index) => {
      const isHigh = cards.some((card, at) => at % PCI_LINES.length === index && card.pci.function.interrupts);
      this.pic.setLine(line, isHigh);
    });
  }
}
