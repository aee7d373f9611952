import { AF_INET, errno, POLLERR, POLLIN, SO_REUSEADDR, SOCK_DGRAM, SOCK_NONBLOCK, SOL_SOCKET } from '@synos/abi';
import type { MutableSocketAddress, ReceiveDetails, SocketAddress } from '@synos/interfaces';
import { type Socket as GuestSocket, type Sockets, Waiter, type WaiterTarget } from '@synos/socket';

/** Memory that holds any datagram, for those who share it to read into. */
export function createScratch(): Buffer {
  return Buffer.allocUnsafeSlow(65_536);
}

/** What {@link GuestDatagrams} is made of. */
export interface GuestDatagramsOptions {
  readonly sockets: Sockets;
  /** From {@link createScratch}; may be shared. */
  readonly scratch: Buffer;
  /** Where it is bound; left out, any free port. */
  readonly local?: SocketAddress;
  /** Others may be bound there too, if they want it as well. */
  readonly isShared?: boolean;
  /** The only peer; left out, everybody. */
  readonly peer?: SocketAddress;
  /** Is given each datagram, inside the stack's poll. The bytes are the callee's to keep, the place is valid during the call. */
  readonly onDatagram: (bytes: Buffer, from: Readonly<MutableSocketAddress>) => void;
  /** Nothing is read before {@link GuestDatagrams.resume}. */
  readonly paused?: boolean;
}

/** A datagram socket of our stack that is read as soon as something comes. */
export class GuestDatagrams implements WaiterTarget {
  readonly socket: GuestSocket;
  readonly #onDatagram: GuestDatagramsOptions['onDatagram'];
  readonly #scratch: Buffer;
  readonly #waiter: Waiter;
  readonly #details: ReceiveDetails;
  #isPaused: boolean;

  private constructor(socket: GuestSocket, options: GuestDatagramsOptions) {
    this.socket = socket;
    this.#onDatagram = options.onDatagram;
    this.#scratch = options.scratch;
    this.#waiter = new Waiter(POLLIN | POLLERR, this);
    this.#details = { from: { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 }, truncated: false };
    this.#isPaused = options.paused === true;
    socket.addWaiter(this.#waiter);
  }

  /** Opens one, or answers a negative errno. */
  static open(options: GuestDatagramsOptions): GuestDatagrams | number {
    const socket = options.sockets.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (typeof socket === 'number') return socket;
    const { local, peer } = options;
    let result = 0;
    if (options.isShared === true) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    if (local !== undefined) result = socket.bind(local);
    if (result === 0 && peer !== undefined) result = socket.connect(peer);
    if (result === 0) return new GuestDatagrams(socket, options);
    socket.close();
    return result;
  }

  /** Sends to the peer, or to a place. Answers whether the stack took it. */
  send(bytes: Uint8Array, to: SocketAddress | null = null): boolean {
    // An error of an earlier datagram is told by the next call: then this one is sent all the same.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const result = this.socket.sendto(bytes, 0, to);
      if (result >= 0) return true;
      if (result !== -errno.ECONNREFUSED && result !== -errno.EHOSTUNREACH) return false;
    }
    return false;
  }

  resume(): void {
    this.#isPaused = false;
    this.woken();
  }

  /** @internal */
  woken(): void {
    const { from } = this.#details;
    while (!this.#isPaused && !this.socket.isClosed) {
      const length = this.socket.recvfrom(this.#scratch, 0, this.#details);
      if (length >= 0) this.#onDatagram(Buffer.from(this.#scratch.subarray(0, length)), from);
      else if (length !== -errno.ECONNREFUSED && length !== -errno.EHOSTUNREACH) return;
    }
  }

  close(): void {
    this.socket.removeWaiter(this.#waiter);
    this.socket.close();
  }
}
