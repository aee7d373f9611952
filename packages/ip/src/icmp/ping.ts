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
  readonly sentMs: number;
  readonly deadlineMs: number;
  readonly done: PingDone;
}

/** Echo requests of our own. */
export class Pings {
  private readonly context: Context;
  private readonly router: Router;
  private readonly output: Ipv4Output;
  /** By identifier and sequence number, which are 32 random bits together. */
  private readonly open: Map<number, Ping>;
  private readonly ended: { readonly ping: Ping; readonly result: Result }[];

  constructor(context: Context, router: Router, output: Ipv4Output) {
    this.context = context;
    this.router = router;
    this.output = output;
    this.open = new Map();
    this.ended = [];
  }

  get hasEvents(): boolean {
    return this.ended.length > 0;
  }

  /** Sends a request; 0, and `done` is called at the end of a later poll, or a failure, and it is not. */
  send(destination: Address, payloadBytes: number, timeoutMs: number, done: PingDone): Result {
    if (!Number.isInteger(payloadBytes) || payloadBytes < 0 || !(timeoutMs >= 0)) return failure.invalid;
    if (payloadBytes > longestPayload) return failure.messageTooLong;
    const random = this.context.randomWord();
    if (this.open.size >= openPings || this.open.has(random)) return failure.noBuffers;
    const route = this.router.route(ipv4Any, destination);
    if (typeof route === 'number') return route;
    const packet = this.context.packets.take(payloadBytes, false);
    if (packet === null) return failure.noBuffers;
    packet.end = packet.start + payloadBytes;
    for (let i = 0; i < payloadBytes; i++) packet.memory.bytes[packet.start + i] = i;
    packet.start -= icmpHeaderBytes;
    writeIcmp(packet.memory, packet.start, packet.end, icmpType.echoRequest, 0, random);
    packet.checksum = checksumState.verified;
    const sent = this.output.send(packet, route as CachedRoute, protocolNumber.icmp, pingTtl, 0, false);
    if (sent < 0) return sent;
    const now = this.context.now;
    this.context.isDueAt(now + timeoutMs);
    this.open.set(random, { destination: destination.w3, sentMs: now, deadlineMs: now + timeoutMs, done });
    return 0;
  }

  /** An echo reply came in; borrowed. */
  reply(packet: Packet, arrival: Arrival): void {
    const { now, counters } = this.context;
    const isOurs = this.end(packet.memory.view, packet.start, arrival.source.w3, ({ sentMs }) => now - sentMs);
    if (!isOurs) counters.icmpEchoReplyUnexpected++;
  }

  /** An error quotes an ICMP packet of ours, IPv4 header at `quote`. Answers whether it was a ping that is open. */
  failed(view: DataView<ArrayBuffer>, quote: number, end: number, kind: NetworkErrorKind): boolean {
    const at = quote + ipv4HeaderBytes(view, quote);
    if (end - at < icmpHeaderBytes || icmpTypeOf(view, at) !== icmpType.echoRequest) return false;
    const result = kind === 'network-unreachable' ? failure.networkUnreachable : failure.hostUnreachable;
    return this.end(view, at, ipv4Destination(view, quote), () => result);
  }

  nextDeadline(): number {
    let deadline = Infinity;
    for (const { deadlineMs } of this.open.values()) deadline = Math.min(deadline, deadlineMs);
    return deadline;
  }

  advance(): void {
    for (const [key, ping] of this.open) {
      if (ping.deadlineMs > this.context.now) continue;
      this.open.delete(key);
      this.ended.push({ ping, result: failure.timedOut });
    }
  }

  /** Calls those whose pings have ended; they may do anything. */
  deliverEvents(): void {
    // Out of the list before the call: one that throws takes no other's news with it.
    for (let left = this.ended.length; left > 0; left--) {
      const { ping, result } = this.ended.shift()!;
      ping.done(result);
    }
  }

  /** Ends the ping that the message at `at` is about, if it is open and went there. */
  private end(view: DataView, at: number, destination: number, resultOf: (ping: Ping) => Result): boolean {
    const key = view.getInt32(at + 4);
    const ping = this.open.get(key);
    if (ping === undefined || ping.destination !== destination) return false;
    this.open.delete(key);
    this.ended.push({ ping, result: resultOf(ping) });
    return true;
  }
}
