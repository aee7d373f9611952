import { createHash, randomBytes } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo, Socket as NodeSocket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpAgent, type Server, type Socket, serveHttp } from '../src/net/index.js';
import { createLan, emitted, type Lan, listening, serverAddress } from './lan.js';

// Node's own HTTP server and client, unchanged, over our stack.

let lan: Lan;
beforeAll(() => {
  lan = createLan();
});
afterAll(() => lan.stop());

interface Answer {
  readonly status: number | undefined;
  readonly body: Buffer;
  readonly headers: http.IncomingHttpHeaders;
}

/** Serves over our stack while `use` runs; fails when the server does not close afterwards. */
async function serving(
  handler: http.RequestListener | http.Server,
  use: (port: number, server: Server) => Promise<void>,
): Promise<void> {
  const own = typeof handler === 'function' ? http.createServer(handler) : handler;
  const server = serveHttp(lan.server, own);
  const port = await listening(server as never, serverAddress);
  try {
    await use(port, server);
  } finally {
    const closed = emitted(server, 'close');
    server.close();
    await closed;
  }
}

/** A request whose connection goes through ours. */
function send(port: number, options: http.RequestOptions = {}, body?: Readable | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const by = options.agent === undefined ? { createConnection: lan.client.createConnection } : {};
    const request = http.request({ host: serverAddress, port, ...by, ...options }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    request.on('error', reject);
    if (body instanceof Readable) body.pipe(request);
    else request.end(body);
  });
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('HTTP', () => {
  test('a request and its response', () =>
    serving(
      (request, response) => {
        response.setHeader('x-peer', request.socket.remoteAddress ?? '');
        response.end(`${request.method} ${request.url}`);
      },
      async (port) => {
        const { status, body, headers } = await send(port, { path: '/a?b=c' });
        expect({ status, body: body.toString(), peer: headers['x-peer'] }).toEqual({
          status: 200,
          body: 'GET /a?b=c',
          peer: '10.0.0.1',
        });
      },
    ));

  test('keep-alive: requests one after another share a connection', () =>
    serving(
      (request, response) => response.end(String(request.socket.remotePort)),
      async (port) => {
        const agent = createHttpAgent(lan.client, { keepAlive: true, maxSockets: 1 });
        const ports = new Set<string>();
        for (let index = 0; index < 5; index += 1) ports.add((await send(port, { agent })).body.toString());
        const together = await Promise.all(Array.from({ length: 5 }, () => send(port, { agent })));
        for (const { body } of together) ports.add(body.toString());
        expect(ports.size).toBe(1);
        agent.destroy();
      },
    ));

  test('without keep-alive the connection is closed after the response', () =>
    serving(
      (request, response) => response.end(String(request.socket.remotePort)),
      async (port) => {
        const [first, second] = [await send(port), await send(port)];
        expect(first.headers.connection).toBe('close');
        expect(first.body.equals(second.body)).toBe(false);
      },
    ));

  test('pipelining: requests in one segment are answered in order', () =>
    serving(
      (request, response) => void setTimeout(() => response.end(request.url), request.url === '/1' ? 20 : 0),
      async (port) => {
        const socket = lan.client.connect(port, serverAddress);
        const asked = ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
        socket.write(`${asked.join('').slice(0, -2)}Connection: close\r\n\r\n`);
        let text = '';
        for await (const chunk of socket) text += chunk;
        expect(text.match(/\r\n\r\n(?:2\r\n)?\/\d/g)?.map((match) => match.slice(-2))).toEqual(['/1', '/2', '/3']);
      },
    ));

  test('5 MB up in chunks and down again', () =>
    serving(
      (request, response) => void pipeline(request, response),
      async (port) => {
        const bytes = randomBytes(5_000_000);
        const pieces = Array.from({ length: 500 }, (_, index) => bytes.subarray(index * 10_000, (index + 1) * 10_000));
        const up = Readable.from(pieces, { objectMode: false });
        const { body, headers } = await send(port, { method: 'POST' }, up);
        expect(headers['transfer-encoding']).toBe('chunked');
        expect(body.length).toBe(bytes.length);
        expect(sha256(body)).toBe(sha256(bytes));
      },
    ));

  test('Expect: 100-continue', () =>
    serving(
      (request, response) => {
        let length = 0;
        request.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        request.on('end', () => response.end(String(length)));
      },
      async (port) => {
        const request = http.request({
          host: serverAddress,
          port,
          method: 'POST',
          headers: { expect: '100-continue', 'content-length': 4 },
          createConnection: lan.client.createConnection,
        });
        request.flushHeaders();
        await emitted(request, 'continue');
        request.end('body');
        const [response] = (await emitted(request, 'response')) as [http.IncomingMessage];
        let text = '';
        for await (const chunk of response) text += chunk;
        expect(text).toBe('4');
      },
    ));

  test('a client that aborts midway is noticed, and the server goes on', () => {
    let gone = 0;
    return serving(
      (request, response) => {
        response.on('close', () => {
          if (!response.writableFinished) gone += 1;
        });
        if (request.url === '/endless') Readable.from(endless(), { objectMode: false }).pipe(response);
        else response.end('fine');
      },
      async (port) => {
        const request = http.get({
          host: serverAddress,
          port,
          path: '/endless',
          createConnection: lan.client.createConnection,
        });
        const [response] = (await emitted(request, 'response')) as [http.IncomingMessage];
        await emitted(response, 'data');
        const failed = emitted(response, 'error');
        request.destroy();
        expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
        expect((await send(port)).body.toString()).toBe('fine');
        while (gone === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        expect(gone).toBe(1);
      },
    );
  });

  test('a server that breaks off midway fails the response', () =>
    serving(
      (_request, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('some', () => (response.socket as NodeSocket).resetAndDestroy());
      },
      async (port) => {
        await expect(send(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
      },
    ));

  test('100 requests at once', () =>
    serving(
      (request, response) => request.pipe(response),
      async (port) => {
        const bodies = Array.from({ length: 100 }, (_, index) => randomBytes(index * 317));
        const answers = await Promise.all(
          bodies.map((body) => send(port, { method: 'POST' }, Readable.from([body], { objectMode: false }))),
        );
        expect(answers.map(({ body }) => sha256(body))).toEqual(bodies.map(sha256));
      },
    ));

  test('a refused connection and a bad request', () =>
    serving(
      (_request, response) => response.end(),
      async (port) => {
        await expect(send(1)).rejects.toMatchObject({ code: 'ECONNREFUSED', address: serverAddress, port: 1 });
        const socket = lan.client.connect(port, serverAddress);
        socket.end('nonsense\r\n\r\n');
        let text = '';
        for await (const chunk of socket) text += chunk;
        expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request/);
      },
    ));

  test('a request that never becomes whole is timed out, as by a server that listens itself', () => {
    const own = http.createServer({ headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 20 });
    return serving(own, async (port) => {
      const socket = lan.client.connect(port, serverAddress);
      socket.write('GET / HTTP/1.1\r\n');
      let text = '';
      for await (const chunk of socket) text += chunk;
      expect(text).toMatch(/^HTTP\/1\.1 408 /);
    });
  });

  test('an idle connection is closed after keepAliveTimeout', () =>
    serving(
      http.createServer({ keepAliveTimeout: 30 }, (_request, response) => response.end('hello')),
      async (port) => {
        const socket = lan.client.connect(port, serverAddress);
        socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
        let text = '';
        for await (const chunk of socket) text += chunk;
        expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*hello$/s);
      },
    ));

  test('an upgraded connection is the socket itself', () => {
    const own = http.createServer();
    own.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    return serving(own, async (port) => {
      const request = http.get({
        host: serverAddress,
        port,
        headers: { connection: 'upgrade', upgrade: 'echo' },
        createConnection: lan.client.createConnection,
      });
      const [, socket] = (await emitted(request, 'upgrade')) as [http.IncomingMessage, Socket];
      socket.end('echoed');
      let text = '';
      for await (const chunk of socket) text += chunk;
      expect(text).toBe('echoed');
    });
  });

  test('close waits for what is under way and ends idle connections', async () => {
    const agent = createHttpAgent(lan.client, { keepAlive: true });
    await serving(
      (_request, response) => void setTimeout(() => response.end('late'), 20),
      async (port, server) => {
        await send(port, { agent });
        const connected = emitted(server, 'connection');
        const underWay = send(port);
        await connected;
        await new Promise((resolve) => setTimeout(resolve, 5));
        server.close();
        expect(server.listening).toBe(false);
        expect((await underWay).body.toString()).toBe('late');
      },
    ).finally(() => agent.destroy());
  });

  test('the address of a server that listens on all', async () => {
    const server = serveHttp(
      lan.server,
      http.createServer((_request, response) => response.end('here')),
    );
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { address, family, port } = server.address() as AddressInfo;
    expect({ address, family }).toEqual({ address: '0.0.0.0', family: 'IPv4' });
    expect((await send(port)).body.toString()).toBe('here');
    server.close();
    await emitted(server, 'close');
  });
});

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}
