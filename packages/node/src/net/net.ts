import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { Sockets } from '@synos/socket';
import { connectArguments } from './call-arguments.js';
import type { ConnectListener, ConnectOptions, SocketOptions } from './connect-options.js';
import { Context } from './context.js';
import { Server, type ServerOptions } from './server.js';
import { Socket } from './socket.js';

/** Options of {@link createNet}. */
export interface NetOptions {
  /** The sockets of a stack (`stack.sockets`), or any others that speak POSIX. */
  readonly sockets: Sockets;
}

/** `connect` in the shapes of node:net. */
export interface Connect {
  (options: ConnectOptions, listener?: ConnectListener): Socket;
  (port: number, host: string, listener?: ConnectListener): Socket;
  (port: number, listener?: ConnectListener): Socket;
}

/** `createServer` in the shapes of node:net. */
export interface CreateServer {
  (options: ServerOptions, listener?: (socket: Socket) => void): Server;
  (listener?: (socket: Socket) => void): Server;
}

/** What stands in for node:net. Its functions need no `this`. */
export interface Net {
  readonly connect: Connect;
  readonly createConnection: Connect;
  readonly createServer: CreateServer;
  readonly Socket: new (options?: SocketOptions) => Socket;
  readonly Server: new (options?: ServerOptions, listener?: (socket: Socket) => void) => Server;
  readonly isIP: (text: string) => number;
  readonly isIPv4: (text: string) => boolean;
  readonly isIPv6: (text: string) => boolean;
}

/**
 * `node:net` over our sockets.
 *
 * @example
 * ```ts
 * const net = createNet({ sockets: stack.sockets });
 * net.createServer((socket) => socket.end('hello')).listen(80, '10.0.0.2');
 * ```
 */
export function createNet({ sockets }: NetOptions): Net {
  const context = new Context(sockets);
  class BoundSocket extends Socket {
    constructor(options?: SocketOptions) {
      super(context, options);
    }
  }
  class BoundServer extends Server {
    constructor(options?: ServerOptions, listener?: (socket: Socket) => void) {
      super(context, options, listener);
    }
  }
  const connect: Connect = (...args: unknown[]) => {
    const { options, listener } = connectArguments(args);
    const socket = new BoundSocket(options);
    if (options.timeout) socket.setTimeout(options.timeout);
    return socket.connect(options, listener);
  };
  const createServer: CreateServer = (
    first?: ServerOptions | ((socket: Socket) => void),
    listener?: (socket: Socket) => void,
  ) => (typeof first === 'function' ? new BoundServer({}, first) : new BoundServer(first, listener));
  return {
    connect,
    createConnection: connect,
    createServer,
    Socket: BoundSocket,
    Server: BoundServer,
    isIP,
    isIPv4,
    isIPv6,
  };
}
