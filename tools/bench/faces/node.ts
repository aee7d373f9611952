import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { connectPair } from '../node-net/pair.js';
import type { DuplexPair } from './duplex-bulk.js';
import { type HttpPlace, page } from './http-load.js';
import type { WebPair } from './web-bulk.js';

/** A connection over the host's loopback as Web Streams, by Node's own adapter. */
export async function nodeWebPair(): Promise<WebPair> {
  const pair = await connectPair({ noDelay: false, highWaterMark: 1 << 20 });
  return {
    readable: Duplex.toWeb(pair.client).readable as ReadableStream<Uint8Array>,
    writable: Duplex.toWeb(pair.server).writable as WritableStream<Uint8Array>,
    close: () => pair.close(),
  };
}

/** A connection over the host's loopback as Node streams. */
export function nodeDuplexPair(): Promise<DuplexPair> {
  return connectPair({ noDelay: false, highWaterMark: 1 << 20 });
}

/** Node's own HTTP server over the host's loopback. */
export async function nodeHttp(concurrency: number): Promise<HttpPlace> {
  const server = createServer((_request, response) => response.end(page));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    agent,
    close() {
      agent.destroy();
      server.close();
    },
  };
}
