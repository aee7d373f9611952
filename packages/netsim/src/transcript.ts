import type { Clock, NetDevice } from '@synos/interfaces';
import { createTracer } from '@synos/nic';
import { describePacket } from '@synos/wire/describe';
import type { Side } from './link-fault.js';

/** A frame that was sent or taken. */
export interface TranscriptEntry {
  readonly nowMs: number;
  /** Whose stack sent or took it. */
  readonly side: Side;
  readonly kind: 'send' | 'arrive';
  /** Its number among the frames that this side sent (or took), from 0: the ordinal of a {@link LinkFault}. */
  readonly ordinal: number;
  readonly byteLength: number;
  /** 16 hexadecimal digits made from the bytes. */
  readonly hash: string;
  /** As tcpdump would print it; empty when only hashes are kept. */
  readonly text: string;
}

/** Options of {@link createTranscript}. */
export interface TranscriptOptions {
  readonly clock: Clock;
  /** `text` (default) describes each frame; `hash` only takes it into the hash, which is much faster. */
  readonly detail?: 'text' | 'hash';
  /** Entries kept, default 100,000; of further ones only the hash remains. */
  readonly limit?: number;
}

/** Everything that passed between two stacks, in order. */
export interface Transcript {
  readonly entries: readonly TranscriptEntry[];
  /** All frames seen, kept or not. */
  readonly frameCount: number;
  /** Over times, sides and bytes of all frames, 16 hexadecimal digits: equal when two runs were the same. */
  readonly transcriptHash: string;
  /** Puts a device under observation; the returned one takes its place. */
  watch(device: NetDevice, side: Side): NetDevice;
  /** All kept entries, a line each. */
  toString(): string;
}

/**
 * Records frames.
 *
 * @example
 * const transcript = createTranscript({ clock });
 * const device = transcript.watch(cable.a, 'a');
 */
export function createTranscript(options: TranscriptOptions): Transcript {
  return new Recorder(options);
}

class Recorder implements Transcript {
  readonly entries: TranscriptEntry[];
  frameCount: number;
  readonly #clock: Clock;
  readonly #isText: boolean;
  readonly #limit: number;
  readonly #hash: Hash;

  constructor(options: TranscriptOptions) {
    this.entries = [];
    this.frameCount = 0;
    this.#clock = options.clock;
    this.#isText = options.detail !== 'hash';
    this.#limit = options.limit ?? 100_000;
    this.#hash = new Hash();
  }

  get transcriptHash(): string {
    return this.#hash.digest();
  }

  watch(device: NetDevice, side: Side): NetDevice {
    const counts = { send: 0, arrive: 0 };
    const sink = (direction: 'transmit' | 'receive', nowMs: number, bytes: Uint8Array): void => {
      const kind = direction === 'transmit' ? 'send' : 'arrive';
      this.#record(nowMs, side, kind, counts[kind]++, bytes);
    };
    return createTracer(device, sink, { clock: this.#clock });
  }

  toString(): string {
    return this.entries.map(formatEntry).join('\n');
  }

  #record(nowMs: number, side: Side, kind: 'send' | 'arrive', ordinal: number, bytes: Uint8Array): void {
    this.frameCount++;
    this.#hash.text(`${nowMs} ${side} ${kind} ${ordinal} `);
    this.#hash.bytes(bytes);
    if (this.entries.length >= this.#limit) return;
    const hash = new Hash();
    hash.bytes(bytes);
    const text = this.#isText ? describePacket(bytes) : '';
    this.entries.push({ nowMs, side, kind, ordinal, byteLength: bytes.length, hash: hash.digest(), text });
  }
}

/** One entry on one line. */
export function formatEntry(entry: TranscriptEntry): string {
  const arrow = entry.kind === 'send' ? `${entry.side} >` : `> ${entry.side}`;
  const what = entry.text === '' ? `${entry.byteLength} bytes ${entry.hash}` : entry.text;
  return `${entry.nowMs.toFixed(3)} ${arrow} #${entry.ordinal} ${what}`;
}

/** FNV-1a in two lanes. Tells runs apart; resists nobody. */
class Hash {
  #low: number;
  #high: number;

  constructor() {
    this.#low = 0x811c9dc5 | 0;
    this.#high = 0x6c62272e | 0;
  }

  bytes(bytes: Uint8Array): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte ^ (low >>> 24), 0x01000193);
    }
    this.#low = low;
    this.#high = high;
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ unit, 0x01000193);
      this.#high = Math.imul(this.#high ^ unit ^ (this.#low >>> 24), 0x01000193);
    }
  }

  digest(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }
}
