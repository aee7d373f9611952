import type { NetDevice, Packet, PacketPool } from '@synos/interfaces';
import { createCable } from '@synos/nic';
import { createStackMemory, sumBytes } from '@synos/wire';
import { netFeature } from '../src/devices/virtio-net-header.js';
import { createScriptedPc } from './reference/test-machine.js';
import { VirtioDriver, virtio } from './reference/virtio-driver.js';

export const QUEUES = 0x20_0000;
export const BUFFERS = 0x30_0000;
export const BUFFER_BYTES = 0x2000;
export const PLAIN = netFeature.mac | netFeature.mtu | netFeature.status;
export const LINE_10 = 0x2a;

export function createWorld(
  options: { vouches?: boolean; mtuBytes?: number; size?: number; device?: (device: NetDevice) => NetDevice } = {},
) {
  const { vouches = false, mtuBytes = 1500, size = 16 } = options;
  const pool: PacketPool = createStackMemory({ smallPackets: 64, largePackets: 8, ringBytes: 0 }).packets;
  const cable = createCable({ vouches, mtuBytes, queueLength: 8, b: { pool } });
  const pc = createScriptedPc({ network: [(options.device ?? ((each) => each))(cable.a)], memoryBytes: 8 << 20 });
  const { machine } = pc;
  // All lines open, edge or level as firmware left them.
  for (const [base, values] of [
    [0x20, [0x20, 4, 1, 0]],
    [0xa0, [0x28, 2, 1, 0]],
  ] as const) {
    machine.writePort(base, 1, 0x11);
    for (const value of values) machine.writePort(base + 1, 1, value);
  }
  const driver = new VirtioDriver(machine, 1, QUEUES, size);
  const bytes = machine.mem(0, 8 << 20);
  /** Puts a header and a frame into memory, as one chain of two. */
  const send = (frame: Uint8Array, header: Uint8Array = new Uint8Array(12), at = BUFFERS): void => {
    bytes.set(header, at);
    bytes.set(frame, at + 64);
    driver.add(1, [
      { address: at, length: 12 },
      { address: at + 64, length: frame.length },
    ]);
    driver.notify(1);
    machine.idle(machine.rdtsc());
  };
  /** Gives the device buffers to receive into. */
  const post = (count: number, length = BUFFER_BYTES): void => {
    for (let at = 0; at < count; at++) {
      driver.add(0, [{ address: BUFFERS + 0x10_0000 + at * BUFFER_BYTES, length, flags: virtio.write }]);
    }
    driver.notify(0);
  };
  /** A frame from the other end. */
  const arrive = (frame: Uint8Array, mark: (packet: Packet) => void = () => {}): void => {
    const packet = pool.take(frame.length, false);
    if (packet === null) throw new Error('no packet');
    packet.start -= 14;
    packet.end = packet.start + frame.length;
    packet.memory.bytes.set(frame, packet.start);
    mark(packet);
    cable.b.transmit(packet);
  };
  const taken = (): Uint8Array | null => {
    const packet = cable.b.receive();
    if (packet === null) return null;
    const frame = packet.memory.bytes.slice(packet.start, packet.end);
    packet.pool.release(packet);
    return frame;
  };
  const counters = (): Record<string, number> => machine.counters();
  return { ...pc, pool, cable, driver, bytes, send, post, arrive, taken, counters };
}

export const frameOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * seed + at) & 0xff);

/** TCP over IPv4 with a payload, its checksum field the pseudo-header's sum. */
export function tcpFrame(payloadBytes: number): Uint8Array {
  const frame = new Uint8Array(54 + payloadBytes);
  const view = new DataView(frame.buffer);
  view.setUint16(12, 0x0800);
  view.setUint8(14, 0x45);
  view.setUint16(16, 40 + payloadBytes);
  view.setUint8(22, 64);
  view.setUint8(23, 6);
  view.setUint32(26, 0x0a00_0001);
  view.setUint32(30, 0x0a00_0002);
  view.setUint32(38, 1000);
  view.setUint8(46, 0x50);
  view.setUint8(47, 0x18);
  for (let at = 0; at < payloadBytes; at++) frame[54 + at] = at & 0xff;
  return frame;
}

/** Whether the TCP checksum of a frame is right. */
export function isSummed(frame: Uint8Array): boolean {
  const length = frame.length - 34;
  const bytes = new Uint8Array(12 + length + 4);
  bytes.set(frame.subarray(26, 34));
  bytes[9] = 6;
  bytes[10] = length >>> 8;
  bytes[11] = length & 0xff;
  bytes.set(frame.subarray(34), 12);
  const memory = {
    bytes,
    view: new DataView(bytes.buffer),
    words: new Uint32Array(bytes.buffer, 0, bytes.length >>> 2),
  };
  return sumBytes(memory, 0, 12 + length) === 0xffff;
}
