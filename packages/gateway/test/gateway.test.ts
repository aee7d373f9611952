import { createHash, randomBytes } from 'node:crypto';
import * as nodeNet from 'node:net';
import { Readable } from 'node:stream';
import type { Server, Socket } from '@synos/node/net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGateway, type Forwarding, type Gateway } from '../src/index.js';
import { createLan, guestAddress, type Lan, talk, until } from './lan.js';

let lan: Lan;
let gateway: Gateway;
beforeEach(() => {
  lan = createLan();
  gateway = createGateway({ stack: lan.gatewayStack });
});
afterEach(async () => {
  await gateway.close();
  lan.stop();
});

/** A guest's server at port 80, and a host port that leads to it. */
async function forwardTo(
  onConnection: (socket: Socket) => void,
  options: { allowHalfOpen?: boolean; pauseOnConnect?: boolean } = { allowHalfOpen: true },
): Promise<{ forwarding: Forwarding; server: Server }> {
  const server = lan.guest.createServer(options, (socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(80, guestAddress);
  const forwarding = await gateway.forward({ port: 0, guest: { address: guestAddress, port: 80 } });
  return { forwarding, server };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('relaying', () => {
  test('a host client talks to a guest', async () => {
    const { forwarding } = await forwardTo((socket) => socket.pipe(socket));
    expect(await talk(forwarding.port, (socket) => socket.end('hello'))).toEqual({ text: 'hello' });
    await until(() => forwarding.stats.active === 0);
    expect(forwarding.stats).toEqual({
      accepted: 1,
      active: 0,
      peak: 1,
      refused: 0,
      failed: 0,
      broken: 0,
      bytesToGuest: 5,
      bytesToHost: 5,
    });
  });

  test("the host's end is passed on, and the guest may answer after it", async () => {
    const { forwarding } = await forwardTo((socket) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => setTimeout(() => socket.end(`after the end: ${text}`), 10));
    });
    expect(await talk(forwarding.port, (socket) => socket.end('question'))).toEqual({
      text: 'after the end: question',
    });
  });

  test("the guest's end is passed on, and the host may go on after it", async () => {
    let heard = '';
    let ended = false;
    const { forwarding } = await forwardTo((socket) => {
      socket.end('I am done');
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('end', () => {
        ended = true;
      });
    });
    const { text } = await talk(forwarding.port, (socket) => {
      socket.on('end', () => setTimeout(() => socket.end('but I am not'), 10));
    });
    await until(() => ended);
    expect([text, heard]).toEqual(['I am done', 'but I am not']);
    await until(() => forwarding.stats.active === 0);
    expect(forwarding.stats.broken).toBe(0);
  });

  test('8 MB each way at once arrive unchanged', async () => {
    const bytes = randomBytes(8_000_000);
    const hashes: Record<string, string> = {};
    const digest = (name: string, stream: NodeJS.ReadableStream): void => {
      const hash = createHash('sha256');
      stream.on('data', (chunk: Buffer) => hash.update(chunk));
      stream.on('end', () => {
        hashes[name] = hash.digest('hex');
      });
    };
    const { forwarding } = await forwardTo((socket) => {
      digest('at the guest', socket);
      Readable.from(pieces(bytes), { objectMode: false }).pipe(socket);
    });
    const socket = nodeNet.connect({ port: forwarding.port, host: '127.0.0.1', allowHalfOpen: true });
    digest('at the host', socket);
    Readable.from(pieces(bytes), { objectMode: false }).pipe(socket);
    await until(() => Object.keys(hashes).length === 2);
    expect(hashes).toEqual({ 'at the guest': sha256(bytes), 'at the host': sha256(bytes) });
    expect(forwarding.stats).toMatchObject({ bytesToGuest: bytes.length, bytesToHost: bytes.length });
  });

  test('a slow reader on either side holds the writer on the other back', async () => {
    const guests: Socket[] = [];
    const { forwarding } = await forwardTo((socket) => guests.push(socket), {
      allowHalfOpen: true,
      pauseOnConnect: true,
    });
    const host = nodeNet.connect(forwarding.port, '127.0.0.1').pause();
    await until(() => guests.length === 1);
    const guest = guests[0] as Socket;
    const chunk = Buffer.alloc(65_536);
    // Whoever writes without regard piles up in its own stream: what was relayed must stand still below that.
    const total = 24 << 20;
    for (let sent = 0; sent < total; sent += chunk.length) {
      host.write(chunk);
      guest.write(chunk);
    }
    const still = async (): Promise<void> => {
      for (let before = -1; before !== relayed(); await new Promise((resolve) => setTimeout(resolve, 50))) {
        before = relayed();
      }
    };
    const relayed = (): number => forwarding.stats.bytesToGuest + forwarding.stats.bytesToHost;
    await still();
    const { bytesToGuest, bytesToHost } = forwarding.stats;
    // The guest's two rings; the host's kernel takes a few megabytes.
    expect(bytesToGuest).toBeLessThan(2 << 20);
    expect(bytesToHost).toBeLessThan(16 << 20);
    for (const socket of [host, guest]) {
      socket.resume();
      socket.end();
    }
    await until(() => relayed() === 2 * total);
    await until(() => forwarding.stats.active === 0);
  });

  test('100 connections at once, and nothing is left of them', async () => {
    const { forwarding } = await forwardTo((socket) => socket.pipe(socket));
    const idle = lan.gatewayStack.memory.blocks.usedBytes;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => talk(forwarding.port, (socket) => socket.end(`number ${index}`))),
    );
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => ({ text: `number ${index}` })));
    await until(() => forwarding.stats.active === 0);
    expect(forwarding.stats).toMatchObject({ accepted: 100, failed: 0, broken: 0 });
    await until(() => lan.gatewayStack.memory.blocks.usedBytes === idle);
  });
});

describe('what goes wrong', () => {
  test('a guest that refuses resets the host', async () => {
    const forwarding = await gateway.forward({ port: 0, guest: { address: guestAddress, port: 81 } });
    expect(await talk(forwarding.port, () => {})).toEqual({ text: '', code: 'ECONNRESET' });
    await until(() => forwarding.stats.active === 0);
    expect(forwarding.stats).toMatchObject({ accepted: 1, failed: 1, broken: 0 });
  });

  test('a guest that no route leads to resets the host', async () => {
    const forwarding = await gateway.forward({ port: 0, guest: { address: '192.0.2.1', port: 80 } });
    expect(await talk(forwarding.port, () => {})).toEqual({ text: '', code: 'ECONNRESET' });
    expect(forwarding.stats).toMatchObject({ accepted: 1, active: 0, failed: 1 });
  });

  test('a host that goes away while the guest is being reached is forgotten', async () => {
    // Nobody has this address: the gateway asks for it for seconds.
    const forwarding = await gateway.forward({ port: 0, guest: { address: '10.0.0.99', port: 80 } });
    const host = nodeNet.connect(forwarding.port, '127.0.0.1');
    await until(() => forwarding.stats.active === 1);
    host.resetAndDestroy();
    await until(() => forwarding.stats.active === 0);
    expect(forwarding.stats).toMatchObject({ accepted: 1, failed: 1 });
  });

  test('a reset by the guest resets the host', async () => {
    const { forwarding } = await forwardTo((socket) => socket.on('data', () => socket.resetAndDestroy()));
    expect(await talk(forwarding.port, (socket) => socket.write('x'))).toEqual({ text: '', code: 'ECONNRESET' });
    await until(() => forwarding.stats.active === 0);
    expect(forwarding.stats).toMatchObject({ broken: 1, failed: 0 });
  });

  test('a reset by the host resets the guest', async () => {
    let code: string | undefined;
    const { forwarding } = await forwardTo((socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => {
        code = error.code;
      });
      socket.resume();
    });
    const host = nodeNet.connect(forwarding.port, '127.0.0.1');
    host.write('x');
    await until(() => forwarding.stats.bytesToGuest === 1);
    host.resetAndDestroy();
    await until(() => code !== undefined);
    expect(code).toBe('ECONNRESET');
    await until(() => forwarding.stats.active === 0);
    expect(forwarding.stats.broken).toBe(1);
  });

  test('connections beyond the limit are reset and counted', async () => {
    lan.guest.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(80, guestAddress);
    const small = createGateway({ stack: lan.gatewayStack, maxConnections: 2 });
    const forwarding = await small.forward({ port: 0, guest: { address: guestAddress, port: 80 } });
    const kept = [0, 1].map(() => nodeNet.connect(forwarding.port, '127.0.0.1'));
    await until(() => forwarding.stats.active === 2);
    expect(await talk(forwarding.port, () => {})).toEqual({ text: '', code: 'ECONNRESET' });
    expect(forwarding.stats).toMatchObject({ accepted: 2, refused: 1, active: 2 });
    for (const socket of kept) socket.end();
    await until(() => forwarding.stats.active === 0);
    expect(await talk(forwarding.port, (socket) => socket.end('again'))).toEqual({ text: 'again' });
    await small.close();
  });

  test('a taken port rejects as Node does', async () => {
    const { forwarding } = await forwardTo(() => {});
    const taken = gateway.forward({ port: forwarding.port, guest: { address: guestAddress, port: 80 } });
    await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen', port: forwarding.port });
  });

  test('misuse is refused', async () => {
    await expect(gateway.forward({ port: 0, guest: { address: 'guest', port: 80 } })).rejects.toThrow(TypeError);
    await expect(gateway.forward({ port: -1, guest: { address: guestAddress, port: 80 } })).rejects.toThrow(RangeError);
    await expect(gateway.forward({ port: 0, guest: { address: guestAddress, port: 0 } })).rejects.toThrow(RangeError);
    expect(() => createGateway({ stack: lan.gatewayStack, maxConnections: 0 })).toThrow(RangeError);
  });
});

describe('closing', () => {
  test('resets what is open, frees the port, twice is once', async () => {
    let code: string | undefined;
    const { forwarding } = await forwardTo((socket) => {
      socket.resume();
      socket.on('error', (error: NodeJS.ErrnoException) => {
        code = error.code;
      });
    });
    const open = talk(forwarding.port, (socket) => socket.write('x'));
    await until(() => forwarding.stats.bytesToGuest === 1);
    await Promise.all([forwarding.close(), forwarding.close()]);
    expect(await open).toEqual({ text: '', code: 'ECONNRESET' });
    await until(() => code === 'ECONNRESET');
    expect(forwarding.stats.active).toBe(0);
    const again = await gateway.forward({ port: forwarding.port, guest: { address: guestAddress, port: 80 } });
    expect(again.port).toBe(forwarding.port);
  });

  test('an AbortSignal closes, also before it began', async () => {
    const controller = new AbortController();
    const options = { port: 0, guest: { address: guestAddress, port: 80 }, signal: controller.signal };
    const { port } = await gateway.forward(options);
    controller.abort();
    expect(await talk(port, () => {})).toEqual({ text: '', code: 'ECONNREFUSED' });
    await expect(gateway.forward(options)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}
