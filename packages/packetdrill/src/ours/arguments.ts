import { AF_INET, AF_UNSPEC, EAFNOSUPPORT, EFAULT, EINVAL } from '@synos/abi';
import type { TcpReceiveMessage, TcpSendMessage, TcpSocketAddress } from '@synos/compliance';
import type { MutableSocketAddress } from '@synos/interfaces';
import type { SocketName } from '@synos/socket';
import { formatAddress, parseAddress } from '@synos/wire';

/** The most that one call receives; above it a length counts as this. Larger than any receive buffer. */
const maxReceiveBytes = 1 << 24;
/** UIO_MAXIOV, and one more so that the call finds out. */
const maxPieces = 1025;

/** Refuses a call. Thrown here, caught by whoever makes the calls. */
export class Refusal {
  /** Negative. */
  readonly errno: number;

  constructor(errno: number) {
    this.errno = errno;
  }
}

/** An int: fractions are cut off; what is none is refused. */
export function int(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refusal(-EINVAL);
  return Math.trunc(value);
}

/** An int that may be left out. */
export function intOr(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : int(value);
}

/** Bytes, which another realm may have made. */
export function bytes(value: unknown): Uint8Array {
  if (Object.prototype.toString.call(value) !== '[object Uint8Array]') throw new Refusal(-EFAULT);
  return value as Uint8Array;
}

/** Room for so many bytes. */
export function room(value: unknown): Uint8Array<ArrayBuffer> {
  const length = int(value);
  if (length < 0) throw new Refusal(-EINVAL);
  return new Uint8Array(Math.min(length, maxReceiveBytes));
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refusal(-EFAULT);
  return value.length > maxPieces ? value.slice(0, maxPieces) : value;
}

/** Pieces to send. */
export function pieces(value: unknown): Uint8Array[] {
  return list(value).map(bytes);
}

/** Pieces to receive into. All of them together are limited as one is. */
export function rooms(value: unknown): Uint8Array<ArrayBuffer>[] {
  let left = maxReceiveBytes;
  return list(value).map((each) => {
    const length = int(each);
    if (length < 0) throw new Refusal(-EINVAL);
    const piece = new Uint8Array(Math.min(length, left));
    left -= piece.length;
    return piece;
  });
}

/** A `sockaddr`. */
export function name(value: unknown): SocketName {
  const { address, port, family = AF_INET } = record(value) as Partial<TcpSocketAddress>;
  if (family === AF_UNSPEC) return { family, address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
  if (family !== AF_INET) throw new Refusal(-EAFNOSUPPORT);
  const parsed = typeof address === 'string' ? parseAddress(address) : undefined;
  if (parsed === undefined) throw new Refusal(-EINVAL);
  return { family, address: parsed, port: int(port) };
}

/** A `msghdr` to send. */
export function sendMessageOf(value: unknown): {
  pieces: Uint8Array[];
  name: SocketName | null;
  control: Uint8Array | null;
} {
  const message = record(value) as Partial<TcpSendMessage>;
  const { address = null, control = null } = message;
  return {
    pieces: pieces(message.pieces),
    name: address === null ? null : name(address),
    control: control === null ? null : bytes(control),
  };
}

/** A `msghdr` to be filled. */
export function receiveMessageOf(value: unknown): { pieces: Uint8Array<ArrayBuffer>[]; controlBytes: number } {
  const message = record(value) as Partial<TcpReceiveMessage>;
  return { pieces: rooms(message.pieces), controlBytes: room(message.controlBytes ?? 0).length };
}

/** A structure. */
export function record(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw new Refusal(-EFAULT);
  return value;
}

/** Structures in a row. */
export function records(value: unknown, limit: number): object[] {
  if (!Array.isArray(value)) throw new Refusal(-EFAULT);
  if (value.length > limit) throw new Refusal(-EINVAL);
  return value.map(record);
}

/** Where an address is filled in. */
export function emptyName(): MutableSocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
}

/** What was filled in, for the program. */
export function nameFor({ address, port }: MutableSocketAddress): TcpSocketAddress {
  return { family: AF_INET, address: formatAddress(address), port };
}
