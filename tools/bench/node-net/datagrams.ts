import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { check } from '../harness/honesty.js';
import { datagramsAtOnce, Message, messageBytes } from '../harness/message.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';

/** Longest time without a datagram before one is taken for lost. */
const patienceMs = 10_000;

/** The same over Node's `dgram` and the host's loopback, connected, so that no name is looked up for each. */
export async function openNodeDatagrams(): Promise<Side> {
  const from = createSocket('udp4');
  const to = createSocket('udp4');
  to.bind(0, '127.0.0.1');
  await once(to, 'listening');
  from.connect(to.address().port, '127.0.0.1');
  await once(from, 'connect');
  // What was sent must stay as it is until the kernel has it: each of those under way has a place of its own.
  const places = Array.from({ length: 2 * datagramsAtOnce }, () => new Message());
  const incoming = new Message(1024);
  let sent = 0;
  let received = 0;
  let last = 0;
  let isRight = true;
  let finished: () => void = () => {};
  const send = (): void => {
    while (sent < last && sent - received < datagramsAtOnce) {
      sent += 1;
      const message = places[sent % places.length]!;
      message.write(sent);
      from.send(message.bytes);
    }
  };
  to.on('message', (bytes) => {
    received += 1;
    incoming.bytes.set(bytes);
    isRight = isRight && bytes.length === messageBytes && incoming.is(received);
    if (received === last) finished();
    else send();
  });
  return {
    async round(amount) {
      let timer: NodeJS.Timeout | undefined;
      const done = new Promise<boolean>((resolve) => {
        finished = () => resolve(true);
        timer = setTimeout(() => resolve(false), patienceMs);
      });
      last = sent + amount;
      const watch = new Stopwatch();
      send();
      const isWhole = await done;
      const sample = watch.sample(amount);
      clearTimeout(timer);
      check(isWhole, `node: ${last - received} of ${amount} datagrams did not come`);
      check(isRight, 'node: a datagram was not the next one');
      return sample;
    },
    close() {
      from.close();
      to.close();
    },
  };
}
