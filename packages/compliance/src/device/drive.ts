import type { DeviceListener, NetDevice, Packet } from '@synos/interfaces';
import { copyBytes, ethernetHeaderBytes, etherType, setEthernetHeader } from '@synos/wire';
import { check, equal } from '../check.js';
import type { DeviceAbility, DeviceFixture } from './fixture.js';

export type Add = (
  clause: string,
  name: string,
  body: (t: DeviceDrive) => void | Promise<void>,
  needs?: readonly DeviceAbility[],
) => void;

/** Counts what a device tells; takes note and calls nothing back, as the contract wants. */
export class Note implements DeviceListener {
  readableCalls = 0;
  writableCalls = 0;
  changedCalls = 0;

  readable(): void {
    this.readableCalls++;
  }

  writable(): void {
    this.writableCalls++;
  }

  changed(): void {
    this.changedCalls++;
  }
}

export class DeviceDrive {
  readonly fixture: DeviceFixture;

  constructor(fixture: DeviceFixture) {
    this.fixture = fixture;
  }

  get a(): NetDevice {
    return this.fixture.a;
  }

  get b(): NetDevice {
    return this.fixture.b;
  }

  /** A frame from `a` to `b` with a payload of our own ether type. */
  frame(payload: Uint8Array<ArrayBuffer>): Packet {
    const packet = this.fixture.packets.take(payload.length + ethernetHeaderBytes, false);
    check(packet !== null, 'the pool has a packet');
    const { memory } = packet;
    copyBytes(memory.bytes, packet.start, payload, 0, payload.length);
    packet.end = packet.start + payload.length;
    packet.start -= ethernetHeaderBytes;
    setEthernetHeader(memory.bytes, memory.view, packet.start, this.b.address, this.a.address, etherType.ipv4);
    return packet;
  }

  send(payload: Uint8Array<ArrayBuffer>): void {
    equal(this.a.transmit(this.frame(payload)), true, 'transmit');
  }

  /** The next received payload. */
  next(): Uint8Array | null {
    const packet = this.b.receive();
    if (packet === null) return null;
    const bytes = packet.memory.bytes.slice(packet.start + ethernetHeaderBytes, packet.end);
    packet.pool.release(packet);
    return bytes;
  }

  drain(): Uint8Array[] {
    const got: Uint8Array[] = [];
    for (let next = this.next(); next !== null; next = this.next()) got.push(next);
    return got;
  }

  used(): number {
    return this.fixture.pools.reduce((sum, pool) => sum + pool.used, 0);
  }
}

/** All counts together: it moves when something was counted, whatever its name. */
export function sumOf(counters: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const value of Object.values(counters)) sum += value;
  return sum;
}
