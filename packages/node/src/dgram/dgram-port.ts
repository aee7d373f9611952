import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { isIP, SocketAddress } from 'node:net';
import type { NetDevice, PacketPool } from '@synos/interfaces';
import { type FramePort, framePort, linkHeaderBytes } from '@synos/nic';
import { invalidArgument, outOfRange, portOf } from '../net/node-errors.js';
import type { DgramCounters } from './counters.js';
import { SendBuffers } from './send-buffers.js';

/** The longest UDP payload over IPv4 (65,535 - 20 - 8) holds a frame with a packet of this length. */
const largestMtuBytes = 65_507 - linkHeaderBytes;
/** Asked of the system, which may give less: bursts wait there while the event loop is busy. */
const systemBufferBytes = 1 << 20;

/** Where datagrams come from or go to. */
export interface DgramAddress {
  /** A numeric address; 127.0.0.1 unless told. */
  readonly address?: string;
  readonly port: number;
}

/** Options of {@link bindDgram}. */
export interface BindDgramOptions {
  /** Where it is bound; port 0 finds a free one. */
  readonly local: DgramAddress;
  /** The one peer: frames go there, and only what comes from there is believed. Its family is the local one's. */
  readonly remote: DgramAddress;
  /** The pool of the stack that gets the device: received frames are copied into it. */
  readonly pool: PacketPool;
  /** The device's name, default `dgram`. */
  readonly name?: string;
  /** The stack's hardware address, default made from the name. */
  readonly address?: Uint8Array<ArrayBuffer>;
  /** Longest packet, 68 to 65,493 (what a datagram holds), default 1,500. Longer frames are dropped and counted. */
  readonly mtuBytes?: number;
  /** Frames that may wait each way, default 256. Beyond, the stack is told busy, and arriving frames are dropped. */
  readonly queueLength?: number;
  /** Closes it when it aborts. */
  readonly signal?: AbortSignal;
}

interface DgramEvents {
  /** The system could not send or receive; the port goes on. Nobody has to listen. */
  error: [error: Error];
  /** It is over. */
  close: [];
}

/** A device whose frames are datagrams: one raw Ethernet frame each. */
export interface DgramPort extends EventEmitter<DgramEvents> {
  readonly device: NetDevice;
  /** Where it is bound. */
  readonly local: Required<DgramAddress>;
  readonly remote: Required<DgramAddress>;
  readonly counters: Readonly<DgramCounters>;
  /** Ends socket and device. Idempotent; closing the device does the same. Resolves when the socket is closed. */
  close(): Promise<void>;
}

/**
 * Binds a UDP socket that speaks QEMU's `-netdev dgram`: a frame per datagram. There is no connection: the device's link
 * is up until it is closed, and frames to a peer that is not there are lost.
 *
 * @returns when it is bound
 * @throws (rejects) Node's error when it cannot be bound (`EADDRINUSE`, `EADDRNOTAVAIL`); TypeError ERR_INVALID_ARG_TYPE
 *   for an address that is not numeric or of the other family; RangeError ERR_SOCKET_BAD_PORT, ERR_OUT_OF_RANGE; the
 *   signal's reason
 * @example
 * const port = await bindDgram({ local: { port: 9001 }, remote: { port: 9002 }, pool: memory.packets });
 */
export async function bindDgram(options: BindDgramOptions): Promise<DgramPort> {
  const { signal, mtuBytes = 1500 } = options;
  signal?.throwIfAborted();
  if (!(mtuBytes <= largestMtuBytes)) throw outOfRange('mtuBytes', `<= ${largestMtuBytes}`, mtuBytes);
  const local = checked('local', options.local, 0);
  const remote = checked('remote', options.remote, 1);
  const family = isIP(local.address);
  if (isIP(remote.address) !== family) {
    throw invalidArgument('remote.address', `of the same family as ${local.address}`, remote.address);
  }
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: systemBufferBytes,
    sendBufferSize: systemBufferBytes,
    // Addresses are numeric: no look-up, and no tick for one, at each frame.
    lookup: (address, _options, found) => found(null, address, family),
  });
  try {
    const bound = once(socket, 'listening');
    socket.bind({ address: local.address, port: local.port, exclusive: true });
    await bound;
    signal?.throwIfAborted();
    return new Port(socket, remote, options);
  } catch (error) {
    socket.close();
    throw error;
  }
}

function checked(name: string, { address = '127.0.0.1', port }: DgramAddress, least: number): Required<DgramAddress> {
  const family = isIP(address);
  if (family === 0) throw invalidArgument(`${name}.address`, 'a numeric address', address);
  if (portOf(port, `${name}.port`) < least) throw outOfRange(`${name}.port`, '>= 1', port);
  // Spelled as the system spells it, for comparison.
  return { address: new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address, port };
}

class Port extends EventEmitter<DgramEvents> implements DgramPort {
  readonly local: Required<DgramAddress>;
  readonly remote: Required<DgramAddress>;
  readonly counters: DgramCounters;
  readonly #socket: Socket;
  readonly #port: FramePort;
  readonly #buffers: SendBuffers;
  readonly #ended: Promise<void>;
  #stopListening: () => void;
  #isFlushScheduled: boolean;
  #isClosed: boolean;

  constructor(socket: Socket, remote: Required<DgramAddress>, options: BindDgramOptions) {
    super();
    const { name = 'dgram', signal } = options;
    const { address, port } = socket.address();
    this.local = { address, port };
    this.remote = remote;
    this.counters = { rxForeign: 0, txFailed: 0 };
    this.#socket = socket;
    this.#isFlushScheduled = false;
    this.#isClosed = false;
    this.#stopListening = () => {};
    this.#ended = new Promise((resolve) => this.once('close', resolve));
    this.#port = framePort({
      ...options,
      name,
      onFrame: (frame) => this.#send(frame),
      soon: () => this.#scheduleFlush(),
      onClose: () => void this.close(),
    });
    this.#buffers = new SendBuffers(this.#port.device.mtuBytes + linkHeaderBytes);
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    socket.on('error', (error) => this.#report(error));
    socket.on('close', () => this.emit('close'));
    const onAbort = (): void => void this.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort);
  }

  get device(): NetDevice {
    return this.#port.device;
  }

  close(): Promise<void> {
    if (this.#isClosed) return this.#ended;
    this.#isClosed = true;
    this.#stopListening();
    this.#port.close();
    this.#socket.close();
    return this.#ended;
  }

  #receive(datagram: Uint8Array, { address, port }: RemoteInfo): void {
    // Anybody on this machine can send here: UDP has no door to close.
    if (port !== this.remote.port || address !== this.remote.address) this.counters.rxForeign++;
    else this.#port.push(datagram);
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  /** Sends as many frames as may be under way; the rest waits in the port, which says busy when it is full. */
  #flush(): void {
    if (this.#isClosed) return;
    while (this.#buffers.hasFree && this.#port.drain(1) > 0);
  }

  #send(frame: Uint8Array): void {
    const buffer = this.#buffers.take();
    buffer.set(frame);
    const { address, port } = this.remote;
    this.#socket.send(buffer, 0, frame.length, port, address, (error) => {
      this.#buffers.giveBack(buffer);
      if (error !== null) {
        this.counters.txFailed++;
        this.#report(error);
      }
      this.#flush();
    });
  }

  #report(error: Error): void {
    if (!this.#isClosed && this.listenerCount('error') > 0) this.emit('error', error);
  }
}
