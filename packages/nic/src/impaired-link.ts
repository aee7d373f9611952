import {
  assert,
  type Clock,
  checksumState,
  type DeviceFeatures,
  type DeviceListener,
  type NetDevice,
  type Packet,
} from '@synos/interfaces';
import { type ChecksumField, completeInPlace } from './checksum-completion.js';
import { DeviceDecorator } from './device-decorator.js';
import { createFateMaker, type FateMaker } from './fate-maker.js';
import { flipBits } from './fault.js';
import { plainFeatures } from './features.js';
import { linkHeaderBytes } from './frame.js';
import { createImpairedLinkCounters, type ImpairedLinkCounters, type ImpairmentOptions } from './impairment.js';
import { copyFrame } from './packet-copy.js';
import { PacketQueue } from './packet-queue.js';
import { checkMtu, type VirtualDevice } from './queued-device.js';
import { TimedQueue } from './timed-queue.js';

/** A bad link. */
export interface ImpairedLink extends VirtualDevice<ImpairedLinkCounters> {
  /** Frames on the way or waiting. */
  readonly heldFrames: number;
}

/**
 * A device behind a bad link: loses, duplicates, reorders, corrupts and delays, by an explicit list or by chance, and
 * is as slow as asked. It vouches for nothing: the stack above fills and verifies checksums and cuts segments itself.
 * It is never busy: what does not fit is dropped, as at a router.
 *
 * Same options, same `random` and same frames at the same times: the same faults.
 *
 * @param device - the device; the decorator takes its place
 * @throws Error `ERR_ASSERTION` on options out of range, or on a rate without `random`
 * @example
 * const bad = createImpairedLink(cable.a, { faults: [{ ordinal: 0, action: 'drop' }], delayMs: 50 });
 */
export function createImpairedLink(device: NetDevice, options: ImpairmentOptions): ImpairedLink {
  return new BadLink(device, options);
}

class BadLink extends DeviceDecorator implements ImpairedLink, DeviceListener {
  readonly #counters: ImpairedLinkCounters;
  readonly #fates: FateMaker;
  readonly #isTransmit: boolean;
  readonly #clock: Clock | null;
  readonly #delayMs: number;
  readonly #rateBytesPerMs: number;
  readonly #departures: Float64Array;
  readonly #flight: TimedQueue;
  readonly #ready: PacketQueue;
  readonly #field: ChecksumField;
  #departureHead: number;
  #departureCount: number;
  #freeMs: number;
  #nowMs: number;
  #mtuBytes: number;
  #isPlugged: boolean;
  #isClosed: boolean;
  /** The device below may take frames (or has some) that we have not looked after yet. */
  #hasWork: boolean;
  #listener: DeviceListener | null;

  constructor(inner: NetDevice, options: ImpairmentOptions) {
    super(inner);
    const queueLength = options.queueLength ?? 256;
    assert((options.delayMs ?? 0) >= 0, 'a delay is not negative');
    assert((options.rateBytesPerMs ?? 0) >= 0, 'a rate is not negative');
    this.#counters = createImpairedLinkCounters();
    this.#fates = createFateMaker(options);
    this.#isTransmit = options.direction !== 'receive';
    this.#clock = options.clock ?? null;
    this.#delayMs = options.delayMs ?? 0;
    this.#rateBytesPerMs = options.rateBytesPerMs ?? 0;
    this.#ready = new PacketQueue(queueLength);
    this.#departures = new Float64Array(queueLength);
    this.#flight = new TimedQueue(options.flightLength ?? 16_384);
    this.#field = { at: 0, value: 0 };
    this.#departureHead = 0;
    this.#departureCount = 0;
    this.#freeMs = 0;
    this.#nowMs = 0;
    this.#mtuBytes = options.mtuBytes ?? 65_535;
    checkMtu(this.#mtuBytes);
    this.#isPlugged = true;
    this.#isClosed = false;
    this.#hasWork = false;
    this.#listener = null;
    inner.listen(this);
  }

  override get features(): DeviceFeatures {
    return plainFeatures;
  }

  override get mtuBytes(): number {
    return Math.min(this.#mtuBytes, this.inner.mtuBytes);
  }

  override get linkUp(): boolean {
    return this.#isPlugged && !this.#isClosed && this.inner.linkUp;
  }

  override get counters(): Readonly<ImpairedLinkCounters> {
    return this.#counters;
  }

  get heldFrames(): number {
    return this.#flight.count + this.#ready.count;
  }

  setLink(up: boolean): void {
    if (this.#isClosed || up === this.#isPlugged) return;
    this.#isPlugged = up;
    this.#listener?.changed();
  }

  setMtu(mtuBytes: number): void {
    checkMtu(mtuBytes);
    if (this.#isClosed || mtuBytes === this.#mtuBytes) return;
    this.#mtuBytes = mtuBytes;
    this.#listener?.changed();
  }

  override transmit(packet: Packet): boolean {
    const counters = this.#counters;
    if (!this.linkUp) counters.txLinkDown++;
    else if (packet.end - packet.start < linkHeaderBytes) counters.txTooShort++;
    else if (packet.end - packet.start > this.mtuBytes + linkHeaderBytes) counters.txTooLong++;
    else if (packet.checksum === checksumState.partial) counters.txPartialChecksum++;
    else {
      packet.checksum = checksumState.none;
      packet.segmentBytes = 0;
      counters.txPackets++;
      counters.txBytes += packet.end - packet.start;
      if (!this.#isTransmit) return this.#passOn(packet);
      this.#readClock();
      this.#impair(packet);
      this.#land();
      return true;
    }
    if (this.#isTransmit) this.#fates.skip();
    packet.pool.release(packet);
    return true;
  }

  override receive(): Packet | null {
    let packet: Packet | null;
    if (this.#isTransmit) {
      packet = this.inner.receive();
      if (packet !== null) completeInPlace(packet, this.#field);
    } else {
      if (this.#ready.count === 0) this.#pull();
      packet = this.#ready.shift();
    }
    if (packet !== null) {
      this.#counters.rxPackets++;
      this.#counters.rxBytes += packet.end - packet.start;
    }
    return packet;
  }

  override listen(listener: DeviceListener | null): void {
    this.#listener = listener;
    if (listener === null) return;
    if (this.#ready.count > 0 && !this.#isTransmit) listener.readable();
    // The device below announces what waits there.
    else this.inner.listen(this);
  }

  override advance(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    this.inner.advance(nowMs);
    this.#readClock();
    if (this.#isTransmit) this.#land();
    else this.#pull();
  }

  override nextDeadline(): number {
    const innerMs = this.inner.nextDeadline();
    if (this.#hasWork) return Math.min(this.#nowMs, innerMs);
    return Math.min(this.#flight.firstDueMs, innerMs);
  }

  override close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#counters.closed += this.#flight.clear() + this.#ready.clear();
    this.#hasWork = false;
    this.inner.close();
  }

  // What the device below tells. Only noted: the owner's next `advance` acts on it.

  readable(): void {
    if (!this.#isTransmit) this.#hasWork = true;
    this.#listener?.readable();
  }

  writable(): void {
    if (this.#ready.count > 0) this.#hasWork = true;
    this.#listener?.writable();
  }

  changed(): void {
    this.#listener?.changed();
  }

  #readClock(): void {
    if (this.#clock !== null) this.#nowMs = Math.max(this.#nowMs, this.#clock.now());
  }

  #passOn(packet: Packet): boolean {
    if (this.inner.transmit(packet)) return true;
    this.#counters.txPackets--;
    this.#counters.txBytes -= packet.end - packet.start;
    return false;
  }

  /** Decides a frame's fate and puts what is left of it on the way. */
  #impair(packet: Packet): void {
    const counters = this.#counters;
    const fate = this.#fates.next();
    if (fate.isLost) {
      counters.lost++;
      packet.pool.release(packet);
      return;
    }
    const dueMs = this.#depart(packet.end - packet.start);
    if (dueMs < 0) {
      counters.queueFull++;
      packet.pool.release(packet);
      return;
    }
    const copy = fate.isDuplicated ? copyFrame(packet, packet.pool) : null;
    if (fate.isDuplicated && copy === null) counters.noPacket++;
    if (fate.atBit >= 0 && flipBits(packet, fate.atBit, fate.pattern)) counters.corrupted++;
    if (fate.extraMs > 0) counters.delayed++;
    this.#fly(packet, dueMs + fate.extraMs);
    if (copy !== null) {
      counters.duplicated++;
      this.#fly(copy, dueMs + fate.extraMs);
    }
  }

  /** When a frame of this length arrives if it is sent now; -1 when the queue in front of the link is full. */
  #depart(byteLength: number): number {
    if (this.#rateBytesPerMs === 0) return this.#nowMs + this.#delayMs;
    const departures = this.#departures;
    const limit = departures.length;
    while (this.#departureCount > 0 && (departures[this.#departureHead] as number) <= this.#nowMs) {
      this.#departureHead = (this.#departureHead + 1) % limit;
      this.#departureCount--;
    }
    if (this.#departureCount === limit) return -1;
    this.#freeMs = Math.max(this.#freeMs, this.#nowMs) + byteLength / this.#rateBytesPerMs;
    departures[(this.#departureHead + this.#departureCount) % limit] = this.#freeMs;
    this.#departureCount++;
    return this.#freeMs + this.#delayMs;
  }

  #fly(packet: Packet, dueMs: number): void {
    if (this.#flight.isFull) {
      this.#counters.flightFull++;
      packet.pool.release(packet);
      return;
    }
    this.#flight.push(packet, dueMs);
  }

  /** Hands what has arrived to the device below (or to the receiver), oldest first. */
  #land(): void {
    if (this.#isTransmit) {
      this.#hasWork = false;
      this.#flush();
    }
    for (;;) {
      const packet = this.#flight.shiftDue(this.#nowMs);
      if (packet === null) return;
      if (this.#isTransmit && this.#ready.count === 0 && this.inner.transmit(packet)) continue;
      if (this.#ready.isFull) {
        this.#counters.queueFull++;
        packet.pool.release(packet);
        continue;
      }
      this.#ready.push(packet);
      if (!this.#isTransmit && this.#ready.count === 1) this.#listener?.readable();
    }
  }

  #flush(): void {
    for (let left = this.#ready.count; left > 0; left--) {
      const packet = this.#ready.first();
      if (packet === null || !this.inner.transmit(packet)) return;
      this.#ready.shift();
    }
  }

  #pull(): void {
    this.#hasWork = false;
    this.#readClock();
    for (let packet = this.inner.receive(); packet !== null; packet = this.inner.receive()) {
      completeInPlace(packet, this.#field);
      this.#impair(packet);
    }
    this.#land();
  }
}
