import { connect } from 'node:net';
import { AF_INET, errno, POLLIN, SO_LINGER, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET } from '@synos/abi';
import type {
  Arrival,
  Claim,
  Clock,
  EventLoop,
  MutableSocketAddress,
  Packet,
  SocketAddress,
  TransportEndpoint,
  TransportProtocol,
} from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { createSockets, type Socket as GuestSocket, lingerOption, Waiter, type WaiterTarget } from '@synos/socket';
import { formatAddress, ipv4, tcpDestinationPort, tcpSourcePort } from '@synos/wire';
import { IdleTable } from '../idle-table.js';
import { Relay, type RelayOwner } from '../relay.js';
import { Slab } from '../slab.js';
import { type Attempt, type Verdict, verdictOf } from './attempt.js';
import type { HostPlace } from './destinations.js';
import { HeldPacket } from './held-packet.js';

/** Half-open connections of the stack's listener in all: below what TCP keeps of them, so that none gives way. */
const attemptLimit = 512;

/** What guests' connections have come to. */
export interface ConnectionStats {
  /** Connections that stood on both sides. */
  readonly accepted: number;
  /** Of these, those that are open now, on either side. */
  readonly active: number;
  /** The most that were open at once. */
  readonly peak: number;
  /** Those that wait for the host, or for the end of the guest's handshake. */
  readonly waiting: number;
  /** Reset because the guest, or all guests, had too many. */
  readonly refused: number;
  /** Connections that the host did not get through, or a guest that did not come back for. */
  readonly failed: number;
  /** Connections that ended with a reset or an error after they stood. */
  readonly broken: number;
  readonly bytesToGuest: number;
  readonly bytesToHost: number;
}

/** What {@link GuestConnections} is made of. */
export interface GuestConnectionsOptions {
  readonly stack: Netstack;
  readonly tcp: TransportProtocol;
  readonly loop: EventLoop;
  readonly maxConnections: number;
  readonly maxConnectionsPerGuest: number;
  /** How long the host may take to connect, and then the guest to end its handshake. */
  readonly connectTimeoutMs: number;
}

/**
 * Guests' TCP connections to the host's side. A SYN is held until the host's connection stands; then the guest's
 * handshake is carried out by a listener that no address leads to.
 */
export class GuestConnections implements RelayOwner, WaiterTarget {
  readonly slab: Slab;
  accepted: number;
  peak: number;
  refused: number;
  failed: number;
  broken: number;
  bytesToGuest: number;
  bytesToHost: number;
  readonly #options: GuestConnectionsOptions;
  readonly #listener: GuestSocket;
  readonly #listenerEndpoint: TransportEndpoint;
  readonly #waiter: Waiter;
  readonly #attempts: Map<string, Attempt>;
  readonly #waiting: IdleTable<Attempt>;
  /** The open connections, with the guest of each. */
  readonly #relays: Map<Relay, string>;
  readonly #relaysOf: Map<string, number>;

  constructor(options: GuestConnectionsOptions) {
    this.slab = new Slab();
    this.accepted = 0;
    this.peak = 0;
    this.refused = 0;
    this.failed = 0;
    this.broken = 0;
    this.bytesToGuest = 0;
    this.bytesToHost = 0;
    this.#options = options;
    const { socket, endpoint } = hiddenListener(options.tcp, options.loop);
    this.#listener = socket;
    this.#listenerEndpoint = endpoint;
    this.#waiter = new Waiter(POLLIN, this);
    socket.addWaiter(this.#waiter);
    this.#attempts = new Map();
    this.#waiting = new IdleTable<Attempt>({
      loop: options.loop,
      idleMs: options.connectTimeoutMs,
      limit: attemptLimit,
      ownerLimit: attemptLimit,
    });
    this.#relays = new Map();
    this.#relaysOf = new Map();
  }

  get stats(): ConnectionStats {
    const { accepted, peak, refused, failed, broken, bytesToGuest, bytesToHost } = this;
    const active = this.#relays.size;
    const waiting = this.#attempts.size;
    return { accepted, active, peak, waiting, refused, failed, broken, bytesToGuest, bytesToHost };
  }

  /** What becomes of a SYN that was held before, `null` for one that was not. */
  recall(packet: Packet, arrival: Arrival): Claim | null {
    const known = this.#attempts.get(keyOf(packet, arrival));
    if (known === undefined) return null;
    if (known.state === 'refused') return false;
    if (known.state === 'stands') return this.#listenerEndpoint;
    known.held = new HeldPacket(packet, arrival);
    return 'held';
  }

  /** Begins a connection to the host's side for a SYN, which is held meanwhile. */
  begin(packet: Packet, arrival: Arrival, place: HostPlace): Claim {
    const owner = formatAddress(arrival.source);
    if (!this.#hasRoomFor(owner)) {
      this.refused += 1;
      return false;
    }
    this.#attempt(keyOf(packet, arrival), owner, new HeldPacket(packet, arrival), place);
    return 'held';
  }

  /** @internal From the listener: handshakes have ended. */
  woken(): void {
    for (;;) {
      const guest = this.#listener.accept(SOCK_NONBLOCK);
      if (typeof guest === 'number') return;
      this.#join(guest);
    }
  }

  /** @internal */
  relayEnded(relay: Relay): void {
    const owner = this.#relays.get(relay);
    if (owner === undefined) return;
    this.#relays.delete(relay);
    const left = (this.#relaysOf.get(owner) ?? 1) - 1;
    if (left === 0) this.#relaysOf.delete(owner);
    else this.#relaysOf.set(owner, left);
  }

  /** Ends everything with a reset. */
  close(): void {
    for (const attempt of this.#waiting.clear()) attempt.host.destroy();
    this.#attempts.clear();
    this.#listener.removeWaiter(this.#waiter);
    this.#listener.close();
    for (const relay of [...this.#relays.keys()]) relay.abort();
  }

  #hasRoomFor(owner: string): boolean {
    const { maxConnections, maxConnectionsPerGuest } = this.#options;
    const waitingOfOwner = this.#waiting.countOf(owner);
    return (
      this.#attempts.size < attemptLimit &&
      // No guest takes more than a quarter of the places to wait.
      waitingOfOwner < attemptLimit / 4 &&
      this.#relays.size + this.#attempts.size < maxConnections &&
      (this.#relaysOf.get(owner) ?? 0) + waitingOfOwner < maxConnectionsPerGuest
    );
  }

  #attempt(key: string, owner: string, held: HeldPacket, { address, port }: HostPlace): void {
    const host = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const attempt: Attempt = {
      key,
      owner,
      host,
      held,
      state: 'connecting',
      usedMs: this.#options.loop.now(),
      expired: () => this.#giveUp(attempt),
    };
    this.#attempts.set(key, attempt);
    this.#waiting.add(attempt);
    host.on('connect', () => this.#hostStands(attempt));
    host.on('error', (error: NodeJS.ErrnoException) => this.#hostFailed(attempt, error.code));
    host.on('close', () => this.#hostGone(attempt));
  }

  #hostStands(attempt: Attempt): void {
    if (!this.#isWaiting(attempt)) return;
    attempt.state = 'stands';
    attempt.usedMs = this.#options.loop.now();
    this.#askAgain(attempt);
  }

  #hostFailed(attempt: Attempt, code: string | undefined): void {
    if (!this.#isWaiting(attempt) || attempt.state !== 'connecting') return;
    this.failed += 1;
    this.#tell(attempt, verdictOf(code));
    this.#forget(attempt);
  }

  /** The host's connection stood and is gone before the guest's did: whoever comes for it finds nothing. */
  #hostGone(attempt: Attempt): void {
    if (!this.#isWaiting(attempt)) return;
    this.failed += 1;
    this.#forget(attempt);
  }

  /** The host, or the guest, takes too long. */
  #giveUp(attempt: Attempt): void {
    this.failed += 1;
    this.#attempts.delete(attempt.key);
    attempt.host.destroy();
  }

  #tell(attempt: Attempt, verdict: Verdict): void {
    if (verdict === 'silence') return;
    if (verdict === 'reset') {
      attempt.state = 'refused';
      this.#askAgain(attempt);
      return;
    }
    const { ip, memory } = this.#options.stack;
    const packet = attempt.held.revive(memory.packets);
    if (packet === null) return;
    ip.unreachable(packet, attempt.held.arrival, verdict);
    packet.pool.release(packet);
  }

  /** The SYN arrives once more; what becomes of it is known now. Without a packet for it, the guest's own next one does. */
  #askAgain(attempt: Attempt): void {
    const { stack, tcp } = this.#options;
    const packet = attempt.held.revive(stack.memory.packets);
    if (packet === null) return;
    const { host } = stack.ip;
    host.enter();
    tcp.receive(packet, attempt.held.arrival);
    host.wake();
  }

  #join(guest: GuestSocket): void {
    const [local, remote] = [noPlace(), noPlace()];
    guest.getsockname(local);
    guest.getpeername(remote);
    const owner = formatAddress(remote.address);
    const attempt = this.#attempts.get(flowKey(remote, local));
    if (attempt === undefined || attempt.state !== 'stands') {
      guest.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(0));
      guest.close();
      return;
    }
    this.#forget(attempt);
    const relay = new Relay(attempt.host, this);
    this.#relays.set(relay, owner);
    this.#relaysOf.set(owner, (this.#relaysOf.get(owner) ?? 0) + 1);
    this.accepted += 1;
    this.peak = Math.max(this.peak, this.#relays.size);
    relay.join(guest);
  }

  #isWaiting(attempt: Attempt): boolean {
    return this.#attempts.get(attempt.key) === attempt;
  }

  #forget(attempt: Attempt): void {
    this.#attempts.delete(attempt.key);
    this.#waiting.delete(attempt);
  }
}

function keyOf(packet: Packet, { source, destination }: Arrival): string {
  const { view } = packet.memory;
  const guest = { address: source, port: tcpSourcePort(view, packet.start) };
  return flowKey(guest, { address: destination, port: tcpDestinationPort(view, packet.start) });
}

function flowKey(guest: SocketAddress, place: SocketAddress): string {
  return `${formatAddress(guest.address)}:${guest.port}>${formatAddress(place.address)}:${place.port}`;
}

/** A listener on the stack's own loopback, which nobody on a network can name. */
function hiddenListener(tcp: TransportProtocol, clock: Clock): { socket: GuestSocket; endpoint: TransportEndpoint } {
  let endpoint: TransportEndpoint | number = -errno.ENOBUFS;
  const open = (): TransportEndpoint | number => {
    endpoint = tcp.open();
    return endpoint;
  };
  const provider = { name: 'gateway', lacks: [], supports: () => true, open };
  const socket = createSockets({ providers: [provider], clock }).socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (typeof socket === 'number' || typeof endpoint === 'number') throw new Error('the stack has no endpoint left');
  const result = socket.bind({ address: ipv4(127, 0, 0, 1), port: 0 }) || socket.listen(-1);
  if (result < 0) throw new Error(`the gateway cannot listen on the stack: errno ${-result}`);
  return { socket, endpoint };
}

function noPlace(): MutableSocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
}
