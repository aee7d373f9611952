import type { NetDevice, Packet, PacketPool } from '@synos/interfaces';
import { FrameSource } from './frame-source.js';
import type { GuestMemory } from './guest-memory.js';
import { applyHeader, HEADER_BYTES, LINK_BYTES, netFeature, writeHeader } from './virtio-net-header.js';
import { type VirtioDevice, VirtioPci } from './virtio-pci.js';
import { DescriptorChain, type Virtqueue } from './virtqueue.js';

/** mac, status, max_virtqueue_pairs, mtu (virtio 1.2, 5.1.4). */
const CONFIG_BYTES = 12;
/** Longest payload of a packet, see `PacketPool.take`. */
const MAX_PAYLOAD_BYTES = 65_536;
/** Frames in each direction before others get their turn. */
const FRAMES_PER_TURN = 256;
/** How long to wait for a packet to come home, in milliseconds. */
const RETRY_MS = 1;

/** What a {@link VirtioNet} is made of. */
export interface VirtioNetOptions {
  readonly device: NetDevice;
  readonly memory: GuestMemory;
  /** Packets for what the driver sends. */
  readonly pool: PacketPool;
  readonly regionAddress: number;
  readonly interruptLine: number;
  readonly interruptChanged: () => void;
  /** Something is to be done at the next turn. */
  readonly attention: () => void;
}

/** A network card (virtio 1.2, 5.1) with a {@link NetDevice} plugged in. Queue 0 receives, queue 1 sends. */
export class VirtioNet implements VirtioDevice {
  readonly type = 1;
  readonly classCode = 0x02_0000;
  readonly queues = 2;
  readonly features: number;
  readonly configBytes = CONFIG_BYTES;
  readonly pci: VirtioPci;
  readonly counters = {
    txFrames: 0,
    rxFrames: 0,
    txTooShort: 0,
    txTooLong: 0,
    txBadHeader: 0,
    txOutsideMemory: 0,
    rxTooLong: 0,
    rxMalformed: 0,
    resetsWanted: 0,
  };
  private readonly options: VirtioNetOptions;
  private readonly source: FrameSource;
  private readonly chain = new DescriptorChain();
  private readonly headerBytes = new Uint8Array(HEADER_BYTES);
  private readonly header = new DataView(this.headerBytes.buffer);
  private readonly config = new DataView(new ArrayBuffer(CONFIG_BYTES));
  /** A frame that the device was too busy for. */
  private unsent: Packet | null = null;
  /** There was no packet: to be tried again at a time. */
  private retryAt = Infinity;
  private hasWork = false;
  private hasChanged = false;

  constructor(options: VirtioNetOptions) {
    this.options = options;
    const { device } = options;
    this.features = offeredFeatures(device);
    this.source = new FrameSource(device, options.pool);
    this.pci = new VirtioPci({ device: this, ...pick(options) });
    this.layConfig();
    const note = (): void => this.notify();
    device.listen({
      readable: note,
      writable: note,
      changed: () => {
        this.hasChanged = true;
        options.attention();
      },
    });
  }

  readConfig(offset: number): number {
    return this.config.getUint8(offset);
  }

  accepts(features: number): boolean {
    const needs = (feature: number, other: number): boolean => (features & feature) === 0 || (features & other) !== 0;
    return needs(netFeature.hostTso4, netFeature.checksum) && needs(netFeature.guestTso4, netFeature.guestChecksum);
  }

  notify(): void {
    this.hasWork = true;
    this.options.attention();
  }

  reset(): void {
    this.source.clear();
    this.dropUnsent();
  }

  /** Does what is due. */
  turn(nowMs: number): void {
    const { device } = this.options;
    device.advance(nowMs);
    if (this.hasChanged) {
      this.hasChanged = false;
      this.layConfig();
      this.pci.interruptConfig();
    }
    if (nowMs >= this.retryAt) this.hasWork = true;
    if (!this.hasWork || !this.pci.isRunning) return;
    this.hasWork = false;
    this.retryAt = Infinity;
    this.send(nowMs);
    if (this.pci.isRunning) this.receive(nowMs);
    this.counters.rxMalformed = this.source.malformed;
    if (this.hasWork) this.options.attention();
  }

  nextDeadline(): number {
    return Math.min(this.options.device.nextDeadline(), this.retryAt);
  }

  /** Packets go home; the device is left alone. */
  dispose(): void {
    this.options.device.listen(null);
    this.reset();
  }

  private send(nowMs: number): void {
    const queue = this.pci.queues[1] as Virtqueue;
    if (!queue.isEnabled) return;
    const waiting = queue.available();
    if (waiting < 0) {
      this.refuse();
      return;
    }
    let used = 0;
    const turns = Math.min(waiting, FRAMES_PER_TURN);
    while (this.flushUnsent() && used < turns) {
      if (!queue.peek(this.chain, 0, this.pci.allowsIndirect)) {
        this.refuse();
        break;
      }
      if (!this.takeFrame()) {
        this.retryAt = nowMs + RETRY_MS;
        break;
      }
      queue.take(1);
      queue.use(this.chain.head, 0);
      used++;
    }
    if (used === turns && used < waiting) this.hasWork = true;
    if (used > 0 && queue.publish()) this.pci.interruptQueue();
  }

  /** Tries the frame that waits. True where none waits any more. */
  private flushUnsent(): boolean {
    if (this.unsent === null) return true;
    // False is followed by `writable`, which asks for a turn.
    if (!this.options.device.transmit(this.unsent)) return false;
    this.unsent = null;
    this.counters.txFrames++;
    return true;
  }

  /** Makes a packet of the chain, or drops and counts it. False where there is no packet. */
  private takeFrame(): boolean {
    const { chain, counters } = this;
    const length = chain.readableBytes - HEADER_BYTES;
    if (length < LINK_BYTES) {
      counters.txTooShort++;
    } else if (length - LINK_BYTES > MAX_PAYLOAD_BYTES) {
      counters.txTooLong++;
    } else if (!chain.isInMemory) {
      counters.txOutsideMemory++;
    } else {
      const packet = this.options.pool.take(length - LINK_BYTES, false);
      if (packet === null) return false;
      packet.start -= LINK_BYTES;
      packet.end = packet.start + length;
      this.gather(0, this.headerBytes, 0, HEADER_BYTES);
      this.gather(HEADER_BYTES, packet.memory.bytes, packet.start, length);
      if (applyHeader(this.header, packet, this.pci.features)) {
        this.unsent = packet;
      } else {
        counters.txBadHeader++;
        packet.pool.release(packet);
      }
    }
    return true;
  }

  /** Copies bytes of the chain, from `from` on. */
  private gather(from: number, target: Uint8Array, at: number, length: number): void {
    const { chain, options } = this;
    let skip = from;
    let done = 0;
    for (let piece = 0; piece < chain.readable && done < length; piece++) {
      const pieceBytes = chain.lengths[piece] as number;
      if (skip >= pieceBytes) {
        skip -= pieceBytes;
        continue;
      }
      const begin = (chain.addresses[piece] as number) + skip;
      const count = Math.min(pieceBytes - skip, length - done);
      target.set(options.memory.bytes.subarray(begin, begin + count), at + done);
      done += count;
      skip = 0;
    }
  }

  private receive(nowMs: number): void {
    const queue = this.pci.queues[0] as Virtqueue;
    if (!queue.isEnabled) return;
    let isUsed = false;
    for (let frames = 0; ; frames++) {
      const waiting = queue.available();
      if (waiting < 0) this.refuse();
      // The driver notifies when it gives more buffers.
      if (waiting <= 0) break;
      if (frames === FRAMES_PER_TURN) {
        this.hasWork = true;
        break;
      }
      const packet = this.source.next(this.pci.features);
      if (packet === null) {
        if (this.source.isHolding) this.retryAt = nowMs + RETRY_MS;
        break;
      }
      const buffers = this.buffersFor(queue, packet.end - packet.start + HEADER_BYTES, waiting);
      if (buffers === 0) {
        this.source.giveBack(packet);
        break;
      }
      if (buffers > 0) {
        this.deliver(queue, packet, buffers);
        isUsed = true;
      }
      packet.pool.release(packet);
      if (!this.pci.isRunning) break;
    }
    if (isUsed && queue.publish()) this.pci.interruptQueue();
  }

  /** How many chains the bytes fill; 0: more than wait; -1: the frame is dropped, and counted. */
  private buffersFor(queue: Virtqueue, needed: number, waiting: number): number {
    let room = 0;
    for (let ahead = 0; ahead < waiting; ahead++) {
      const { chain } = this;
      const isGood = queue.peek(chain, ahead, this.pci.allowsIndirect) && chain.readable === 0 && chain.isInMemory;
      if (!isGood || chain.writableBytes < HEADER_BYTES) {
        this.refuse();
        return -1;
      }
      room += chain.writableBytes;
      if (room >= needed) return ahead + 1;
      if ((this.pci.features & netFeature.mergeableBuffers) === 0) {
        this.counters.rxTooLong++;
        return -1;
      }
    }
    // Even a whole queue of buffers would not hold it.
    if (waiting === queue.size) {
      this.counters.rxTooLong++;
      return -1;
    }
    return 0;
  }

  private deliver(queue: Virtqueue, packet: Packet, buffers: number): void {
    const { bytes } = packet.memory;
    writeHeader(this.header, packet, this.pci.features, buffers);
    let at = packet.start;
    for (let buffer = 0; buffer < buffers; buffer++) {
      // What was stored may lie over the descriptors of the next chain.
      if (!queue.peek(this.chain, 0, this.pci.allowsIndirect) || !this.chain.isInMemory || this.chain.readable > 0) {
        this.refuse();
        return;
      }
      const headerBytes = buffer === 0 ? HEADER_BYTES : 0;
      if (headerBytes > 0) this.scatter(0, this.headerBytes, 0, HEADER_BYTES);
      const count = Math.min(this.chain.writableBytes - headerBytes, packet.end - at);
      this.scatter(headerBytes, bytes, at, count);
      at += count;
      queue.take(1);
      queue.use(this.chain.head, headerBytes + count);
    }
    this.counters.rxFrames++;
  }

  /** Stores bytes into the chain, from `from` on. */
  private scatter(from: number, source: Uint8Array, at: number, length: number): void {
    const { chain, options } = this;
    let skip = from;
    let done = 0;
    for (let piece = 0; piece < chain.count && done < length; piece++) {
      const pieceBytes = chain.lengths[piece] as number;
      if (skip >= pieceBytes) {
        skip -= pieceBytes;
        continue;
      }
      const count = Math.min(pieceBytes - skip, length - done);
      options.memory.store((chain.addresses[piece] as number) + skip, source, at + done, count);
      done += count;
      skip = 0;
    }
  }

  private refuse(): void {
    this.counters.resetsWanted++;
    this.pci.needsReset();
  }

  private dropUnsent(): void {
    this.unsent?.pool.release(this.unsent);
    this.unsent = null;
  }

  private layConfig(): void {
    const { device } = this.options;
    device.address.forEach((byte, at) => {
      if (at < 6) this.config.setUint8(at, byte);
    });
    this.config.setUint16(6, device.linkUp ? 1 : 0, true);
    this.config.setUint16(8, 1, true);
    this.config.setUint16(10, device.mtuBytes, true);
  }
}

function offeredFeatures({ features }: NetDevice): number {
  const { fillsChecksums, verifiesChecksums, superSegmentBytes } = features;
  let bits = netFeature.mac | netFeature.mtu | netFeature.status | netFeature.mergeableBuffers;
  if (fillsChecksums) bits |= netFeature.checksum;
  if (verifiesChecksums) bits |= netFeature.guestChecksum;
  if (fillsChecksums && superSegmentBytes > 0) bits |= netFeature.hostTso4;
  if (verifiesChecksums && superSegmentBytes > 0) bits |= netFeature.guestTso4;
  return bits;
}

function pick({ memory, regionAddress, interruptLine, interruptChanged }: VirtioNetOptions) {
  return { memory, regionAddress, interruptLine, interruptChanged };
}
