import { chunkBytes, createContent, ExpectedDigests, HashedChunks, wholeChunks } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';

/** Two ends of a connection as Web Streams, whoever made them. */
export interface WebPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  close(): void | Promise<void>;
}

/** Bulk through Web Streams: 64 KB writes as the writer is ready, plain reads. One code for both. */
export function webBulk(name: string, pair: WebPair): Side {
  const content = createContent();
  const expected = new ExpectedDigests(content);
  const reader = pair.readable.getReader();
  const writer = pair.writable.getWriter();
  const hashed = new HashedChunks();
  const send = async (totalBytes: number): Promise<void> => {
    for (let sent = 0; sent < totalBytes; sent += chunkBytes) {
      await writer.ready;
      const start = sent % content.length;
      // Its failure is the next `ready`'s too.
      writer.write(content.subarray(start, start + chunkBytes)).catch(() => {});
    }
  };
  const receive = async (totalBytes: number): Promise<void> => {
    while (hashed.received < totalBytes) {
      const { done, value } = await reader.read();
      check(!done && value !== undefined, `${name}: the stream ended`);
      hashed.append(value);
    }
  };
  return {
    async round(amount) {
      const totalBytes = wholeChunks(amount);
      hashed.reset();
      const watch = new Stopwatch();
      await Promise.all([send(totalBytes), receive(totalBytes)]);
      const sample = watch.sample(totalBytes);
      check(hashed.received === totalBytes, `${name}: ${hashed.received} bytes came instead of ${totalBytes}`);
      check(hashed.digest() === expected.of(totalBytes), `${name}: the bytes that came are not those sent`);
      return sample;
    },
    close: () => pair.close(),
  };
}
