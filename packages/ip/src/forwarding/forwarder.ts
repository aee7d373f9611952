import { checksumState, type Packet } from '@synos/interfaces';
import {
  decrementTtl,
  fillChecksum,
  icmpTimeExceededCode,
  icmpType,
  icmpUnreachableCode,
  ipv4Destination,
  ipv4Flag,
  ipv4FlagsAndOffset,
  ipv4HeaderBytes,
  ipv4Protocol,
  ipv4Source,
  ipv4Ttl,
  protocolNumber,
  tcpHeaderBytes,
} from '@synos/wire';
import type { NetInterface } from '../net-interface.js';
import { localKind } from '../routing/local-addresses.js';
import type { ForwarderParts, PacketForwarder } from './forwarding.js';
import { forwardFragments } from './fragments.js';
import { reopenChecksum } from './reopen-checksum.js';

/** The router's part: each packet finds its way by itself, so that no flood of destinations fills anything. */
export class Forwarder implements PacketForwarder {
  private readonly parts: ForwarderParts;

  constructor(parts: ForwarderParts) {
    this.parts = parts;
  }

  forward(from: NetInterface, packet: Packet): void {
    if (!this.pass(from, packet)) packet.pool.release(packet);
  }

  hopIsSilent(packet: Packet): boolean {
    const { context, interfaces, errors } = this.parts;
    const source = ipv4Source(packet.memory.view, packet.start);
    if (interfaces.local.kind(source) === localKind.own || interfaces.accepts(source)) return false;
    context.counters.forwardUnreachable++;
    errors.send(packet, packet.start, false, icmpType.unreachable, icmpUnreachableCode.host, 0);
    return true;
  }

  /** Whether the packet was taken. The order of the tests is that of RFC 1812 §5.2.1.2. */
  private pass(from: NetInterface, packet: Packet): boolean {
    const { context, interfaces, table, neighbourTable: neighbours, errors } = this.parts;
    const { counters } = context;
    const { view } = packet.memory;
    const at = packet.start;
    const destination = ipv4Destination(view, at);
    if (
      from.isLoopback ||
      // A directed broadcast of ours (RFC 2644), or link-local (RFC 3927 §2.7).
      interfaces.local.kind(destination) !== localKind.foreign ||
      isLinkLocal(destination) ||
      isLinkLocal(ipv4Source(view, at))
    ) {
      counters.forwardNotAllowed++;
      return false;
    }
    const way = table.lookup(destination);
    const on = typeof way === 'number' ? undefined : interfaces.get(way.device);
    if (typeof way === 'number' || on === undefined || on.isLoopback) {
      counters.forwardNoRoute++;
      errors.send(packet, packet.start, false, icmpType.unreachable, icmpUnreachableCode.network, 0);
      return false;
    }
    // Before it is taken down, so that the error quotes what the sender sent.
    if (ipv4Ttl(view, at) <= 1) {
      counters.forwardTtlExpired++;
      errors.send(packet, packet.start, false, icmpType.timeExceeded, icmpTimeExceededCode.transit, 0);
      return false;
    }
    // What this host has to say itself, acknowledgements above all, still finds room beyond that.
    if (!on.queue.hasRoom) {
      counters.forwardQueueFull++;
      return false;
    }
    // The next link alone counts: what reports say of the path beyond concerns our own packets (RFC 1191 §4).
    const { mtuBytes } = on.device;
    const fits = packet.end - at <= mtuBytes;
    if (fits) packet.segmentBytes = 0;
    const headerBytes = superHeaderBytes(packet);
    const isTooLong = !fits && (headerBytes === 0 || headerBytes + packet.segmentBytes > mtuBytes);
    if (isTooLong) {
      if ((ipv4FlagsAndOffset(view, at) & ipv4Flag.dontFragment) !== 0 || headerBytes >= mtuBytes) {
        counters.forwardTooLong++;
        errors.send(
          packet,
          packet.start,
          false,
          icmpType.unreachable,
          icmpUnreachableCode.fragmentationNeeded,
          mtuBytes,
        );
        return false;
      }
      // TCP that is still to be cut is cut smaller: better for everybody than segments in fragments.
      if (headerBytes !== 0) packet.segmentBytes = mtuBytes - headerBytes;
    }
    // Incremental (RFC 1624): a header that was damaged on the way is still seen to be at the next hop.
    decrementTtl(view, at);
    if (packet.checksum !== checksumState.none) reopenChecksum(packet);
    const hop = neighbours.obtain(on, way.gateway === undefined ? destination : way.gateway.w3);
    if (isTooLong && headerBytes === 0) {
      // The sum spans all fragments, so no device can fill it any more.
      fillChecksum(packet);
      forwardFragments(context, packet, mtuBytes, (fragment) => neighbours.send(hop, fragment));
      return false;
    }
    if (neighbours.send(hop, packet) === 0) counters.forwarded++;
    return true;
  }
}

/** Bytes of headers in front of each segment of a super-segment; 0 for any other packet, which is marked so. */
function superHeaderBytes(packet: Packet): number {
  if (packet.segmentBytes === 0) return 0;
  const { view } = packet.memory;
  const at = packet.start;
  const transport = at + ipv4HeaderBytes(view, at);
  if (ipv4Protocol(view, at) === protocolNumber.tcp && packet.end - transport > 20) {
    const tcpBytes = tcpHeaderBytes(view, transport);
    if (tcpBytes >= 20 && transport + tcpBytes < packet.end) return transport - at + tcpBytes;
  }
  packet.segmentBytes = 0;
  return 0;
}

/** 169.254/16 */
function isLinkLocal(word: number): boolean {
  return word >>> 16 === 0xa9fe;
}
