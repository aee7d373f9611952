import type { Packet } from '@synos/interfaces';
import type { MemoryPacketPool } from '@synos/wire';
import type { VirtioNetCounters } from './net-counters.js';
import { netHeaderBytes } from './net-header.js';
import type { SplitQueue } from './split-queue.js';

/** The packets that the device has to send. */
export class TransmitRing {
  readonly queue: SplitQueue;
  /** How many packets the device has. */
  inFlight: number;
  private readonly packets: MemoryPacketPool;
  private readonly counters: VirtioNetCounters;
  private readonly sent: (Packet | null)[];
  /** Numbers of buffers that are free: the first `size - inFlight`. */
  private readonly free: Uint16Array;

  constructor(queue: SplitQueue, packets: MemoryPacketPool, counters: VirtioNetCounters) {
    this.queue = queue;
    this.inFlight = 0;
    this.packets = packets;
    this.counters = counters;
    this.sent = new Array<Packet | null>(queue.size).fill(null);
    this.free = Uint16Array.from(this.sent, (_, id) => id);
    // Nobody waits for packets to be gone, unless the ring is full.
    queue.setInterrupts(false);
  }

  get isFull(): boolean {
    return this.inFlight === this.queue.size;
  }

  /** Gives a packet of our pool, with its header written in front of it, to the device. */
  push(packet: Packet): void {
    const { queue } = this;
    const id = this.free[queue.size - ++this.inFlight] as number;
    this.sent[id] = packet;
    const address = this.packets.physicalBase + packet.start - netHeaderBytes;
    queue.describe(id, address, packet.end - packet.start + netHeaderBytes, 0);
    queue.offer(id);
    queue.publish();
  }

  /** Releases what was sent. @returns false where the device counts what it cannot have sent */
  reap(): boolean {
    const { queue, sent } = this;
    const count = queue.usedCount();
    if (count === 0) return true;
    if (count > this.inFlight) return false;
    for (let i = 0; i < count; i++) {
      const id = queue.usedId(i);
      const packet = id < sent.length ? (sent[id] as Packet | null) : null;
      if (packet === null) {
        this.counters.deviceFaults++;
        continue;
      }
      sent[id] = null;
      this.free[queue.size - this.inFlight--] = id;
      packet.pool.release(packet);
    }
    queue.take(count);
    return true;
  }

  /** Releases everything; the device has been reset. */
  clear(): void {
    for (const packet of this.sent) packet?.pool.release(packet);
    this.sent.fill(null);
    this.inFlight = 0;
  }
}
