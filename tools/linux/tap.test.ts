import { createHash, randomBytes } from 'node:crypto';
import { createServer, get, type RequestListener } from 'node:http';
import type { Address } from '@synos/interfaces';
import { type Server, serveHttp } from '@synos/node/net';
import { parseAddress } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacking } from './needs.js';
import { echoDatagrams, exchangeDatagrams, trySend } from './our-datagrams.js';
import { closed, createRig, linuxAddress, listening, ourAddress, type Rig } from './rig.js';

const lack = lacking({ root: true, tools: ['ip', 'ping', 'curl', 'ab', 'ss', 'sha256sum'] });
const megabytes50 = 50_000_000;

describe.skipIf(lack !== undefined).each([
  ['without offload', false],
  ['with offload', true],
])(`Linux over TAP, %s${lack ? ` (${lack})` : ''}`, (_name, offload) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig('tap', { offload });
  });
  afterAll(() => rig?.close());

  /** What our stack counts by this name, since it was made. */
  const count = (name: string): number => rig.stack.counters()[name] ?? 0;
  const serve = async (port: number, listener: RequestListener): Promise<Server> => {
    const server = serveHttp(rig.net, createServer(listener));
    await listening(server, port);
    return server;
  };

  test.each([56, 1472, 1473, 20_000, 65_507])('Linux pings us with %i bytes', async (payloadBytes) => {
    const words = `-n -c 20 -i 0.01 -W 5 -s ${payloadBytes} ${ourAddress}`.split(' ');
    const { stdout } = await rig.namespace.run('ping', words);
    expect(stdout).toContain('20 packets transmitted, 20 received, 0% packet loss');
  });

  test.each([56, 1472, 1473, 20_000, 65_507])('we ping Linux with %i bytes', async (payloadBytes) => {
    for (let index = 0; index < 20; index++) {
      const result = await new Promise<number>((resolve) => {
        const sent = rig.ping(parseAddress(linuxAddress) as Address, payloadBytes, 5000, resolve);
        if (sent < 0) resolve(sent);
      });
      expect(result).toBeGreaterThanOrEqual(0);
    }
  });

  test('curl fetches 50 MB from us', async () => {
    const content = randomBytes(megabytes50);
    const server = await serve(80, (_request, response) => response.end(content));
    const pipe = `curl --silent --show-error --fail --max-time 60 http://${ourAddress}/ | sha256sum`;
    const { stdout } = await rig.namespace.run('sh', ['-c', pipe]);
    expect(stdout.slice(0, 64)).toBe(createHash('sha256').update(content).digest('hex'));
    await closed(server);
  });

  test('we fetch 50 MB from a Linux server', async () => {
    const { port, sha256 } = await rig.peer.call('serveBytes', { bytes: megabytes50 });
    const hash = createHash('sha256');
    let length = 0;
    await new Promise<void>((resolve, reject) => {
      get({ host: linuxAddress, port, createConnection: rig.net.createConnection as never }, (response) => {
        response.on('data', (piece: Buffer) => {
          length += piece.length;
          hash.update(piece);
        });
        response.on('end', resolve).on('error', reject);
      }).on('error', reject);
    });
    expect(length).toBe(megabytes50);
    expect(hash.digest('hex')).toBe(sha256);
  });

  test('ab: 2,000 requests, 200 at once, without an error', async () => {
    const server = await serve(81, (request, response) => response.end(`you asked for ${request.url}\n`));
    const { stdout } = await rig.namespace.run('ab', [
      '-q',
      '-r',
      '-n',
      '2000',
      '-c',
      '200',
      `http://${ourAddress}:81/page`,
    ]);
    expect(stdout).toMatch(/^Complete requests:\s+2000$/m);
    expect(stdout).toMatch(/^Failed requests:\s+0$/m);
    expect(stdout).not.toMatch(/^(Non-2xx responses|Write errors)/m);
    await closed(server);
  });

  describe('half-close', () => {
    test('Linux ends first and reads on', async () => {
      const server = rig.net.createServer({ allowHalfOpen: true }, (socket) => {
        const hash = createHash('sha256');
        socket.on('data', (piece: Buffer) => hash.update(piece));
        socket.on('end', () => {
          // Long enough to need many windows.
          for (let index = 0; index < 100; index++) socket.write('-'.repeat(10_000));
          socket.end(hash.digest('hex'));
        });
      });
      await listening(server, 82);
      const { sha256, answer } = await rig.peer.call('sendThenRead', { host: ourAddress, port: 82, bytes: 1_000_000 });
      expect(answer.length).toBe(1_000_064);
      expect(answer.slice(-64)).toBe(sha256);
      await closed(server);
    });

    test('we end first and read on', async () => {
      const { port } = await rig.peer.call('serveDigest');
      const content = randomBytes(1_000_000);
      const socket = rig.net.connect({ host: linuxAddress, port, allowHalfOpen: true });
      socket.end(content);
      let answer = '';
      socket.setEncoding('utf8');
      for await (const piece of socket) answer += piece;
      expect(answer).toBe(`${content.length} ${createHash('sha256').update(content).digest('hex')}`);
    });

    test('the server ends first: ours, and the client still sends', async () => {
      const received = new Promise<string>((resolve) => {
        const server = rig.net.createServer({ allowHalfOpen: true }, (socket) => {
          let text = '';
          socket.setEncoding('utf8');
          socket.on('data', (piece: string) => {
            text += piece;
          });
          socket.on('end', () => {
            server.close();
            resolve(text);
          });
          socket.end('farewell');
        });
        server.listen(83, ourAddress);
      });
      expect(await rig.peer.call('readThenSend', { host: ourAddress, port: 83, text: 'still here' })).toBe('farewell');
      expect(await received).toBe('still here');
    });

    test("the server ends first: Linux's, and we still send", async () => {
      const { port } = await rig.peer.call('serveFarewell', { text: 'farewell' });
      const socket = rig.net.connect({ host: linuxAddress, port, allowHalfOpen: true });
      let text = '';
      socket.setEncoding('utf8');
      socket.on('data', (piece: string) => {
        text += piece;
      });
      await new Promise((resolve) => socket.once('end', resolve));
      expect(text).toBe('farewell');
      socket.end('still here');
      expect(await rig.peer.call('farewellReceived')).toBe('still here');
    });
  });

  describe('UDP', () => {
    const lengths = [0, 1, 1472, 1473, 8000, 30_000, 65_507];

    test('Linux sends, we send back, in fragments where it must be', async () => {
      const network = echoDatagrams(rig.stack, 7);
      expect(await rig.peer.call('exchangeDatagrams', { host: ourAddress, port: 7, lengths })).toEqual(lengths);
      network.close();
    });

    test('we send, Linux sends back', async () => {
      const { port } = await rig.peer.call('serveDatagrams');
      expect(await exchangeDatagrams(rig.stack, linuxAddress, port, lengths)).toEqual(lengths);
    });
  });

  describe('a closed port refuses at once', () => {
    test('ours, by TCP and by UDP', async () => {
      const resets = count('tcp.resetsOut');
      expect(await rig.peer.call('tryConnect', { host: ourAddress, port: 9 })).toBe('ECONNREFUSED');
      expect(count('tcp.resetsOut')).toBe(resets + 1);
      expect(await rig.peer.call('trySend', { host: ourAddress, port: 9 })).toBe('ECONNREFUSED');
    });

    test("Linux's, by TCP and by UDP", async () => {
      const [again, resets] = [count('tcp.retransmits'), count('tcp.resetsIn')];
      const socket = rig.net.connect({ host: linuxAddress, port: 9 });
      const error = await new Promise<NodeJS.ErrnoException>((resolve) => void socket.once('error', resolve));
      expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: linuxAddress, port: 9 });
      expect([count('tcp.retransmits'), count('tcp.resetsIn')]).toEqual([again, resets + 1]);
      expect(await trySend(rig.stack, linuxAddress, 9)).toBe('ECONNREFUSED');
    });
  });

  describe('timestamps, window scale and SACK-permitted are negotiated', () => {
    /** What Linux's kernel says about its connections on this port. */
    const details = async (port: number): Promise<string> => {
      const filter = `( sport = :${port} or dport = :${port} )`;
      return (await rig.namespace.run('ss', ['-Htino', 'state', 'established', filter])).stdout;
    };

    test('when Linux connects', async () => {
      const server = rig.net.createServer((socket) => void socket.pipe(socket));
      await listening(server, 84);
      await rig.peer.call('hold', { host: ourAddress, port: 84 });
      expect(await details(84)).toMatch(/\bts\b.*\bsack\b.*\bwscale:[1-9]\d*,[1-9]/);
      await rig.peer.call('letGo');
      await closed(server);
    });

    test('when we connect', async () => {
      const { port } = await rig.peer.call('serveEcho');
      const socket = rig.net.connect({ host: linuxAddress, port });
      await new Promise<void>((resolve) => void socket.once('connect', resolve));
      expect(await details(port)).toMatch(/\bts\b.*\bsack\b.*\bwscale:[1-9]\d*,[1-9]/);
      socket.destroy();
    });
  });
});
