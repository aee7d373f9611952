import { checksumState, failure, type NetDevice, type Packet, type Result } from '@synos/interfaces';
import { cutSuperSegment, fillChecksum, superSegmentCount } from '@synos/wire';
import type { Context } from '../context.js';
import { copyEthernetHeader, ethernetBytes } from '../ethernet/header.js';

/** How long to wait for a packet when the pool is empty in the middle of a super-segment. */
const retryMs = 1;

/**
 * Frames on their way to one device: a bounded ring. Below the soft limits `hasRoom` invites ordinary data; between
 * them and the hard limit everything is still taken, so that acknowledgements get through a full queue; beyond it
 * frames are dropped and counted. What the device cannot do (checksums, super-segments) is done here, as late as
 * possible and one segment at a time: a super-segment whose cutting met a busy device goes on where it stopped.
 */
export class DeviceQueue {
  /** The device answered busy and has not said `writable` yet. */
  deviceIsBusy: boolean;
  /** When to `drain` without a word from the device; `Infinity` but for an exhausted pool. */
  deadlineMs: number;
  private readonly device: NetDevice;
  private readonly context: Context;
  private readonly ring: (Packet | null)[];
  private head: number;
  private count: number;
  private bytes: number;
  private readonly softPackets: number;
  private readonly softBytes: number;
  private readonly hardPackets: number;
  /** The soft limit was met: somebody may wait to be told of room. */
  private wasFull: boolean;
  /** Of the super-segment at the head: segments there are, segments sent, and the one that met a busy device. */
  private cutCount: number;
  private cutIndex: number;
  private cutSegment: Packet | null;

  constructor(device: NetDevice, context: Context) {
    this.deviceIsBusy = false;
    this.device = device;
    this.context = context;
    this.softPackets = context.limits.queueSoftPackets;
    this.softBytes = context.limits.queueSoftBytes;
    this.hardPackets = context.limits.queueHardPackets;
    this.ring = new Array<Packet | null>(this.hardPackets).fill(null);
    this.head = 0;
    this.count = 0;
    this.bytes = 0;
    this.wasFull = false;
    this.cutCount = 0;
    this.cutIndex = 0;
    this.cutSegment = null;
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Room for ordinary data. */
  get hasRoom(): boolean {
    return this.count < this.softPackets && this.bytes < this.softBytes;
  }

  /** Frames wait and the device would take them (or might: it said so, or was never asked). */
  get canDrain(): boolean {
    return this.count > 0 && !this.deviceIsBusy && this.deadlineMs === Number.POSITIVE_INFINITY;
  }

  /** Takes a frame (`start` at its link header) in every case. */
  send(frame: Packet): Result {
    if (this.count === 0) {
      if (!this.deviceIsBusy && this.emit(frame)) return 0;
    } else if (this.count >= this.hardPackets) {
      this.context.counters.queueFull++;
      frame.pool.release(frame);
      return failure.noBuffers;
    }
    let at = this.head + this.count;
    if (at >= this.hardPackets) at -= this.hardPackets;
    this.ring[at] = frame;
    this.count++;
    this.bytes += frame.end - frame.start;
    if (!this.hasRoom) this.wasFull = true;
    return 0;
  }

  /** Hands frames to the device until it is busy. Returns whether those who met a full queue should be told of room. */
  drain(): boolean {
    if (this.count === 0 && !this.wasFull) return false;
    while (this.count > 0 && !this.deviceIsBusy) {
      const frame = this.ring[this.head]!;
      const length = frame.end - frame.start;
      if (!this.emit(frame)) {
        // Stripping the link header of a super-segment changed its length.
        this.bytes += frame.end - frame.start - length;
        break;
      }
      this.ring[this.head] = null;
      this.head = this.head + 1 === this.hardPackets ? 0 : this.head + 1;
      this.count--;
      this.bytes -= length;
    }
    // Half empty, so that those who wait are told once per many frames.
    if (this.wasFull && this.count * 2 <= this.softPackets && this.bytes * 2 <= this.softBytes) {
      this.wasFull = false;
      return true;
    }
    return false;
  }

  /** Drops everything. */
  flush(): void {
    if (this.cutSegment !== null) {
      this.cutSegment.pool.release(this.cutSegment);
      this.cutSegment = null;
    }
    this.cutCount = 0;
    this.cutIndex = 0;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    for (; this.count > 0; this.count--) {
      const frame = this.ring[this.head]!;
      this.ring[this.head] = null;
      this.head = this.head + 1 === this.hardPackets ? 0 : this.head + 1;
      this.context.counters.queueFlushed++;
      frame.pool.release(frame);
    }
    this.bytes = 0;
  }

  /** Whether the device has taken all of the frame. */
  private emit(frame: Packet): boolean {
    const features = this.device.features;
    if (
      frame.segmentBytes !== 0 &&
      (this.cutCount !== 0 || !deviceTakes(frame, features.superSegmentBytes, features.fillsChecksums))
    ) {
      return this.cut(frame);
    }
    if (frame.checksum === checksumState.partial && features.fillsChecksums !== true) fillChecksum(frame);
    if (this.device.transmit(frame)) return true;
    this.deviceIsBusy = true;
    return false;
  }

  private cut(frame: Packet): boolean {
    const view = frame.memory.view;
    if (this.cutCount === 0) {
      frame.start += ethernetBytes;
      this.cutIndex = 0;
      this.cutCount = superSegmentCount(frame, transportStart(view, frame.start));
    }
    const network = frame.start;
    const transport = transportStart(view, network);
    while (this.cutIndex < this.cutCount) {
      let segment = this.cutSegment;
      if (segment === null) {
        // Urgent: the sooner it is cut, the sooner the large packet is free.
        segment = this.context.packets.take(frame.segmentBytes, true);
        if (segment === null) {
          this.context.counters.superSegmentNoBuffers++;
          this.deadlineMs = this.context.now + retryMs;
          return false;
        }
        this.deadlineMs = Number.POSITIVE_INFINITY;
        cutSuperSegment(frame, network, transport, this.cutIndex, segment);
        copyEthernetHeader(segment, frame.memory.bytes, network - ethernetBytes);
      }
      if (!this.device.transmit(segment)) {
        this.cutSegment = segment;
        this.deviceIsBusy = true;
        return false;
      }
      this.cutSegment = null;
      this.cutIndex++;
    }
    this.cutCount = 0;
    this.context.counters.superSegmentsCut++;
    frame.pool.release(frame);
    return true;
  }
}

function deviceTakes(frame: Packet, superSegmentBytes: number, fillsChecksums: boolean): boolean {
  // A device that cuts must fill the sums of what it cuts.
  return fillsChecksums && frame.end - frame.start <= superSegmentBytes;
}

function transportStart(view: DataView<ArrayBuffer>, network: number): number {
  return network + ((view.getUint8(network) & 0xf) << 2);
}
