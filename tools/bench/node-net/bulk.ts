import { writeAll } from '../faces/duplex-bulk.js';
import { chunkBytes, createContent, ExpectedDigests, HashedChunks, wholeChunks } from '../harness/content.js';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { connectPair } from './pair.js';

/**
 * Bulk over Node's `net` at its fastest: 64 KB writes, a high-water mark of 1 MB (the default of 16 KB measured 5 %
 * slower), and one buffer that every read goes to (the default, a fresh buffer for each, measured 20 % slower).
 */
export async function openNodeBulk(): Promise<Side> {
  const content = createContent();
  const expected = new ExpectedDigests(content);
  const slices: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += chunkBytes) slices.push(content.subarray(at, at + chunkBytes));
  const hashed = new HashedChunks();
  let totalBytes = 0;
  let finished: () => void = () => {};
  const onread = {
    // Reads go to where the chunk that is being hashed goes on, so that nothing is copied.
    buffer: () => hashed.bytes.subarray(hashed.fill),
    callback(bytes: number): boolean {
      hashed.advance(bytes);
      if (hashed.received >= totalBytes) finished();
      return true;
    },
  };
  const pair = await connectPair({ noDelay: false, highWaterMark: 1 << 20, onread });
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
      check(hashed.received === totalBytes, `node: ${hashed.received} bytes came instead of ${totalBytes}`);
      check(hashed.digest() === expected.of(totalBytes), 'node: the bytes that came are not those sent');
      return sample;
    },
    close: () => pair.close(),
  };
}
