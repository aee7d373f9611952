import { failure, type Packet, type Result } from '@synos/interfaces';
import {
  copyBytes,
  etherType,
  fillChecksum,
  ipv4Flag,
  ipv4MinHeaderBytes,
  protocolNumber,
  writeIpv4,
} from '@synos/wire';
import type { Context } from '../context.js';
import { writeEthernet } from '../ethernet/header.js';
import { neighbourState } from '../neighbour/neighbour.js';
import type { NeighbourTable } from '../neighbour/neighbour-table.js';
import type { CachedRoute } from '../routing/cached-route.js';
import { Identification } from './identification.js';

const longestPacket = 65_535;

/** IPv4 outwards: header, size, next hop. */
export class Ipv4Output {
  private readonly context: Context;
  private readonly neighbourTable: NeighbourTable;
  private readonly identifications: Identification;

  constructor(context: Context, neighbours: NeighbourTable) {
    this.context = context;
    this.neighbourTable = neighbours;
    this.identifications = new Identification(context);
  }

  /** Sends a packet whose `start` is at the transport header. Takes it in every case. */
  send(packet: Packet, route: CachedRoute, protocol: number, ttl: number, tos: number, keepWhole: boolean): Result {
    route.refresh();
    if (route.failure !== 0) {
      this.context.counters.ipv4OutNoRoute++;
      return refuse(packet, route.failure);
    }
    // Below the smallest path MTU that we believe, routers must be allowed to fragment (RFC 1191 §3).
    const dontFragment = keepWhole && !route.mtuIsLocked;
    const totalBytes = packet.end - packet.start + ipv4MinHeaderBytes;
    let longest = totalBytes;
    if (packet.segmentBytes !== 0) {
      if (protocol === protocolNumber.tcp) longest = segmentTotalBytes(packet);
      else packet.segmentBytes = 0;
    }
    if (totalBytes > longestPacket) {
      this.context.counters.ipv4OutTooLong++;
      return refuse(packet, failure.messageTooLong);
    }
    if (longest > route.pathMtuBytes) {
      if (dontFragment || packet.segmentBytes !== 0) {
        this.context.counters.ipv4OutTooLong++;
        return refuse(packet, failure.messageTooLong);
      }
      return this.fragment(packet, route, protocol, ttl, tos);
    }
    // RFC 6864 §4.1: an atomic datagram's identification means nothing.
    const identification = dontFragment
      ? 0
      : this.identifications.next(route.sourceWord, route.destinationWord, protocol, packetsIn(packet));
    this.context.counters.ipv4Out++;
    return this.emit(packet, route, protocol, ttl, tos, identification, dontFragment ? ipv4Flag.dontFragment : 0);
  }

  /**
   * Cuts a packet (`start` at the transport header) into fragments that fit the path (RFC 791 §3.2). Either all of them
   * are taken or the failure of the first that was not is answered: the others cannot be completed then.
   */
  private fragment(packet: Packet, route: CachedRoute, protocol: number, ttl: number, tos: number): Result {
    const { context } = this;
    const identification = this.identifications.next(route.sourceWord, route.destinationWord, protocol, 1);
    // The transport's sum spans all fragments, so no device can fill it any more.
    fillChecksum(packet);
    const chunk = (route.pathMtuBytes - ipv4MinHeaderBytes) & ~7;
    const length = packet.end - packet.start;
    let result: Result = 0;
    for (let from = 0; from < length && result === 0; from += chunk) {
      const bytes = Math.min(chunk, length - from);
      const fragment = context.packets.take(bytes, false);
      if (fragment === null) {
        context.counters.ipv4OutNoBuffers++;
        result = failure.noBuffers;
        break;
      }
      copyBytes(fragment.memory.bytes, fragment.start, packet.memory.bytes, packet.start + from, bytes);
      fragment.end = fragment.start + bytes;
      const more = from + bytes < length ? ipv4Flag.moreFragments : 0;
      context.counters.ipv4FragmentsOut++;
      result = this.emit(fragment, route, protocol, ttl, tos, identification, more | (from >>> 3));
    }
    if (result === 0) context.counters.ipv4Out++;
    packet.pool.release(packet);
    return result;
  }

  /** Writes the header of a packet that fits and passes it to the link. */
  private emit(
    packet: Packet,
    route: CachedRoute,
    protocol: number,
    ttl: number,
    tos: number,
    identification: number,
    flagsAndOffset: number,
  ): Result {
    const at = packet.start - ipv4MinHeaderBytes;
    const view = packet.memory.view;
    writeIpv4(
      view,
      at,
      packet.end - at,
      identification,
      flagsAndOffset,
      ttl,
      tos,
      protocol,
      route.sourceWord,
      route.destinationWord,
    );
    packet.start = at;
    packet.networkStart = at;
    if (!route.needsNeighbour) {
      writeEthernet(packet, route.on, route.macHigh, route.macLow, etherType.ipv4);
      return route.on.queue.send(packet);
    }
    let neighbour = route.neighbour;
    if (neighbour === null || neighbour.state === neighbourState.dead) {
      neighbour = this.neighbourTable.obtain(route.on, route.nextHop);
      route.neighbour = neighbour;
    }
    return this.neighbourTable.send(neighbour, packet);
  }
}

/** How many packets a super-segment becomes, at most. */
function packetsIn(packet: Packet): number {
  return packet.segmentBytes === 0 ? 1 : Math.ceil((packet.end - packet.start) / packet.segmentBytes);
}

/** Bytes of the longest packet that a super-segment becomes. */
function segmentTotalBytes(packet: Packet): number {
  const tcpHeaderBytes = (packet.memory.view.getUint8(packet.start + 12) >>> 4) << 2;
  const payloadBytes = packet.end - packet.start - tcpHeaderBytes;
  return ipv4MinHeaderBytes + tcpHeaderBytes + Math.min(payloadBytes, packet.segmentBytes);
}

function refuse(packet: Packet, code: Result): Result {
  packet.pool.release(packet);
  return code;
}
