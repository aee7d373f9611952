import { once } from 'node:events';
import { createServer } from 'node:http';
import { createNetwork } from '@synos/netstack/streams';
import { createHttpAgent, createNet, type Socket, serveHttp } from '@synos/node/net';
import type { DuplexPair } from './duplex-bulk.js';
import { type HttpPlace, page } from './http-load.js';
import type { WebPair } from './web-bulk.js';

/** A connection over our loopback as Web Streams, driven by the host's event loop. */
export async function ourWebPair(): Promise<WebPair> {
  const network = createNetwork();
  const listener = network.listen({ port: 5001 });
  const [client, server] = await Promise.all([network.connect({ host: '127.0.0.1', port: 5001 }), listener.accept()]);
  if (!server) throw new Error('nobody came');
  return { readable: client.readable, writable: server.writable, close: () => network.close() };
}

/** A connection over our loopback as Node streams. */
export async function ourDuplexPair(): Promise<DuplexPair> {
  const network = createNetwork();
  const net = createNet({ sockets: network.stack.sockets });
  const listener = net.createServer({ highWaterMark: 1 << 20 });
  listener.listen(5001, '127.0.0.1');
  await once(listener, 'listening');
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const client = net.connect({ port: 5001, host: '127.0.0.1' });
  const [[server]] = await Promise.all([accepted, once(client, 'connect')]);
  return {
    client,
    server,
    close() {
      client.destroy();
      server.destroy();
      listener.close();
      setImmediate(() => network.close());
    },
  };
}

/** Node's own HTTP server on our stack, over loopback. */
export async function ourHttp(concurrency: number): Promise<HttpPlace> {
  const network = createNetwork();
  const net = createNet({ sockets: network.stack.sockets });
  const server = serveHttp(
    net,
    createServer((_request, response) => response.end(page)),
  );
  server.listen(8080, '127.0.0.1');
  await once(server, 'listening');
  const agent = createHttpAgent(net, { keepAlive: true, maxSockets: concurrency });
  return {
    host: '127.0.0.1',
    port: 8080,
    agent,
    close() {
      agent.destroy();
      server.close();
      setImmediate(() => network.close());
    },
  };
}
