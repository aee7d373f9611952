import type { Socket as HostSocket } from 'node:net';
import {
  AF_INET,
  AF_INET6,
  errno,
  IPPROTO_TCP,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from '@synos/abi';
import { isIpv4Mapped, type SocketAddress } from '@synos/interfaces';
import { type Socket as GuestSocket, lingerOption, type Sockets, Waiter, type WaiterTarget } from '@synos/socket';
import type { Slab } from './slab.js';

const watched = POLLIN | POLLRDHUP | POLLERR | POLLHUP | POLLNVAL;

/** Who started a relay: its counters, and the memory that its relays share. */
export interface RelayOwner {
  readonly slab: Slab;
  failed: number;
  broken: number;
  bytesToGuest: number;
  bytesToHost: number;
  relayEnded(relay: Relay): void;
}

/**
 * One connection of the host and one of our stack, joined. Holds at most one chunk from the host that the guest has not
 * taken; from the guest it reads only while the host's socket takes more.
 */
export class Relay implements WaiterTarget {
  readonly #host: HostSocket;
  readonly #owner: RelayOwner;
  readonly #waiter: Waiter;
  #guest: GuestSocket | null;
  #isConnected: boolean;
  #isScheduled: boolean;
  /** From the host, not yet taken by the guest: `chunk` from `chunkOffset` on. */
  #chunk: Buffer | null;
  #chunkOffset: number;
  #hostEnded: boolean;
  /** The host's end was passed on. */
  #guestShut: boolean;
  #guestEnded: boolean;
  /** The host's socket takes no more for now. */
  #hostIsFull: boolean;
  #isOver: boolean;

  constructor(host: HostSocket, owner: RelayOwner) {
    this.#host = host;
    this.#owner = owner;
    // Room to send is asked for only while something waits for it: every acknowledgement would tell of it.
    this.#waiter = new Waiter(watched | POLLOUT, this);
    this.#guest = null;
    this.#isConnected = false;
    this.#isScheduled = false;
    this.#chunk = null;
    this.#chunkOffset = 0;
    this.#hostEnded = false;
    this.#guestShut = false;
    this.#guestEnded = false;
    this.#hostIsFull = false;
    this.#isOver = false;
  }

  /** Opens the guest's side. The host's is read from now on: one that goes away meanwhile is noticed. */
  start(sockets: Sockets, to: SocketAddress): void {
    this.#listenToHost();
    const guest = sockets.socket(isIpv4Mapped(to.address) ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (typeof guest === 'number') {
      this.#fail();
      return;
    }
    this.#take(guest);
    const result = guest.connect(to);
    if (result < 0 && result !== -errno.EINPROGRESS) this.#fail();
    else this.woken();
  }

  /** Joins the host's connection with a guest's that stands. */
  join(guest: GuestSocket): void {
    this.#listenToHost();
    this.#take(guest);
    this.woken();
  }

  /** Ends both sides with a reset. */
  abort(): void {
    if (this.#isOver) return;
    this.#resetGuest();
    this.#host.resetAndDestroy();
    this.#end();
  }

  /** @internal From the guest's socket, inside the stack's poll: takes note. */
  woken(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(workOff, this);
  }

  /** @internal */
  workOff(): void {
    this.#isScheduled = false;
    this.#work();
  }

  #listenToHost(): void {
    const host = this.#host;
    host.on('data', (chunk: Buffer) => this.#fromHost(chunk));
    host.on('end', () => {
      this.#hostEnded = true;
      this.#work();
    });
    host.on('drain', () => {
      this.#hostIsFull = false;
      this.#work();
    });
    // `close` follows.
    host.on('error', () => {});
    host.on('close', () => this.#hostClosed());
  }

  #take(guest: GuestSocket): void {
    this.#guest = guest;
    guest.addWaiter(this.#waiter);
    // Whoever wrote the bytes has decided when they go.
    guest.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  }

  #work(): void {
    const guest = this.#guest;
    if (this.#isOver || guest === null) return;
    if (!this.#isConnected) {
      if ((guest.poll(POLLOUT) & (POLLOUT | POLLERR | POLLHUP)) === 0) return;
      if (guest.getsockopt(SOL_SOCKET, SO_ERROR) !== 0) {
        this.#fail();
        return;
      }
      this.#isConnected = true;
    }
    this.#waiter.mask = watched;
    this.#toGuest(guest);
    if (!this.#isOver) this.#toHost(guest);
    if (!this.#isOver) this.#endIfDone();
  }

  #fromHost(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#chunk = chunk;
    this.#chunkOffset = 0;
    // Before `work`: what is taken at once resumes at once.
    this.#host.pause();
    this.#work();
  }

  #toGuest(guest: GuestSocket): void {
    const chunk = this.#chunk;
    if (chunk !== null) {
      while (this.#chunkOffset < chunk.length) {
        const taken = guest.send(chunk, 0, this.#chunkOffset);
        if (taken === -errno.EAGAIN || taken === 0) {
          this.#waiter.mask = watched | POLLOUT;
          return;
        }
        if (taken < 0) {
          this.#break();
          return;
        }
        this.#chunkOffset += taken;
        this.#owner.bytesToGuest += taken;
      }
      this.#chunk = null;
      this.#host.resume();
    }
    if (this.#hostEnded && !this.#guestShut) {
      this.#guestShut = true;
      guest.shutdown(SHUT_WR);
    }
  }

  #toHost(guest: GuestSocket): void {
    const { slab } = this.#owner;
    while (!this.#hostIsFull && !this.#guestEnded) {
      slab.makeRoom();
      const count = guest.recv(slab.bytes, 0, slab.usedBytes);
      if (count === -errno.EAGAIN) return;
      if (count < 0) {
        this.#break();
        return;
      }
      if (count === 0) {
        this.#guestEnded = true;
        this.#host.end();
        return;
      }
      this.#owner.bytesToHost += count;
      this.#hostIsFull = !this.#host.write(slab.takeFilled(count));
    }
  }

  /** Both directions are passed on to the end: the guest's socket is closed; the host's closes itself when it is flushed. */
  #endIfDone(): void {
    if (!this.#guestEnded || !this.#guestShut || this.#guest === null) return;
    this.#guest.removeWaiter(this.#waiter);
    this.#guest.close();
    this.#guest = null;
    if (this.#host.destroyed) this.#end();
  }

  /** The host's socket is gone: in good order when nothing was left, else the guest must know. */
  #hostClosed(): void {
    if (this.#isOver) return;
    if (this.#guest !== null) {
      if (this.#isConnected) this.#owner.broken += 1;
      else this.#owner.failed += 1;
      this.#resetGuest();
    }
    this.#end();
  }

  /** The guest cannot be reached. */
  #fail(): void {
    this.#owner.failed += 1;
    this.abort();
  }

  /** The guest's connection broke. */
  #break(): void {
    this.#owner.broken += 1;
    this.abort();
  }

  #resetGuest(): void {
    const guest = this.#guest;
    this.#guest = null;
    if (guest === null) return;
    guest.removeWaiter(this.#waiter);
    guest.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(0));
    guest.close();
  }

  #end(): void {
    this.#isOver = true;
    this.#chunk = null;
    this.#owner.relayEnded(this);
  }
}

function workOff(relay: Relay): void {
  relay.workOff();
}
