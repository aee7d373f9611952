import {
  type Address,
  type Arrival,
  checksumState,
  failure,
  type NetworkErrorKind,
  type Packet,
  type Result,
} from '@synos/interfaces';
import {
  icmpEchoIdentifier,
  icmpEchoSequence,
  icmpHeaderBytes,
  icmpType,
  icmpTypeOf,
  ipv4Any,
  ipv4Destination,
  ipv4HeaderBytes,
  protocolNumber,
  writeIcmp,
} from '@synos/wire';
import type { Context } from '../context.js';
import type { Ipv4Output } from '../ipv4/ipv4-output.js';
import type { CachedRoute } from '../routing/cached-route.js';
import type { Router } from '../routing/router.js';

const openPings = 256;
const longestPayload = 65_535 - 20 - icmpHeaderBytes;
const pingTtl = 64;

/** Told once how a ping ended: the round trip in milliseconds (0 or more), or a failure (`timedOut`, `hostUnreachable`, …). */
export type PingDone = (result: Result) => void;

interface Ping {
  readonly destination: number;
  readonly identifier: number;
  readonly sequence: number;
  readonly sentMs: number;
  readonly deadlineMs: number;
  readonly done: PingDone;
}

/** Echo requests of our own. */
export class Pings {
  private readonly context: Context;
  private readonly router: Router;
  private readonly output: Ipv4Output;
  private readonly open: Ping[];
  private readonly ended: { readonly ping: Ping; readonly result: Result }[];

  constructor(context: Context, router: Router, output: Ipv4Output) {
    this.context = context;
    this.router = router;
    this.output = output;
    this.open = [];
    this.ended = [];
  }

  get hasEvents(): boolean {
    return this.ended.length > 0;
  }

  /** Sends a request; 0, and `done` is called at the end of a later poll, or a failure, and it is not. */
  send(destination: Address, payloadBytes: number, timeoutMs: number, done: PingDone): Result {
    if (!Number.isInteger(payloadBytes) || payloadBytes < 0 || !(timeoutMs >= 0)) return failure.invalid;
    if (payloadBytes > longestPayload) return failure.messageTooLong;
    if (this.open.length >= openPings) return failure.noBuffers;
    const route = this.router.route(ipv4Any, destination);
    if (typeof route === 'number') return route;
    const packet = this.context.packets.take(payloadBytes, false);
    if (packet === null) return failure.noBuffers;
    const random = this.context.randomWord();
    const identifier = random >>> 16;
    const sequence = random & 0xffff;
    packet.end = packet.start + payloadBytes;
    for (let i = 0; i < payloadBytes; i++) packet.memory.bytes[packet.start + i] = i;
    packet.start -= icmpHeaderBytes;
    writeIcmp(packet.memory, packet.start, packet.end, icmpType.echoRequest, 0, random);
    packet.checksum = checksumState.verified;
    const sent = this.output.send(packet, route as CachedRoute, protocolNumber.icmp, pingTtl, 0, false);
    if (sent < 0) return sent;
    const now = this.context.now;
    this.context.isDueAt(now + timeoutMs);
    this.open.push({
      destination: destination.w3,
      identifier,
      sequence,
      sentMs: now,
      deadlineMs: now + timeoutMs,
      done,
    });
    return 0;
  }

  /** An echo reply came in; borrowed. */
  reply(packet: Packet, arrival: Arrival): void {
    const view = packet.memory.view;
    const ping = this.find(
      arrival.source.w3,
      icmpEchoIdentifier(view, packet.start),
      icmpEchoSequence(view, packet.start),
    );
    if (ping === undefined) this.context.counters.icmpEchoReplyUnexpected++;
    else this.end(ping, this.context.now - ping.sentMs);
  }

  /** An error quotes an ICMP packet of ours, IPv4 header at `quote`. Answers whether it was a ping that is open. */
  failed(view: DataView<ArrayBuffer>, quote: number, end: number, kind: NetworkErrorKind): boolean {
    const at = quote + ipv4HeaderBytes(view, quote);
    const ping =
      end - at >= icmpHeaderBytes && icmpTypeOf(view, at) === icmpType.echoRequest
        ? this.find(ipv4Destination(view, quote), icmpEchoIdentifier(view, at), icmpEchoSequence(view, at))
        : undefined;
    if (ping === undefined) return false;
    this.end(ping, kind === 'network-unreachable' ? failure.networkUnreachable : failure.hostUnreachable);
    return true;
  }

  nextDeadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.open.length; i++) deadline = Math.min(deadline, this.open[i]!.deadlineMs);
    return deadline;
  }

  advance(): void {
    for (let i = this.open.length - 1; i >= 0; i--) {
      const ping = this.open[i]!;
      if (ping.deadlineMs <= this.context.now) this.end(ping, failure.timedOut);
    }
  }

  /** Calls those whose pings have ended; they may do anything. */
  deliverEvents(): void {
    if (this.ended.length === 0) return;
    for (const { ping, result } of this.ended.splice(0)) ping.done(result);
  }

  private find(destination: number, identifier: number, sequence: number): Ping | undefined {
    return this.open.find(
      (ping) => ping.destination === destination && ping.identifier === identifier && ping.sequence === sequence,
    );
  }

  private end(ping: Ping, result: Result): void {
    this.open.splice(this.open.indexOf(ping), 1);
    this.ended.push({ ping, result });
  }
}
