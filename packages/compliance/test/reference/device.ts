import { checksumState, type DeviceListener, type NetDevice, type Packet } from '@synos/interfaces';
import { createStackMemory } from '@synos/wire';
import type { DeviceFixture } from '../../src/index.js';

/** Planted bugs, by name: each must be found by the suite. */
export type DeviceBug =
  | 'last-in-first-out'
  | 'loses-one'
  | 'cuts-long-frames'
  | 'turns-a-byte'
  | 'vouches'
  | 'no-count'
  | 'never-readable'
  | 'readable-once'
  | 'deaf-to-new-listener'
  | 'keeps-old-listener'
  | 'link-down-refuses'
  | 'link-down-delivers'
  | 'close-leaks'
  | 'closed-keeps'
  | 'close-throws-twice'
  | 'writable-twice'
  | 'never-writable'
  | 'busy-takes'
  | 'nan-deadline'
  | 'group-address'
  | 'unchanged-unsaid';

const queueLimit = 64;
const mtuBytes = 1500;

/** Two devices joined by nothing but an array each, with planted bugs on demand. */
export function referenceDevices(bug?: DeviceBug): DeviceFixture {
  const { packets } = createStackMemory({ smallPackets: 300, largePackets: 2, ringBytes: 65_536 });
  const a = new ReferenceDevice('a', bug);
  const b = new ReferenceDevice('b', bug);
  a.peer = b;
  b.peer = a;
  return {
    a,
    b,
    packets,
    pools: [packets],
    run: () => {},
    setLink: (isUp) => {
      a.setLink(isUp);
      b.setLink(isUp);
    },
    dispose: () => {
      a.dispose();
      b.dispose();
    },
  };
}

class ReferenceDevice implements NetDevice {
  readonly name: string;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly medium = 'ethernet';
  readonly isLoopback = false;
  readonly mtuBytes = mtuBytes;
  readonly features = { fillsChecksums: false, verifiesChecksums: false, superSegmentBytes: 0 };
  readonly counters: Record<string, number> = { txPackets: 0, txBytes: 0, rxPackets: 0, rxBytes: 0 };
  peer: ReferenceDevice | null = null;
  linkUp = true;
  private readonly bug: DeviceBug | undefined;
  private readonly queue: Packet[] = [];
  private readonly listeners: DeviceListener[] = [];
  private isClosed = false;
  private owesWritable = false;
  private told = 0;
  private taken = 0;

  constructor(name: string, bug: DeviceBug | undefined) {
    this.name = name;
    this.bug = bug;
    this.address = Uint8Array.of(bug === 'group-address' ? 3 : 2, 0, 0, 0, 0, name.charCodeAt(0));
  }

  transmit(packet: Packet): boolean {
    const { bug, peer } = this;
    if (this.isClosed) {
      if (bug !== 'closed-keeps') packet.pool.release(packet);
      return true;
    }
    if (!this.linkUp && bug === 'link-down-refuses') return false;
    const isTooLong = packet.end - packet.start > mtuBytes + 14;
    if (isTooLong && bug === 'cuts-long-frames') packet.end = packet.start + mtuBytes + 14;
    else if (isTooLong) return this.drop(packet, 'txTooLong');
    if (!this.linkUp && bug !== 'link-down-delivers') return this.drop(packet, 'txLinkDown');
    if (peer!.isClosed) return this.drop(packet, 'txNoPeer');
    if (peer!.queue.length >= queueLimit) {
      this.owesWritable = true;
      if (bug === 'busy-takes') packet.pool.release(packet);
      return false;
    }
    if (bug !== 'no-count') {
      this.counters.txPackets!++;
      this.counters.txBytes! += packet.end - packet.start;
    }
    if (bug === 'loses-one' && ++this.taken % 7 === 0) return this.drop(packet, 'lost');
    if (bug === 'turns-a-byte') packet.memory.bytes[packet.end - 1]! ^= 1;
    if (bug === 'vouches') packet.checksum = checksumState.verified;
    peer!.put(packet);
    return true;
  }

  private drop(packet: Packet, reason: string): true {
    packet.pool.release(packet);
    this.counters[reason] = (this.counters[reason] ?? 0) + 1;
    return true;
  }

  private put(packet: Packet): void {
    this.queue.push(packet);
    this.counters.rxPackets!++;
    this.counters.rxBytes! += packet.end - packet.start;
    if (this.queue.length === 1 && this.bug !== 'never-readable' && (this.bug !== 'readable-once' || this.told++ === 0))
      for (const listener of this.listeners) listener.readable();
  }

  receive(): Packet | null {
    const packet = (this.bug === 'last-in-first-out' ? this.queue.pop() : this.queue.shift()) ?? null;
    const { peer } = this;
    if (packet !== null && peer?.owesWritable && this.bug !== 'never-writable') {
      peer.owesWritable = this.bug === 'writable-twice';
      for (const listener of peer.listeners) listener.writable();
    }
    return packet;
  }

  listen(listener: DeviceListener | null): void {
    if (this.bug !== 'keeps-old-listener') this.listeners.length = 0;
    if (listener === null) return;
    this.listeners.push(listener);
    if (this.queue.length > 0 && this.bug !== 'deaf-to-new-listener') listener.readable();
  }

  advance(): void {}

  nextDeadline(): number {
    return this.bug === 'nan-deadline' ? Number.NaN : Infinity;
  }

  setLink(isUp: boolean): void {
    this.linkUp = isUp;
    if (this.bug !== 'unchanged-unsaid') for (const listener of this.listeners) listener.changed();
  }

  close(): void {
    if (this.isClosed && this.bug === 'close-throws-twice') throw new Error('closed');
    this.isClosed = true;
    if (this.bug !== 'close-leaks') this.clear();
  }

  dispose(): void {
    this.isClosed = true;
    this.clear();
  }

  private clear(): void {
    for (const packet of this.queue) packet.pool.release(packet);
    this.queue.length = 0;
  }
}
