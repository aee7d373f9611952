import type { DeviceFeatures, DeviceListener, NetDevice, Packet, PacketPool } from '@synos/interfaces';
import { ethernetHeaderBytes, ethernetType, etherType, setEthernetHeader } from '@synos/wire';

/** Who sits at the other end, whatever its IP address. */
export const peerMac: Uint8Array<ArrayBuffer> = /* @__PURE__ */ Uint8Array.of(2, 0, 0, 0, 0, 2);

/** Packets that may wait to be received. A test delivers one and lets the stack look. */
const queueLength = 64;

/**
 * A network card whose wire is a pair of functions for IPv4 packets, as a TUN device is: link headers end here. What
 * comes in may be longer than the MTU, as it may on a TUN device: scripts inject what a card with receive offload gives.
 */
export class PacketDoor implements NetDevice {
  readonly name = 'tun0';
  readonly address: Uint8Array<ArrayBuffer> = Uint8Array.of(2, 0, 0, 0, 0, 1);
  readonly medium = 'ethernet';
  readonly isLoopback = false;
  readonly mtuBytes: number;
  readonly linkUp = true;
  readonly features: DeviceFeatures = { fillsChecksums: false, verifiesChecksums: false, superSegmentBytes: 0 };
  readonly counters: Record<string, number> = {
    txPackets: 0,
    txBytes: 0,
    txNotIpv4: 0,
    rxPackets: 0,
    rxBytes: 0,
    rxNoPacket: 0,
    rxQueueFull: 0,
  };
  private readonly pool: PacketPool;
  private readonly onPacket: (bytes: Uint8Array) => void;
  private readonly received: Packet[] = [];
  private listener: DeviceListener | null = null;

  /** @param onPacket - is given each packet that the stack sends, its own copy */
  constructor(pool: PacketPool, mtuBytes: number, onPacket: (bytes: Uint8Array) => void) {
    this.pool = pool;
    this.mtuBytes = mtuBytes;
    this.onPacket = onPacket;
  }

  /** A packet arrives. Whether it is a good one is for the stack to find out. */
  deliver(bytes: Uint8Array): void {
    const { counters, received } = this;
    const packet = received.length < queueLength && bytes.length <= 0xffff ? this.pool.take(bytes.length, false) : null;
    if (packet === null) {
      const reason = received.length < queueLength ? 'rxNoPacket' : 'rxQueueFull';
      counters[reason] = counters[reason]! + 1;
      return;
    }
    const { memory } = packet;
    memory.bytes.set(bytes, packet.start);
    packet.end = packet.start + bytes.length;
    packet.start -= ethernetHeaderBytes;
    setEthernetHeader(memory.bytes, memory.view, packet.start, this.address, peerMac, etherType.ipv4);
    counters.rxPackets = counters.rxPackets! + 1;
    counters.rxBytes = counters.rxBytes! + bytes.length;
    received.push(packet);
    if (received.length === 1) this.listener?.readable();
  }

  transmit(packet: Packet): boolean {
    const { bytes, view } = packet.memory;
    const start = packet.start + ethernetHeaderBytes;
    // Neighbour discovery has nobody to talk to.
    const isIpv4 = ethernetType(view, packet.start) === etherType.ipv4;
    const sent = isIpv4 ? bytes.slice(start, packet.end) : null;
    packet.pool.release(packet);
    const { counters } = this;
    if (sent === null) {
      counters.txNotIpv4 = counters.txNotIpv4! + 1;
    } else {
      counters.txPackets = counters.txPackets! + 1;
      counters.txBytes = counters.txBytes! + sent.length;
      this.onPacket(sent);
    }
    return true;
  }

  receive(): Packet | null {
    return this.received.shift() ?? null;
  }

  listen(listener: DeviceListener | null): void {
    this.listener = listener;
    if (this.received.length > 0) listener?.readable();
  }

  advance(): void {}

  nextDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  close(): void {
    for (const packet of this.received.splice(0)) packet.pool.release(packet);
  }
}
