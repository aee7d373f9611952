import { assert, type Machine, type PhysicalAddress } from '@synos/interfaces';
import type { MemoryPacketPool } from '@synos/wire';
import type { PciFunction } from '../pci/pci-function.js';
import { chooseFeatures, netFeature, ordinaryMtuBytes, version1 } from './net-features.js';
import { deviceStatus, VirtioTransport } from './pci-transport.js';
import { bufferBytesOf } from './receive-ring.js';
import { SplitQueue, splitQueueBytes } from './split-queue.js';
import { type NetQueue, VirtioNet, type VirtioNetDevice } from './virtio-net.js';

/** What {@link createVirtioNet} needs. */
export interface VirtioNetOptions {
  readonly machine: Machine;
  /** The card, one of {@link isVirtioNet}. */
  readonly pci: PciFunction;
  /**
   * Packets in the machine's memory. The card receives into them, and sends from them, without a copy; frames in other
   * pools are copied. They must never lie where a program's code may be: what the card writes is not announced.
   */
  readonly packets: MemoryPacketPool;
  /**
   * Gives memory to the card for good: two queues, about 13 KB for 256 entries.
   *
   * @returns its physical address, a multiple of `alignBytes`; -1 where there is none
   */
  readonly allocateDma: (byteLength: number, alignBytes: number) => PhysicalAddress;
  readonly name: string;
  /** Entries of each queue, a power of two; 256 if not given. A card that has less gets what it has. */
  readonly queueSize?: number;
  /** How many packets wait to be received into; a quarter of the pool, and a queue at most, if not given. */
  readonly receiveBuffers?: number;
}

/** Why a card cannot be used. */
export interface VirtioNetFault {
  /**
   * `no-registers`: its structures are missing, or not in memory. `no-answer`: it does not reset. `legacy`: it is older
   * than virtio 1.0. `features-refused`: it takes no choice of its own features. `no-queue`: a queue is missing or its
   * notifications lead nowhere. `no-memory`: nothing to put queues or received frames into.
   */
  readonly error: 'no-registers' | 'no-answer' | 'legacy' | 'features-refused' | 'no-queue' | 'no-memory';
}

const configMtu = 10;

/**
 * Initialises a virtio network card (VIRTIO 1.2, §3.1.1) and makes a device of it. What the card is not able to do, the
 * stack does: `features` say so.
 *
 * It interrupts when frames came and nobody has been told yet, and when it was full; what it has sent otherwise is looked
 * after by `transmit`, `advance` and, within 20 ms, by `nextDeadline`.
 *
 * @example
 * ```ts
 * const pci = scanPci(machine).find(isVirtioNet);
 * if (!pci) throw new Error('no card');
 * const card = createVirtioNet({ machine, pci, packets, allocateDma, name: 'eth0' });
 * if ('error' in card) throw new Error(card.error);
 * interrupts.enable(pci.interruptLine, 'level');
 * ```
 */
export function createVirtioNet(options: VirtioNetOptions): VirtioNetDevice | VirtioNetFault {
  const { machine, pci, packets, queueSize = 256 } = options;
  assert(queueSize >= 1 && queueSize <= 32_768 && (queueSize & (queueSize - 1)) === 0, 'a size that a queue can have');
  // Its registers answer from now on, and before it is reset it has nothing to do in memory.
  pci.enableBusMaster();
  const transport = VirtioTransport.find(machine, pci);
  let made: VirtioNet | VirtioNetFault;
  if (transport === null) {
    made = { error: 'no-registers' };
  } else if (!transport.reset()) {
    made = { error: 'no-answer' };
  } else {
    transport.addStatus(deviceStatus.acknowledge);
    transport.addStatus(deviceStatus.driver);
    made = initialise(transport, options, queueSize, packets);
    if ('error' in made) transport.addStatus(deviceStatus.failed);
  }
  if ('error' in made) pci.disableBusMaster();
  return made;
}

function initialise(
  transport: VirtioTransport,
  options: VirtioNetOptions,
  queueSize: number,
  packets: MemoryPacketPool,
): VirtioNet | VirtioNetFault {
  const { machine, pci, name } = options;
  const offered = transport.features(0);
  if ((transport.features(1) & version1) === 0) return { error: 'legacy' };

  // Queues first chosen, then features: what can be received depends on how many buffers there can be.
  const receiveSize = Math.min(queueSize, powerOfTwo(transport.selectQueue(0)));
  const transmitSize = Math.min(queueSize, powerOfTwo(transport.selectQueue(1)));
  if (receiveSize === 0 || transmitSize === 0) return { error: 'no-queue' };
  const bufferBytes = bufferBytesOf(packets);
  const buffers = Math.min(receiveSize, Math.max(1, options.receiveBuffers ?? packets.capacity >>> 2));
  if (bufferBytes === 0) return { error: 'no-memory' };

  const abilities = { bufferBytes, buffers, hasLargePackets: hasLarge(packets) };
  const statedMtuBytes = transport.readConfig(configMtu, 2);
  const features = chooseFeatures(offered, statedMtuBytes, abilities);
  transport.setFeatures(0, features);
  transport.setFeatures(1, version1);
  transport.addStatus(deviceStatus.featuresOk);
  if ((transport.status & deviceStatus.featuresOk) === 0) return { error: 'features-refused' };

  const receiveBytes = (splitQueueBytes(receiveSize) + 15) & ~15;
  const memory = options.allocateDma(receiveBytes + splitQueueBytes(transmitSize), 16);
  if (memory < 0) return { error: 'no-memory' };
  const receive = makeQueue(machine, transport, 0, memory, receiveSize);
  const transmit = makeQueue(machine, transport, 1, memory + receiveBytes, transmitSize);
  if (receive === null || transmit === null) return { error: 'no-queue' };

  transport.addStatus(deviceStatus.driverOk);
  const address = new Uint8Array(6);
  const mtuBytes = (features & netFeature.mtu) !== 0 ? statedMtuBytes : ordinaryMtuBytes;
  transport.readTogether(() => {
    for (let i = 0; i < 6; i++) address[i] = transport.readConfig(i, 1);
  });
  if ((features & netFeature.mac) === 0 || ((address[0] as number) & 1) !== 0) {
    // One of our own: locally administered, for one station (IEEE 802-2014, 8.4). A group's address is nobody's.
    machine.entropy.fill(address);
    address[0] = ((address[0] as number) & 0xfc) | 2;
  }
  return new VirtioNet({ name, pci, transport, packets, features, address, mtuBytes, buffers, receive, transmit });
}

function makeQueue(
  machine: Machine,
  transport: VirtioTransport,
  index: number,
  address: PhysicalAddress,
  size: number,
): NetQueue | null {
  const queue = new SplitQueue(machine, address, size);
  transport.selectQueue(index);
  const register = transport.enableQueue(size, queue.place);
  return register < 0 ? null : { queue, register };
}

/** The largest power of two up to a number; 0 for 0. */
function powerOfTwo(most: number): number {
  return most === 0 ? 0 : 2 ** (31 - Math.clz32(most));
}

function hasLarge(packets: MemoryPacketPool): boolean {
  const packet = packets.take(65_535, false);
  packet?.pool.release(packet);
  return packet !== null;
}
