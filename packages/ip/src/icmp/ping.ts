import {
  type Address,
  type Arrival,
  checksumState,
  failure,
  type NetworkError,
  networkErrorKind,
  type Packet,
  type Result,
  type TransportHost,
  type TransportProtocol,
} from '@synos/interfaces';
import { icmpHeaderBytes, icmpType, icmpTypeOf, ipv4Any, protocolNumber, writeIcmp } from '@synos/wire';
import type { Ip } from '../ip.js';

const openPings = 256;
const longestPayload = 65_535 - 20 - icmpHeaderBytes;
const sendOptions = { ttl: 64, tos: 0, dontFragment: false };

/** Told once how a ping ended: the round trip in milliseconds (0 or more), or a failure (`timedOut`, `hostUnreachable`, …). */
export type PingDone = (result: Result) => void;

/**
 * Sends an echo request.
 *
 * @param payloadBytes - 0 to 65,507
 * @returns 0, and `done` is called once, at the end of a later poll, or a failure, and it is not: `invalid`,
 *   `messageTooLong`, `noBuffers` (256 are open), or one of finding the way
 */
export type Ping = (destination: Address, payloadBytes: number, timeoutMs: number, done: PingDone) => Result;

/**
 * Echo requests of a host's own (RFC 792), once per network layer. A part of its own, so that who does not ping does not
 * carry it: to the network layer it is what transports are, with the protocol number of ICMP. Answering the requests of
 * others is the network layer's own business.
 *
 * @throws Error `ERR_ASSERTION` when the network layer has one already
 * @example
 * const ping = createPing(ip);
 * ping(ipv4(10, 0, 0, 2), 56, 1000, (result) => {}); // called with milliseconds, or failure.timedOut
 */
export function createPing(ip: Ip): Ping {
  const echo = new Echo(ip);
  ip.attach(echo);
  return (destination, payloadBytes, timeoutMs, done) => echo.send(destination, payloadBytes, timeoutMs, done);
}

interface OpenPing {
  readonly destination: number;
  readonly sentMs: number;
  readonly deadlineMs: number;
  readonly done: PingDone;
}

class Echo implements TransportProtocol {
  readonly name = 'echo';
  readonly protocol: number = protocolNumber.icmp;
  readonly kind = 'datagram';
  readonly counters = {};
  private readonly ip: Ip;
  private readonly host: TransportHost;
  private readonly random: DataView<ArrayBuffer>;
  /** By identifier and sequence number, which are 32 random bits together. */
  private readonly pings: Map<number, OpenPing>;
  private readonly ended: { readonly ping: OpenPing; readonly result: Result }[];

  constructor(ip: Ip) {
    this.ip = ip;
    this.host = ip.host;
    this.random = new DataView(new ArrayBuffer(4));
    this.pings = new Map();
    this.ended = [];
  }

  get hasEvents(): boolean {
    return this.ended.length > 0;
  }

  send(destination: Address, payloadBytes: number, timeoutMs: number, done: PingDone): Result {
    if (!Number.isInteger(payloadBytes) || payloadBytes < 0 || !(timeoutMs >= 0)) return failure.invalid;
    if (payloadBytes > longestPayload) return failure.messageTooLong;
    const { host, random } = this;
    host.enter();
    host.entropy.fill(new Uint8Array(random.buffer));
    const key = random.getInt32(0);
    if (this.pings.size >= openPings || this.pings.has(key)) return failure.noBuffers;
    const route = host.route(ipv4Any, destination);
    if (typeof route === 'number') return route;
    const packet = host.packets.take(payloadBytes, false);
    if (packet === null) return failure.noBuffers;
    packet.end = packet.start + payloadBytes;
    for (let i = 0; i < payloadBytes; i++) packet.memory.bytes[packet.start + i] = i;
    packet.start -= icmpHeaderBytes;
    writeIcmp(packet.memory, packet.start, packet.end, icmpType.echoRequest, 0, key);
    packet.checksum = checksumState.verified;
    const sent = host.send(packet, route, this.protocol, sendOptions);
    if (sent < 0) return sent;
    const { now } = host;
    this.pings.set(key, { destination: destination.w3, sentMs: now, deadlineMs: now + timeoutMs, done });
    host.wake();
    return 0;
  }

  /** There are no endpoints to open. */
  open(): Result {
    return failure.notSupported;
  }

  /** An echo reply came in, its sum checked. */
  receive(packet: Packet, arrival: Arrival): void {
    const { now } = this.host;
    const isOurs = this.end(packet.memory.view, packet.start, arrival.source, ({ sentMs }) => now - sentMs);
    if (!isOurs) this.ip.counters.icmpEchoReplyUnexpected++;
    packet.pool.release(packet);
  }

  networkError({ kind, view, offset, destination }: NetworkError): boolean {
    if (icmpTypeOf(view, offset) !== icmpType.echoRequest) return false;
    const result = kind === networkErrorKind.networkUnreachable ? failure.networkUnreachable : failure.hostUnreachable;
    return this.end(view, offset, destination, () => result);
  }

  writable(): void {}

  nextDeadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.pings.values()) deadline = Math.min(deadline, deadlineMs);
    return deadline;
  }

  advance(nowMs: number): void {
    for (const [key, ping] of this.pings) {
      if (ping.deadlineMs > nowMs) continue;
      this.pings.delete(key);
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

  dispose(): void {
    this.pings.clear();
  }

  /** Ends the ping that the message at `at` is about, if it is open and went there. */
  private end(view: DataView, at: number, destination: Address, resultOf: (ping: OpenPing) => Result): boolean {
    const key = view.getInt32(at + 4);
    const ping = this.pings.get(key);
    if (ping === undefined || ping.destination !== destination.w3) return false;
    this.pings.delete(key);
    this.ended.push({ ping, result: resultOf(ping) });
    return true;
  }
}
