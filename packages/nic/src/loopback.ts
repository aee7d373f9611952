import type { Packet, PacketPool } from '@synos/interfaces';
import { vouchingFeatures } from './features.js';
import { largestMtuBytes } from './frame.js';
import { QueuedDevice, type VirtualDevice } from './queued-device.js';

/** Options of {@link createLoopback}. */
export interface LoopbackOptions {
  /** Default `lo`. */
  readonly name?: string;
  /** Longest packet, 68 to 65,535 (default). */
  readonly mtuBytes?: number;
  /** Frames that may wait to be received, default 1,024. */
  readonly queueLength?: number;
  /** Where received frames must lie. Without it the very packet that was sent comes back. */
  readonly pool?: PacketPool;
}

/**
 * A device that gives every frame back to its sender. Hands the packet itself over without a copy, vouches for
 * checksums and takes super-segments. Busy while its queue is full.
 *
 * @throws Error `ERR_ASSERTION` on an MTU or queue length out of range
 * @example
 * const loopback = createLoopback();
 * loopback.transmit(packet);
 * loopback.receive(); // packet
 */
export function createLoopback(options: LoopbackOptions = {}): VirtualDevice {
  return new Loopback(options);
}

class Loopback extends QueuedDevice {
  constructor(options: LoopbackOptions) {
    super({
      name: options.name ?? 'lo',
      address: new Uint8Array(6),
      isLoopback: true,
      mtuBytes: options.mtuBytes ?? largestMtuBytes,
      queueLength: options.queueLength ?? 1024,
      features: vouchingFeatures,
      pool: options.pool ?? null,
    });
    this.upstream = this;
  }

  transmit(packet: Packet): boolean {
    if (!this.admits(packet)) return true;
    if (this.received.isFull) return this.refuse();
    this.countSent(packet);
    this.arrive(packet);
    return true;
  }

  protected refreshLink(): void {
    this.applyLink(this.isPlugged && !this.isClosed);
  }
}
