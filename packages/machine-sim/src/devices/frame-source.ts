import { checksumState, type NetDevice, type Packet, type PacketPool } from '@synos/interfaces';
import { copyBytes, cutSuperSegment, fillChecksum, superSegmentCount } from '@synos/wire';
import { LINK_BYTES, netFeature, type TcpHeaders, tcpHeaders } from './virtio-net-header.js';

/**
 * Frames of a {@link NetDevice} as a driver can take them: sums filled in for one that accepted no checksums,
 * super-segments cut for one that accepted none.
 */
export class FrameSource {
  private readonly device: NetDevice;
  private readonly pool: PacketPool;
  /** A frame that was given back. */
  private held: Packet | null = null;
  /** A super-segment that is being cut, and its next segment. */
  private whole: Packet | null = null;
  private nextIndex = 0;
  /** Super-segments that are none. */
  malformed = 0;

  constructor(device: NetDevice, pool: PacketPool) {
    this.device = device;
    this.pool = pool;
  }

  /** The next frame, now the caller's; `null` where there is none, or no packet to cut it into. */
  next(features: number): Packet | null {
    if (this.held !== null) {
      const packet = this.held;
      this.held = null;
      return packet;
    }
    for (;;) {
      if (this.whole === null) {
        const packet = this.device.receive();
        if (packet === null || packet.segmentBytes === 0 || (features & netFeature.guestTso4) !== 0) {
          return packet === null ? null : settle(packet, features);
        }
        this.whole = packet;
        this.nextIndex = 0;
      }
      const headers = tcpHeaders(this.whole);
      if (headers !== null) return this.cut(this.whole, headers);
      this.malformed++;
      this.drop(this.whole);
    }
  }

  /** Takes a frame back, to be the next again. */
  giveBack(packet: Packet): void {
    this.held = packet;
  }

  /** Whether {@link next} has something of its own, which no device announces. */
  get isHolding(): boolean {
    return this.held !== null || this.whole !== null;
  }

  clear(): void {
    this.held?.pool.release(this.held);
    this.whole?.pool.release(this.whole);
    this.held = null;
    this.whole = null;
  }

  private cut(whole: Packet, headers: TcpHeaders): Packet | null {
    const network = whole.start + LINK_BYTES;
    const transport = whole.start + headers.transport;
    const segment = this.pool.take(Math.min(whole.segmentBytes, whole.end - whole.start - headers.payload), true);
    if (segment === null) return null;
    cutSuperSegment(whole, network, transport, this.nextIndex, segment);
    segment.start -= LINK_BYTES;
    copyBytes(segment.memory.bytes, segment.start, whole.memory.bytes, whole.start, LINK_BYTES);
    segment.checksum = checksumState.none;
    this.nextIndex++;
    if (this.nextIndex >= superSegmentCount(whole, transport)) this.drop(whole);
    return segment;
  }

  private drop(whole: Packet): void {
    whole.pool.release(whole);
    this.whole = null;
  }
}

function settle(packet: Packet, features: number): Packet {
  if ((features & netFeature.guestChecksum) !== 0) return packet;
  fillChecksum(packet);
  return packet;
}
