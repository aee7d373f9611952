import { assert, type Clock, type NetDevice } from '@synos/interfaces';
import { createTracer, type FrameDirection } from './tracer.js';

// Numbers of the pcapng format (draft-ietf-opsawg-pcapng): §4.1 section header, §4.2 interface description,
// §4.3 enhanced packet.
const sectionHeaderBlock = 0x0a0d0d0a;
const interfaceDescriptionBlock = 1;
const enhancedPacketBlock = 6;
const byteOrderMagic = 0x1a2b3c4d;
const linkTypeEthernet = 1;
const optionEnd = 0;
const optionUserApplication = 4;
const optionInterfaceName = 2;
const optionTimestampResolution = 9;
const optionPacketFlags = 2;
const inboundFlag = 1;
const outboundFlag = 2;

/** Options of {@link createPcapng}. */
export interface PcapngOptions {
  /** Times of frames, default: those of each device's `advance`. */
  readonly clock?: Clock;
  /** Added to times to make them milliseconds since 1970, default 0. */
  readonly wallClockOffsetMs?: number;
  /** Name of the program, written to the file's head; default `SynOS`. */
  readonly application?: string;
}

/** A capture file in the making. */
export interface Pcapng {
  readonly clock: Clock | null;
  /**
   * Announces an interface.
   *
   * @returns its number, for {@link Pcapng.frame}
   */
  addInterface(name: string): number;
  /**
   * Writes a frame.
   *
   * @param interfaceIndex - from {@link Pcapng.addInterface}
   * @param nowMs - its time; microseconds are kept
   * @param bytes - the whole frame; read during the call only
   */
  frame(interfaceIndex: number, direction: FrameDirection, nowMs: number, bytes: Uint8Array): void;
  /** Frames written. */
  readonly frameCount: number;
}

/**
 * Writes captures that Wireshark and tshark read, piece by piece. The head of the file is written at once.
 *
 * @param write - is given each piece in turn, fresh bytes that it may keep; usually appends to a file
 * @example
 * const pieces: Uint8Array[] = [];
 * const pcapng = createPcapng((bytes) => pieces.push(bytes));
 * const device = capture(cable.a, pcapng);
 */
export function createPcapng(write: (bytes: Uint8Array<ArrayBuffer>) => void, options: PcapngOptions = {}): Pcapng {
  return new PcapngWriter(write, options);
}

/**
 * A device whose frames are written to a capture, both ways, under the device's name.
 *
 * @param device - the device; the decorator takes its place
 * @example
 * stack.addDevice(capture(device, pcapng));
 */
export function capture(device: NetDevice, pcapng: Pcapng): NetDevice {
  const index = pcapng.addInterface(device.name);
  const options = pcapng.clock === null ? {} : { clock: pcapng.clock };
  return createTracer(device, (direction, nowMs, bytes) => pcapng.frame(index, direction, nowMs, bytes), options);
}

class PcapngWriter implements Pcapng {
  readonly clock: Clock | null;
  frameCount: number;
  readonly #write: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #wallClockOffsetMs: number;
  #interfaceCount: number;

  constructor(write: (bytes: Uint8Array<ArrayBuffer>) => void, options: PcapngOptions) {
    this.clock = options.clock ?? null;
    this.frameCount = 0;
    this.#write = write;
    this.#wallClockOffsetMs = options.wallClockOffsetMs ?? 0;
    this.#interfaceCount = 0;
    const application = latin(options.application ?? 'SynOS');
    const block = new BlockWriter(sectionHeaderBlock, 16 + optionBytes(application.length) + 4);
    block.word(byteOrderMagic);
    block.half(1);
    block.half(0);
    // Length of the section: not known (-1 as 64 bits).
    block.word(0xffffffff);
    block.word(0xffffffff);
    block.option(optionUserApplication, application);
    write(block.finish());
  }

  addInterface(name: string): number {
    const text = latin(name);
    const block = new BlockWriter(interfaceDescriptionBlock, 8 + optionBytes(text.length) + optionBytes(1) + 4);
    block.half(linkTypeEthernet);
    block.half(0);
    // No limit on the bytes kept of a frame.
    block.word(0);
    block.option(optionInterfaceName, text);
    // 10^-6: what a number can hold of the time since 1970.
    block.option(optionTimestampResolution, new Uint8Array([6]));
    this.#write(block.finish());
    return this.#interfaceCount++;
  }

  frame(interfaceIndex: number, direction: FrameDirection, nowMs: number, bytes: Uint8Array): void {
    assert(interfaceIndex >= 0 && interfaceIndex < this.#interfaceCount, 'the capture has no such interface');
    const block = new BlockWriter(enhancedPacketBlock, 20 + padded(bytes.length) + optionBytes(4) + 4);
    const timeUs = Math.max(0, Math.floor((nowMs + this.#wallClockOffsetMs) * 1000));
    block.word(interfaceIndex);
    block.word(Math.floor(timeUs / 0x1_0000_0000));
    block.word(timeUs % 0x1_0000_0000);
    block.word(bytes.length);
    block.word(bytes.length);
    block.padded(bytes);
    const flags = new Uint8Array(4);
    flags[0] = direction === 'receive' ? inboundFlag : outboundFlag;
    block.option(optionPacketFlags, flags);
    this.frameCount++;
    this.#write(block.finish());
  }
}

/** One block: type, length, body, options, length again, all little-endian. */
class BlockWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  #at: number;

  constructor(type: number, bodyBytes: number) {
    this.#bytes = new Uint8Array(12 + bodyBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = 0;
    this.word(type);
    this.word(this.#bytes.length);
  }

  half(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  word(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  padded(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += padded(bytes.length);
  }

  option(code: number, value: Uint8Array): void {
    this.half(code);
    this.half(value.length);
    this.padded(value);
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.half(optionEnd);
    this.half(0);
    this.word(this.#bytes.length);
    assert(this.#at === this.#bytes.length, 'a block was announced with another length');
    return this.#bytes;
  }
}

function padded(byteLength: number): number {
  return (byteLength + 3) & ~3;
}

function optionBytes(valueBytes: number): number {
  return 4 + padded(valueBytes);
}

/** The language alone has no text encoder; names of devices are plain. Anything else becomes a question mark. */
function latin(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[i] = unit < 0x80 ? unit : 0x3f;
  }
  return bytes;
}
