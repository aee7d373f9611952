import { performance } from 'node:perf_hooks';
import { chunkBytes, createContent, expectedDigest, HashedChunks, wholeChunks } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import { Latencies, type LatencySide } from '../harness/latency.js';
import { connectPair } from './pair.js';

/** The same over Node's `net`: its fastest stream, and a byte there and back beside it. */
export async function openNodeEchoBesideBulk(): Promise<LatencySide> {
  const content = createContent();
  const slices: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += chunkBytes) slices.push(content.subarray(at, at + chunkBytes));
  const latencies = new Latencies();
  const hashed = new HashedChunks();
  let sentBytes = 0;
  let totalBytes = 0;
  let streamEnded: () => void = () => {};
  const bulk = await connectPair({
    noDelay: false,
    highWaterMark: 1 << 20,
    onread: {
      buffer: () => hashed.bytes.subarray(hashed.fill),
      callback(bytes: number): boolean {
        hashed.advance(bytes);
        if (hashed.received >= totalBytes) streamEnded();
        return true;
      },
    },
  });
  const write = (): void => {
    let hasRoom = true;
    while (sentBytes < totalBytes && hasRoom) {
      hasRoom = bulk.server.write(slices[(sentBytes / chunkBytes) % slices.length]!);
      sentBytes += chunkBytes;
    }
    if (sentBytes < totalBytes) bulk.server.once('drain', write);
  };
  const outgoing = new Uint8Array(1);
  const incoming = new Uint8Array(16);
  let sentMs = 0;
  let untilMs = 0;
  let isRight = true;
  let finished: () => void = () => {};
  const next = (): void => {
    outgoing[0]! += 1;
    sentMs = performance.now();
    echo.client.write(outgoing);
  };
  const echo = await connectPair({
    noDelay: true,
    onread: {
      buffer: incoming,
      callback(bytes: number): boolean {
        const nowMs = performance.now();
        isRight = isRight && bytes === 1 && incoming[0] === outgoing[0];
        latencies.add((nowMs - sentMs) * 1000);
        if (nowMs < untilMs) next();
        else finished();
        return true;
      },
    },
  });
  echo.server.on('data', (bytes) => echo.server.write(bytes));
  const side = {
    latencies,
    besideBytes: 0,
    async round(seconds: number) {
      hashed.reset();
      sentBytes = 0;
      totalBytes = Number.MAX_SAFE_INTEGER;
      write();
      const done = new Promise<void>((resolve) => {
        finished = resolve;
      });
      const ended = new Promise<void>((resolve) => {
        streamEnded = resolve;
      });
      untilMs = performance.now() + seconds * 1000;
      next();
      await done;
      side.besideBytes += hashed.received;
      totalBytes = wholeChunks(sentBytes);
      if (hashed.received >= totalBytes) streamEnded();
      await ended;
      check(isRight, 'node: an answer was not what had been sent');
      check(hashed.digest() === expectedDigest(content, totalBytes), 'node: the bytes are not those sent');
    },
    close() {
      bulk.close();
      echo.close();
    },
  };
  return side;
}
