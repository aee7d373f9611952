import type { Address, TransportHost, TransportProtocol } from '@synos/interfaces';

/** Abilities that cases may need; a setup names those it lacks. */
export type TransportAbility =
  /** The fixture can lose, double, delay and damage packets. */
  | 'faults'
  /** The fixture shows the packets. */
  | 'capture'
  /** `host.loopbackAddress` is given: a second address that only the host itself reaches. */
  | 'loopback'
  /** There is a broadcast address. */
  | 'broadcast'
  /** Nobody answers at `absentAddress`, within the reach of a route. */
  | 'absent'
  /** There is an address that no route leads to. */
  | 'unroutable'
  /** `info()` tells of RFC 9293's states. */
  | 'info'
  /** Streams: closing while received bytes are unread resets (RFC 9293 §3.6.1, RFC 2525 §2.17). */
  | 'reset-on-unread'
  /** Streams: errors from the network end a handshake (RFC 5461 §2). */
  | 'network-errors'
  /** Streams: buffer sizes can be set. */
  | 'buffer-sizes'
  /** Datagrams: longer than a packet pass, in fragments or whole. */
  | 'large-datagrams'
  /** Datagrams: `transfer.more` collects. */
  | 'collect'
  /** Streams: TTL and traffic class can be set. */
  | 'ttl';

/** One of two hosts. */
export interface TransportSide {
  /** The transport under test, attached. */
  readonly transport: TransportProtocol;
  readonly host: TransportHost;
  /** Its unicast address, which the other host reaches. */
  readonly address: Address;
  /** A second address of this host, which only it reaches. */
  readonly loopbackAddress?: Address;
}

/** What befalls a packet; `delay` is long enough to bring it behind those that follow at once. */
export type TransportFault = 'drop' | 'duplicate' | 'delay' | 'corrupt';

/** Two hosts on a fresh network in virtual time. */
export interface TransportFixture {
  readonly a: TransportSide;
  readonly b: TransportSide;
  /** The virtual time in ms. */
  now(): number;
  /** Pumps both hosts until nothing is left to do at or before `untilMs`; the time then is `untilMs`. */
  run(untilMs: number): void;
  /**
   * For ability `faults`: from now on asks `plan` what befalls the n-th packet (from 0) that either host puts on the
   * wire; `null`: nothing any more.
   */
  setFaults?(plan: ((n: number) => TransportFault | undefined) | null): void;
  /** For ability `capture`: tells of each packet put on the wire, from its transport header on. */
  capture?(listener: ((bytes: Uint8Array, from: TransportSide) => void) | null): void;
  /** For ability `absent`. */
  readonly absentAddress?: Address;
  /** For ability `unroutable`. */
  readonly unroutableAddress?: Address;
  /** For ability `broadcast`. */
  readonly broadcastAddress?: Address;
  /** An address of neither host. */
  readonly foreignAddress: Address;
  /** Drops every packet that is on the wire, where packets in flight are taken from the hosts' pools. */
  clearWire?(): void;
  /** Disposes of transports and networks. Called once, at the end, whatever happened. */
  dispose(): void;
}

/** How to test a transport. */
export interface TransportSetup {
  readonly kind: 'stream' | 'datagram';
  /** A fresh fixture, shared with nobody. */
  create(): TransportFixture;
}
