import { EMSGSIZE, FIONREAD, MSG_CTRUNC, MSG_PEEK, MSG_TRUNC } from '@synos/abi';
import type { MutableSocketAddress, ReceiveDetails } from '@synos/interfaces';
import { settled } from './blocking.js';
import { checkControl, writeControl } from './control-messages.js';
import type { Socket } from './socket.js';
import type { SocketName } from './socket-name.js';

/** A `struct msghdr` for {@link sendmsg}. All of it is borrowed until the call has its result. */
export interface SendMessage {
  /** Where the bytes are, one piece after the other (msg_iov); at most 1024 pieces. */
  readonly pieces: readonly Uint8Array[];
  /** Where a datagram goes (msg_name); the connected peer when it is left out. */
  readonly name?: SocketName | null;
  /** Control messages (msg_control). None is acted upon yet: those at SOL_IP are refused. */
  readonly control?: Uint8Array | null;
}

/** A `struct msghdr` for {@link recvmsg}: what there is room for, and what came. */
export interface ReceiveMessage {
  /** Filled in one after the other (msg_iov); at most 1024 pieces. */
  readonly pieces: readonly Uint8Array[];
  /** Filled in with a datagram's sender (msg_name). */
  readonly name?: MutableSocketAddress | null;
  /** Filled in with control messages, as IP_PKTINFO, IP_RECVTTL and IP_RECVTOS ask for them (msg_control). */
  readonly control?: Uint8Array | null;
  /** Set: whether `name` was filled in, which a stream never does (msg_namelen). */
  hasName: boolean;
  /** Set: how many bytes of `control` were written (msg_controllen). */
  controlBytes: number;
  /** Set: MSG_TRUNC, the datagram was longer than the pieces; MSG_CTRUNC, the control messages than their room. */
  flags: number;
}

/** UIO_MAXIOV. */
const maxPieces = 1024;
/** What no datagram exceeds (RFC 768), and how much of a stream is gathered at a time. */
const longestGather = 65_535;

/**
 * A {@link ReceiveMessage} with nothing set yet.
 *
 * @param pieces - room for the bytes
 * @param controlBytes - room for control messages
 * @example
 * ```ts
 * const message = receiveMessage([header, body], 64);
 * const count = recvmsg(socket, message);
 * ```
 */
export function receiveMessage(pieces: readonly Uint8Array[], controlBytes = 0): ReceiveMessage {
  return {
    pieces,
    name: { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 },
    control: controlBytes > 0 ? new Uint8Array(controlBytes) : null,
    hasName: false,
    controlBytes: 0,
    flags: 0,
  };
}

/**
 * sendmsg(2) of a socket: {@link Socket.sendto} from several pieces. A datagram is made of all of them; a stream may take
 * fewer bytes than there are.
 *
 * @param flags - as `send` has them
 * @returns how many bytes, a negative errno, or PENDING ({@link blockMessage} waits); `-EMSGSIZE` also for more than 1024
 *   pieces, `-EINVAL` for control messages that are malformed or that nobody here understands
 */
export function sendmsg(socket: Socket, message: SendMessage, flags = 0): number {
  return sendFrom(socket, message, flags, 0);
}

/**
 * recvmsg(2) of a socket: {@link Socket.recvfrom} into several pieces, with the sender, control messages and flags.
 *
 * @param message - `hasName`, `controlBytes` and `flags` are set where bytes or a datagram came
 * @param flags - as `recv` has them
 * @returns how many bytes, a negative errno, or PENDING ({@link blockMessage} waits)
 */
export function recvmsg(socket: Socket, message: ReceiveMessage, flags = 0): number {
  return receiveFrom(socket, message, flags, 0);
}

/** @internal {@link sendmsg} of what is left after the first `from` bytes. */
export function sendFrom(socket: Socket, message: SendMessage, flags: number, from: number): number {
  const { pieces, name = null, control = null } = message;
  if (pieces.length > maxPieces) return -EMSGSIZE;
  const total = lengthOf(pieces);
  if (!socket.isStream) {
    // udp_sendmsg: the length before anything else.
    if (total > longestGather) return -EMSGSIZE;
    const refused = control === null ? 0 : checkControl(control);
    return refused !== 0 ? refused : socket.sendto(gather(pieces, 0, total), flags, name);
  }
  let sent = from;
  for (;;) {
    const part = gather(pieces, sent, Math.min(total, sent + longestGather));
    const result = socket.sendto(part, flags, null);
    if (result < 0) return settled(socket, sent - from, result);
    sent += result;
    if (sent >= total || result < part.length) return sent - from;
  }
}

/** @internal {@link recvmsg} into what is left after the first `from` bytes. */
export function receiveFrom(socket: Socket, message: ReceiveMessage, flags: number, from: number): number {
  const { pieces, name = null, control = null } = message;
  if (pieces.length > maxPieces) return -EMSGSIZE;
  if (socket.isStream) {
    const count = receiveStream(socket, pieces, flags, from);
    if (count >= 0) setResult(message, false, 0, 0);
    return count;
  }
  const details: ReceiveDetails = {
    from: name ?? { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 },
    truncated: false,
    // A time to live of 0 stays where the endpoint does not know.
    arrival: { destination: { w0: 0, w1: 0, w2: 0, w3: 0 }, ttl: 0, tos: 0, device: 0 },
  };
  const whole = spanOf(pieces, longestGather);
  const count = socket.recvfrom(whole, flags, details);
  if (count < 0) return count;
  scatter(whole, Math.min(count, whole.length), pieces, 0);
  const written = writeControl(control ?? new Uint8Array(0), socket.rare.kept, details.arrival);
  setResult(
    message,
    name !== null,
    written.bytes,
    (details.truncated ? MSG_TRUNC : 0) | (written.isCut ? MSG_CTRUNC : 0),
  );
  return count;
}

function setResult(message: ReceiveMessage, hasName: boolean, controlBytes: number, flags: number): void {
  message.hasName = hasName;
  message.controlBytes = controlBytes;
  message.flags = flags;
}

function receiveStream(socket: Socket, pieces: readonly Uint8Array[], flags: number, from: number): number {
  if ((flags & MSG_PEEK) !== 0 && pieces.length > 1) {
    // Each look begins at the first byte: one look, as long as there is something to see.
    const whole = spanOf(pieces, Math.max(1, socket.ioctl(FIONREAD)));
    const count = socket.recvfrom(whole, flags, null);
    if (count > 0) scatter(whole, count, pieces, 0);
    return count;
  }
  let taken = 0;
  let at = 0;
  for (const piece of pieces) {
    const start = Math.max(0, from + taken - at);
    at += piece.length;
    if (start >= piece.length) continue;
    const count = socket.recvfrom(piece, flags, null, start);
    if (count <= 0) return settled(socket, taken, count);
    taken += count;
    if (start + count < piece.length) return taken;
  }
  // No room at all: 0 when there is something, or what a receive without room answers.
  return taken > 0 ? taken : socket.recvfrom(new Uint8Array(0), flags, null);
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let total = 0;
  for (const piece of pieces) total += piece.length;
  return total;
}

/** Bytes `from` to `to` of the pieces; without a copy where they lie in one. */
function gather(pieces: readonly Uint8Array[], from: number, to: number): Uint8Array {
  const first = pieces[0];
  if (first !== undefined && to <= first.length) return first.subarray(from, to);
  const whole = new Uint8Array(to - from);
  let at = 0;
  for (const piece of pieces) {
    const start = Math.max(0, from - at);
    const end = Math.min(piece.length, to - at);
    if (start < end) whole.set(piece.subarray(start, end), at + start - from);
    at += piece.length;
  }
  return whole;
}

/** Where a receive into these pieces goes first: the piece itself if it is the only one, else a new array. */
function spanOf(pieces: readonly Uint8Array[], limit: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  return new Uint8Array(Math.min(lengthOf(pieces), limit));
}

function scatter(whole: Uint8Array, count: number, pieces: readonly Uint8Array[], from: number): void {
  if (whole === pieces[0]) return;
  let at = from;
  for (const piece of pieces) {
    if (at >= count) return;
    piece.set(whole.subarray(at, Math.min(count, at + piece.length)));
    at += piece.length;
  }
}
