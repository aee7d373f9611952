import type { Clock, NetDevice, Packet } from '@synos/interfaces';
import { copyBytes } from '@synos/wire';
import { type ChecksumField, completeChecksum } from './checksum-completion.js';
import { DeviceDecorator } from './device-decorator.js';

/** As seen from the stack above the device. */
export type FrameDirection = 'transmit' | 'receive';

/**
 * Is shown a frame.
 *
 * @param direction - sent or received
 * @param nowMs - the time
 * @param bytes - a copy of the whole frame with its checksum filled in, the sink's to keep
 */
export type FrameSink = (direction: FrameDirection, nowMs: number, bytes: Uint8Array<ArrayBuffer>) => void;

/** Options of {@link createTracer}. */
export interface TracerOptions {
  /** Where times come from; default: the time of the device's last `advance`. */
  readonly clock?: Clock;
}

/**
 * A device that shows every frame to a sink: sent ones when the device has taken them, received ones when they are
 * taken from it. Super-segments are shown whole (up to 65,549 bytes). The sink must not call into the device. One that
 * throws (a full disk) is shown nothing more: the next `advance` throws what it threw, when no frame is in anybody's hands.
 *
 * @param device - the device; the decorator takes its place
 * @example
 * const traced = createTracer(cable.a, (direction, nowMs, bytes) => lines.push(describePacket(bytes)));
 */
export function createTracer(device: NetDevice, sink: FrameSink, options: TracerOptions = {}): NetDevice {
  return new Tracer(device, sink, options.clock ?? null);
}

class Tracer extends DeviceDecorator {
  #sink: FrameSink | null;
  readonly #clock: Clock | null;
  readonly #field: ChecksumField;
  #nowMs: number;
  /** What the sink threw, until it is told. */
  #thrown: { readonly error: unknown } | null;

  constructor(inner: NetDevice, sink: FrameSink, clock: Clock | null) {
    super(inner);
    this.#sink = sink;
    this.#clock = clock;
    this.#field = { at: 0, value: 0 };
    this.#nowMs = 0;
    this.#thrown = null;
  }

  override transmit(packet: Packet): boolean {
    if (this.#sink === null) return this.inner.transmit(packet);
    // Taken means gone: the bytes must be saved before the answer is known.
    const bytes = this.#save(packet);
    if (!this.inner.transmit(packet)) return false;
    this.#show('transmit', bytes);
    return true;
  }

  override receive(): Packet | null {
    const packet = this.inner.receive();
    if (packet !== null && this.#sink !== null) this.#show('receive', this.#save(packet));
    return packet;
  }

  override advance(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    this.inner.advance(nowMs);
    const thrown = this.#thrown;
    this.#thrown = null;
    if (thrown !== null) throw thrown.error;
  }

  #show(direction: FrameDirection, bytes: Uint8Array<ArrayBuffer>): void {
    try {
      this.#sink?.(direction, this.#clock === null ? this.#nowMs : this.#clock.now(), bytes);
    } catch (error) {
      this.#sink = null;
      this.#thrown = { error };
    }
  }

  #save(packet: Packet): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(packet.end - packet.start);
    copyBytes(bytes, 0, packet.memory.bytes, packet.start, bytes.length);
    const field = this.#field;
    if (completeChecksum(packet, field)) {
      bytes[field.at] = field.value >>> 8;
      bytes[field.at + 1] = field.value & 0xff;
    }
    return bytes;
  }
}
