import { readFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { check } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import { Stopwatch } from '../harness/stopwatch.js';
import { listenOnLoopback } from './pair.js';

const request = new Uint8Array([0x3f]);
const answer = new Uint8Array([0x21]);

/**
 * Connections over Node's `net`: connect, a byte each way, close, `concurrency` at once. A fresh server, and so a fresh
 * port, for each round: no flow comes twice while the kernel remembers it (60 s).
 */
export function openNodeConnections(concurrency: number): Side {
  let note = '';
  return {
    async round(amount) {
      const counts = { opened: 0, answered: 0, accepted: 0, served: 0, failed: 0 };
      let finished: () => void = () => {};
      const done = new Promise<void>((resolve) => {
        finished = resolve;
      });
      const tell = (): void => {
        if (counts.answered + counts.failed === amount && counts.served + counts.failed >= amount) finished();
      };
      const server = createServer({ noDelay: true }, (socket) => {
        counts.accepted += 1;
        socket.on('data', (bytes) => {
          if (bytes[0] === request[0]) socket.write(answer);
        });
        // The client ends first, so that TIME-WAIT is at its end, as with ours; Node answers its FIN with ours.
        socket.on('close', () => {
          counts.served += 1;
          tell();
        });
        socket.on('error', () => {
          counts.failed += 1;
        });
      });
      const port = await listenOnLoopback(server, 4096);
      const open = (): void => {
        counts.opened += 1;
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        socket.write(request);
        socket.on('data', (bytes) => {
          if (bytes[0] === answer[0]) counts.answered += 1;
          else counts.failed += 1;
          // Nothing is unread, so this is a close in good order (FIN), without waiting for the peer's.
          socket.destroy();
          if (counts.opened < amount) open();
          tell();
        });
        socket.on('error', () => {
          counts.failed += 1;
          tell();
        });
      };
      const watch = new Stopwatch();
      for (let index = 0; index < Math.min(concurrency, amount); index += 1) open();
      await done;
      const sample = watch.sample(amount);
      await closed(server);
      check(counts.failed === 0, `node: ${counts.failed} of ${amount} connections failed`);
      check(counts.accepted === amount && counts.served === amount, 'node: not every connection was served');
      note = `the host's kernel holds ${await timeWaits()} flows in TIME-WAIT after the last round`;
      return sample;
    },
    notes: () => [note],
    close() {},
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function timeWaits(): Promise<string> {
  try {
    return /^TCP:.*\btw (\d+)/m.exec(await readFile('/proc/net/sockstat', 'utf8'))?.[1] ?? 'an unknown number of';
  } catch {
    return 'an unknown number of';
  }
}
