import type { MutableSocketAddress, SocketAddress } from './address.js';
import type { Result } from './failure.js';
import type { Arrival, NetworkError, TransportHost } from './network-protocol.js';
import type { Packet } from './packet.js';

/** Bits of readiness. What holds, not what changed. */
export const readiness = {
  /** `receive` (or `accept`) would not answer `wouldBlock`: data, end of stream, an error, a waiting connection. */
  readable: 1,
  /** `send` would take at least a byte, or fail at once. */
  writable: 2,
  /** An error waits to be taken. */
  error: 4,
  /** Both directions are over. */
  hangup: 8,
  /** The peer will send no more. */
  readHangup: 16,
  /** All that was sent, the end included, is acknowledged (what a lingering close waits for). */
  drained: 32,
  /** A pending operation has ended: `takeResult()`. */
  completed: 64,
} as const;

/** Flags of a transfer. */
export const transfer = {
  /** Receive: leave the data where it is. */
  peek: 1,
  /** Send: more follows soon, do not send a short segment for this; datagrams: collect. */
  more: 2,
  /** Receive, datagrams: answer the datagram's whole length even if it did not fit. */
  wholeLength: 4,
} as const;

/** Which directions to shut down. */
export const direction = { receive: 1, send: 2, both: 3 } as const;
/** One of {@link direction}. */
export type Direction = (typeof direction)[keyof typeof direction];

/** What a receive tells besides the bytes; filled by the callee. */
export interface ReceiveDetails {
  /** The sender. */
  readonly from: MutableSocketAddress;
  /** The datagram was longer than the space given; the rest is gone (unless it was a peek). */
  truncated: boolean;
  /** Where the caller has one, filled in for a datagram whose endpoint knows; else left as it is. */
  readonly arrival?: DatagramArrival;
}

/** How a datagram came: its header's destination, time to live and traffic class, and the device it came in by. */
export type DatagramArrival = Pick<Arrival, 'destination' | 'ttl' | 'tos' | 'device'>;

/** Options that an endpoint may know. Booleans are 0 or 1. */
export type TransportOption =
  | 'reuseAddress'
  /** Endpoints that all set it before they bind share a port; the hash of a flow chooses among them. */
  | 'reusePort'
  /** Index of the one device to send and receive by; 0 = all. */
  | 'device'
  | 'sendBufferBytes'
  | 'receiveBufferBytes'
  | 'keepAlive'
  | 'keepAliveIdleMs'
  | 'keepAliveIntervalMs'
  | 'keepAliveCount'
  | 'broadcast'
  | 'ttl'
  | 'tos'
  | 'noDelay'
  | 'cork'
  | 'maximumSegmentBytes'
  | 'userTimeoutMs'
  | 'mtuDiscovery'
  /** Read only: 1 while listening. */
  | 'listening'
  /** Read only: bytes (stream) or bytes of the next datagram that wait to be received. */
  | 'readableBytes'
  /** Read only: bytes taken by `send` that are not acknowledged yet. */
  | 'unsentBytes';

/** The eleven states of RFC 9293 §3.3.2. */
export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'SYN_RECEIVED'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT';

/** What a stream endpoint can tell about itself; the source of TCP_INFO. Bytes, segments and milliseconds. */
export interface TransportInfo {
  readonly state: TcpState;
  readonly rttMs: number;
  readonly rttVarianceMs: number;
  readonly rtoMs: number;
  readonly sendMssBytes: number;
  readonly receiveMssBytes: number;
  readonly congestionWindowBytes: number;
  readonly slowStartThresholdBytes: number;
  readonly sendWindowBytes: number;
  readonly receiveWindowBytes: number;
  readonly sendWindowScale: number;
  readonly receiveWindowScale: number;
  readonly timestamps: boolean;
  readonly sackPermitted: boolean;
  readonly unacknowledgedSegments: number;
  readonly retransmits: number;
  readonly totalRetransmits: number;
  readonly bytesSent: number;
  readonly bytesAcknowledged: number;
  readonly bytesReceived: number;
  readonly segmentsSent: number;
  readonly segmentsReceived: number;
  readonly pathMtuBytes: number;
  readonly lastDataSentMs: number;
  readonly lastDataReceivedMs: number;
}

/** Told when an endpoint's readiness may have changed. May call anything, closing the endpoint included. */
export interface ReadinessListener {
  /** @param bits - the readiness at the time of the call */
  readinessChanged(endpoint: TransportEndpoint, bits: number): void;
}

/**
 * One socket's transport side. Non-blocking: each call answers at once. After `close` or `abort` the endpoint belongs
 * to its transport: every further call answers `failure.closed`.
 *
 * Where the network below takes its time, `bind`, `listen` and `connect` may answer `pending`: readiness `completed`
 * then announces the end, and `takeResult` tells what the call would have answered. One such operation runs at a time;
 * others answer `alreadyInProgress` meanwhile. Closing ends it.
 */
export interface TransportEndpoint {
  readonly kind: 'stream' | 'datagram';
  /** Takes a local address; unspecified = all, port 0 = any. */
  bind(local: SocketAddress): Result;
  /**
   * Streams: starts the handshake and answers `inProgress` (or 0 where it stands at once). Datagrams: fixes the peer;
   * an unspecified address takes it away again.
   */
  connect(remote: SocketAddress): Result;
  /** Begins (or, on a listener, changes the length of) the queue of connections. Streams only. */
  listen(backlog: number): Result;
  /** The oldest established connection, the caller's from now on; `null`: none waits. Streams only. */
  accept(): TransportEndpoint | null;
  /**
   * Takes bytes `start` to `end` of `bytes` to send; they are copied before the call returns.
   *
   * @param flags - bits of {@link transfer}
   * @param to - destination of a datagram, or `null` for the connected peer
   * @returns how many were taken (streams may take fewer; datagrams all or none)
   */
  send(bytes: Uint8Array, start: number, end: number, flags: number, to: SocketAddress | null): Result;
  /**
   * Copies received bytes to `into` from `start` up to `end`.
   *
   * @returns how many; on a stream 0 (with room given) is the end
   */
  receive(into: Uint8Array, start: number, end: number, flags: number, details: ReceiveDetails | null): Result;
  shutdown(how: Direction): Result;
  /** Ends in good order: what was taken is still sent. */
  close(): void;
  /** Ends at once: streams answer the peer with a reset. */
  abort(): void;
  /** Fills in the local address; unspecified and port 0 before `bind`. */
  localAddress(into: MutableSocketAddress): Result;
  /** Fills in the peer, or `notConnected`. */
  remoteAddress(into: MutableSocketAddress): Result;
  /** Bits of {@link readiness}. */
  readiness(): number;
  /**
   * Sets the one listener or none. It is called from {@link TransportProtocol.deliverEvents} alone, never from inside
   * another call of this endpoint; changes in between are merged.
   */
  listenReadiness(listener: ReadinessListener | null): void;
  /** The error that waits (a {@link Failure}), taken; 0 if none. */
  takeError(): Result;
  /**
   * With readiness `completed`: the result of the operation that answered `pending`, taken (the bit is gone then).
   * `pending` while it runs.
   */
  takeResult(): Result;
  setOption(option: TransportOption, value: number): Result;
  /** The value (0 or more) or a failure. */
  getOption(option: TransportOption): Result;
  /** What a stream tells of itself, else `null`. */
  info(): TransportInfo | null;
}

/** A transport over some network: TCP, UDP, or yours. */
export interface TransportProtocol {
  readonly name: string;
  /** The IP protocol number: 6 for TCP, 17 for UDP. */
  readonly protocol: number;
  readonly kind: 'stream' | 'datagram';
  /** A new endpoint, bound to nothing, or a failure (`noBuffers` when the table of endpoints is full). */
  open(): TransportEndpoint | Result;
  /** A packet for this protocol, `start` at the transport header. Takes the packet. Never throws, whatever the bytes. */
  receive(packet: Packet, arrival: Arrival): void;
  /** An error about a packet sent earlier. Answers whether it belongs to a live flow (and may be believed). */
  networkError(error: NetworkError): boolean;
  /** After a route answered `hasRoom: false`: its device has room again. */
  writable(device: number): void;
  /** Runs all timers that are due at `nowMs`. */
  advance(nowMs: number): void;
  /** Calls the readiness listeners of endpoints that changed. Called by the host at the end of each poll. */
  deliverEvents(): void;
  /** Whether `deliverEvents` has something to tell. */
  readonly hasEvents: boolean;
  /** When `advance` is wanted next; `Infinity` if never. May be early, is never late. */
  nextDeadline(): number;
  /** Ends every endpoint without a word to peers and gives back all memory and ports. */
  dispose(): void;
  readonly counters: Readonly<Record<string, number>>;
}

/** Makes a transport for a host. Composition hands a list of these to a network protocol. */
export type TransportFactory = (host: TransportHost) => TransportProtocol;
