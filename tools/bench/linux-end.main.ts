// One end of a stream by Linux's own TCP, in a process inside a network namespace, told what to do by its parent.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { writeAll } from './faces/duplex-bulk.js';
import { chunkBytes, createContent, HashedChunks } from './harness/content.js';
import type { LinuxEndAnswer, LinuxEndOrder } from './tap/linux-end.js';

const hashed = new HashedChunks();
const content = createContent();
const slices: Uint8Array[] = [];
for (let at = 0; at < content.length; at += chunkBytes) slices.push(content.subarray(at, at + chunkBytes));
const answer = (message: LinuxEndAnswer): void => void process.send?.(message);

/** The one connection; who listens may be told to send before it stands. */
let accept: (socket: Socket) => void = () => {};
const accepted = new Promise<Socket>((resolve) => {
  accept = resolve;
});
let totalBytes = 0;

/** Both ends as fast as Node's `net` goes: see node-net/bulk.ts. */
const highWaterMark = 1 << 20;

// Reads go to where the chunk that is being hashed goes on, so that nothing is copied.
const onread = {
  buffer: () => hashed.bytes.subarray(hashed.fill),
  callback(bytes: number): boolean {
    hashed.advance(bytes);
    if (hashed.received >= totalBytes) answer({ event: 'received', bytes: hashed.received, digest: hashed.digest() });
    return true;
  },
};

process.once('disconnect', () => process.exit(0));
process.on('message', (order: LinuxEndOrder) => {
  switch (order.do) {
    case 'listen': {
      const server = createServer({ highWaterMark }, accept);
      server.listen(0, '0.0.0.0', () => answer({ event: 'ready', port: (server.address() as AddressInfo).port }));
      break;
    }
    case 'connect':
      connect({ host: order.host, port: order.port, onread }, () => answer({ event: 'ready', port: 0 }));
      break;
    case 'receive':
      totalBytes = order.bytes;
      hashed.reset();
      answer({ event: 'ready', port: 0 });
      break;
    case 'send':
      void accepted.then((socket) => writeAll(socket, slices, order.bytes));
      break;
  }
});
