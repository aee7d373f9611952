import type { Packet, PacketPool } from '@synos/interfaces';
import { plainFeatures } from './features.js';
import { linkHeaderBytes } from './frame.js';
import { macFromSeed } from './mac.js';
import { frameFromBytes } from './packet-copy.js';
import { PacketQueue } from './packet-queue.js';
import { QueuedDevice, type VirtualDevice } from './queued-device.js';

/** Options of {@link framePort}. */
export interface FramePortOptions {
  /** The pool of the stack at the device's side: pushed frames are copied into it. */
  readonly pool: PacketPool;
  /** Default `port`. */
  readonly name?: string;
  /** The stack's hardware address; default: made from the name by {@link macFromSeed}. */
  readonly address?: Uint8Array<ArrayBuffer>;
  /** Longest packet, 68 to 65,535, default 1,500. */
  readonly mtuBytes?: number;
  /** Frames that may wait each way, default 256. At a full one the stack is told busy, and `push` answers false. */
  readonly queueLength?: number;
  /**
   * Is given each frame that the stack sends, during {@link FramePort.drain}. The bytes are valid during the call
   * only: whoever keeps them copies them (`slice()`). It may push.
   */
  readonly onFrame?: (bytes: Uint8Array<ArrayBuffer>) => void;
  /**
   * Runs a task a little later: `queueMicrotask`, or an event loop's `soon`. With it frames are drained by themselves;
   * without it somebody calls {@link FramePort.drain} or {@link FramePort.takeFrame}.
   */
  readonly soon?: (task: () => void) => void;
  /**
   * Told when {@link FramePort.room} was 0 and half of the receive queue is free again, from inside the stack's
   * `receive`: it takes note (a flag, a scheduled task) and pushes later.
   */
  readonly onRoom?: () => void;
  /** Told once when the device has been closed, from either side. It takes note. */
  readonly onClose?: () => void;
}

/** A door for frames as bytes. */
export interface FramePort {
  /** The side that is given to a stack. */
  readonly device: VirtualDevice;
  /**
   * Brings a frame in: the stack will receive it. Never calls into the stack.
   *
   * @param bytes - one whole Ethernet frame without its check sequence; copied before the call returns
   * @param start - where the frame begins in `bytes`, default 0: a frame inside a chunk needs no view of its own
   * @param end - where it ends, default the end of `bytes`
   * @returns false: dropped and counted (`rxTooShort`, `rxTooLong`, `rxQueueFull`, `rxNoPacket`, `rxLinkDown`)
   */
  push(bytes: Uint8Array, start?: number, end?: number): boolean;
  /** Hands waiting frames to `onFrame`, those at most that waited when it was called. Answers how many. */
  drain(limit?: number): number;
  /** The oldest frame that the stack has sent, as bytes of its own, or `null`. */
  takeFrame(): Uint8Array<ArrayBuffer> | null;
  /** Frames that wait to be drained. */
  readonly pending: number;
  /** Frames that can be pushed before the receive queue is full. Whoever can wait, waits for `onRoom` at 0. */
  readonly room: number;
  /** Closes the device; every packet inside is released. */
  close(): void;
}

/**
 * The simple door: a `NetDevice` on one side, frames as bytes on the other. For a WebSocket, an emulator's network
 * card, a TAP device, or anything else that has frames.
 *
 * @throws Error `ERR_ASSERTION` on an MTU, queue length or address out of range
 * @example
 * const port = framePort({ pool, soon: queueMicrotask, onFrame: (frame) => socket.send(frame) });
 * socket.onmessage = (event) => port.push(new Uint8Array(event.data));
 */
export function framePort(options: FramePortOptions): FramePort {
  return new Port(options);
}

class Port implements FramePort {
  readonly device: PortDevice;
  readonly #pool: PacketPool;
  readonly #onFrame: ((bytes: Uint8Array<ArrayBuffer>) => void) | null;
  #isDraining: boolean;

  constructor(options: FramePortOptions) {
    this.#pool = options.pool;
    this.#onFrame = options.onFrame ?? null;
    this.#isDraining = false;
    const soon = options.soon;
    this.device = new PortDevice(options, soon === undefined ? null : () => soon(() => this.drain()));
  }

  get pending(): number {
    return this.device.sent.count;
  }

  get room(): number {
    return this.device.room;
  }

  push(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
    const device = this.device;
    const counters = device.counters;
    const length = end - start;
    if (!device.linkUp) counters.rxLinkDown++;
    else if (length < linkHeaderBytes) counters.rxTooShort++;
    else if (length > device.mtuBytes + linkHeaderBytes) counters.rxTooLong++;
    else if (device.room === 0) counters.rxQueueFull++;
    else {
      const packet = frameFromBytes(bytes, start, length, this.#pool);
      if (packet !== null) return device.arrive(packet);
      counters.rxNoPacket++;
    }
    return false;
  }

  drain(limit = Infinity): number {
    const onFrame = this.#onFrame;
    // A frame's consumer may push, and what it pushes may make the stack send; that waits for the next drain.
    if (onFrame === null || this.#isDraining) return 0;
    this.#isDraining = true;
    const wanted = Math.min(limit, this.pending);
    let drained = 0;
    try {
      for (; drained < wanted; drained++) {
        const packet = this.device.takeSent();
        if (packet === null) break;
        try {
          onFrame(packet.memory.bytes.subarray(packet.start, packet.end));
        } finally {
          packet.pool.release(packet);
        }
      }
    } finally {
      this.#isDraining = false;
      this.device.announce();
    }
    return drained;
  }

  takeFrame(): Uint8Array<ArrayBuffer> | null {
    const packet = this.device.takeSent();
    if (packet === null) return null;
    const bytes = packet.memory.bytes.slice(packet.start, packet.end);
    packet.pool.release(packet);
    return bytes;
  }

  close(): void {
    this.device.close();
  }
}

class PortDevice extends QueuedDevice {
  readonly sent: PacketQueue;
  readonly #schedule: (() => void) | null;
  readonly #onRoom: (() => void) | null;
  readonly #onClose: (() => void) | null;
  #isScheduled: boolean;
  /** Somebody saw that there was no room. */
  #owesRoom: boolean;

  constructor(options: FramePortOptions, schedule: (() => void) | null) {
    const name = options.name ?? 'port';
    const queueLength = options.queueLength ?? 256;
    super({
      name,
      address: options.address ?? macFromSeed(name),
      isLoopback: false,
      mtuBytes: options.mtuBytes ?? 1500,
      queueLength,
      features: plainFeatures,
      pool: options.pool,
    });
    this.sent = new PacketQueue(queueLength);
    this.#schedule = schedule;
    this.#onRoom = options.onRoom ?? null;
    this.#onClose = options.onClose ?? null;
    this.#isScheduled = false;
    this.#owesRoom = false;
  }

  get room(): number {
    const room = this.received.limit - this.received.count;
    if (room === 0) this.#owesRoom = true;
    return room;
  }

  override receive(): Packet | null {
    const packet = this.received.shift();
    // At half, not at the first: a burst is taken on in one go.
    if (this.#owesRoom && this.received.count * 2 <= this.received.limit) {
      this.#owesRoom = false;
      this.#onRoom?.();
    }
    return packet;
  }

  transmit(packet: Packet): boolean {
    if (!this.admits(packet)) return true;
    if (this.sent.isFull) return this.refuse();
    this.countSent(packet);
    this.sent.push(packet);
    if (!this.#isScheduled && this.#schedule !== null) {
      this.#isScheduled = true;
      this.#schedule();
    }
    return true;
  }

  takeSent(): Packet | null {
    const packet = this.sent.shift();
    if (packet !== null) this.tellWritable();
    return packet;
  }

  /** A drain is over: the next frame asks for another. */
  announce(): void {
    this.#isScheduled = false;
    if (this.sent.count > 0 && this.#schedule !== null) {
      this.#isScheduled = true;
      this.#schedule();
    }
  }

  override close(): void {
    if (this.isClosed) return;
    this.sent.clear();
    super.close();
    this.#onClose?.();
  }

  protected refreshLink(): void {
    this.applyLink(this.isPlugged && !this.isClosed);
  }
}
