import { type Arrival, checksumState, type NetworkErrorKind, networkErrorKind, type Packet } from '@synos/interfaces';
import {
  checkIcmp,
  icmpCodeOf,
  icmpFault,
  icmpHeaderBytes,
  icmpNextHopMtu,
  icmpType,
  icmpTypeOf,
  ipv4Destination,
  ipv4FragmentOffsetBytes,
  ipv4HeaderBytes,
  ipv4MinHeaderBytes,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalBytes,
  protocolNumber,
  updateSum16,
} from '@synos/wire';
import type { Context } from '../context.js';
import type { Ipv4Output } from '../ipv4/ipv4-output.js';
import { type PathMtuCache, plateauBelow } from '../routing/path-mtu.js';
import type { Router } from '../routing/router.js';
import type { Transports } from '../transports.js';

const replyTtl = 64;
/** Deprecated by RFC 6633. */
const sourceQuench = 4;
/** What the codes 0 to 15 of `unreachable` tell (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
const kindOfCode: readonly NetworkErrorKind[] = [
  networkErrorKind.networkUnreachable,
  networkErrorKind.hostUnreachable,
  networkErrorKind.protocolUnreachable,
  networkErrorKind.portUnreachable,
  networkErrorKind.packetTooBig,
  networkErrorKind.hostUnreachable,
  networkErrorKind.networkUnreachable,
  networkErrorKind.hostUnreachable,
  networkErrorKind.hostUnreachable,
  networkErrorKind.prohibited,
  networkErrorKind.prohibited,
  networkErrorKind.networkUnreachable,
  networkErrorKind.hostUnreachable,
  networkErrorKind.prohibited,
  networkErrorKind.prohibited,
  networkErrorKind.prohibited,
];

/** ICMP inwards (RFC 792, RFC 1122 §3.2.2): echo, and errors about packets of ours. */
export class IcmpInput {
  private readonly context: Context;
  private readonly router: Router;
  private readonly output: Ipv4Output;
  private readonly transports: Transports;
  private readonly pathMtu: PathMtuCache;

  constructor(context: Context, router: Router, output: Ipv4Output, transports: Transports, pathMtu: PathMtuCache) {
    this.context = context;
    this.router = router;
    this.output = output;
    this.transports = transports;
    this.pathMtu = pathMtu;
  }

  /** Takes a message, `start` at its ICMP header. */
  receive(packet: Packet, arrival: Arrival): void {
    const counters = this.context.counters;
    counters.icmpIn++;
    // A device's word covers TCP and UDP; ICMP sums are looked at always (RFC 1122 §3.2.2).
    const fault = checkIcmp(packet.memory, packet.start, packet.end);
    if (fault !== 0) {
      if (fault === icmpFault.checksum) counters.icmpBadChecksum++;
      else counters.icmpMalformed++;
      packet.pool.release(packet);
      return;
    }
    const type = icmpTypeOf(packet.memory.view, packet.start);
    if (type === icmpType.echoRequest) {
      if (this.echo(packet, arrival)) return;
    } else if (type === icmpType.echoReply) {
      const pinging = this.transports.get(protocolNumber.icmp);
      if (pinging !== null) {
        pinging.receive(packet, arrival);
        return;
      }
      counters.icmpEchoReplyUnexpected++;
    } else if (type === icmpType.redirect) counters.icmpRedirectIgnored++;
    else if (type === sourceQuench) counters.icmpSourceQuenchIgnored++;
    else if (type === icmpType.unreachable || type === icmpType.timeExceeded || type === icmpType.parameterProblem) {
      this.error(packet, arrival, type);
    } else counters.icmpUnknownType++;
    packet.pool.release(packet);
  }

  /** Answers by turning the request around in its own packet (RFC 1122 §3.2.2.6). False: it is still the caller's. */
  private echo(packet: Packet, arrival: Arrival): boolean {
    const counters = this.context.counters;
    counters.icmpEchoRequests++;
    if (arrival.isGroup || !this.context.limits.answersEcho) {
      // Answering a broadcast makes this host an amplifier (RFC 2644, RFC 1122 §3.2.2.6 allows silence).
      counters.icmpEchoToGroup++;
      return false;
    }
    // An address that is only accepted (`Ip.acceptPrefix`) is another's: we cannot answer for it.
    if (!this.router.isOwn(arrival.destination.w3)) {
      counters.icmpEchoNotOurs++;
      return false;
    }
    const route = this.router.routeByWords(arrival.destination.w3, arrival.source.w3);
    if (typeof route === 'number' || !route.hasRoom) {
      counters.icmpEchoDropped++;
      return false;
    }
    const view = packet.memory.view;
    const at = packet.start;
    const was = view.getUint16(at);
    const becomes = (icmpType.echoReply << 8) | (was & 0xff);
    view.setUint16(at, becomes);
    view.setUint16(at + 2, updateSum16(view.getUint16(at + 2), was, becomes));
    packet.checksum = checksumState.verified;
    packet.segmentBytes = 0;
    counters.icmpEchoReplies++;
    this.output.send(packet, route, protocolNumber.icmp, replyTtl, arrival.tos, false);
    return true;
  }

  private error(packet: Packet, arrival: Arrival, type: number): void {
    const counters = this.context.counters;
    counters.icmpErrorsIn++;
    if (arrival.isGroup) {
      counters.icmpErrorToGroup++;
      return;
    }
    const view = packet.memory.view;
    const quote = packet.start + icmpHeaderBytes;
    if (!quoteIsWhole(view, quote, packet.end)) {
      counters.icmpQuoteMalformed++;
      return;
    }
    if (ipv4Source(view, quote) !== arrival.destination.w3) {
      // An error comes to whom it is about; no router has reason to send it to another address of ours.
      counters.icmpQuoteNotOurs++;
      return;
    }
    const protocol = ipv4Protocol(view, quote);
    const code = icmpCodeOf(view, packet.start);
    const kind = kindOf(type, code);
    if (kind === networkErrorKind.packetTooBig) {
      this.packetTooBig(view, packet.start, quote, packet.end);
      return;
    }
    if (protocol !== protocolNumber.icmp && this.transports.get(protocol) === null) counters.icmpQuoteUnknownProtocol++;
    else if (!this.transports.report(kind, view, quote, packet.end, 0)) counters.icmpErrorNotBelieved++;
  }

  /** RFC 1191: the report counts only if a transport recognises the quoted packet as one of a live flow. */
  private packetTooBig(view: DataView<ArrayBuffer>, at: number, quote: number, end: number): void {
    const counters = this.context.counters;
    const destination = ipv4Destination(view, quote);
    const route = this.router.routeByWords(ipv4Source(view, quote), destination);
    if (typeof route === 'number') {
      counters.icmpErrorNotBelieved++;
      return;
    }
    let reported = icmpNextHopMtu(view, at);
    // RFC 1191 §5: an old router names none; the next plateau below the packet that was too long.
    if (reported === 0) reported = plateauBelow(Math.min(ipv4TotalBytes(view, quote), route.pathMtuBytes));
    if (reported >= route.pathMtuBytes || reported < 68) {
      counters.icmpPathMtuIgnored++;
      return;
    }
    const minimum = Math.min(this.context.limits.minimumPathMtuBytes, route.pathMtuBytes);
    const bytes = Math.max(reported, minimum);
    if (!this.transports.report(networkErrorKind.packetTooBig, view, quote, end, bytes)) {
      counters.icmpErrorNotBelieved++;
      return;
    }
    counters.icmpPathMtuLowered++;
    this.pathMtu.set(destination, bytes, reported < minimum);
  }
}

/** Whether a quote has a plausible header and at least 8 bytes behind it (RFC 792). It may be cut short after that. */
function quoteIsWhole(view: DataView<ArrayBuffer>, at: number, end: number): boolean {
  if (end - at < ipv4MinHeaderBytes + 8) return false;
  const headerBytes = ipv4HeaderBytes(view, at);
  return (
    view.getUint8(at) >>> 4 === 4 &&
    headerBytes >= ipv4MinHeaderBytes &&
    end - at >= headerBytes + 8 &&
    ipv4TotalBytes(view, at) >= headerBytes + 8 &&
    ipv4FragmentOffsetBytes(view, at) === 0
  );
}

function kindOf(type: number, code: number): NetworkErrorKind {
  if (type === icmpType.timeExceeded) return networkErrorKind.timeExceeded;
  if (type === icmpType.parameterProblem) return networkErrorKind.parameterProblem;
  return kindOfCode[code] ?? networkErrorKind.hostUnreachable;
}
