import { Agent, type AgentOptions, type Server as HttpServer } from 'node:http';
import type { Net } from './net.js';
import type { Server } from './server.js';

/**
 * A server whose connections go to Node's own HTTP server, which must not listen itself: call `listen` and `close` on
 * what this returns. Idle keep-alive connections end at `close`, as they do with `http.Server`.
 *
 * @param net - from `createNet`
 * @param http - from `http.createServer`; `request` and all its other events work as ever
 * @example
 * ```ts
 * serveHttp(net, createServer((request, response) => response.end('hello'))).listen(80);
 * ```
 */
export function serveHttp(net: Net, http: HttpServer): Server {
  // As http.Server opens its own: it answers the peer's end by itself, and a response's last segment need not wait.
  const server = new net.Server({ allowHalfOpen: true, noDelay: true });
  const close = server.close.bind(server);
  server.close = (listener) => {
    close(listener);
    // Ends idle connections and the checks of requestTimeout; itself it does not listen.
    http.close();
    return server;
  };
  // What starts those checks.
  server.on('listening', () => http.emit('listening'));
  server.on('connection', (socket) => http.emit('connection', socket));
  return server;
}

/**
 * An agent whose connections go through `net`: `http.get({ host: '10.0.0.2', agent })`.
 *
 * @param net - from `createNet`
 * @param options - Node's: keepAlive, maxSockets, …
 * @example
 * ```ts
 * const agent = createHttpAgent(net, { keepAlive: true });
 * ```
 */
export function createHttpAgent(net: Net, options: AgentOptions = {}): Agent {
  return Object.assign(new Agent(options), { createConnection: net.createConnection });
}
