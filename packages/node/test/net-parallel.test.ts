import { createHash } from 'node:crypto';
import type { DropArgument, Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLan, emitted, type Lan, listening, nodePlace, type Place, placeOn } from './lan.js';

// Each script runs on node:net over loopback and on ours over a cable, and must tell the same story.

let lan: Lan;
beforeAll(() => {
  lan = createLan();
});
afterAll(() => lan.stop());

type Log = (...words: unknown[]) => void;
type Script = (place: Place, log: Log) => Promise<void>;

async function storyOf(script: Script, place: Place): Promise<string[]> {
  const lines: string[] = [];
  await script(place, (...words) => lines.push(words.map(String).join(' ')));
  return lines;
}

function sameStory(name: string, script: Script): void {
  test(name, async () => {
    const expected = await storyOf(script, nodePlace);
    expect(expected.length).toBeGreaterThan(0);
    expect(await storyOf(script, placeOn(lan))).toEqual(expected);
  });
}

/** Logs a socket's events by name, in order; data by content. */
function watch(socket: Socket, who: string, log: Log): void {
  for (const event of ['connect', 'ready', 'end', 'timeout', 'finish', 'drain']) {
    socket.on(event, () => log(who, event));
  }
  socket.on('error', (error: NodeJS.ErrnoException) => log(who, 'error', error.code, error.syscall));
  socket.on('close', (hadError: boolean) => log(who, 'close', hadError));
}

const closed = (emitter: Socket | Server): Promise<unknown> => emitted(emitter, 'close');

/** Starts a server, runs `use` with its port, closes it; both sides' stories are told one after the other. */
async function withServer(
  place: Place,
  log: Log,
  options: { allowHalfOpen?: boolean; pauseOnConnect?: boolean },
  onConnection: (socket: Socket, log: Log) => void,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const serverLines: string[] = [];
  const server = place.server.createServer(options, (socket) =>
    onConnection(socket, (...words) => serverLines.push(words.map(String).join(' '))),
  );
  const port = await listening(server, place.host);
  await use(port);
  const ended = closed(server);
  server.close();
  await ended;
  for (const line of serverLines) log(line);
}

describe('a connection', () => {
  sameStory('is echoed and ended from the client, half-open', (place, log) =>
    withServer(
      place,
      log,
      { allowHalfOpen: true },
      (socket, say) => {
        watch(socket, 'server', say);
        socket.pipe(socket);
      },
      async (port) => {
        const socket = place.client.connect(port, place.host);
        watch(socket, 'client', log);
        const pieces: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => pieces.push(chunk));
        log('pending', socket.pending, socket.connecting, socket.readyState);
        await emitted(socket, 'connect');
        log('connected', socket.pending, socket.connecting, socket.readyState, socket.remoteFamily);
        log('ports', socket.remotePort === port, (socket.localPort ?? 0) > 0, socket.remoteAddress === place.host);
        socket.write('hello ');
        socket.end('world');
        log('ended', socket.readyState);
        await closed(socket);
        log(
          Buffer.concat(pieces).toString(),
          socket.bytesRead,
          socket.bytesWritten,
          socket.readyState,
          socket.destroyed,
        );
      },
    ),
  );

  sameStory('ends by itself where half-open is not wanted', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket, say) => {
        watch(socket, 'server', say);
        socket.resume();
      },
      async (port) => {
        const socket = place.client.connect({ port, host: place.host });
        watch(socket, 'client', log);
        socket.resume();
        socket.end('bye');
        await closed(socket);
      },
    ),
  );

  sameStory('that the server ends first refuses what the client writes then', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => {
        socket.end('only this');
        socket.resume();
      },
      async (port) => {
        const socket = place.client.connect({ port, host: place.host });
        watch(socket, 'client', log);
        socket.on('data', (chunk) => log('data', chunk));
        socket.on('end', () => {
          socket.write('just in time', (error) => log('write', error));
        });
        socket.on('finish', () => {
          socket.write('too late', (error) => log('write', (error as NodeJS.ErrnoException).code));
        });
        await closed(socket);
      },
    ),
  );

  sameStory('that the server destroys at once ends for the client', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.destroy(),
      async (port) => {
        const socket = place.client.connect(port, place.host);
        watch(socket, 'client', log);
        socket.resume();
        await closed(socket);
      },
    ),
  );

  sameStory('that the server resets fails for the client', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.on('data', () => socket.resetAndDestroy()),
      async (port) => {
        const socket = place.client.connect(port, place.host);
        watch(socket, 'client', log);
        socket.write('x');
        await closed(socket);
        log(socket.destroyed, socket.readyState);
      },
    ),
  );

  sameStory('destroyed with an error tells it', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.on('error', () => {}).resume(),
      async (port) => {
        const socket = place.client.connect(port, place.host);
        watch(socket, 'client', log);
        await emitted(socket, 'connect');
        socket.destroy(new Error('enough'));
        log('again', socket.write('x'));
        await closed(socket);
      },
    ),
  );

  sameStory('destroyed before it stands never connects', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.on('error', () => {}).resume(),
      async (port) => {
        const socket = place.client.connect(port, place.host);
        watch(socket, 'client', log);
        socket.write('lost', (error) => log('write', (error as NodeJS.ErrnoException | null)?.code));
        socket.destroy();
        await closed(socket);
      },
    ),
  );

  sameStory('written to after its end answers ERR_STREAM_WRITE_AFTER_END', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.on('error', () => {}).resume(),
      async (port) => {
        const socket = place.client.connect(port, place.host);
        socket.on('error', (error: NodeJS.ErrnoException) => log('error', error.code));
        socket.end();
        socket.write('x', (error) => log('write', (error as NodeJS.ErrnoException).code));
        await closed(socket);
      },
    ),
  );

  sameStory('holds the writer back until the reader reads', (place, log) => {
    let reader: Socket | undefined;
    return withServer(
      place,
      log,
      { pauseOnConnect: true },
      (socket) => {
        reader = socket;
      },
      async (port) => {
        const socket = place.client.connect(port, place.host);
        await emitted(socket, 'connect');
        while (reader === undefined) await new Promise((resolve) => setImmediate(resolve));
        const chunk = Buffer.alloc(65_536, 7);
        const sent = createHash('sha256');
        let total = 0;
        // Loopback of the system takes megabytes before it holds back; ours its rings.
        for (;;) {
          total += chunk.length;
          sent.update(chunk);
          if (!socket.write(chunk) && total >= 16 << 20) break;
        }
        log('held back', socket.writableNeedDrain, socket.bytesWritten === total);
        const drained = emitted(socket, 'drain');
        const received = createHash('sha256');
        let count = 0;
        reader.on('data', (bytes: Buffer) => {
          count += bytes.length;
          received.update(bytes);
        });
        log('paused', reader.isPaused(), reader.bytesRead);
        reader.resume();
        await drained;
        socket.end();
        await closed(socket);
        log(count === total, sent.digest('hex') === received.digest('hex'), socket.bytesWritten === total);
      },
    );
  });

  sameStory('sends corked writes in order', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket, say) => {
        const pieces: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => pieces.push(chunk));
        socket.on('end', () => say(Buffer.concat(pieces).toString()));
      },
      async (port) => {
        const socket = place.client.connect(port, place.host);
        socket.cork();
        for (const word of ['one ', 'two ', '', 'drei ü ']) socket.write(word);
        socket.write('c3bc', 'hex');
        socket.write(new Uint8Array([33]));
        socket.write('');
        process.nextTick(() => socket.uncork());
        socket.end();
        socket.resume();
        await closed(socket);
        log(socket.bytesWritten);
      },
    ),
  );

  sameStory('idle for its timeout says so and stays open', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.resume(),
      async (port) => {
        const socket = place.client.connect({ port, host: place.host, timeout: 30 } as never);
        watch(socket, 'client', log);
        log(socket.timeout);
        await emitted(socket, 'timeout');
        log(socket.readyState);
        socket.setTimeout(0);
        socket.resume();
        socket.end();
        await closed(socket);
      },
    ),
  );

  sameStory('can be connected again after it was closed', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.end('hello'),
      async (port) => {
        const socket = new place.client.Socket();
        watch(socket, 'client', log);
        for (const round of [1, 2]) {
          let text = '';
          const onData = (chunk: Buffer): void => {
            text += chunk.toString();
          };
          socket.on('data', onData);
          socket.connect(port, place.host);
          await closed(socket);
          socket.off('data', onData);
          log(round, text, socket.bytesRead);
        }
      },
    ),
  );

  sameStory('ends with its AbortSignal', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.on('error', () => {}).resume(),
      async (port) => {
        const controller = new AbortController();
        const socket = place.client.connect({ port, host: place.host, signal: controller.signal });
        socket.on('error', (error: NodeJS.ErrnoException) => log('error', error.name, error.code));
        socket.on('close', (hadError: boolean) => log('close', hadError));
        await emitted(socket, 'connect');
        controller.abort();
        await closed(socket);
        const late = place.client.connect({ port, host: place.host, signal: AbortSignal.abort() });
        late.on('error', (error: NodeJS.ErrnoException) => log('error', error.name, error.code));
        await closed(late);
      },
    ),
  );

  sameStory('takes all options and references', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.on('error', () => {}).resume(),
      async (port) => {
        const socket = place.client.connect({ port, host: place.host, noDelay: true, keepAlive: true });
        await emitted(socket, 'connect');
        log(socket.setNoDelay(false) === socket, socket.setKeepAlive(true, 5000) === socket);
        log(socket.unref() === socket, socket.ref() === socket, socket.setEncoding('latin1') === socket);
        socket.destroySoon();
        await closed(socket);
        log(socket.address(), socket.localAddress, socket.destroyed);
      },
    ),
  );
});

describe('connecting twice', () => {
  // node:net emits `connect` again and goes on: the one place where ours differs on purpose.
  test('while connected fails with EISCONN', async () => {
    const place = placeOn(lan);
    await withServer(
      place,
      () => {},
      {},
      (socket) => socket.on('error', () => {}).resume(),
      async (port) => {
        const socket = place.client.connect(port, place.host);
        await emitted(socket, 'connect');
        const failed = emitted(socket, 'error');
        socket.connect(port, place.host);
        expect((await failed)[0]).toMatchObject({ code: 'EISCONN', syscall: 'connect', port });
      },
    );
  });

  sameStory('after it was destroyed at once goes to the second place', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.end('second'),
      async (port) => {
        const socket = place.client.connect(1, place.host);
        const gone = closed(socket);
        socket.destroy();
        await gone;
        socket.connect(port, place.host);
        socket.on('data', (chunk) => log(chunk));
        await closed(socket);
      },
    ),
  );
});

describe('errors', () => {
  sameStory('a refused connection', async (place, log) => {
    const server = place.server.createServer();
    const port = await listening(server, place.host);
    server.close();
    await closed(server);
    const socket = place.client.connect(port, place.host);
    watch(socket, 'client', log);
    const [error] = (await emitted(socket, 'error')) as [NodeJS.ErrnoException & { address: string; port: number }];
    log(error.message === `connect ECONNREFUSED ${place.host}:${port}`, error.errno, error.code, error.syscall);
    log(error.address === place.host, error.port === port);
    await closed(socket);
  });

  sameStory('misuse', async (place, log) => {
    const say = (use: () => unknown): void => {
      try {
        use();
        log('no error');
      } catch (error) {
        log((error as Error).name, (error as NodeJS.ErrnoException).code, error instanceof RangeError);
      }
    };
    say(() => place.client.connect(65_536, place.host));
    say(() => place.client.connect({ port: -1, host: place.host }));
    say(() => place.client.connect({ port: Number.NaN, host: place.host }));
    say(() => place.client.connect({ host: place.host } as never));
    say(() => new place.client.Socket().setTimeout(-1));
    say(() => new place.client.Socket().setTimeout('1' as never));
    say(() => place.server.createServer().listen(65_536));
    say(() => place.client.connect({ port: 1, host: 'somewhere', lookup: 1 as never }));
    const fresh = new place.client.Socket();
    fresh.on('error', (error: NodeJS.ErrnoException) => log('error', error.code));
    fresh.write('x');
    await closed(fresh);
    const reset = new place.client.Socket();
    reset.on('error', (error: NodeJS.ErrnoException) => log('error', error.code));
    reset.resetAndDestroy();
    await closed(reset);
  });

  sameStory('a name that lookup does not know, and one that it does', (place, log) =>
    withServer(
      place,
      log,
      {},
      (socket) => socket.end('found'),
      async (port) => {
        const known: Record<string, string> = { here: place.host };
        const lookup = (name: string, _options: unknown, done: (...result: unknown[]) => void): void => {
          const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
          setImmediate(() => (known[name] ? done(null, known[name], 4) : done(error)));
        };
        for (const host of ['here', 'nowhere']) {
          const socket = place.client.connect({ port, host, lookup: lookup as never, autoSelectFamily: false });
          socket.on('lookup', (error: Error | null, address: string) => log('lookup', error, address === place.host));
          watch(socket, host, log);
          socket.on('data', (chunk) => log(chunk));
          await closed(socket);
        }
      },
    ),
  );
});

describe('a server', () => {
  sameStory('answers where it listens, counts, and closes when the last connection does', async (place, log) => {
    const server = place.server.createServer((socket) => socket.on('error', () => {}).resume());
    log(server.listening, server.address());
    server.on('listening', () => log('listening', server.listening));
    server.on('close', () => log('close', server.listening));
    const port = await listening(server, place.host);
    const { address, family } = server.address() as { address: string; family: string };
    log(address === place.host, family, port > 0);
    const socket = place.client.connect(port, place.host);
    await Promise.all([emitted(socket, 'connect'), emitted(server, 'connection')]);
    const count = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, connections) => resolve(connections)));
    log('connections', await count());
    server.close((error) => log('closed', error));
    log('still', server.listening, await count());
    socket.resume();
    const over = closed(server);
    socket.end();
    await over;
    log('connections', await count());
    server.close((error) => log('not running', (error as NodeJS.ErrnoException).code));
    await closed(server);
  });

  sameStory('reports a taken port in a later tick', async (place, log) => {
    const first = place.server.createServer();
    const port = await listening(first, place.host);
    const second = place.server.createServer();
    second.on('listening', () => log('listening'));
    second.listen(port, place.host);
    log('after listen');
    const [error] = (await emitted(second, 'error')) as [NodeJS.ErrnoException & { port: number; address: string }];
    log(error.code, error.errno, error.syscall, error.port === port, error.address === place.host, second.listening);
    first.close();
    await closed(first);
    const third = await new Promise<number>((resolve) => second.listen({ port, host: place.host }, () => resolve(1)));
    log('now', third);
    expect(() => second.listen(port)).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }));
    second.close();
    await closed(second);
  });

  sameStory('drops connections beyond its limit', async (place, log) => {
    const kept: Socket[] = [];
    const server = place.server.createServer((socket) => kept.push(socket));
    server.maxConnections = 1;
    const dropped = emitted(server, 'drop') as Promise<[DropArgument]>;
    const port = await listening(server, place.host);
    const first = place.client.connect(port, place.host);
    await Promise.all([emitted(first, 'connect'), emitted(server, 'connection')]);
    const second = place.client.connect(port, place.host).resume();
    watch(second, 'second', log);
    const [[data]] = await Promise.all([dropped, closed(second)]);
    log(data.localAddress === place.host, data.remoteFamily, typeof data.remotePort);
    first.destroy();
    for (const socket of kept) socket.destroy();
    server.close();
    await closed(server);
  });

  sameStory('listens in every shape and stops with its AbortSignal', async (place, log) => {
    const controller = new AbortController();
    const shapes: ((server: Server, done: () => void) => void)[] = [
      (server, done) => server.listen(done),
      (server, done) => server.listen(0, done),
      (server, done) => server.listen(0, 16, done),
      (server, done) => server.listen(0, place.host, done),
      (server, done) => server.listen(0, place.host, 16, done),
      (server, done) => server.listen('0' as never, done),
      (server, done) => server.listen({ port: 0, host: place.host, backlog: 4 }, done),
      (server, done) => server.listen({ port: 0, host: place.host, signal: controller.signal }, done),
    ];
    const servers: Server[] = [];
    for (const listen of shapes) {
      const server = place.server.createServer();
      servers.push(server);
      await new Promise<void>((resolve) => listen(server, resolve));
      log(server.listening, ((server.address() as { port: number }).port ?? 0) > 0);
    }
    const aborted = closed(servers.at(-1) as Server);
    controller.abort();
    await aborted;
    log((servers.at(-1) as Server).listening);
    await Promise.all(
      servers.slice(0, -1).map((server) => {
        const over = closed(server);
        server.close();
        return over;
      }),
    );
  });
});
