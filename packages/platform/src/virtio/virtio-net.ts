import {
  checksumState,
  type DeviceFeatures,
  type DeviceListener,
  type NetDevice,
  type Packet,
  type PhysicalAddress,
} from '@synos/interfaces';
import { copyBytes, ethernetHeaderBytes, type MemoryPacketPool } from '@synos/wire';
import type { PciFunction } from '../pci/pci-function.js';
import { createVirtioNetCounters, type VirtioNetCounters } from './net-counters.js';
import { longestFrameBytes, netFeature } from './net-features.js';
import { netHeaderBytes, writeNetHeader } from './net-header.js';
import { deviceStatus, isrStatus, type VirtioTransport } from './pci-transport.js';
import { ReceiveRing } from './receive-ring.js';
import type { SplitQueue } from './split-queue.js';
import { TransmitRing } from './transmit-ring.js';

/** A virtio network card. */
export interface VirtioNetDevice extends NetDevice {
  /**
   * To be called when the line of the card's {@link PciFunction} interrupted. The line may be shared: call it for each
   * card on it, before the end of the interrupt is told to the controller. Tells the listener.
   *
   * @returns whether it was this card
   */
  interrupt(): boolean;
  /** Packets of the pool that wait in the card to be received into; `close` gives them back. */
  readonly postedPackets: number;
  readonly counters: Readonly<VirtioNetCounters>;
}

/** A queue of the card, and the register that its notifications go to. */
export interface NetQueue {
  readonly queue: SplitQueue;
  readonly register: PhysicalAddress;
}

/** What a card is made from once it has been initialised. */
export interface VirtioNetParts {
  readonly name: string;
  readonly pci: PciFunction;
  readonly transport: VirtioTransport;
  readonly packets: MemoryPacketPool;
  /** Bits 0 to 31 of what was agreed on. */
  readonly features: number;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly mtuBytes: number;
  readonly buffers: number;
  readonly receive: NetQueue;
  readonly transmit: NetQueue;
}

/** Offset of the link's state in the card's configuration (§5.1.4), and its one bit that matters. */
const configStatus = 6;
const linkIsUp = 1;
const receiveQueue = 0;
const transmitQueue = 1;
/** How many buffers are worth telling the device of. */
const refillBatch = 16;
/** When to look again for what should have been sent, or for packets to receive into: at first, and at most. */
const lookAgainMs = 20;
const longestLookMs = 1000;

export class VirtioNet implements VirtioNetDevice {
  readonly name: string;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly medium: 'ethernet';
  readonly isLoopback: boolean;
  readonly mtuBytes: number;
  linkUp: boolean;
  readonly features: DeviceFeatures;
  readonly counters: VirtioNetCounters;
  private readonly pci: PciFunction;
  private readonly transport: VirtioTransport;
  private readonly packets: MemoryPacketPool;
  private readonly agreed: number;
  private readonly rx: ReceiveRing;
  private readonly tx: TransmitRing;
  private readonly rxRegister: PhysicalAddress;
  private readonly txRegister: PhysicalAddress;
  private listener: DeviceListener | null;
  private isClosed: boolean;
  /** A `transmit` was answered busy; `writable` is owed. */
  private owesWritable: boolean;
  /** The listener knows that frames wait; no interrupts are wanted until they are taken. */
  private isAnnounced: boolean;
  private latestMs: number;
  private lookAtMs: number;
  private lookMs: number;

  constructor(parts: VirtioNetParts) {
    const { features } = parts;
    this.name = parts.name;
    this.address = parts.address;
    this.medium = 'ethernet';
    this.isLoopback = false;
    this.mtuBytes = parts.mtuBytes;
    this.linkUp = true;
    this.features = {
      fillsChecksums: (features & netFeature.csum) !== 0,
      verifiesChecksums: (features & netFeature.guestCsum) !== 0,
      superSegmentBytes: (features & netFeature.hostTso4) !== 0 ? longestFrameBytes : 0,
    };
    this.counters = createVirtioNetCounters();
    this.pci = parts.pci;
    this.transport = parts.transport;
    this.packets = parts.packets;
    this.agreed = features;
    const terms = {
      buffers: parts.buffers,
      mtuBytes: parts.mtuBytes,
      verifiesChecksums: this.features.verifiesChecksums,
      takesSuperSegments: (features & netFeature.guestTso4) !== 0,
      isMergeable: (features & netFeature.mergeableBuffers) !== 0,
    };
    this.rx = new ReceiveRing(parts.receive.queue, parts.packets, terms, this.counters);
    this.tx = new TransmitRing(parts.transmit.queue, parts.packets, this.counters);
    this.rxRegister = parts.receive.register;
    this.txRegister = parts.transmit.register;
    this.listener = null;
    this.isClosed = false;
    this.owesWritable = false;
    this.isAnnounced = false;
    this.latestMs = 0;
    this.lookAtMs = Infinity;
    this.lookMs = lookAgainMs;
    this.linkUp = this.readLink();
    this.refill();
  }

  get postedPackets(): number {
    return this.rx.posted;
  }

  transmit(packet: Packet): boolean {
    const { tx, counters } = this;
    if (!this.admits(packet)) {
      packet.pool.release(packet);
      return true;
    }
    this.reap();
    if (tx.isFull && !this.isClosed) {
      tx.queue.setInterrupts(true);
      // It may have finished just before it was asked to tell.
      this.transport.fence();
      this.reap();
    }
    if (this.isClosed) {
      counters.txClosed++;
      packet.pool.release(packet);
      return true;
    }
    if (tx.isFull) {
      counters.txBusy++;
      this.owesWritable = true;
      return false;
    }
    const mine = this.own(packet);
    if (mine === null) return true;
    counters.txPackets++;
    counters.txBytes += mine.end - mine.start;
    writeNetHeader(mine, (this.agreed & netFeature.hostEcn) !== 0);
    tx.push(mine);
    // A device that stops looking while this is read (there is no fence) is told at the next look.
    if (tx.queue.wantsNotification()) this.transport.notifyQueue(this.txRegister, transmitQueue);
    this.lookLater();
    return true;
  }

  receive(): Packet | null {
    const { rx } = this;
    let packet: Packet | null = null;
    while (packet === null && !this.isClosed) {
      const count = rx.queue.usedCount();
      if (count === 0) break;
      if (count > rx.posted) {
        this.fail();
        break;
      }
      packet = rx.take(count);
    }
    if (this.isClosed) return packet;
    const isDrained = rx.queue.usedCount() === 0;
    if (isDrained || rx.missing >= refillBatch) this.refill();
    if (isDrained && this.isAnnounced) {
      this.isAnnounced = false;
      rx.queue.setInterrupts(true);
      // A frame that came before interrupts were wanted again makes none.
      this.transport.fence();
      this.announce();
    }
    return packet;
  }

  interrupt(): boolean {
    if (this.isClosed) return false;
    const cause = this.transport.takeInterrupt();
    if ((cause & isrStatus.configuration) !== 0) this.configurationChanged();
    if (!this.isClosed && (cause & isrStatus.queue) !== 0) {
      this.reap();
      this.announce();
    }
    return (cause & (isrStatus.queue | isrStatus.configuration)) !== 0;
  }

  listen(listener: DeviceListener | null): void {
    this.listener = listener;
    this.isAnnounced = false;
    if (this.isClosed) return;
    this.rx.queue.setInterrupts(true);
    this.transport.fence();
    this.announce();
  }

  advance(nowMs: number): void {
    if (nowMs > this.latestMs) this.latestMs = nowMs;
    if (this.isClosed) return;
    const before = this.tx.inFlight;
    this.reap();
    if (this.isClosed) return;
    if (this.tx.inFlight < before) this.lookMs = lookAgainMs;
    if (this.latestMs < this.lookAtMs) return;
    this.lookAtMs = Infinity;
    if (this.tx.inFlight > 0) this.transport.notifyQueue(this.txRegister, transmitQueue);
    if (this.rx.missing > 0) this.refill();
    this.lookMs = Math.min(2 * this.lookMs, longestLookMs);
    this.lookLater();
  }

  nextDeadline(): number {
    return this.lookAtMs;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const waiting = this.rx.queue.usedCount();
    if (waiting <= this.rx.posted) this.counters.rxClosed += waiting;
    // First of all it loses its way to memory: the packets are others' from now on.
    this.pci.disableBusMaster();
    this.transport.reset();
    this.tx.clear();
    this.rx.clear();
    this.lookAtMs = Infinity;
    this.linkUp = false;
    this.listener?.changed();
    this.tellWritable();
  }

  /** Whether a frame may be sent at all; if not, that is counted. */
  private admits(packet: Packet): boolean {
    const { counters } = this;
    const length = packet.end - packet.start;
    const isSuper = packet.segmentBytes > 0 && packet.checksum === checksumState.partial;
    const longest = isSuper ? this.features.superSegmentBytes : 0;
    if (this.isClosed) counters.txClosed++;
    else if (!this.linkUp) counters.txLinkDown++;
    else if (length < ethernetHeaderBytes) counters.txTooShort++;
    else if (length > Math.max(this.mtuBytes + ethernetHeaderBytes, longest)) counters.txTooLong++;
    else if (packet.checksum === checksumState.partial && !this.features.fillsChecksums) counters.txPartialChecksum++;
    else return true;
    return false;
  }

  /** The packet as the device can read it: itself, or a copy in our pool. `null`, and counted, where that has none. */
  private own(packet: Packet): Packet | null {
    if (packet.pool === this.packets && packet.start - netHeaderBytes >= packet.slotStart) return packet;
    const length = packet.end - packet.start;
    const copy = this.packets.take(length - ethernetHeaderBytes, false);
    if (copy === null) {
      this.counters.txNoPacket++;
    } else {
      copy.start -= ethernetHeaderBytes;
      copy.end = copy.start + length;
      copyBytes(copy.memory.bytes, copy.start, packet.memory.bytes, packet.start, length);
      copy.checksum = packet.checksum;
      copy.checksumStart = packet.checksumStart - packet.start + copy.start;
      copy.checksumOffset = packet.checksumOffset;
      copy.segmentBytes = packet.segmentBytes;
    }
    packet.pool.release(packet);
    return copy;
  }

  /** Takes back what was sent. */
  private reap(): void {
    const { tx } = this;
    if (!tx.reap()) this.fail();
    else if (this.owesWritable && !tx.isFull) this.tellWritable();
    if (!this.isLookWanted) {
      this.lookAtMs = Infinity;
      this.lookMs = lookAgainMs;
    }
  }

  private tellWritable(): void {
    if (!this.owesWritable) return;
    this.owesWritable = false;
    if (!this.isClosed) this.tx.queue.setInterrupts(false);
    this.listener?.writable();
  }

  /** Says once that frames wait. */
  private announce(): void {
    if (this.listener === null || this.isAnnounced || this.rx.queue.usedCount() === 0) return;
    this.isAnnounced = true;
    this.rx.queue.setInterrupts(false);
    this.listener.readable();
  }

  private refill(): void {
    if (this.rx.refill() && this.rx.queue.wantsNotification()) {
      this.transport.notifyQueue(this.rxRegister, receiveQueue);
    }
    this.lookLater();
  }

  /** Whether something must be seen to without an interrupt: packets to take back, or a pool to ask again. */
  private get isLookWanted(): boolean {
    // With half of its buffers the card goes on; with less it might stand still, and then nobody would ask.
    return this.tx.inFlight > 0 || this.rx.missing > this.rx.posted;
  }

  private lookLater(): void {
    if (this.lookAtMs === Infinity && this.isLookWanted) this.lookAtMs = this.latestMs + this.lookMs;
  }

  private readLink(): boolean {
    if ((this.agreed & netFeature.status) === 0) return true;
    return (this.transport.readConfig(configStatus, 2) & linkIsUp) !== 0;
  }

  private configurationChanged(): void {
    if ((this.transport.status & deviceStatus.needsReset) !== 0) {
      this.fail();
      return;
    }
    const linkUp = this.readLink();
    if (linkUp === this.linkUp) return;
    this.linkUp = linkUp;
    this.listener?.changed();
    // Whoever waits for room waits in vain: from now on frames are taken and dropped.
    if (!linkUp) this.tellWritable();
  }

  /** The device is not to be worked with any more. */
  private fail(): void {
    this.counters.deviceFailures++;
    this.close();
  }
}
