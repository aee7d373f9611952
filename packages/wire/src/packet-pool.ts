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
  /** Physical address of the first byte of the memory: a packet is at `physicalBase + packet.start`. */
  readonly physicalBase: number;
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
  start!: number;
  end!: number;
  networkStart!: number;
  checksum!: ChecksumState;
  checksumStart!: number;
  checksumOffset!: number;
  segmentBytes!: number;
  readonly slots: Slots;
  /** Whether somebody holds it. */
  held!: boolean;

  constructor(pool: SlotPool, slots: Slots, slotStart: number, slotEnd: number) {
    this.pool = pool;
    this.memory = pool.memory;
    this.slotStart = slotStart;
    this.slotEnd = slotEnd;
    this.slots = slots;
    this.reset();
  }

  /** As fresh from the pool. */
  reset(): void {
    this.start = this.slotStart + headroomBytes;
    this.end = this.start;
    this.networkStart = -1;
    this.checksum = checksumState.none;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentBytes = 0;
    this.held = true;
  }
}

/** Slots of one length: a stack of those given back, and those never taken yet, which have no object so far. */
interface Slots {
  readonly bytes: number;
  /** Only the first `count` hold: popping would let the engine shrink, and pushing grow, the array again and again. */
  readonly stack: SlotPacket[];
  count: number;
  /** How many were never taken, and where the first of them is. */
  fresh: number;
  at: number;
}

function slotsOf(bytes: number, fresh: number, at: number): Slots {
  return { bytes, stack: [], count: 0, fresh, at };
}

class SlotPool implements MemoryPacketPool {
  readonly memory: ByteMemory;
  readonly capacity: number;
  readonly physicalBase: number;
  used: number;
  private readonly small: Slots;
  private readonly large: Slots;
  private readonly reserve: number;

  constructor(options: PacketPoolOptions) {
    const { memory, offset, smallPackets, largePackets, physicalBase = 0 } = options;
    const { byteLength = packetPoolBytes(options), urgentReserve = Math.min(64, smallPackets >>> 4) } = options;
    assert(
      offset % 64 === 0 && packetPoolBytes(options) <= byteLength && offset + byteLength <= memory.bytes.length,
      'pool outside its memory',
    );
    this.memory = memory;
    this.capacity = smallPackets + largePackets;
    this.physicalBase = physicalBase;
    this.used = 0;
    this.small = slotsOf(smallSlotBytes, smallPackets, offset);
    this.large = slotsOf(largeSlotBytes, largePackets, offset + smallPackets * smallSlotBytes);
    this.reserve = urgentReserve;
  }

  take(payloadBytes: number, urgent: boolean): Packet | null {
    const isSmall = payloadBytes <= smallSlotBytes - headroomBytes;
    assert(payloadBytes <= maxPayloadBytes, 'packet too long');
    const slots = isSmall ? this.small : this.large;
    if (slots.count + slots.fresh <= (isSmall && !urgent ? this.reserve : 0)) return null;
    let packet: SlotPacket;
    if (slots.count > 0) {
      packet = slots.stack[--slots.count]!;
      packet.reset();
    } else {
      packet = new SlotPacket(this, slots, slots.at, slots.at + slots.bytes);
      slots.at += slots.bytes;
      slots.fresh--;
    }
    this.used++;
    return packet;
  }

  release(packet: Packet): void {
    const own = packet as SlotPacket;
    assert(own.pool === this && own.held, 'not taken from this pool');
    own.held = false;
    own.slots.stack[own.slots.count++] = own;
    this.used--;
  }
}
