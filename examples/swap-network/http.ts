import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { createHttpAgent, createNet, serveHttp } from '@synos/node/net';
import type { Sockets } from '@synos/socket';

/** Node's own HTTP server and client, on whatever is under the sockets. */
export async function http(server: Sockets, client: Sockets, address: string): Promise<void> {
  const pages = createServer((request, response) => {
    response.statusCode = request.url === '/hello' ? 200 : 404;
    response.end(request.url === '/hello' ? 'Hello from a socket.' : `There is no ${request.url}.`);
  });
  const listener = serveHttp(createNet({ sockets: server }), pages);
  listener.listen(0, '0.0.0.0');
  await once(listener, 'listening');
  const port = listener.address()?.port;

  const agent = createHttpAgent(createNet({ sockets: client }), { keepAlive: true });
  for (const path of ['/hello', '/nothing']) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: address, port, path, agent }, resolve).on('error', reject);
    });
    console.log(`http: GET ${path} answers ${response.statusCode}: ${await text(response)}`);
  }
  agent.destroy();
  listener.close();
  await once(listener, 'close');
}
