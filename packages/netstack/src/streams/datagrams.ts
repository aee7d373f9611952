import { EAGAIN, EBADF, FIONREAD, MSG_DONTWAIT, POLLIN, SO_BROADCAST, SOL_SOCKET } from '@synos/abi';
import type { ReceiveDetails } from '@synos/interfaces';
import type { Socket } from '@synos/socket';
import { networkError } from '../errors.js';
import { emptySocketAddress, type Place, placeOf, socketAddressOf } from './place.js';
import { blocked, type Turns, whenReady } from './waiting.js';

/** A datagram that arrived; its bytes belong to the receiver. */
export interface Datagram {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly from: Place;
}

/**
 * A datagram socket: `send`, and `for await (const { data, from } of datagrams)`. Boundaries are kept; what arrives
 * while the receive buffer is full is dropped and counted.
 */
export class Datagrams implements AsyncIterable<Datagram> {
  readonly local: Place;
  private readonly socket: Socket;
  private readonly turns: Turns;
  private readonly forget: (datagrams: Datagrams) => void;
  private readonly details: ReceiveDetails = { from: emptySocketAddress(), truncated: false };
  private failure: unknown;

  /** @internal */
  constructor(socket: Socket, turns: Turns, forget: (datagrams: Datagrams) => void) {
    this.socket = socket;
    this.turns = turns;
    this.forget = forget;
    const name = emptySocketAddress();
    socket.getsockname(name);
    this.local = placeOf(name);
  }

  /**
   * Sends one datagram of at most 65,507 bytes; without `to` to the connected peer.
   *
   * @throws NetworkFailure EMSGSIZE, EDESTADDRREQ, ECONNREFUSED (an earlier datagram found nobody), …
   */
  async send(data: Uint8Array, to?: Place): Promise<void> {
    const destination = to ? socketAddressOf(to.host, to.port) : null;
    const result = await blocked(this.socket, this.turns, { call: 'send', bytes: data, to: destination });
    if (result < 0) throw this.failure ?? networkError(result, 'send', { address: to?.host, port: to?.port });
  }

  /** The next datagram, or `null` when the socket is closed. */
  async receive(): Promise<Datagram | null> {
    const { socket, details } = this;
    for (;;) {
      const data = new Uint8Array(Math.max(socket.ioctl(FIONREAD), 0));
      const count = socket.recvfrom(data, MSG_DONTWAIT, details);
      if (count >= 0) return { data: data.subarray(0, count), from: placeOf(details.from) };
      if (this.failure !== undefined) throw this.failure;
      if (count === -EBADF) return null;
      if (count !== -EAGAIN) throw networkError(count, 'recv');
      await whenReady(socket, POLLIN);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, void> {
    try {
      for (;;) {
        const datagram = await this.receive();
        if (datagram === null) return;
        yield datagram;
      }
    } finally {
      this.close();
    }
  }

  /** Allows (or forbids) sending to broadcast addresses (SO_BROADCAST). */
  setBroadcast(on = true): void {
    this.socket.setsockopt(SOL_SOCKET, SO_BROADCAST, on ? 1 : 0);
  }

  close(): void {
    if (this.socket.isClosed) return;
    this.socket.close();
    this.forget(this);
  }

  /** Closes; whoever waits for a datagram gets `reason`. */
  abort(reason: unknown): void {
    if (this.socket.isClosed) return;
    this.failure = reason;
    this.close();
  }
}
