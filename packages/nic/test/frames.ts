import type { NetDevice, Packet, PacketPool } from '@synos/interfaces';
import {
  createMemory,
  createPacketPool,
  etherType,
  fillChecksum,
  ipv4,
  packetPoolBytes,
  protocolNumber,
  pseudoHeaderSum,
  setEthernetHeader,
  writeIpv4,
  writeUdp,
} from '@synos/wire';

export const macA = new Uint8Array([2, 0, 0, 0, 0, 1]);
export const macB = new Uint8Array([2, 0, 0, 0, 0, 2]);
export const broadcast = new Uint8Array([255, 255, 255, 255, 255, 255]);

export function newPool(smallPackets = 64, largePackets = 8): PacketPool {
  const counts = { smallPackets, largePackets };
  return createPacketPool({
    memory: createMemory(new ArrayBuffer(packetPoolBytes(counts))),
    offset: 0,
    ...counts,
    urgentReserve: 0,
  });
}

/** A frame of any length of at least 14 whose payload is a counting pattern that begins with `tag`. */
export function frame(pool: PacketPool, length: number, tag = 0, to = macB, from = macA): Packet {
  const packet = pool.take(Math.max(0, length - 14), false);
  if (packet === null) throw new Error('the pool is empty');
  packet.start -= 14;
  packet.end = packet.start + length;
  const { bytes, view } = packet.memory;
  if (length >= 14) setEthernetHeader(bytes, view, packet.start, to, from, 0x88b5);
  for (let i = 14; i < length; i++) bytes[packet.start + i] = tag + i - 14;
  return packet;
}

/** A UDP datagram in IPv4 in a frame. `partial` leaves the checksum to the device. */
export function datagramFrame(pool: PacketPool, payloadBytes: number, partial: boolean, tag = 1): Packet {
  const packet = pool.take(payloadBytes, false);
  if (packet === null) throw new Error('the pool is empty');
  const { bytes, view } = packet.memory;
  packet.end = packet.start + payloadBytes;
  for (let i = 0; i < payloadBytes; i++) bytes[packet.start + i] = tag + i;
  const source = ipv4(10, 0, 0, 1);
  const destination = ipv4(10, 0, 0, 2);
  packet.start -= 8;
  const length = payloadBytes + 8;
  const pseudo = pseudoHeaderSum(source, destination, protocolNumber.udp, length);
  writeUdp(view, packet.start, 1000, 2000, length, pseudo);
  packet.checksum = 1;
  packet.checksumStart = packet.start;
  packet.checksumOffset = 6;
  packet.start -= 20;
  writeIpv4(view, packet.start, length + 20, 7, 0x4000, 64, 0, protocolNumber.udp, source.w3, destination.w3);
  packet.start -= 14;
  setEthernetHeader(bytes, view, packet.start, macB, macA, etherType.ipv4);
  if (!partial) fillChecksum(packet);
  return packet;
}

export function bytesOf(packet: Packet): Uint8Array {
  return packet.memory.bytes.slice(packet.start, packet.end);
}

/** Takes everything that a device has and answers it as bytes. */
export function receiveAll(device: NetDevice): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let packet = device.receive(); packet !== null; packet = device.receive()) {
    all.push(bytesOf(packet));
    packet.pool.release(packet);
  }
  return all;
}

/** The payload's first byte of each. */
export function tags(frames: readonly Uint8Array[]): number[] {
  return frames.map((bytes) => bytes[14] as number);
}

/** A listener that counts. */
export function counting() {
  return {
    readables: 0,
    writables: 0,
    changes: 0,
    readable() {
      this.readables++;
    },
    writable() {
      this.writables++;
    },
    changed() {
      this.changes++;
    },
  };
}
