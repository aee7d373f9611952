import { createServer, type Socket as HostSocket, type Server } from 'node:net';
import type { SocketAddress } from '@synos/interfaces';
import type { Sockets } from '@synos/socket';
import { Relay, type RelayOwner } from '../relay.js';
import { Slab } from '../slab.js';

/** What a forwarding has done so far. */
export interface ForwardingStats {
  /** Connections of the host that were taken. */
  readonly accepted: number;
  /** Of these, those that are open now, on either side. */
  readonly active: number;
  /** The most that were open at once. */
  readonly peak: number;
  /** Connections of the host that were reset because too many were open. */
  readonly refused: number;
  /** Connections whose guest could not be reached or refused; the host's were reset. */
  readonly failed: number;
  /** Connections that ended with a reset or an error after they stood. */
  readonly broken: number;
  readonly bytesToGuest: number;
  readonly bytesToHost: number;
}

/** A host port whose connections end at a guest. */
export interface Forwarding {
  /** Where the host listens. */
  readonly host: string;
  /** The port it listens on: the one asked for, or the one found for 0. */
  readonly port: number;
  /** The numbers of this moment. */
  readonly stats: ForwardingStats;
  /** Stops listening and resets every connection, both sides; resolves when the port is free. Idempotent. */
  close(): Promise<void>;
}

/** What a {@link PortForwarding} is made of. */
export interface PortForwardingOptions {
  readonly sockets: Sockets;
  readonly guest: SocketAddress;
  readonly maxConnections: number;
}

/** Listens on a host port and starts a {@link Relay} for each connection. */
export class PortForwarding implements Forwarding, RelayOwner {
  host: string;
  port: number;
  accepted: number;
  peak: number;
  refused: number;
  failed: number;
  broken: number;
  bytesToGuest: number;
  bytesToHost: number;
  readonly slab: Slab;
  readonly #options: PortForwardingOptions;
  readonly #relays: Set<Relay>;
  readonly #server: Server;
  #closed: Promise<void> | null;

  constructor(options: PortForwardingOptions) {
    this.host = '';
    this.port = 0;
    this.accepted = 0;
    this.peak = 0;
    this.refused = 0;
    this.failed = 0;
    this.broken = 0;
    this.bytesToGuest = 0;
    this.bytesToHost = 0;
    this.slab = new Slab();
    this.#options = options;
    this.#relays = new Set();
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#take(socket));
    this.#closed = null;
  }

  get stats(): ForwardingStats {
    const { accepted, peak, refused, failed, broken, bytesToGuest, bytesToHost } = this;
    return { accepted, active: this.#relays.size, peak, refused, failed, broken, bytesToGuest, bytesToHost };
  }

  /** Begins to listen; rejects with Node's error when the port cannot be had. */
  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        // A failing accept (too many open files) is one connection's misfortune.
        this.#server.on('error', () => {
          this.failed += 1;
        });
        const place = this.#server.address();
        if (place === null || typeof place === 'string') return reject(new Error('the host gave no port'));
        this.host = place.address;
        this.port = place.port;
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const relay of this.#relays) relay.abort();
    });
    return this.#closed;
  }

  /** @internal */
  relayEnded(relay: Relay): void {
    this.#relays.delete(relay);
  }

  #take(host: HostSocket): void {
    const { sockets, guest, maxConnections } = this.#options;
    if (this.#closed !== null || this.#relays.size >= maxConnections) {
      this.refused += 1;
      host.on('error', () => {});
      host.resetAndDestroy();
      return;
    }
    this.accepted += 1;
    const relay = new Relay(host, this);
    this.#relays.add(relay);
    this.peak = Math.max(this.peak, this.#relays.size);
    relay.start(sockets, guest);
  }
}
