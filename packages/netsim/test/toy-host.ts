import type { NetDevice, Packet, PacketPool, Pollable } from '@synos/interfaces';
import {
  checkIpv4,
  checkUdp,
  etherType,
  fillChecksum,
  ipv4,
  ipv4Identification,
  protocolNumber,
  pseudoHeaderSum,
  setEthernetHeader,
  writeIpv4,
  writeUdp,
} from '@synos/wire';
import type { HostParts } from '../src/index.js';

/** What the planted bug is: takes datagrams in the order of arrival, or trusts duplicates. */
export type Bug = 'none' | 'believes-order';

const retryMs = 50;

/**
 * A host that sends numbered one-byte datagrams, a few at once, acknowledged one by one, and repeats what is not
 * acknowledged. Small enough to be seen through, real enough to need every kind of luck.
 */
export class ToyHost implements Pollable {
  onWork: (() => void) | null = null;
  readonly received: number[] = [];
  readonly #device: NetDevice;
  readonly #packets: PacketPool;
  readonly #bug: Bug;
  readonly #unsent: number[];
  readonly #unacknowledged = new Map<number, number>();
  readonly #early = new Map<number, number>();
  #nowMs = 0;

  constructor(parts: HostParts, toSend: readonly number[], bug: Bug = 'none') {
    this.#device = parts.device;
    this.#packets = parts.packets;
    this.#bug = bug;
    this.#unsent = toSend.map((_, index) => index);
    this.#values = toSend;
    parts.device.listen({
      readable: () => this.onWork?.(),
      writable: () => this.onWork?.(),
      changed: () => this.onWork?.(),
    });
  }

  readonly #values: readonly number[];

  get isDone(): boolean {
    return this.#unsent.length === 0 && this.#unacknowledged.size === 0;
  }

  poll(nowMs: number, budgetPackets: number): boolean {
    this.#nowMs = nowMs;
    this.#device.advance(nowMs);
    for (let i = 0; i < budgetPackets; i++) {
      const packet = this.#device.receive();
      if (packet === null) break;
      this.#take(packet);
    }
    while (this.#unacknowledged.size < 4 && this.#unsent.length > 0) this.#send(this.#unsent.shift() as number, false);
    for (const [number, sentMs] of this.#unacknowledged) if (sentMs + retryMs <= nowMs) this.#send(number, false);
    return false;
  }

  nextDeadline(): number {
    let nextMs = this.#device.nextDeadline();
    for (const sentMs of this.#unacknowledged.values()) nextMs = Math.min(nextMs, sentMs + retryMs);
    return nextMs;
  }

  #send(number: number, isAcknowledgement: boolean): void {
    const packet = this.#packets.take(1, false);
    if (packet === null) throw new Error('no packet');
    if (!isAcknowledgement) this.#unacknowledged.set(number, this.#nowMs);
    const { bytes, view } = packet.memory;
    packet.end = packet.start + 1;
    bytes[packet.start] = isAcknowledgement ? 0 : (this.#values[number] as number);
    const address = ipv4(10, 0, 0, 1);
    packet.start -= 8;
    const pseudo = pseudoHeaderSum(address, address, protocolNumber.udp, 9);
    writeUdp(view, packet.start, isAcknowledgement ? 2 : 1, 9, 9, pseudo);
    packet.checksum = 1;
    packet.checksumStart = packet.start;
    packet.checksumOffset = 6;
    fillChecksum(packet);
    packet.start -= 20;
    writeIpv4(view, packet.start, 29, number, 0, 64, 0, protocolNumber.udp, address.w3, address.w3);
    packet.start -= 14;
    setEthernetHeader(bytes, view, packet.start, this.#device.address, this.#device.address, etherType.ipv4);
    if (!this.#device.transmit(packet)) this.#packets.release(packet);
  }

  #take(packet: Packet): void {
    const { memory, start, end } = packet;
    const network = start + 14;
    const address = ipv4(10, 0, 0, 1);
    const isWhole =
      checkIpv4(memory, network, end, true) === 0 && checkUdp(memory, network + 20, end, address, address, false) === 0;
    const number = ipv4Identification(memory.view, network);
    const isAcknowledgement = memory.view.getUint16(network + 20) === 2;
    const value = memory.bytes[network + 28] as number;
    packet.pool.release(packet);
    if (!isWhole) return;
    if (isAcknowledgement) {
      this.#unacknowledged.delete(number);
      return;
    }
    this.#send(number, true);
    if (this.#bug === 'believes-order') {
      if (!this.#early.has(number)) this.received.push(value);
      this.#early.set(number, value);
      return;
    }
    if (number >= this.received.length) this.#early.set(number, value);
    for (let next = this.#early.get(this.received.length); next !== undefined; ) {
      this.received.push(next);
      next = this.#early.get(this.received.length);
    }
  }
}
