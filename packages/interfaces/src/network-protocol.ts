import type { Address, MutableAddress } from './address.js';
import type { Entropy } from './chance.js';
import type { Result } from './failure.js';
import type { BlockPool } from './memory.js';
import type { Packet, PacketPool } from './packet.js';
import type { PortTable } from './port-table.js';
import type { Pollable } from './time.js';
import type { TransportEndpoint, TransportProtocol } from './transport-protocol.js';

/** What the network knows of a packet it hands up. One record, reused: valid during the call only. */
export interface Arrival {
  readonly source: MutableAddress;
  readonly destination: MutableAddress;
  /** The destination was a broadcast or multicast address: no stream, no error message may answer it. */
  isGroup: boolean;
  ttl: number;
  tos: number;
  /** Index of the device it came in by. */
  device: number;
}

/**
 * A way to a destination. Shared and long-lived; its fields change when the path does (path MTU, device features),
 * so read them each time. Held without being given back.
 */
export interface Route {
  readonly source: Address;
  readonly destination: Address;
  readonly device: number;
  /** The destination is this host itself. */
  readonly isLocal: boolean;
  /** The destination is a broadcast or multicast address. */
  readonly isGroup: boolean;
  /** Longest network packet that passes unfragmented, in bytes, network header included. Follows path MTU discovery. */
  readonly mtuBytes: number;
  /** MTU of the outgoing device: what the MSS option is made from (RFC 6691). */
  readonly deviceMtuBytes: number;
  /** Bytes of the network header without options: 20 for IPv4. */
  readonly headerBytes: number;
  /** The ones' complement sum of both addresses, folded to 16 bits (RFC 1071): most of a pseudo-header's. */
  readonly addressSum: number;
  /**
   * Longest super-segment packet worth building, in bytes with the network header: 65,535 at most, 0 where the device
   * takes none. A transport may always set `segmentBytes`; the network cuts in software what the device does not take.
   */
  readonly superSegmentBytes: number;
  /** Whether the device's queue has room for ordinary data now. When not, {@link TransportProtocol.writable} follows. */
  readonly hasRoom: boolean;
}

/**
 * Why a packet of ours did not get through, in terms of no particular network protocol. What ICMP has a code of
 * "unreachable" for has the number of that code.
 */
export const networkErrorKind = {
  networkUnreachable: 0,
  hostUnreachable: 1,
  protocolUnreachable: 2,
  portUnreachable: 3,
  packetTooBig: 4,
  prohibited: 13,
  timeExceeded: 16,
  parameterProblem: 17,
  /** Our own neighbour resolution failed: not forgeable, unlike the others. */
  neighbourUnreachable: 18,
} as const;
/** One of {@link networkErrorKind}. */
export type NetworkErrorKind = (typeof networkErrorKind)[keyof typeof networkErrorKind];

/** An error about a packet that this host sent. One record, reused: valid during the call only. */
export interface NetworkError {
  kind: NetworkErrorKind;
  /** The quoted packet's source: an address of ours. */
  readonly source: MutableAddress;
  /** The quoted packet's destination: the peer. */
  readonly destination: MutableAddress;
  /** The quoted transport header: `view` at `offset`, `length` bytes of it (8 at least). */
  view: DataView<ArrayBuffer>;
  offset: number;
  length: number;
  /** With `packetTooBig`: the next hop's MTU in bytes. */
  mtuBytes: number;
}

/** How a packet is to be sent. */
export interface SendOptions {
  /** 1 to 255. */
  readonly ttl: number;
  /** The eight bits of the traffic class. */
  readonly tos: number;
  /** Forbid fragments on the way (path MTU discovery, RFC 1191). */
  readonly dontFragment: boolean;
}

/**
 * What is to become of a packet that no endpoint claims.
 *
 * - `false`: it is refused, as if nobody had been asked.
 * - `true`: an endpoint exists now, look again. If there is none all the same, it is refused.
 * - `'held'`: nothing is said to the sender. Who answers this has copied what it needs of the packet, and may hand it to
 *   {@link TransportProtocol.receive} again, in a packet of its own, when it knows better: it will be asked again.
 * - an endpoint, streams alone: a listener of this transport, which takes the connection though it listens elsewhere.
 */
export type Claim = boolean | 'held' | TransportEndpoint;

/**
 * What a transport is handed: the network below it, time, chance, memory and ports. Implemented by a network protocol
 * together with whoever composes.
 */
export interface TransportHost {
  /** The time of this entry, in milliseconds. Constant while an entry runs. */
  readonly now: number;
  /** A poll runs: `deliverEvents` comes at its end, and what is better said once for many packets may wait for it. */
  readonly isPolling: boolean;
  /** Every user call begins with this: the clock is read once and {@link now} set (never back). */
  enter(): void;
  /** Something was done outside `poll`: a deadline may have moved, events may wait. Cheap, may be called often. */
  wake(): void;
  readonly entropy: Entropy;
  readonly packets: PacketPool;
  readonly blocks: BlockPool;
  readonly ports: PortTable;
  /**
   * Finds the way.
   *
   * @param source - the local address to use, or an unspecified one (then the network selects it)
   * @param destination - the peer
   * @param device - the index of the one device to use; 0 or left out: the routes decide. Where none of them leads over
   *   that device, the peer is taken to be on its link
   * @returns a route, or a failure: `networkUnreachable`, `addressNotAvailable` (the source is not ours), `networkDown`,
   *   `noSuchDevice`
   */
  route(source: Address, destination: Address, device?: number): Route | Result;
  /** Whether packets to this address are for this host (so that an endpoint may bind it); broadcast and multicast too. */
  isLocalAddress(address: Address): boolean;
  /**
   * Sends a packet whose `start` is at the transport header. Takes the packet in every case.
   *
   * The transport leaves its checksum `partial` (with the pseudo-header sum in the field); software or device fills it.
   *
   * @returns 0 or a failure: `noBuffers` (queue full), `messageTooLong` (fragments forbidden), `hostUnreachable`, …
   */
  send(packet: Packet, route: Route, protocol: number, options: SendOptions): Result;
  /**
   * Answers a received packet that no endpoint wanted with the network's "port unreachable" (rate-limited, never for
   * group addresses). Borrows the packet; the transport releases it.
   */
  portUnreachable(packet: Packet, arrival: Arrival): void;
  /** Tells the network that the peer answers: forward progress confirms the neighbour (RFC 1122 §2.3.2.1). */
  confirmReachable(route: Route): void;
  /**
   * Called before a transport refuses what no endpoint claims; see {@link Claim}. Packet and arrival are borrowed. This
   * is how a gateway accepts any destination, and how it lets a peer wait for the answer.
   */
  onUnclaimed: ((transport: TransportProtocol, packet: Packet, arrival: Arrival) => Claim) | null;
}

/** A network layer: what carries transports. Ours is IPv4 over Ethernet; a toy may stand in. */
export interface NetworkProtocol extends Pollable {
  readonly name: string;
  readonly host: TransportHost;
  /** Adds a transport; its `protocol` number must be free. */
  attach(transport: TransportProtocol): void;
  /** Releases every packet. Nothing may be called after it. */
  dispose(): void;
  readonly counters: Readonly<Record<string, number>>;
}
