import { type Arrival, checksumState, type Packet, type PacketPool } from '@synos/interfaces';
import { copyBytes } from '@synos/wire';

/** The longest TCP header (RFC 9293 §3.1); an ICMP error wants 8 bytes of any transport's (RFC 792). */
const longestTransportHeaderBytes = 60;

/**
 * The headers of a received packet, kept for an answer that comes later. The packet itself goes back to its pool: what
 * waits for the host must not hold the memory that others' packets need.
 */
export class HeldPacket {
  readonly arrival: Arrival;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #networkBytes: number;

  constructor(packet: Packet, arrival: Arrival) {
    const { source, destination, isGroup, ttl, tos, device } = arrival;
    this.arrival = { source: { ...source }, destination: { ...destination }, isGroup, ttl, tos, device };
    const networkStart = packet.networkStart < 0 ? packet.start : packet.networkStart;
    this.#networkBytes = packet.start - networkStart;
    const end = Math.min(packet.end, packet.start + longestTransportHeaderBytes);
    this.#bytes = packet.memory.bytes.slice(networkStart, end);
  }

  /** The headers in a packet of a pool, the caller's, as a transport receives them; `null`: there is none. */
  revive(pool: PacketPool): Packet | null {
    const transportBytes = this.#bytes.length - this.#networkBytes;
    const packet = pool.take(transportBytes, true);
    if (packet === null) return null;
    packet.networkStart = packet.start - this.#networkBytes;
    packet.end = packet.start + transportBytes;
    copyBytes(packet.memory.bytes, packet.networkStart, this.#bytes, 0, this.#bytes.length);
    // It was looked at when it came; what followed the headers is missing from the sum.
    packet.checksum = checksumState.verified;
    return packet;
  }
}
