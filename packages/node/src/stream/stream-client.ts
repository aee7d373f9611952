import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { NetDevice } from '@synos/interfaces';
import { outOfRange } from '../net/node-errors.js';
import type { StreamCounters } from './counters.js';
import type { StreamPlace } from './errors.js';
import { netOptions, placeOf, type StreamOptions } from './options.js';
import { StreamLink } from './stream-link.js';

/** How a client comes back. */
export interface ReconnectOptions {
  /** The wait after the first failure, default 100 ms; doubled after each further one. */
  readonly firstDelayMs?: number;
  /** The longest wait, default 5,000 ms. */
  readonly longestDelayMs?: number;
}

/** Options of {@link connectStream}. */
export interface ConnectStreamOptions extends StreamOptions {
  /** The device's name, default `stream`. */
  readonly name?: string;
  /** The stack's hardware address, default made from the name. */
  readonly address?: Uint8Array<ArrayBuffer>;
  /** How to come back after a failure or an end; `false`: not at all, the first one closes the client. */
  readonly reconnect?: ReconnectOptions | false;
}

interface ClientEvents {
  /** A connection stands; the device's link is up. */
  connect: [];
  /** A connection has ended, for this reason if it was not the peer's will. */
  disconnect: [error: Error | null];
  /** There is no connection, for this reason if there is one; the next attempt comes in so many milliseconds. */
  retry: [error: Error | null, delayMs: number];
  /**
   * A connection ended because of an error, of the system or in what the peer sent; or an attempt failed and there is no
   * other. Unlike at Node's sockets, nobody has to listen.
   */
  error: [error: Error];
  /** It is over. */
  close: [];
}

/**
 * A device whose frames pass through a socket of the system: u32 length, then the Ethernet frame. Its link is up while a
 * connection stands.
 */
export interface StreamClient extends EventEmitter<ClientEvents> {
  readonly device: NetDevice;
  readonly isConnected: boolean;
  readonly counters: Readonly<StreamCounters>;
  /** Ends connection and device. Idempotent; closing the device does the same. Resolves when the socket is closed. */
  close(): Promise<void>;
}

/**
 * Connects to whoever speaks QEMU's `-netdev stream` or passt's protocol, and keeps connecting. Returns at once;
 * frames sent before a connection stands are dropped by the device.
 *
 * @throws TypeError ERR_MISSING_ARGS without path and port; RangeError ERR_SOCKET_BAD_PORT, ERR_OUT_OF_RANGE; the
 *   signal's reason; Error ERR_ASSERTION on an MTU or queue length out of range
 * @example
 * const client = connectStream({ path: '/tmp/passt.socket', pool: memory.packets });
 * const stack = createNetstack({ ..., memory, interfaces: [{ device: client.device, addresses: ['10.0.0.2/24'] }] });
 */
export function connectStream(options: ConnectStreamOptions): StreamClient {
  return new Client(options);
}

class Client extends EventEmitter<ClientEvents> implements StreamClient {
  readonly #link: StreamLink;
  readonly #place: StreamPlace;
  readonly #firstDelayMs: number;
  readonly #longestDelayMs: number;
  readonly #comesBack: boolean;
  readonly #ended: Promise<void>;
  readonly #stopListening: () => void;
  #delayMs: number;
  /** Received frames when the present connection began. */
  #framesBefore: number;
  #timer: NodeJS.Timeout | null;
  /** Connecting or connected. */
  #socket: Socket | null;
  #isClosed: boolean;

  constructor(options: ConnectStreamOptions) {
    super();
    const { signal, reconnect = {}, name = 'stream' } = options;
    signal?.throwIfAborted();
    this.#place = placeOf(options);
    const { firstDelayMs = 100, longestDelayMs = 5000 } = reconnect === false ? {} : reconnect;
    checkDelay('reconnect.firstDelayMs', firstDelayMs);
    checkDelay('reconnect.longestDelayMs', longestDelayMs);
    this.#firstDelayMs = firstDelayMs;
    this.#longestDelayMs = longestDelayMs;
    this.#comesBack = reconnect !== false;
    this.#delayMs = firstDelayMs;
    this.#framesBefore = 0;
    this.#timer = null;
    this.#socket = null;
    this.#isClosed = false;
    this.#link = new StreamLink({ ...options, name }, () => void this.close());
    this.#ended = new Promise((resolve) => this.once('close', resolve));
    const onAbort = (): void => void this.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort);
    this.#connect();
  }

  get device(): NetDevice {
    return this.#link.device;
  }

  get isConnected(): boolean {
    return this.#link.isConnected;
  }

  get counters(): Readonly<StreamCounters> {
    return this.#link.counters;
  }

  close(): Promise<void> {
    if (this.#isClosed) return this.#ended;
    this.#isClosed = true;
    this.#stopListening();
    if (this.#timer !== null) clearTimeout(this.#timer);
    const wasConnected = this.#link.isConnected;
    this.#link.detach();
    this.#link.device.close();
    const socket = this.#socket;
    const finish = (): void => {
      if (wasConnected) this.emit('disconnect', null);
      this.emit('close');
    };
    if (socket === null || socket.closed) process.nextTick(finish);
    else {
      socket.once('close', finish);
      socket.destroy();
    }
    return this.#ended;
  }

  #connect(): void {
    this.#timer = null;
    const socket = connect(netOptions(this.#place));
    this.#socket = socket;
    const failed = (error: Error): void => {
      this.#link.counters.failedAttempts++;
      this.#over(error, false);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      if (this.#isClosed) return;
      this.#framesBefore = this.#framesReceived;
      this.#link.attach(socket, this.#place, (error) => this.#over(error, true));
      this.emit('connect');
    });
  }

  get #framesReceived(): number {
    return this.#link.device.counters.rxPackets ?? 0;
  }

  /** An attempt or a connection is over: it comes back, or closes. */
  #over(error: Error | null, wasConnected: boolean): void {
    if (this.#isClosed) return;
    // Only a peer that has said something makes the waits short again, not one that hangs up at once.
    if (wasConnected && this.#framesReceived > this.#framesBefore) this.#delayMs = this.#firstDelayMs;
    const delayMs = this.#delayMs;
    if (this.#comesBack) {
      this.#timer = setTimeout(() => this.#connect(), delayMs);
      this.#delayMs = Math.min(delayMs * 2, this.#longestDelayMs);
    }
    const isFinal = wasConnected || !this.#comesBack;
    if (error !== null && isFinal && this.listenerCount('error') > 0) this.emit('error', error);
    if (wasConnected) this.emit('disconnect', error);
    if (this.#isClosed) return;
    if (this.#comesBack) this.emit('retry', error, delayMs);
    else void this.close();
  }
}

function checkDelay(name: string, value: number): void {
  if (!(value >= 1 && value <= 0x7fffffff)) throw outOfRange(name, '>= 1 && <= 2147483647', value);
}
