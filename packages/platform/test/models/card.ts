import type { DeviceFixture } from '@synos/compliance';
import type { PacketPool } from '@synos/interfaces';
import { createMemory, createPacketPool, type MemoryPacketPool, packetPoolBytes } from '@synos/wire';
import { createVirtioNet, scanPci, type VirtioNetDevice, type VirtioNetOptions } from '../../src/index.js';
import { FakeMachine } from './fake-machine.js';
import { ModelPciHost } from './model-pci.js';
import { feature, type ModelOptions, ModelVirtioNet } from './model-virtio-net.js';

export const everyFeature = Object.values(feature);

export interface Card {
  readonly machine: FakeMachine;
  readonly model: ModelVirtioNet;
  readonly device: VirtioNetDevice;
  readonly packets: MemoryPacketPool;
}

export interface CardOptions extends Partial<Omit<ModelOptions, 'machine'>> {
  readonly smallPackets?: number;
  readonly largePackets?: number;
  readonly driver?: Partial<VirtioNetOptions>;
  /** Changes the model before the driver sees it. */
  readonly prepare?: (model: ModelVirtioNet) => void;
}

/** A machine with one card, and what the driver made of it. */
export function tryCard(options: CardOptions = {}) {
  const { smallPackets = 1024, largePackets = 4, driver = {}, prepare, ...model } = options;
  const size = { smallPackets, largePackets };
  const poolBytes = packetPoolBytes(size);
  const machine = new FakeMachine({ ramBytes: poolBytes + (1 << 18) });
  const host = new ModelPciHost(machine);
  const card = new ModelVirtioNet({ machine, address: 0xfe00_0000, features: everyFeature, ...model });
  host.add(0, 3, 0, card.pci);
  prepare?.(card);
  const [pci] = scanPci(machine);
  if (pci === undefined) throw new Error('the card is not on its bus');
  const physicalBase = machine.allocate(poolBytes, 64);
  const { buffer, byteOffset } = machine.mem(physicalBase, poolBytes);
  const memory = createMemory(buffer, byteOffset, poolBytes);
  const packets = createPacketPool({ memory, offset: 0, ...size, physicalBase, urgentReserve: 0 });
  const made = createVirtioNet({ machine, pci, packets, allocateDma: machine.allocate, name: 'eth0', ...driver });
  return { machine, model: card, packets, made };
}

export function newCard(options: CardOptions = {}): Card {
  const { made, ...rest } = tryCard(options);
  if ('error' in made) throw new Error(made.error);
  return { ...rest, device: made };
}

/** A pool as if the packets that wait in a card were not out. */
function withoutPosted(packets: PacketPool, device: VirtioNetDevice): PacketPool {
  return {
    take: (payloadBytes, urgent) => packets.take(payloadBytes, urgent),
    release: (packet) => packets.release(packet),
    get used() {
      return packets.used - device.postedPackets;
    },
    capacity: packets.capacity,
  };
}

/** Two cards with a cable between them, which carries frames when time passes. */
export function cardsFixture(options: CardOptions = {}): DeviceFixture {
  const a = newCard({ mac: [2, 0, 0, 0, 0, 1], ...options });
  const b = newCard({ mac: [2, 0, 0, 0, 0, 2], ...options });
  const carry = (from: Card, to: Card): boolean => {
    if (from.model.status !== 15 || to.model.status !== 15) return false;
    const frames = from.model.transmit();
    for (const { bytes, header } of frames) to.model.receive(bytes, { flags: (header[0] as number) & 1 });
    return frames.length > 0;
  };
  let nowMs = 0;
  const settle = (): void => {
    for (let isBusy = true; isBusy; ) {
      isBusy = carry(a, b);
      isBusy = carry(b, a) || isBusy;
      for (const { model, device } of [a, b]) if (model.line) isBusy = device.interrupt() || isBusy;
    }
  };
  return {
    a: a.device,
    b: b.device,
    packets: a.packets,
    pools: [withoutPosted(a.packets, a.device), withoutPosted(b.packets, b.device)],
    run(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        settle();
        const nextMs = Math.min(a.device.nextDeadline(), b.device.nextDeadline());
        if (nextMs > untilMs) break;
        nowMs = Math.max(nowMs, nextMs);
        a.device.advance(nowMs);
        b.device.advance(nowMs);
      }
      nowMs = untilMs;
      a.device.advance(nowMs);
      b.device.advance(nowMs);
      settle();
    },
    setLink(isUp) {
      a.model.setLink(isUp);
      if (a.model.line) a.device.interrupt();
    },
    dispose() {
      a.device.close();
      b.device.close();
    },
  };
}
