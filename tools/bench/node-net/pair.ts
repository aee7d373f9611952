import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type OnReadOpts, type Server, type Socket } from 'node:net';

/** The two ends of one connection over the host's loopback, both in this thread, as ours are. */
export interface NodePair {
  readonly client: Socket;
  readonly server: Socket;
  close(): void;
}

/** Listens on a free port of the loopback. */
export async function listenOnLoopback(server: Server, backlog = 511): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** How a pair is set up. */
export interface NodePairOptions {
  readonly noDelay: boolean;
  /** Lets the client read into one buffer again and again: Node's fastest way, which only `connect` offers. */
  readonly onread?: OnReadOpts;
  /** Bytes that a writer may have outstanding before it is told to wait. */
  readonly highWaterMark?: number;
}

/** Connects a client to a server of its own. */
export async function connectPair(options: NodePairOptions): Promise<NodePair> {
  const { noDelay, onread, highWaterMark } = options;
  const listener = createServer({ noDelay, ...(highWaterMark === undefined ? {} : { highWaterMark }) });
  const port = await listenOnLoopback(listener);
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const client = connect({ port, host: '127.0.0.1', noDelay, ...(onread ? { onread } : {}) });
  const [[server]] = await Promise.all([accepted, once(client, 'connect')]);
  return {
    client,
    server,
    close() {
      client.destroy();
      server.destroy();
      listener.close();
    },
  };
}
