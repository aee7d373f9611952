import { checksumState, headroomBytes, type Packet } from '@synos/interfaces';
import { copyBytes, ethernetHeaderBytes, type MemoryPacketPool } from '@synos/wire';
import type { VirtioNetCounters } from './net-counters.js';
import { longestFrameBytes, ordinaryMtuBytes } from './net-features.js';
import { bufferCountOf, isVouchedFor, netHeaderBytes, segmentBytesOf } from './net-header.js';
import { type SplitQueue, writableByDevice } from './split-queue.js';

/** How far in front of a packet's `start`, as it is taken, a posted buffer begins: both headers, the network's on 4 bytes. */
const lead = netHeaderBytes + ethernetHeaderBytes;

/** Bytes of the buffers that packets of a pool make; 0 where it has none to show. */
export function bufferBytesOf(packets: MemoryPacketPool): number {
  const packet = packets.take(ordinaryMtuBytes, true);
  if (packet === null) return 0;
  packet.pool.release(packet);
  return packet.slotEnd - bufferStart(packet);
}

function bufferStart(packet: Packet): number {
  return packet.slotStart + headroomBytes - lead;
}

/** What was agreed on. */
export interface ReceiveTerms {
  /** How many buffers are posted, as long as the pool has so many. */
  readonly buffers: number;
  readonly mtuBytes: number;
  readonly verifiesChecksums: boolean;
  readonly takesSuperSegments: boolean;
  /** A frame may be spread over several buffers. */
  readonly isMergeable: boolean;
}

/** The packets that the device receives into. A frame that fits in one is that packet; nothing is copied. */
export class ReceiveRing {
  readonly queue: SplitQueue;
  /** How many packets the device has. */
  posted: number;
  private readonly packets: MemoryPacketPool;
  private readonly terms: ReceiveTerms;
  private readonly counters: VirtioNetCounters;
  private readonly buffers: (Packet | null)[];
  /** Numbers of buffers that are not posted: the first `size - posted`. */
  private readonly free: Uint16Array;
  /** Offered, and not published yet. */
  private unpublished: number;

  constructor(queue: SplitQueue, packets: MemoryPacketPool, terms: ReceiveTerms, counters: VirtioNetCounters) {
    this.queue = queue;
    this.posted = 0;
    this.packets = packets;
    this.terms = terms;
    this.counters = counters;
    this.buffers = new Array<Packet | null>(queue.size).fill(null);
    this.free = Uint16Array.from(this.buffers, (_, id) => id);
    this.unpublished = 0;
  }

  /** How many buffers the device could have besides. */
  get missing(): number {
    return this.terms.buffers - this.posted;
  }

  /** Posts what is missing, as far as the pool goes. @returns whether the device has something new to be told of */
  refill(): boolean {
    const { queue, packets, terms } = this;
    while (this.posted < terms.buffers) {
      const packet = packets.take(ordinaryMtuBytes, false);
      if (packet === null) {
        this.counters.rxPoolEmpty++;
        break;
      }
      const id = this.free[queue.size - ++this.posted] as number;
      this.buffers[id] = packet;
      const start = bufferStart(packet);
      queue.describe(id, packets.physicalBase + start, packet.slotEnd - start, writableByDevice);
      this.offer(id);
    }
    if (this.unpublished === 0) return false;
    this.unpublished = 0;
    queue.publish();
    return true;
  }

  /**
   * Takes the oldest frame of those that wait.
   *
   * @param count - how many used buffers there are, 1 to {@link posted}
   * @returns `null` where it was dropped, and counted
   */
  take(count: number): Packet | null {
    const { queue, terms, counters } = this;
    const first = this.buffer(queue.usedId(0));
    if (first === null) {
      queue.take(1);
      counters.deviceFaults++;
      return null;
    }
    const { view } = first.memory;
    const header = bufferStart(first);
    const buffers = terms.isMergeable ? bufferCountOf(view, header) : 1;
    const bytes = queue.usedBytes(0);
    if (buffers === 0 || buffers > count || bytes < netHeaderBytes || header + bytes > first.slotEnd) {
      counters.rxMalformed++;
      this.recycle(1);
      return null;
    }
    let frameBytes = bytes - netHeaderBytes;
    if (buffers > 1) frameBytes += this.bytesBehind(buffers);
    const segmentBytes = segmentBytesOf(view, header);
    if (frameBytes < ethernetHeaderBytes || segmentBytes < 0 || (segmentBytes > 0 && !terms.takesSuperSegments)) {
      counters.rxMalformed++;
      this.recycle(buffers);
      return null;
    }
    if (frameBytes > (segmentBytes > 0 ? longestFrameBytes : terms.mtuBytes + ethernetHeaderBytes)) {
      counters.rxTooLong++;
      this.recycle(buffers);
      return null;
    }
    const packet = buffers === 1 ? this.detach() : this.join(buffers, frameBytes);
    if (packet === null) return null;
    const isVerified = terms.verifiesChecksums && isVouchedFor(view, header);
    packet.networkStart = -1;
    packet.checksum = isVerified ? checksumState.verified : checksumState.none;
    packet.segmentBytes = segmentBytes;
    if (buffers > 1) this.recycle(buffers);
    else packet.end = packet.start + frameBytes;
    counters.rxPackets++;
    counters.rxBytes += frameBytes;
    return packet;
  }

  /** Releases everything; the device has been reset. */
  clear(): void {
    for (const packet of this.buffers) packet?.pool.release(packet);
    this.buffers.fill(null);
    this.posted = 0;
  }

  /** The packet that a number stands for, if it is posted. */
  private buffer(id: number): Packet | null {
    return id < this.buffers.length ? (this.buffers[id] as Packet | null) : null;
  }

  private offer(id: number): void {
    this.queue.offer(id);
    this.unpublished++;
  }

  /** The oldest used buffer, which is a frame, becomes the caller's. */
  private detach(): Packet {
    const { queue } = this;
    const id = queue.usedId(0);
    const packet = this.buffers[id] as Packet;
    this.buffers[id] = null;
    this.free[queue.size - this.posted--] = id;
    queue.take(1);
    packet.start = bufferStart(packet) + netHeaderBytes;
    return packet;
  }

  /** Leaves the oldest used buffers behind and posts them again as they are. */
  private recycle(count: number): void {
    for (let i = 0; i < count; i++) {
      const id = this.queue.usedId(i);
      if (this.buffer(id) === null) this.counters.deviceFaults++;
      else this.offer(id);
    }
    this.queue.take(count);
  }

  /** Bytes of a frame in its second buffer and on; more than any frame has where one of them is none. */
  private bytesBehind(count: number): number {
    let sum = 0;
    for (let i = 1; i < count; i++) {
      const packet = this.buffer(this.queue.usedId(i));
      const bytes = this.queue.usedBytes(i);
      if (packet === null || bytes > packet.slotEnd - bufferStart(packet)) return Infinity;
      sum += bytes;
    }
    return sum;
  }

  /** Brings a frame together in one packet: only frames beyond 1.8 KB are copied. The buffers stay where they are. */
  private join(count: number, frameBytes: number): Packet | null {
    const { queue } = this;
    const packet = this.packets.take(frameBytes - ethernetHeaderBytes, false);
    if (packet === null) {
      this.counters.rxNoPacket++;
      this.recycle(count);
      return null;
    }
    packet.start -= ethernetHeaderBytes;
    packet.end = packet.start;
    const target = packet.memory.bytes;
    for (let i = 0; i < count; i++) {
      const piece = this.buffer(queue.usedId(i)) as Packet;
      const skipped = i === 0 ? netHeaderBytes : 0;
      const bytes = queue.usedBytes(i) - skipped;
      copyBytes(target, packet.end, piece.memory.bytes, bufferStart(piece) + skipped, bytes);
      packet.end += bytes;
    }
    return packet;
  }
}
