import { type Arrival, checksumState, type Packet } from '@synos/interfaces';
import {
  copyBytes,
  icmpType,
  icmpTypeOf,
  ipv4Destination,
  ipv4FragmentOffsetBytes,
  ipv4HeaderBytes,
  ipv4Protocol,
  ipv4Source,
  protocolNumber,
  writeIcmp,
} from '@synos/wire';
import type { Context } from '../context.js';
import { isUnicastWord } from '../interface-table.js';
import type { Ipv4Output } from '../ipv4/ipv4-output.js';
import type { Router } from '../routing/router.js';
import { IcmpRateLimit } from './rate-limit.js';

/** An error quotes as much as fits into 576 bytes (RFC 1812 §4.3.2.3), so that every path takes it. */
const longestQuote = 576 - 20 - 8;

/** RFC 1812 §4.3.2.5: precedence "internetwork control" for errors. */
const errorTos = 0xc0;
const errorTtl = 64;

/** ICMP errors outwards. Which packets may not be answered is said by RFC 1122 §3.2.2 and RFC 1812 §4.3.2.7. */
export class IcmpErrors {
  private readonly context: Context;
  private readonly router: Router;
  private readonly output: Ipv4Output;
  private readonly limit: IcmpRateLimit;

  constructor(context: Context, router: Router, output: Ipv4Output) {
    this.context = context;
    this.router = router;
    this.output = output;
    this.limit = new IcmpRateLimit(context);
  }

  /** About a packet to this host that reaches nobody: one of `icmpUnreachableCode`. */
  unreachable(packet: Packet, arrival: Arrival, code: number): void {
    if (arrival.isGroup || packet.networkStart < 0) this.context.counters.icmpErrorNotAllowed++;
    else this.send(packet, packet.networkStart, true, icmpType.unreachable, code, 0);
  }

  /**
   * About a packet whose header is at `at`. About one to somebody else, the error comes from the device it leaves by
   * (RFC 1812 §4.3.2.4).
   */
  send(about: Packet, at: number, wasOurs: boolean, type: number, code: number, restOfHeader: number): void {
    const counters = this.context.counters;
    const view = about.memory.view;
    const peer = ipv4Source(view, at);
    if (!isUnicastWord(peer) || ipv4FragmentOffsetBytes(view, at) !== 0 || isIcmpError(view, at, about.end)) {
      counters.icmpErrorNotAllowed++;
      return;
    }
    // Before the way is looked for, so that a flood does not wash out the cache of routes.
    if (!this.limit.allows(peer)) {
      counters.icmpErrorRateLimited++;
      return;
    }
    const route = this.router.routeByWords(wasOurs ? ipv4Destination(view, at) : 0, peer);
    if (typeof route === 'number') {
      counters.icmpErrorNotAllowed++;
      return;
    }
    const quoted = Math.min(about.end - at, longestQuote);
    const packet = route.hasRoom ? this.context.packets.take(quoted, false) : null;
    if (packet === null) {
      counters.icmpNoBuffers++;
      return;
    }
    copyBytes(packet.memory.bytes, packet.start, about.memory.bytes, at, quoted);
    packet.end = packet.start + quoted;
    packet.start -= 8;
    writeIcmp(packet.memory, packet.start, packet.end, type, code, restOfHeader);
    packet.checksum = checksumState.verified;
    counters.icmpErrorsOut++;
    this.output.send(packet, route, protocolNumber.icmp, errorTtl, errorTos, false);
  }
}

/** No error about an error: whatever ICMP is no query counts as one. */
function isIcmpError(view: DataView<ArrayBuffer>, at: number, end: number): boolean {
  if (ipv4Protocol(view, at) !== protocolNumber.icmp) return false;
  const icmp = at + ipv4HeaderBytes(view, at);
  if (icmp >= end) return true;
  const type = icmpTypeOf(view, icmp);
  return type !== icmpType.echoRequest && type !== icmpType.echoReply;
}
