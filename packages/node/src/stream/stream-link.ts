import type { Socket } from 'node:net';
import type { NetDevice, PacketPool } from '@synos/interfaces';
import { type FramePort, framePort, linkHeaderBytes, longestFrameBytes, type VirtualDevice } from '@synos/nic';
import { createStreamCounters, type StreamCounters } from './counters.js';
import { framingError, type StreamPlace } from './errors.js';
import { FrameParser, type FrameSink } from './frame-parser.js';
import { FrameWriter } from './frame-writer.js';

/** What {@link StreamLink} is made from. */
export interface StreamLinkOptions {
  readonly pool: PacketPool;
  readonly name: string;
  readonly address?: Uint8Array<ArrayBuffer>;
  readonly mtuBytes?: number;
  readonly queueLength?: number;
}

/** A connection behind a device. */
interface Connection {
  readonly socket: Socket;
  readonly place: StreamPlace;
  readonly parser: FrameParser;
  readonly writer: FrameWriter;
  /** Told when it has ended by itself. */
  readonly gone: (error: Error | null) => void;
  failure: Error | null;
  /** What was read and the stack had no room for; reading is paused meanwhile. */
  held: Uint8Array | null;
}

/**
 * A device and the connection behind it, one at a time: none, and the device's link is down. Sockets are read and
 * written in turns of Node's event loop; the stack's calls only take note.
 */
export class StreamLink implements FrameSink {
  readonly counters: StreamCounters;
  readonly #port: FramePort;
  readonly #device: VirtualDevice;
  #connection: Connection | null;
  #isFlushScheduled: boolean;

  /** @param onClose - the device was closed */
  constructor(options: StreamLinkOptions, onClose: () => void) {
    this.counters = createStreamCounters();
    this.#connection = null;
    this.#isFlushScheduled = false;
    this.#port = framePort({
      ...options,
      onFrame: (frame) => this.#send(frame),
      soon: () => this.#scheduleFlush(),
      onRoom: () => void setImmediate(() => this.#readOn()),
      onClose,
    });
    this.#device = this.#port.device;
    this.#device.setLink(false);
  }

  get device(): NetDevice {
    return this.#device;
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  get room(): number {
    return this.#port.room;
  }

  get longestBytes(): number {
    return this.#device.mtuBytes + linkHeaderBytes;
  }

  push(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#port.push(bytes, start, end);
  }

  skip(): void {
    // Counted by its length alone, which is beyond every MTU: no byte is looked at.
    this.#port.push(new Uint8Array(0), 0, longestFrameBytes + 1);
  }

  /**
   * Puts a connection behind the device, whose link goes up.
   *
   * @param gone - called once when the connection has ended by itself, with what was wrong with it if anything was; the
   *   link is down by then and the socket destroyed
   */
  attach(socket: Socket, place: StreamPlace, gone: (error: Error | null) => void): void {
    const parser = new FrameParser(this, longestFrameBytes);
    const writer = new FrameWriter(socket, this.#port);
    const connection: Connection = { socket, place, parser, writer, gone, failure: null, held: null };
    this.#connection = connection;
    this.counters.connections++;
    socket.on('data', (chunk) => this.#read(connection, chunk));
    socket.on('error', (error) => {
      connection.failure ??= error;
    });
    // The peer's end is the end: a card that can only send is of no use.
    socket.on('end', () => this.#end(connection));
    socket.on('close', () => this.#end(connection));
    this.#device.setLink(true);
  }

  /** Takes the link down and destroys the connection, if there is one. What waited to be sent is lost, and counted. */
  detach(): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#connection = null;
    this.#device.setLink(false);
    this.#port.drain();
    connection.held = null;
    connection.socket.destroy();
  }

  #read(connection: Connection, chunk: Uint8Array): void {
    if (this.#connection !== connection) return;
    const { parser, socket, place } = connection;
    const stopped = parser.parse(chunk, 0);
    if (parser.badLength >= 0) {
      this.counters.badLength++;
      connection.failure = framingError('bad-length', `no frame has ${parser.badLength} bytes`, place);
      this.#end(connection);
    } else if (stopped < chunk.length) {
      // The kernel's buffers fill next, then the peer waits: nothing is lost and nothing grows.
      connection.held = chunk.subarray(stopped);
      this.counters.rxPauses++;
      socket.pause();
    }
  }

  /** The stack has come for its frames. */
  #readOn(): void {
    const connection = this.#connection;
    if (connection === null || connection.held === null) return;
    const { held } = connection;
    connection.held = null;
    this.#read(connection, held);
    if (this.#connection === connection && connection.held === null) connection.socket.resume();
  }

  #end(connection: Connection): void {
    if (this.#connection !== connection) return;
    const { parser, place, held, gone } = connection;
    if (connection.failure === null && held === null && parser.isInside) {
      this.counters.truncated++;
      connection.failure = framingError('truncated', 'the connection ended inside a frame', place);
    }
    this.detach();
    gone(connection.failure);
  }

  #send(frame: Uint8Array): void {
    if (this.#connection === null) this.counters.txLost++;
    else this.#connection.writer.append(frame);
  }

  /** After the stack's poll, so that all it sends in one leaves in one write. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => {
      this.#isFlushScheduled = false;
      this.#connection?.writer.flush();
    });
  }
}
