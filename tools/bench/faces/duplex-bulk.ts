import type { Duplex } from 'node:stream';
import { chunkBytes, createContent, ExpectedDigests, HashedChunks, wholeChunks } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';

/** Two ends of a connection as Node streams, whoever made them. */
export interface DuplexPair {
  readonly client: Duplex;
  readonly server: Duplex;
  close(): void | Promise<void>;
}

/** Bulk from server to client through Node streams: 64 KB writes until told to wait, `data` events. One code for both. */
export function duplexBulk(name: string, pair: DuplexPair): Side {
  const content = createContent();
  const expected = new ExpectedDigests(content);
  const slices: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += chunkBytes) slices.push(content.subarray(at, at + chunkBytes));
  const hashed = new HashedChunks();
  let totalBytes = 0;
  let finished: () => void = () => {};
  pair.client.on('data', (bytes: Uint8Array) => {
    hashed.append(bytes);
    if (hashed.received >= totalBytes) finished();
  });
  return {
    async round(amount) {
      totalBytes = wholeChunks(amount);
      hashed.reset();
      const done = new Promise<void>((resolve) => {
        finished = resolve;
      });
      const watch = new Stopwatch();
      writeAll(pair.server, slices, totalBytes);
      await done;
      const sample = watch.sample(totalBytes);
      check(hashed.received === totalBytes, `${name}: ${hashed.received} bytes came instead of ${totalBytes}`);
      check(hashed.digest() === expected.of(totalBytes), `${name}: the bytes that came are not those sent`);
      return sample;
    },
    close: () => pair.close(),
  };
}

/** Writes so many bytes, waiting for `drain` as streams ask. */
export function writeAll(stream: Duplex, slices: readonly Uint8Array[], totalBytes: number): void {
  let sent = 0;
  const write = (): void => {
    let hasRoom = true;
    while (sent < totalBytes && hasRoom) {
      hasRoom = stream.write(slices[(sent / chunkBytes) % slices.length]!);
      sent += chunkBytes;
    }
    if (sent < totalBytes) stream.once('drain', write);
  };
  write();
}
