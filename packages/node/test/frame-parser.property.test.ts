import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { FrameParser, type FrameSink } from '../src/stream/frame-parser.js';

const longest = 40;
const largest = 64;

/** What the protocol says, over all bytes at once. */
function model(stream: Uint8Array): { events: string[]; badLength: number; isInside: boolean } {
  const events: string[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  let at = 0;
  while (stream.length - at >= 4) {
    const length = view.getUint32(at);
    if (length < 14 || length > largest) return { events, badLength: length, isInside: true };
    if (stream.length - at - 4 < length) break;
    const frame = stream.slice(at + 4, at + 4 + length);
    events.push(length > longest ? 'too long' : `${frame}`);
    at += 4 + length;
  }
  return { events, badLength: -1, isInside: at < stream.length };
}

class Recorder implements FrameSink {
  readonly events: string[] = [];
  readonly longestBytes = longest;
  room = Infinity;

  push(bytes: Uint8Array, start: number, end: number): boolean {
    this.events.push(end - start > longest ? 'too long' : `${bytes.slice(start, end)}`);
    this.room--;
    return true;
  }

  skip(): void {
    this.events.push('too long');
    this.room--;
  }
}

function cut(stream: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < stream.length; i++) {
    const length = lengths.length === 0 ? stream.length : (lengths[i % lengths.length] as number);
    // A copy, filled over afterwards: nobody may look at a chunk again.
    chunks.push(stream.slice(at, at + length));
    at += length;
  }
  return chunks;
}

const frame = fc.uint8Array({ minLength: 14, maxLength: longest });
const framed = (body: Uint8Array, length = body.length): number[] => [0, 0, length >>> 8, length & 255, ...body];
/** Mostly right streams, so that they get far; then anything. */
const piece = fc.oneof(
  { weight: 12, arbitrary: frame.map((body) => framed(body)) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: longest + 1, maxLength: largest }).map((body) => framed(body)) },
  { weight: 1, arbitrary: fc.constantFrom([0, 0, 0, 0], [0, 0, 0, 13], [0, 0, 0, largest + 1], [255, 255, 255, 255]) },
  { weight: 1, arbitrary: frame.map((body) => framed(body, body.length + 9)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => [...bytes]) },
);
const streams = fc.oneof(
  { weight: 6, arbitrary: fc.array(piece, { maxLength: 12 }).map((pieces) => Uint8Array.from(pieces.flat())) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);
const cuts = fc.array(fc.integer({ min: 1, max: 70 }), { maxLength: 12 });
const runs = { numRuns: process.env.SYNOS_LONG ? 200_000 : 3000 };

describe('the parser of a stream of frames', () => {
  test.prop({ stream: streams, lengths: cuts }, runs)(
    'finds in any bytes, cut anyhow, what the model finds',
    ({ stream, lengths }) => {
      const sink = new Recorder();
      const parser = new FrameParser(sink, largest);
      for (const chunk of cut(stream, lengths)) {
        const stopped = parser.parse(chunk, 0);
        if (parser.badLength < 0) expect(stopped).toBe(chunk.length);
        chunk.fill(0xee);
      }
      const { badLength, isInside } = parser;
      expect({ events: sink.events, badLength, isInside }).toEqual(model(stream));
    },
  );

  test.prop(
    { stream: streams, lengths: cuts, rooms: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }) },
    runs,
  )('loses nothing to a sink that is full now and then', ({ stream, lengths, rooms }) => {
    const sink = new Recorder();
    const parser = new FrameParser(sink, largest);
    let turns = 0;
    sink.room = 0;
    for (const chunk of cut(stream, lengths)) {
      for (let at = parser.parse(chunk, 0); at < chunk.length && parser.badLength < 0; at = parser.parse(chunk, at)) {
        expect(sink.room).toBe(0);
        sink.room = rooms[turns++ % rooms.length] as number;
      }
    }
    const { badLength, isInside } = parser;
    expect({ events: sink.events, badLength, isInside }).toEqual(model(stream));
  });
});
