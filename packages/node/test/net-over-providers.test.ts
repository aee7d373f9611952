import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createSockets } from '@synos/socket';
import { createMemoryNetwork } from '@synos/socket/memory';
import { describe, expect, test } from 'vitest';
import { createHostSockets } from '../src/host-sockets/index.js';
import { createNet, type Net } from '../src/net/index.js';

const providers = {
  'a network in memory': () => createMemoryNetwork({ soon: queueMicrotask }),
  'a network in memory that completes later': () => createMemoryNetwork({ soon: setImmediate, completesLater: true }),
  "the host's sockets": () => createHostSockets(),
};

for (const [name, create] of Object.entries(providers)) {
  describe(`node/net over ${name}`, () => {
    const withNet = async (body: (net: Net) => Promise<void>): Promise<void> => {
      const provider = create();
      try {
        await body(createNet({ sockets: createSockets({ providers: [provider], clock: performance }) }));
      } finally {
        provider.dispose();
      }
    };
    const listening = async (net: Net, echo: boolean) => {
      const server = net.createServer((socket) => {
        // The provider may be gone before the peer's end is read.
        socket.on('error', () => {});
        if (echo) socket.pipe(socket);
        else socket.end('hello');
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { server, port: (server.address() as AddressInfo).port };
    };

    test('100,000 bytes come back as they were', () =>
      withNet(async (net) => {
        const { server, port } = await listening(net, true);
        const socket = net.connect(port, '127.0.0.1');
        const sent = 'abcdefghij'.repeat(10_000);
        socket.end(sent);
        expect(await text(socket)).toBe(sent);
        server.close();
        await once(server, 'close');
      }));

    test('a client binds where it is told to', () =>
      withNet(async (net) => {
        const spare = await listening(net, false);
        const localPort = spare.port;
        spare.server.close();
        await once(spare.server, 'close');
        const { port } = await listening(net, false);
        const socket = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort });
        await once(socket, 'connect');
        expect(socket.localPort).toBe(localPort);
        expect(await text(socket)).toBe('hello');
      }));

    test('what fails comes as an event', () =>
      withNet(async (net) => {
        const { server, port } = await listening(net, false);
        const second = net.createServer();
        second.listen(port, '127.0.0.1');
        expect(await once(second, 'error')).toMatchObject([{ code: 'EADDRINUSE', syscall: 'listen', port }]);
        expect(second.listening).toBe(false);
        const bound = net.connect({ port, host: '127.0.0.1', localPort: port, localAddress: '127.0.0.1' });
        expect(await once(bound, 'error')).toMatchObject([{ code: 'EADDRINUSE' }]);
        server.close();
        await once(server, 'close');
        const refused = net.connect(port, '127.0.0.1');
        expect(await once(refused, 'error')).toMatchObject([{ code: 'ECONNREFUSED', syscall: 'connect', port }]);
      }));

    test('closing in the turn of listening leaves the port free', () =>
      withNet(async (net) => {
        const { server, port } = await listening(net, false);
        server.close();
        await once(server, 'close');
        const hasty = net.createServer();
        hasty.on('listening', () => expect.unreachable('it was closed'));
        hasty.listen(port, '127.0.0.1');
        hasty.close();
        await once(hasty, 'close');
        const next = net.createServer();
        next.listen(port, '127.0.0.1');
        await once(next, 'listening');
      }));
  });
}
