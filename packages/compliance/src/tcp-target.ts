import type { TcpTargetSockets } from './tcp-target-sockets.js';

/**
 * A TCP behind a small door, so that one tester fits any implementation: ours, a stranger's, a toy. This file and the
 * one it imports hold types alone; a stranger copies them or depends on them for types.
 *
 * Everything is synchronous at a virtual time that only {@link TcpTarget.advanceTo} moves. Nothing happens between two
 * calls. What a target has to say waits inside until `drain`, `events`, `accept` or `receive` fetch it.
 */

/** A connection or a listener, as its target numbers them. Never reused within one target. */
export type TcpHandle = number;

/** IPv4 in dotted form, `192.0.2.1`. */
export type Ipv4Text = string;

/**
 * What a call answers besides success.
 *
 * - `would-block`: nothing to read, no room to write, nobody to accept
 * - `not-connected`: the handshake has not ended (a target may also queue such data, RFC 9293 §3.10.2)
 * - `closing`: this side has said CLOSE already (RFC 9293 §3.10.2, "connection closing")
 * - `closed`: no such connection (any more), ended in good order
 * - `refused`, `reset`, `aborted`, `timed-out`, `unreachable`: how the connection ended; answered until the handle is
 *   forgotten, by every call
 * - `in-use`: the port is taken; `invalid`: the arguments make no sense here; `no-resources`: a bound was met
 */
export type TcpTargetError =
  | 'would-block'
  | 'not-connected'
  | 'closing'
  | 'closed'
  | 'refused'
  | 'reset'
  | 'aborted'
  | 'timed-out'
  | 'unreachable'
  | 'in-use'
  | 'invalid'
  | 'no-resources';

/** The eleven states of RFC 9293 §3.3.2. */
export type TcpTargetState =
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

/**
 * How a connection is to behave. Each one is a wish: {@link TcpTarget.honours} names those that a target obeys, and
 * testers leave out (and print) what needs the others. What is left out is the target's own default.
 */
export interface TcpConnectionConfig {
  /** Initial send sequence number, 0 to 2^32 - 1; on a listener that of every connection it makes. */
  readonly iss?: number;
  /** The MSS option this side sends, in bytes. */
  readonly mssBytes?: number;
  /** Receive buffer, and so the greatest window this side offers, in bytes. */
  readonly receiveBufferBytes?: number;
  /** Send buffer in bytes. */
  readonly sendBufferBytes?: number;
  /** Shift of the window scale option this side offers, 0 to 14; -1: the option is not offered (RFC 7323 §2). */
  readonly windowScale?: number;
  /** Offer (and on a listener accept) timestamps (RFC 7323 §3). */
  readonly timestamps?: boolean;
  /** Offer (and on a listener accept) selective acknowledgements (RFC 2018). */
  readonly sackPermitted?: boolean;
  /** Send short segments at once: no Nagle (RFC 9293 §3.7.4). */
  readonly noDelay?: boolean;
  /** How long an acknowledgement may wait, in ms; 0: none is delayed (RFC 9293 §3.8.6.3). */
  readonly delayedAckMs?: number;
  /** Maximum segment lifetime in ms: TIME-WAIT lasts twice that (RFC 9293 §3.4.2). */
  readonly mslMs?: number;
  /** Unacknowledged data for this long ends the connection, in ms (RFC 9293 §3.8.3). */
  readonly userTimeoutMs?: number;
  /** Keep-alive probes after this much silence, in ms; 0: none (RFC 9293 §3.8.4). */
  readonly keepAliveIdleMs?: number;
}

/** An active OPEN (RFC 9293 §3.10.1). */
export interface TcpOpenRequest extends TcpConnectionConfig {
  /** 1 to 65535; left out: the target chooses. */
  readonly localPort?: number;
  readonly remoteAddress: Ipv4Text;
  readonly remotePort: number;
}

/** A passive OPEN: every peer is welcome. */
export interface TcpListenRequest extends TcpConnectionConfig {
  readonly localPort: number;
  /** How many established connections may wait for `accept`. Default: 16 at least. */
  readonly backlog?: number;
}

/** A packet that the target sent. */
export interface TcpTargetPacket {
  /** When it was sent. */
  readonly timeMs: number;
  /** A whole IPv4 packet with every checksum filled, not longer than the MTU; the caller's own. */
  readonly bytes: Uint8Array;
}

/**
 * What a connection went through, in order.
 *
 * - `connected`: the handshake has ended (ESTABLISHED was reached)
 * - `end`: the peer's FIN is in order: nothing more will be received
 * - `failed`: the connection is over otherwise than in good order; `error` says how
 * - `closed`: the connection is over in good order and forgotten (after TIME-WAIT, where there is one)
 */
export interface TcpTargetEvent {
  readonly timeMs: number;
  readonly handle: TcpHandle;
  readonly kind: 'connected' | 'end' | 'failed' | 'closed';
  /** With `failed`. */
  readonly error?: TcpTargetError;
}

/** Which connection: the target's own address is understood. Without a remote end: the listener on that port. */
export interface TcpFlow {
  readonly localPort: number;
  readonly remoteAddress?: Ipv4Text;
  readonly remotePort?: number;
}

/** A look inside. Only `state` is obligatory; sequence numbers are 0 to 2^32 - 1, names as in RFC 9293 §3.3.1. */
export interface TcpStateView {
  readonly state: TcpTargetState;
  readonly sndUna?: number;
  readonly sndNxt?: number;
  /** In bytes, scaled. */
  readonly sndWndBytes?: number;
  readonly iss?: number;
  readonly rcvNxt?: number;
  /** In bytes, scaled. */
  readonly rcvWndBytes?: number;
  readonly irs?: number;
  /** Last timestamp seen (RFC 7323 TS.Recent). */
  readonly tsRecent?: number;
  readonly rtoMs?: number;
  readonly sendMssBytes?: number;
}

/** Everything that can happen to a target, as plain data. */
export type TcpTargetInput =
  | { readonly kind: 'deliver'; readonly bytes: Uint8Array }
  | { readonly kind: 'advance'; readonly timeMs: number }
  | { readonly kind: 'open'; readonly request: TcpOpenRequest }
  | { readonly kind: 'listen'; readonly request: TcpListenRequest }
  | { readonly kind: 'accept'; readonly handle: TcpHandle }
  | { readonly kind: 'send'; readonly handle: TcpHandle; readonly bytes: Uint8Array }
  | { readonly kind: 'receive'; readonly handle: TcpHandle; readonly maximumBytes: number }
  | { readonly kind: 'close'; readonly handle: TcpHandle }
  | { readonly kind: 'abort'; readonly handle: TcpHandle };

/** What one input brought about. */
export interface TcpTargetOutputs {
  readonly packets: readonly TcpTargetPacket[];
  readonly events: readonly TcpTargetEvent[];
  /** What the call answered; `undefined` for `deliver` and `advance`. */
  readonly result: number | Uint8Array | TcpTargetError | undefined;
}

/** The whole target as plain data (numbers, strings, arrays, objects, byte arrays): the target's own business. */
export type TcpTargetSnapshot = unknown;

/**
 * A TCP under test. One network interface with the address {@link localAddress}; every peer address is reachable
 * through it.
 *
 * The *wire* members are required. The *state* members and those of the *sockets* level ({@link TcpTargetSockets}) are
 * optional; testers that need them say so.
 *
 * @example
 * ```ts
 * const connection = target.open({ remoteAddress: '192.0.2.2', remotePort: 80, iss: 1000 });
 * const [syn] = target.drain();          // a whole IPv4 packet: the SYN
 * target.deliver(synAckFor(syn.bytes));
 * target.drain();                        // the ACK
 * target.events();                       // [{ kind: 'connected', handle: connection, timeMs: 0 }]
 * ```
 */
export interface TcpTarget extends Partial<TcpTargetSockets> {
  readonly name: string;
  readonly localAddress: Ipv4Text;
  /** The MTU towards every peer, in bytes. */
  readonly mtuBytes: number;
  /** Which fields of {@link TcpConnectionConfig} are obeyed. */
  readonly honours: readonly (keyof TcpConnectionConfig)[];

  // Wire.

  /** Active OPEN. The SYN waits in {@link drain}. */
  open(request: TcpOpenRequest): TcpHandle | TcpTargetError;
  /** Passive OPEN. */
  listen(request: TcpListenRequest): TcpHandle | TcpTargetError;
  /** The oldest connection of a listener that has reached ESTABLISHED (whatever became of it since). */
  accept(listener: TcpHandle): TcpHandle | TcpTargetError;
  /** Queues bytes and sends what may be sent now. Answers how many were taken, at least 1 (0 for no bytes). */
  send(connection: TcpHandle, bytes: Uint8Array): number | TcpTargetError;
  /** Up to `maximumBytes` received bytes, the caller's own; length 0 is the end. */
  receive(connection: TcpHandle, maximumBytes: number): Uint8Array | TcpTargetError;
  /**
   * CLOSE (RFC 9293 §3.10.4): no more will be sent; receiving goes on until the peer ends. On a listener: stops
   * listening. Answers 0.
   */
  close(handle: TcpHandle): 0 | TcpTargetError;
  /** ABORT (RFC 9293 §3.10.5). Answers 0. */
  abort(handle: TcpHandle): 0 | TcpTargetError;
  /** A whole IPv4 packet arrives now. Copied if kept. Never throws, whatever the bytes. */
  deliver(bytes: Uint8Array): void;
  /** The packets sent since the last call, oldest first. */
  drain(): TcpTargetPacket[];
  /** The events since the last call, oldest first. */
  events(): TcpTargetEvent[];
  /** The virtual time in ms. */
  now(): number;
  /** When time has something to do next; `Infinity`: never. May be early, is never late. */
  nextDeadline(): number;
  /**
   * Moves time on (never back). Every timer runs at its own time and in order, so that a jump over several deadlines
   * gives the same packets with the same times as many small steps.
   */
  advanceTo(timeMs: number): void;

  // State.

  /** A look inside; `null` where no TCB stands (RFC 9293's fictional CLOSED). */
  state?(flow: TcpFlow): TcpStateView | null;
  /** The whole target, waiting packets and events included, as plain data that later calls do not change. */
  snapshot?(): TcpTargetSnapshot;
  /** Becomes what the snapshot (of this very implementation and settings) was. */
  restore?(snapshot: TcpTargetSnapshot): void;
  /** Pure: what `input` would do to a target in that condition. This target itself is not changed. */
  step?(snapshot: TcpTargetSnapshot, input: TcpTargetInput): { snapshot: TcpTargetSnapshot; outputs: TcpTargetOutputs };
}

/** A target with the *state* level. */
export type TcpTargetWithState = TcpTarget & Required<Pick<TcpTarget, 'state' | 'snapshot' | 'restore' | 'step'>>;

/** A target with the *sockets* level. */
export type TcpTargetWithSockets = TcpTarget & TcpTargetSockets;

/** What a tester may ask of a fresh target. */
export interface TcpTargetSettings {
  /** Default `192.0.2.1`. */
  readonly localAddress?: Ipv4Text;
  /** Where the clock begins, in ms. Default 0. */
  readonly startMs?: number;
  /** Default 1500. */
  readonly mtuBytes?: number;
  /** Seed of whatever the target draws (sequence numbers, ports): the same seed gives the same packets. */
  readonly seed?: number;
}

/** Makes a fresh target; two of them share nothing. */
export type TcpTargetFactory = (settings?: TcpTargetSettings) => TcpTarget;
