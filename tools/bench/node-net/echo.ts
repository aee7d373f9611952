import { check } from '../harness/honesty.js';
import { Message, messageBytes } from '../harness/message.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { connectPair } from './pair.js';

/** 64 bytes there and back over Node's `net`, TCP_NODELAY, one at a time. */
export async function openNodeEcho(): Promise<Side> {
  const outgoing = new Message();
  const incoming = new Message();
  let fill = 0;
  let ordinal = 0;
  let last = 0;
  let isRight = true;
  let finished: () => void = () => {};
  const next = (): void => {
    ordinal += 1;
    outgoing.write(ordinal);
    pair.client.write(outgoing.bytes);
  };
  const onread = {
    buffer: incoming.bytes,
    callback(bytes: number): boolean {
      // A message that came in pieces would overwrite itself in the one buffer; over loopback none does.
      fill += bytes;
      if (fill < messageBytes) return true;
      isRight = isRight && fill === bytes && incoming.is(ordinal);
      fill = 0;
      if (ordinal < last) next();
      else finished();
      return true;
    },
  };
  const pair = await connectPair({ noDelay: true, onread });
  pair.server.on('data', (bytes) => pair.server.write(bytes));
  return {
    async round(amount) {
      const done = new Promise<void>((resolve) => {
        finished = resolve;
      });
      last = ordinal + amount;
      const watch = new Stopwatch();
      next();
      await done;
      const sample = watch.sample(amount);
      check(isRight, 'node: an answer was not what had been sent');
      return sample;
    },
    close: () => pair.close(),
  };
}
