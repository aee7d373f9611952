import { EventEmitter } from 'node:events';
import { writeSync, writevSync } from 'node:fs';
import {
  checksumState,
  type DeviceFeatures,
  type DeviceListener,
  type NetDevice,
  type Packet,
  type PacketPool,
} from '@synos/interfaces';
import { copyBytes, ethernetHeaderBytes } from '@synos/wire';
import { createTapCounters, type TapCounters } from './counters.js';
import { linuxErrno } from './linux.js';
import { FrameReader } from './reader.js';
import { failed, type TunFile } from './tun-file.js';
import { isSuperSegment, longestFrameBytes, readVnetHeader, vnetHeaderBytes, writeVnetHeader } from './vnet-header.js';

/** How long to wait before a file that took no frame is asked again: nothing tells when it would. */
const retryMs = 1;
/** Bytes beyond the longest plain frame that are read, so that a longer one is seen to be longer. */
const slackBytes = 8;

/** What a TAP tells besides what a `NetDevice` does. */
export interface TapEvents {
  /** The interface is gone, or reading failed: the link is down for good. Nobody needs to listen. */
  error: [error: NodeJS.ErrnoException];
  /** After `close`, or after `error`: thread and file are gone, and the interface's name is free. */
  close: [];
}

/** A TAP interface as a network card. */
export interface Tap extends NetDevice, EventEmitter<TapEvents> {
  /** The interface's name in Linux; empty where a ready file is no TAP. */
  readonly interfaceName: string;
  readonly counters: Readonly<TapCounters>;
  /** Pulls or plugs the cable; Linux sees it as the carrier. Frames sent or received while down are dropped, counted. */
  setLink(up: boolean): void;
  /** The device keeps the process alive again (as it does at first). */
  ref(): this;
  /** The device keeps the process alive no longer. */
  unref(): this;
}

/** What a {@link TapDevice} is made from. */
export interface TapDeviceConfig {
  readonly file: TunFile;
  readonly name: string;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly mtuBytes: number;
  readonly offload: boolean;
  readonly pool: PacketPool;
  readonly ringBytes: number;
  readonly koffiPath: string;
  readonly bellIsMessage?: boolean;
}

export class TapDevice extends EventEmitter<TapEvents> implements Tap {
  readonly name: string;
  readonly interfaceName: string;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly medium: 'ethernet';
  readonly isLoopback: boolean;
  readonly mtuBytes: number;
  readonly features: DeviceFeatures;
  linkUp: boolean;
  readonly #file: TunFile;
  readonly #pool: PacketPool;
  readonly #headerBytes: number;
  readonly #reader: FrameReader;
  readonly #counters: TapCounters;
  #listener: DeviceListener | null;
  #isPlugged: boolean;
  #isClosed: boolean;
  /** Why the file is of no use any more. */
  #failure: Error | null;
  /** `readable` was called since the ring was last seen empty. */
  #isAnnounced: boolean;
  #owesWritable: boolean;
  #nowMs: number;
  #retryAtMs: number;

  constructor(config: TapDeviceConfig) {
    super();
    const { file, name, offload, mtuBytes } = config;
    this.name = name;
    this.interfaceName = file.name;
    this.address = config.address;
    this.medium = 'ethernet';
    this.isLoopback = false;
    this.mtuBytes = mtuBytes;
    this.features = {
      fillsChecksums: offload,
      verifiesChecksums: offload,
      superSegmentBytes: offload ? longestFrameBytes : 0,
    };
    this.linkUp = true;
    this.#file = file;
    this.#pool = config.pool;
    this.#headerBytes = offload ? vnetHeaderBytes : 0;
    this.#counters = createTapCounters();
    this.#listener = null;
    this.#isPlugged = true;
    this.#isClosed = false;
    this.#failure = null;
    this.#isAnnounced = false;
    this.#owesWritable = false;
    this.#nowMs = 0;
    this.#retryAtMs = Infinity;
    const plainBytes = offload ? longestFrameBytes : mtuBytes + ethernetHeaderBytes;
    this.#reader = new FrameReader({
      fd: file.fd,
      name,
      koffiPath: config.koffiPath,
      frameBytes: this.#headerBytes + plainBytes + slackBytes,
      ringBytes: config.ringBytes,
      onFrames: () => this.#look(),
      onEnd: (error) => this.#ended(error),
      ...(config.bellIsMessage === undefined ? {} : { bellIsMessage: config.bellIsMessage }),
    });
    this.#look();
  }

  get counters(): Readonly<TapCounters> {
    this.#counters.rxRingFull = this.#reader.dropped;
    return this.#counters;
  }

  transmit(packet: Packet): boolean {
    const counters = this.#counters;
    const length = packet.end - packet.start;
    const isSuper = packet.segmentBytes !== 0 && this.features.superSegmentBytes !== 0;
    if (this.#isClosed) counters.txClosed++;
    else if (!this.linkUp) counters.txLinkDown++;
    else if (length < ethernetHeaderBytes) counters.txTooShort++;
    else if (length > (isSuper ? this.features.superSegmentBytes : this.mtuBytes + ethernetHeaderBytes)) {
      counters.txTooLong++;
    } else if (packet.checksum === checksumState.partial && !this.features.fillsChecksums) counters.txPartialChecksum++;
    else if (this.#owesWritable) return this.#refuse();
    else {
      try {
        this.#write(packet);
        counters.txPackets++;
        counters.txBytes += length;
      } catch (error) {
        if (!this.#writeFailed(error as NodeJS.ErrnoException)) return this.#refuse();
      }
    }
    packet.pool.release(packet);
    return true;
  }

  receive(): Packet | null {
    if (this.#isClosed) return null;
    const { ring } = this.#reader;
    for (;;) {
      const at = ring.first();
      if (at < 0) {
        this.#isAnnounced = false;
        if (this.#failure !== null || this.#reader.wait()) return null;
        continue;
      }
      const length = ring.lengthAt(at);
      const packet = this.#take(ring.bytes, at, length);
      ring.consume(length);
      if (packet !== null) return packet;
    }
  }

  listen(listener: DeviceListener | null): void {
    this.#listener = listener;
    this.#isAnnounced = false;
    this.#look();
  }

  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    // Whoever has the thread to himself for long hears of new frames here; the bell needs the event loop.
    if (!this.#isAnnounced && !this.#reader.ring.isEmpty) this.#look();
    if (this.#owesWritable && nowMs >= this.#retryAtMs) this.#settleWritable();
  }

  nextDeadline(): number {
    return this.#retryAtMs;
  }

  setLink(up: boolean): void {
    if (this.#isClosed || this.#failure !== null || up === this.#isPlugged) return;
    this.#isPlugged = up;
    this.#file.setCarrier(up);
    this.#applyLink();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.stop();
    if (this.linkUp) this.#applyLink();
    else this.#listener?.changed();
  }

  ref(): this {
    this.#reader.ref();
    return this;
  }

  unref(): this {
    this.#reader.unref();
    return this;
  }

  /** Announces frames that wait, or asks to be told of the next. */
  #look(): void {
    if (this.#isClosed || this.#failure !== null) return;
    if (this.#reader.ring.isEmpty && this.#reader.wait()) return;
    if (this.#isAnnounced || this.#listener === null) return;
    this.#isAnnounced = true;
    this.#listener.readable();
  }

  #write(packet: Packet): void {
    const { memory, start, end, slotStart } = packet;
    const headerBytes = this.#headerBytes;
    if (headerBytes === 0) {
      writeSync(this.#file.fd, memory.bytes, start, end - start);
    } else if (start - headerBytes >= slotStart) {
      // The room in front of a frame is its sender's no longer.
      writeVnetHeader(memory.view, start - headerBytes, packet);
      writeSync(this.#file.fd, memory.bytes, start - headerBytes, end - start + headerBytes);
    } else {
      const header = new DataView(new ArrayBuffer(headerBytes));
      writeVnetHeader(header, 0, packet);
      writevSync(this.#file.fd, [header, memory.bytes.subarray(start, end)]);
    }
  }

  /** What a failed write means; false: busy. */
  #writeFailed(error: NodeJS.ErrnoException): boolean {
    const counters = this.#counters;
    switch (-(error.errno ?? 0)) {
      case linuxErrno.EAGAIN:
        return false;
      case linuxErrno.EIO:
        // The interface is there and down.
        counters.txLinkDown++;
        return true;
      case linuxErrno.EMSGSIZE:
        counters.txTooLong++;
        return true;
      case linuxErrno.EBADFD:
      case linuxErrno.EBADF:
      case linuxErrno.EPIPE:
      case linuxErrno.ENXIO:
      case linuxErrno.ENODEV:
      case linuxErrno.ECONNRESET:
      case linuxErrno.ENOTCONN:
      case linuxErrno.ECONNREFUSED:
        counters.txLinkDown++;
        this.#fail(failed(-(error.errno as number), 'write', `${this.name} is gone`));
        return true;
      default:
        counters.txRefused++;
        return true;
    }
  }

  #refuse(): false {
    this.#counters.txBusy++;
    if (!this.#owesWritable) {
      this.#owesWritable = true;
      this.#retryAtMs = this.#nowMs + retryMs;
    }
    return false;
  }

  #settleWritable(): void {
    if (!this.#owesWritable) return;
    this.#owesWritable = false;
    this.#retryAtMs = Infinity;
    this.#listener?.writable();
  }

  /** Brings a frame out of the ring into a packet; `null`: dropped and counted. */
  #take(bytes: Uint8Array, at: number, length: number): Packet | null {
    const counters = this.#counters;
    const headerBytes = this.#headerBytes;
    const frameBytes = length - headerBytes;
    const isSuper = headerBytes !== 0 && length > headerBytes && isSuperSegment(bytes, at);
    if (!this.linkUp) counters.rxLinkDown++;
    else if (frameBytes < ethernetHeaderBytes) counters.rxTooShort++;
    else if (frameBytes > (isSuper ? longestFrameBytes : this.mtuBytes + ethernetHeaderBytes)) counters.rxTooLong++;
    else {
      const packet = this.#pool.take(frameBytes - ethernetHeaderBytes, false);
      if (packet !== null) {
        // The network header on the 4-byte boundary that `take` offers: checksums are summed in words from there.
        packet.start -= ethernetHeaderBytes;
        packet.end = packet.start + frameBytes;
        copyBytes(packet.memory.bytes, packet.start, bytes, at + headerBytes, frameBytes);
        if (headerBytes !== 0) readVnetHeader(bytes, at, packet);
        counters.rxPackets++;
        counters.rxBytes += frameBytes;
        return packet;
      }
      counters.rxNoPacket++;
    }
    return null;
  }

  /** The file is of no use any more. What that means to users is said when the thread has ended. */
  #fail(error: Error): void {
    this.#failure ??= error;
    this.#reader.stop();
    this.#applyLink();
  }

  #applyLink(): void {
    const isUp = this.#isPlugged && !this.#isClosed && this.#failure === null;
    if (isUp === this.linkUp) return;
    this.linkUp = isUp;
    this.#listener?.changed();
    // Whoever waits for room waits in vain: from now on frames are taken and dropped.
    if (!isUp) this.#settleWritable();
  }

  #ended(error: Error | null): void {
    const failure = error as NodeJS.ErrnoException | null;
    // Where somebody else has closed it, its number may be another file's by now.
    if (failure?.code !== 'EBADF') this.#file.close();
    if (!this.#isClosed) {
      if (error !== null) this.#fail(error);
      // An error that nobody listens for would end the process: the link's state has told the stack already.
      if (this.#failure !== null && this.listenerCount('error') > 0) this.emit('error', this.#failure);
    }
    this.emit('close');
  }
}
