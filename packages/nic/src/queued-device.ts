import {
  assert,
  checksumState,
  type DeviceFeatures,
  type DeviceListener,
  type NetDevice,
  type Packet,
  type PacketPool,
} from '@synos/interfaces';
import { fillChecksum } from '@synos/wire';
import { createDeviceCounters, type DeviceCounters } from './counters.js';
import { largestMtuBytes, linkHeaderBytes, smallestMtuBytes } from './frame.js';
import { copyFrame } from './packet-copy.js';
import { PacketQueue } from './packet-queue.js';

/** A device whose owner may change link state and MTU at run time; its listener's `changed` is told. */
export interface VirtualDevice<Counters extends Record<string, number> = DeviceCounters> extends NetDevice {
  /** Pulls or plugs the cable. Frames that wait stay; frames sent while down are dropped and counted. */
  setLink(up: boolean): void;
  /**
   * Changes the MTU.
   *
   * @param mtuBytes - 68 to 65,535
   * @throws Error `ERR_ASSERTION` outside of that
   */
  setMtu(mtuBytes: number): void;
  readonly counters: Readonly<Counters>;
}

/** What {@link QueuedDevice} is made from. */
export interface QueuedDeviceConfig {
  readonly name: string;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly isLoopback: boolean;
  readonly mtuBytes: number;
  readonly queueLength: number;
  readonly features: DeviceFeatures;
  /** Where arriving frames must lie; `null`: wherever the sender had them. */
  readonly pool: PacketPool | null;
}

/** A device with a bounded receive queue: what loopback, cable ends and switch ports have in common. */
export abstract class QueuedDevice implements VirtualDevice {
  readonly name: string;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly medium: 'ethernet';
  readonly isLoopback: boolean;
  mtuBytes: number;
  linkUp: boolean;
  readonly features: DeviceFeatures;
  readonly counters: DeviceCounters;
  /** The link as its owner wants it; {@link linkUp} also asks the other end. */
  isPlugged: boolean;
  isClosed: boolean;
  readonly received: PacketQueue;
  readonly pool: PacketPool | null;
  listener: DeviceListener | null;
  /** A `transmit` was answered busy; `writable` is owed. */
  owesWritable: boolean;
  /** Who is told when this device's receive queue has room again. */
  upstream: QueuedDevice | null;

  constructor(config: QueuedDeviceConfig) {
    assert(config.address.length === 6, 'an Ethernet address has 6 bytes');
    checkMtu(config.mtuBytes);
    this.name = config.name;
    this.address = config.address;
    this.medium = 'ethernet';
    this.isLoopback = config.isLoopback;
    this.mtuBytes = config.mtuBytes;
    this.linkUp = true;
    this.features = config.features;
    this.counters = createDeviceCounters();
    this.isPlugged = true;
    this.isClosed = false;
    this.received = new PacketQueue(config.queueLength);
    this.pool = config.pool;
    this.listener = null;
    this.owesWritable = false;
    this.upstream = null;
  }

  abstract transmit(packet: Packet): boolean;

  /** Recomputes {@link linkUp} here and wherever else it depends on this device. */
  protected abstract refreshLink(): void;

  receive(): Packet | null {
    const packet = this.received.shift();
    if (packet !== null && this.upstream?.owesWritable) this.upstream.tellWritable();
    return packet;
  }

  listen(listener: DeviceListener | null): void {
    this.listener = listener;
    if (listener !== null && this.received.count > 0) listener.readable();
  }

  advance(_nowMs: number): void {}

  nextDeadline(): number {
    return Infinity;
  }

  setLink(up: boolean): void {
    if (this.isClosed) return;
    this.isPlugged = up;
    this.refreshLink();
  }

  setMtu(mtuBytes: number): void {
    checkMtu(mtuBytes);
    if (this.isClosed || mtuBytes === this.mtuBytes) return;
    this.mtuBytes = mtuBytes;
    this.listener?.changed();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.counters.rxClosed += this.received.clear();
    if (this.linkUp) this.refreshLink();
    else this.listener?.changed();
  }

  /** Whether a frame may be sent at all. If not, it is released and counted, and `transmit` answers true. */
  protected admits(packet: Packet): boolean {
    const counters = this.counters;
    const length = packet.end - packet.start;
    if (!this.linkUp) {
      if (this.isClosed) counters.txClosed++;
      else counters.txLinkDown++;
    } else if (length < linkHeaderBytes) {
      counters.txTooShort++;
    } else if (length > this.mtuBytes + linkHeaderBytes && this.isTooLong(packet, length)) {
      counters.txTooLong++;
    } else if (packet.checksum === checksumState.partial && this.features.fillsChecksums !== true) {
      counters.txPartialChecksum++;
    } else {
      return true;
    }
    packet.pool.release(packet);
    return false;
  }

  private isTooLong(packet: Packet, length: number): boolean {
    return packet.segmentBytes === 0 || length > this.features.superSegmentBytes;
  }

  /** Says busy. */
  protected refuse(): false {
    this.counters.txBusy++;
    this.owesWritable = true;
    return false;
  }

  /** Counts a frame as sent. */
  protected countSent(packet: Packet): void {
    this.counters.txPackets++;
    this.counters.txBytes += packet.end - packet.start;
  }

  /** Takes a frame from the wire: into this device's pool and queue (true), or dropped and counted (false). */
  arrive(packet: Packet): boolean {
    const counters = this.counters;
    const length = packet.end - packet.start;
    if (!this.linkUp) {
      counters.rxLinkDown++;
      packet.pool.release(packet);
      return false;
    }
    if (length > this.mtuBytes + linkHeaderBytes && packet.segmentBytes === 0) {
      counters.rxTooLong++;
      packet.pool.release(packet);
      return false;
    }
    if (this.received.isFull) {
      counters.rxQueueFull++;
      packet.pool.release(packet);
      return false;
    }
    let mine = packet;
    if (this.pool !== null && packet.pool !== this.pool) {
      const copy = copyFrame(packet, this.pool);
      packet.pool.release(packet);
      if (copy === null) {
        counters.rxNoPacket++;
        return false;
      }
      mine = copy;
    }
    settleChecksum(mine, this.features.verifiesChecksums);
    mine.networkStart = -1;
    counters.rxPackets++;
    counters.rxBytes += length;
    this.received.push(mine);
    if (this.received.count === 1) this.listener?.readable();
    return true;
  }

  /** Pays what `refuse` promised. */
  tellWritable(): void {
    if (!this.owesWritable) return;
    this.owesWritable = false;
    this.listener?.writable();
  }

  /** Sets the link state and tells about a change. */
  applyLink(up: boolean): void {
    if (up === this.linkUp) return;
    this.linkUp = up;
    this.listener?.changed();
    // Whoever waits for room waits in vain: from now on frames are taken and dropped.
    if (!up) this.tellWritable();
  }
}

/**
 * The checksum's state as the receiver sees it. A receiver that is vouched for need not look at what the sender left to
 * be filled; any other gets the sum filled in and no word about it.
 */
export function settleChecksum(packet: Packet, isVouchedFor: boolean): void {
  if (isVouchedFor) {
    if (packet.checksum === checksumState.partial) packet.checksum = checksumState.verified;
    return;
  }
  if (packet.checksum === checksumState.partial) fillChecksum(packet);
  packet.checksum = checksumState.none;
}

/** Asserts that an MTU is one. */
export function checkMtu(mtuBytes: number): void {
  assert(
    Number.isInteger(mtuBytes) && mtuBytes >= smallestMtuBytes && mtuBytes <= largestMtuBytes,
    'an MTU is 68 to 65,535 bytes',
  );
}
