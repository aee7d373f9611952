import { checksumState, type Packet, type PacketPool } from '@synos/interfaces';
import {
  createMemory,
  createPacketPool,
  ipv4,
  packetPoolBytes,
  protocolNumber,
  pseudoHeaderSum,
  setEthernetHeader,
  writeIpv4,
} from '@synos/wire';
import { everyFeature } from './card.js';

export const without = (...bits: number[]): number[] => everyFeature.filter((bit) => !bits.includes(bit));

export function frameOf(length: number, tag = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i * tag);
}

/** A packet that holds a frame. */
export function packetOf(pool: PacketPool, frame: Uint8Array): Packet {
  const packet = pool.take(frame.length, false);
  if (packet === null) throw new Error('the pool is empty');
  packet.start -= 14;
  packet.end = packet.start + frame.length;
  packet.memory.bytes.set(frame, packet.start);
  return packet;
}

export function otherPool(smallPackets = 8, largePackets = 1): PacketPool {
  const size = { smallPackets, largePackets };
  const memory = createMemory(new ArrayBuffer(packetPoolBytes(size)));
  return createPacketPool({ memory, offset: 0, ...size, urgentReserve: 0 });
}

/** TCP in IPv4 in Ethernet, its checksum left open. */
export function tcpPacket(pool: PacketPool, payloadBytes: number, segmentBytes = 0, flags = 0x10): Packet {
  const packet = pool.take(payloadBytes, false);
  if (packet === null) throw new Error('the pool is empty');
  const { bytes, view } = packet.memory;
  const [from, to] = [ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 2)];
  packet.end = packet.start + payloadBytes;
  packet.start -= 20;
  bytes.fill(0, packet.start, packet.start + 20);
  view.setUint8(packet.start + 12, 0x50);
  view.setUint8(packet.start + 13, flags);
  view.setUint16(packet.start + 16, pseudoHeaderSum(from, to, protocolNumber.tcp, payloadBytes + 20));
  packet.checksum = checksumState.partial;
  packet.checksumStart = packet.start;
  packet.checksumOffset = 16;
  packet.segmentBytes = segmentBytes;
  packet.start -= 20;
  writeIpv4(view, packet.start, payloadBytes + 40, 7, 0x4000, 64, 0, protocolNumber.tcp, from.w3, to.w3);
  packet.start -= 14;
  setEthernetHeader(bytes, view, packet.start, new Uint8Array(6), new Uint8Array(6), 0x0800);
  return packet;
}

export function headerOf(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number): number => view.getUint16(at, true);
  return { flags: view.getUint8(0), gso: view.getUint8(1), lengths: [2, 4, 6, 8, 10].map(word) };
}

export const counting = () => {
  const told = { readable: 0, writable: 0, changed: 0 };
  const listener = {
    readable: () => void told.readable++,
    writable: () => void told.writable++,
    changed: () => void told.changed++,
  };
  return { told, listener };
};
