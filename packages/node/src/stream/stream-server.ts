import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { NetDevice } from '@synos/interfaces';
import { outOfRange } from '../net/node-errors.js';
import type { StreamCounters } from './counters.js';
import type { StreamPlace } from './errors.js';
import { placeOf, type StreamOptions } from './options.js';
import { StreamLink, type StreamLinkOptions } from './stream-link.js';

/** Options of {@link listenStream}. */
export interface ListenStreamOptions extends StreamOptions {
  /** Is given each peer when its connection stands. */
  readonly onPeer: (peer: StreamPeer) => void;
  /** Peers at once, default 64; further ones are hung up on, and counted. */
  readonly maxPeers?: number;
  /** What the peers' devices are called, default `stream`: `stream-0`, `stream-1`, … */
  readonly name?: string;
}

interface PeerEvents {
  /** The connection ended because of an error, of the system or in what the peer sent. Nobody has to listen. */
  error: [error: Error];
  /** It is over, with the error if there was one; the device is closed. */
  close: [error: Error | null];
}

/** One that has connected, with a device of its own. */
export interface StreamPeer extends EventEmitter<PeerEvents> {
  /** Counts from 0 as peers come. */
  readonly id: number;
  /** Leads to this peer. Closed when the connection ends; closing it ends the connection. */
  readonly device: NetDevice;
  readonly counters: Readonly<StreamCounters>;
  /** Ends connection and device. Idempotent. */
  close(): void;
}

/** Counts of a server. */
export type StreamServerCounters = {
  /** Peers that have come. */
  peers: number;
  /** Peers that were one too many. */
  refused: number;
};

interface ServerEvents {
  /** The system could not accept; the server goes on. Nobody has to listen. */
  error: [error: Error];
  /** It listens no more and no peer is left. */
  close: [];
}

/** A socket of the system where peers bring frames. */
export interface StreamServer extends EventEmitter<ServerEvents> {
  /** Where it listens; `port` is the one that was found if it was given as 0. */
  readonly place: StreamPlace;
  readonly peers: ReadonlySet<StreamPeer>;
  readonly counters: Readonly<StreamServerCounters>;
  /** Hangs up on all peers and listens no more. Idempotent. Resolves when everything is closed. */
  close(): Promise<void>;
}

/**
 * Listens for peers that speak QEMU's `-netdev stream,server=off` and gives each a device. A patch of `@synos/nic` joins
 * such a device with a port of a switch.
 *
 * @returns when it listens
 * @throws (rejects) Node's error when it cannot listen (`EADDRINUSE`, `EACCES`); TypeError ERR_MISSING_ARGS without path
 *   and port; RangeError ERR_SOCKET_BAD_PORT, ERR_OUT_OF_RANGE; the signal's reason
 * @example
 * const server = await listenStream({
 *   path: '/tmp/lan.socket', pool: memory.packets,
 *   onPeer: ({ device }) => stack.addInterface({ device, addresses: ['10.0.0.1/24'] }),
 * });
 */
export async function listenStream(options: ListenStreamOptions): Promise<StreamServer> {
  const { signal, maxPeers = 64 } = options;
  signal?.throwIfAborted();
  if (!(Number.isInteger(maxPeers) && maxPeers >= 1)) throw outOfRange('maxPeers', 'an integer >= 1', maxPeers);
  const place = placeOf(options);
  const server = createServer({ noDelay: place.port !== undefined });
  const listener = new Listener(server, place, options, maxPeers);
  server.listen(place.port === undefined ? { path: place.address } : { host: place.address, port: place.port });
  await once(server, 'listening');
  listener.begin(signal);
  if (signal?.aborted) {
    await listener.close();
    signal.throwIfAborted();
  }
  return listener;
}

class Listener extends EventEmitter<ServerEvents> implements StreamServer {
  readonly peers: Set<Peer>;
  readonly counters: StreamServerCounters;
  readonly #server: Server;
  readonly #place: StreamPlace;
  readonly #options: ListenStreamOptions;
  readonly #maxPeers: number;
  readonly #ended: Promise<void>;
  #stopListening: () => void;
  #isClosed: boolean;

  constructor(server: Server, place: StreamPlace, options: ListenStreamOptions, maxPeers: number) {
    super();
    this.peers = new Set();
    this.counters = { peers: 0, refused: 0 };
    this.#server = server;
    this.#place = place;
    this.#options = options;
    this.#maxPeers = maxPeers;
    this.#ended = new Promise((resolve) => this.once('close', resolve));
    this.#stopListening = () => {};
    this.#isClosed = false;
    server.on('connection', (socket) => this.#welcome(socket));
  }

  get place(): StreamPlace {
    const bound = this.#server.address();
    return bound === null || typeof bound === 'string'
      ? this.#place
      : { address: this.#place.address, port: bound.port };
  }

  /** It listens. */
  begin(signal: AbortSignal | undefined): void {
    this.#server.on('error', (error) => {
      if (this.listenerCount('error') > 0) this.emit('error', error);
    });
    const onAbort = (): void => void this.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort);
  }

  close(): Promise<void> {
    if (this.#isClosed) return this.#ended;
    this.#isClosed = true;
    this.#stopListening();
    for (const peer of this.peers) peer.close();
    this.#server.close(() => this.emit('close'));
    return this.#ended;
  }

  #welcome(socket: Socket): void {
    if (this.#isClosed || this.peers.size >= this.#maxPeers) {
      this.counters.refused++;
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const { pool, mtuBytes, queueLength, name = 'stream', onPeer } = this.#options;
    const id = this.counters.peers++;
    const link = {
      pool,
      name: `${name}-${id}`,
      ...(mtuBytes === undefined ? {} : { mtuBytes }),
      ...(queueLength === undefined ? {} : { queueLength }),
    };
    const peer = new Peer(id, link, (gone) => this.peers.delete(gone));
    this.peers.add(peer);
    peer.attach(socket, this.place);
    onPeer(peer);
  }
}

class Peer extends EventEmitter<PeerEvents> implements StreamPeer {
  readonly id: number;
  readonly #link: StreamLink;
  readonly #gone: (peer: Peer) => void;
  #isClosed: boolean;

  constructor(id: number, link: StreamLinkOptions, gone: (peer: Peer) => void) {
    super();
    this.id = id;
    this.#gone = gone;
    this.#isClosed = false;
    this.#link = new StreamLink(link, () => this.close());
  }

  get device(): NetDevice {
    return this.#link.device;
  }

  get counters(): Readonly<StreamCounters> {
    return this.#link.counters;
  }

  attach(socket: Socket, place: StreamPlace): void {
    this.#link.attach(socket, place, (error) => this.#end(error));
  }

  close(): void {
    this.#end(null);
  }

  #end(error: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#link.detach();
    this.#link.device.close();
    this.#gone(this);
    // Later, so that nobody is called from inside a call of his own.
    process.nextTick(() => {
      if (error !== null && this.listenerCount('error') > 0) this.emit('error', error);
      this.emit('close', error);
    });
  }
}
