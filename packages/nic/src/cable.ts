import type { DeviceFeatures, Packet, PacketPool } from '@synos/interfaces';
import { plainFeatures, vouchingFeatures } from './features.js';
import { macFromSeed } from './mac.js';
import { copyFrame } from './packet-copy.js';
import { QueuedDevice, type VirtualDevice } from './queued-device.js';

/** One end of a cable. */
export interface CableEndOptions {
  /** Default `cable-a` or `cable-b`. */
  readonly name?: string;
  /** Default: made from the name by {@link macFromSeed}. */
  readonly address?: Uint8Array<ArrayBuffer>;
  /**
   * The pool of the stack at this end: frames that come from another pool are copied into it. Without it the packet
   * that was sent is handed over, wherever it lies.
   */
  readonly pool?: PacketPool;
  /** What this end declares; overrides {@link CableOptions.vouches}. */
  readonly features?: DeviceFeatures;
}

/** Options of {@link createCable}. */
export interface CableOptions {
  readonly a?: CableEndOptions;
  readonly b?: CableEndOptions;
  /** Longest packet, 68 to 65,535, default 1,500. */
  readonly mtuBytes?: number;
  /** Frames that may wait at each end to be received, default 256. */
  readonly queueLength?: number;
  /**
   * As real virtual NICs: nobody sums what only moves in memory, and 64 KB go at a time. Default false: checksums are
   * really filled and verified, and every frame fits the MTU.
   */
  readonly vouches?: boolean;
}

/** Two devices back to back. */
export interface Cable {
  readonly a: VirtualDevice;
  readonly b: VirtualDevice;
  /** Pulls or plugs the cable at both ends. */
  setLink(up: boolean): void;
  /** Changes the MTU at both ends. */
  setMtu(mtuBytes: number): void;
  /** Closes both ends. */
  close(): void;
}

/**
 * A cable: what one end sends, the other receives, in order and at once. An end is busy while the other's queue is
 * full. Where both ends use one pool the packet itself is handed over; else it is copied into the receiver's pool. An
 * empty pool there makes this end busy as long as frames wait to be received; when none wait the frame is dropped
 * (`rxNoPacket`).
 *
 * A super-segment is handed over whole. A checksum that the sender left to be filled is filled in for a receiver that
 * is not vouched for, and marked verified (without ever being computed) for one that is.
 *
 * @throws Error `ERR_ASSERTION` on an MTU, queue length or address out of range
 * @example
 * const cable = createCable({ a: { name: 'left' }, b: { name: 'right' }, mtuBytes: 1500 });
 * cable.a.transmit(packet);
 * cable.b.receive(); // packet
 */
export function createCable(options: CableOptions = {}): Cable {
  const a = new CableEnd(options, options.a ?? {}, 'cable-a');
  const b = new CableEnd(options, options.b ?? {}, 'cable-b');
  a.connect(b);
  b.connect(a);
  return {
    a,
    b,
    setLink(up) {
      a.setLink(up);
      b.setLink(up);
    },
    setMtu(mtuBytes) {
      a.setMtu(mtuBytes);
      b.setMtu(mtuBytes);
    },
    close() {
      a.close();
      b.close();
    },
  };
}

class CableEnd extends QueuedDevice {
  private peer: QueuedDevice;

  constructor(cable: CableOptions, end: CableEndOptions, defaultName: string) {
    const name = end.name ?? defaultName;
    super({
      name,
      address: end.address ?? macFromSeed(name),
      isLoopback: false,
      mtuBytes: cable.mtuBytes ?? 1500,
      queueLength: cable.queueLength ?? 256,
      features: end.features ?? (cable.vouches === true ? vouchingFeatures : plainFeatures),
      pool: end.pool ?? null,
    });
    this.peer = this;
  }

  connect(peer: CableEnd): void {
    this.peer = peer;
    this.upstream = peer;
  }

  transmit(packet: Packet): boolean {
    if (!this.admits(packet)) return true;
    const peer = this.peer;
    if (peer.received.isFull) return this.refuse();
    if (peer.pool !== null && peer.pool !== packet.pool) return this.cross(packet, peer, peer.pool);
    this.countSent(packet);
    peer.arrive(packet);
    return true;
  }

  private cross(packet: Packet, peer: QueuedDevice, pool: PacketPool): boolean {
    const copy = copyFrame(packet, pool);
    // Frames that wait there hold packets, and their reception will announce room: no need to lose this one.
    if (copy === null && peer.received.count > 0) return this.refuse();
    this.countSent(packet);
    packet.pool.release(packet);
    if (copy === null) peer.counters.rxNoPacket++;
    else peer.arrive(copy);
    return true;
  }

  protected refreshLink(): void {
    const peer = this.peer;
    const isUp = this.isPlugged && peer.isPlugged && !this.isClosed && !peer.isClosed;
    this.applyLink(isUp);
    peer.applyLink(isUp);
  }
}
