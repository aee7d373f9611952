import type { Arrival, Packet } from '@synos/interfaces';
import type { TcpCore } from '../core.js';
import type { Tcb } from '../tcb.js';
import { receivePredicted } from './receive.js';
import { sendPredicted } from './send.js';

/**
 * A short way for what comes most often: the setting `fastPath`. What it works on is a TCP's own, so only this package
 * makes one: {@link headerPrediction}. Each function takes a case whole, with all that the long way would do about it, or
 * answers false and has done nothing.
 */
export interface FastPath {
  /** A packet for TCP, `start` at its header. It stays the caller's. */
  receive(core: never, packet: Packet, arrival: Arrival): boolean;
  /** SEND (RFC 9293 §3.10.2) of the bytes from `start` to `end`, all of them. */
  send(core: never, tcb: never, bytes: Uint8Array, start: number, end: number, flags: number): boolean;
}

/** The same as who calls it sees it. Of the public type all names would be public that a TCP is made of. */
export interface FastPathOfCore {
  receive(core: TcpCore, packet: Packet, arrival: Arrival): boolean;
  send(core: TcpCore, tcb: Tcb, bytes: Uint8Array, start: number, end: number, flags: number): boolean;
}

/**
 * Header prediction (V. Jacobson, "4BSD TCP Header Prediction", ACM CCR 20(2), 1990), both ways. Text that comes in order
 * and short text with nothing before it take one short way, copied and summed in one pass; whatever is special about
 * them, they take the way that RFC 9293 describes. What goes over the wire is the same, byte for byte.
 *
 * A setting, because a bundle pays for it; connections gain by it that have timestamps, on memory that sums itself
 * (`@synos/wire/simd`).
 *
 * @example
 * ```ts
 * const transports = [createTcp({ fastPath: headerPrediction }), createUdp()];
 * ```
 */
export const headerPrediction: FastPath = { receive: receivePredicted, send: sendPredicted };
