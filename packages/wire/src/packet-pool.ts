import {
  assert,
  type ByteMemory,
  type ChecksumState,
  checksumState,
  headroomBytes,
  type Packet,
  type PacketPool,
} from '@synos/interfaces';

/** Bytes of a slot for a frame of an ordinary MTU. */
const smallSlotBytes = 2048;
/** Bytes of a slot for a super-segment or a reassembled packet. */
const largeSlotBytes = 65_536 + 512;
/** Longest payload that {@link PacketPool.take} accepts. */
const maxPayloadBytes = 65_536;

/** How many packets of which kind. */
export interface PacketPoolSize {
  /** Packets of 2 KB. */
  readonly smallPackets: number;
  /** Packets of 64 KB. */
  readonly largePackets: number;
}

/** What a packet pool is made of. */
export interface PacketPoolOptions extends PacketPoolSize {
  /** The memory it lives in; the pool's part belongs to it from now on. */
  readonly memory: ByteMemory;
  /** Where its part begins, a multiple of 64. */
  readonly offset: number;
  /** Length of its part, {@link packetPoolBytes} at least; that if not given. */
  readonly byteLength?: number;
  /** How many small packets only urgent takers get; a sixteenth of them, 64 at most, if not given. */
  readonly urgentReserve?: number;
  /** Physical address of the first byte of `memory`, for cards that read it by themselves. */
  readonly physicalBase?: number;
}

/** A packet pool whose memory has a place that cards can be told. */
export interface MemoryPacketPool extends PacketPool {
  /** Physical address of the packet's `start`. */
  physicalAddress(packet: Packet): number;
}

/** Bytes that a pool of so many packets takes. */
export function packetPoolBytes(size: PacketPoolSize): number {
  return size.smallPackets * smallSlotBytes + size.largePackets * largeSlotBytes;
}

/**
 * Makes a bounded set of packets in memory that the caller gives.
 *
 * @throws Error (`ERR_ASSERTION`) when it does not fit
 * @example
 * ```ts
 * const size = { smallPackets: 256, largePackets: 4 };
 * const memory = createMemory(new ArrayBuffer(packetPoolBytes(size)));
 * const pool = createPacketPool({ memory, offset: 0, ...size });
 * const packet = pool.take(1460, false);
 * if (packet) pool.release(packet);
 * ```
 */
export function createPacketPool(options: PacketPoolOptions): MemoryPacketPool {
  return new SlotPool(options);
}

class SlotPacket implements Packet {
  readonly pool: SlotPool;
  readonly memory: ByteMemory;
  readonly slotStart: number;
  readonly slotEnd: number;
  start: number;
  end: number;
  networkStart: number;
  checksum: ChecksumState;
  checksumStart: number;
  checksumOffset: number;
  segmentBytes: number;
  /** Whether somebody holds it. */
  held: boolean;
  readonly slots: Slots;

  constructor(pool: SlotPool, slots: Slots, slotStart: number, slotEnd: number) {
    this.pool = pool;
    this.memory = pool.memory;
    this.slotStart = slotStart;
    this.slotEnd = slotEnd;
    this.start = slotStart + headroomBytes;
    this.end = this.start;
    this.networkStart = -1;
    this.checksum = checksumState.none;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentBytes = 0;
    this.held = false;
    this.slots = slots;
  }
}

/** Slots of one length: a stack of those given back, and those never taken yet, which have no object so far. */
class Slots {
  readonly offset: number;
  readonly slotBytes: number;
  readonly count: number;
  readonly free: SlotPacket[];
  freeCount: number;
  made: number;

  constructor(offset: number, slotBytes: number, count: number) {
    this.offset = offset;
    this.slotBytes = slotBytes;
    this.count = count;
    this.free = [];
    this.freeCount = 0;
    this.made = 0;
  }
}

class SlotPool implements MemoryPacketPool {
  readonly memory: ByteMemory;
  readonly capacity: number;
  used: number;
  readonly small: Slots;
  readonly large: Slots;
  readonly urgentReserve: number;
  readonly physicalBase: number;

  constructor(options: PacketPoolOptions) {
    const { memory, offset, smallPackets, largePackets } = options;
    const neededBytes = packetPoolBytes(options);
    const byteLength = options.byteLength ?? neededBytes;
    assert(smallPackets >= 0 && largePackets >= 0, 'a packet pool cannot hold less than nothing');
    assert(offset >= 0 && offset % 64 === 0, 'packet pool offset must be a multiple of 64');
    assert(neededBytes <= byteLength, 'packets must fit into their part of the memory');
    assert(offset + byteLength <= memory.bytes.length, 'packet pool must lie inside its memory');
    this.memory = memory;
    this.capacity = smallPackets + largePackets;
    this.used = 0;
    this.small = new Slots(offset, smallSlotBytes, smallPackets);
    this.large = new Slots(offset + smallPackets * smallSlotBytes, largeSlotBytes, largePackets);
    this.urgentReserve = options.urgentReserve ?? Math.min(64, smallPackets >>> 4);
    this.physicalBase = options.physicalBase ?? 0;
  }

  take(payloadBytes: number, urgent: boolean): Packet | null {
    let slots = this.small;
    let reserve = urgent ? 0 : this.urgentReserve;
    if (payloadBytes > smallSlotBytes - headroomBytes) {
      assert(payloadBytes <= maxPayloadBytes, 'a packet holds 65536 bytes of payload');
      slots = this.large;
      reserve = 0;
    }
    if (slots.freeCount + slots.count - slots.made <= reserve) return null;
    let packet: SlotPacket;
    if (slots.freeCount > 0) {
      packet = slots.free[--slots.freeCount]!;
    } else {
      const slotStart = slots.offset + slots.made++ * slots.slotBytes;
      packet = new SlotPacket(this, slots, slotStart, slotStart + slots.slotBytes);
    }
    packet.start = packet.slotStart + headroomBytes;
    packet.end = packet.start;
    packet.networkStart = -1;
    packet.checksum = checksumState.none;
    packet.checksumStart = 0;
    packet.checksumOffset = 0;
    packet.segmentBytes = 0;
    packet.held = true;
    this.used++;
    return packet;
  }

  release(packet: Packet): void {
    assert(packet.pool === this, 'a packet goes back to its own pool');
    const own = packet as SlotPacket;
    assert(own.held, 'packet released twice');
    own.held = false;
    const slots = own.slots;
    slots.free[slots.freeCount++] = own;
    this.used--;
  }

  physicalAddress(packet: Packet): number {
    return this.physicalBase + packet.start;
  }
}
