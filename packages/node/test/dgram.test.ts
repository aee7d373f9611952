import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { bindDgram, type DgramPort } from '../src/dgram/index.js';
import { SendBuffers } from '../src/dgram/send-buffers.js';
import { frameBytes, newPool, receiveAll, send, turn, until } from './sockets.js';

/** A port of ours whose peer is a plain socket of Node, and a stranger. */
async function newWire(options: { mtuBytes?: number; queueLength?: number } = {}) {
  const [peer, stranger] = [createSocket('udp4'), createSocket('udp4')];
  for (const socket of [peer, stranger]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const pool = newPool();
  const port = await bindDgram({ local: { port: 0 }, remote: { port: peer.address().port }, pool, ...options });
  const tell = (socket: Socket, bytes: Uint8Array): void => socket.send(bytes, port.local.port, '127.0.0.1');
  const close = async (): Promise<void> => {
    await port.close();
    peer.close();
    stranger.close();
    expect(pool.used).toBe(0);
  };
  return { peer, stranger, pool, port, tell, close };
}

describe('a port for datagrams', () => {
  test('carries a raw frame in each, both ways', async () => {
    const { peer, pool, port, tell, close } = await newWire();
    const frame = frameBytes(777, 9);
    const heard = once(peer, 'message');
    expect(send(port.device, pool, frame)).toBe(true);
    expect((await heard)[0]).toEqual(frame);
    tell(peer, frame);
    await until(() => port.device.counters.rxPackets === 1);
    expect(receiveAll(port.device)).toEqual([new Uint8Array(frame)]);
    expect(port.local.address).toBe('127.0.0.1');
    await close();
  });

  test('believes its peer alone, and counts the others', async () => {
    const { peer, stranger, port, tell, close } = await newWire();
    tell(stranger, frameBytes(60, 1));
    await until(() => port.counters.rxForeign === 1);
    tell(peer, frameBytes(60, 2));
    await until(() => port.device.counters.rxPackets === 1);
    expect(receiveAll(port.device).map((frame) => frame[14])).toEqual([2]);
    await close();
  });

  test('counts datagrams that are no frames: empty, short, long', async () => {
    const { peer, port, tell, close } = await newWire({ mtuBytes: 100 });
    tell(peer, new Uint8Array(0));
    tell(peer, new Uint8Array(13));
    tell(peer, new Uint8Array(115));
    tell(peer, new Uint8Array(65_507));
    tell(peer, frameBytes(114, 4));
    await until(() => port.device.counters.rxPackets === 1);
    expect(port.device.counters).toMatchObject({ rxTooShort: 2, rxTooLong: 2 });
    await close();
  });

  test('any bytes are a frame or a count', async () => {
    const { peer, port, tell, close } = await newWire();
    const arbitrary = fc.uint8Array({ maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (bytes) => {
        const { counters } = port.device;
        const before = { ...counters };
        tell(peer, bytes);
        const moved = (name: string): number => (counters[name] as number) - (before[name] as number);
        await until(() => moved('rxPackets') + moved('rxTooShort') === 1);
        expect(receiveAll(port.device)).toEqual(bytes.length < 14 ? [] : [new Uint8Array(bytes)]);
      }),
      { numRuns: 200 },
    );
    await close();
  });

  test('is busy beyond its queue, and sends everything in the end, in order', async () => {
    const { peer, pool, port, close } = await newWire({ queueLength: 100 });
    const got: (number | undefined)[] = [];
    peer.on('message', (bytes) => got.push(bytes[14]));
    let writables = 0;
    port.device.listen({ readable() {}, writable: () => writables++, changed() {} });
    let sent = 0;
    while (send(port.device, pool, frameBytes(60, sent))) sent++;
    expect(sent).toBe(100);
    await until(() => got.length === 100);
    expect(writables).toBe(1);
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await close();
  });

  test('drops and counts what a stack does not come for', async () => {
    const { peer, port, tell, close } = await newWire({ queueLength: 4 });
    for (let i = 0; i < 10; i++) tell(peer, frameBytes(60, i));
    await until(() => (port.device.counters.rxQueueFull ?? 0) === 6);
    expect(receiveAll(port.device)).toHaveLength(4);
    await close();
  });

  test('does not mind that nobody is there', async () => {
    const { peer, pool, port, tell, close } = await newWire();
    const gone = createSocket('udp4').bind(0, '127.0.0.1');
    await once(gone, 'listening');
    const nobody = await bindDgram({ local: { port: 0 }, remote: { port: gone.address().port }, pool });
    gone.close();
    const errors: Error[] = [];
    nobody.on('error', (error) => errors.push(error));
    for (let i = 0; i < 3; i++) {
      send(nobody.device, pool, frameBytes(60));
      await turn();
    }
    tell(peer, frameBytes(60));
    await until(() => port.device.counters.rxPackets === 1);
    expect(nobody.device.linkUp).toBe(true);
    expect(errors).toEqual([]);
    await nobody.close();
    await close();
  });

  test('tells what the system refuses to send, and goes on', async () => {
    const pool = newPool();
    // A broadcast, which no socket may send unasked.
    const remote = { address: '255.255.255.255', port: 9 };
    const port = await bindDgram({ local: { port: 0 }, remote, pool });
    send(port.device, pool, frameBytes(60));
    await until(() => port.counters.txFailed === 1);
    const told = new Promise((resolve) => port.once('error', resolve));
    send(port.device, pool, frameBytes(60));
    expect(await told).toMatchObject({ syscall: 'send', address: remote.address, port: 9 });
    expect(port.counters.txFailed).toBe(2);
    await port.close();
    expect(pool.used).toBe(0);
  });

  test('closes with its device, with its signal, and again', async () => {
    const pool = newPool();
    const options = { local: { port: 0 }, remote: { port: 9 }, pool };
    const closing = async (end: (port: DgramPort) => void, signal?: AbortSignal): Promise<void> => {
      const port = await bindDgram(signal === undefined ? options : { ...options, signal });
      for (let i = 0; i < 3; i++) send(port.device, pool, frameBytes(60));
      const closed = once(port, 'close');
      end(port);
      await closed;
      await port.close();
      expect(port.device.linkUp).toBe(false);
      expect(pool.used).toBe(0);
    };
    await closing((port) => port.device.close());
    const controller = new AbortController();
    await closing(() => controller.abort(), controller.signal);
    await expect(bindDgram({ ...options, signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('works over IPv6, however the peer’s address is spelled', async () => {
    const peer = createSocket('udp6').bind(0, '::1');
    await once(peer, 'listening');
    const pool = newPool();
    const remote = { address: '0:0:0::0:1', port: peer.address().port };
    const port = await bindDgram({ local: { address: '::1', port: 0 }, remote, pool });
    peer.send(frameBytes(60, 6), port.local.port, '::1');
    await until(() => port.device.counters.rxPackets === 1 || port.counters.rxForeign === 1);
    expect(receiveAll(port.device)[0]?.[14]).toBe(6);
    await port.close();
    peer.close();
  });

  test('refuses what makes no sense, and says why it cannot be bound', async () => {
    const pool = newPool();
    const fine = { local: { port: 0 }, remote: { port: 9 }, pool };
    const wrong: [string, object][] = [
      ['ERR_INVALID_ARG_TYPE', { local: { address: 'localhost', port: 0 } }],
      ['ERR_INVALID_ARG_TYPE', { remote: { address: '::1', port: 9 } }],
      ['ERR_SOCKET_BAD_PORT', { local: { port: -1 } }],
      ['ERR_OUT_OF_RANGE', { remote: { port: 0 } }],
      ['ERR_OUT_OF_RANGE', { mtuBytes: 65_494 }],
      ['ERR_ASSERTION', { mtuBytes: 67 }],
    ];
    for (const [code, options] of wrong) {
      await expect(bindDgram({ ...fine, ...options })).rejects.toMatchObject({ code });
    }
    const port = await bindDgram({ ...fine, mtuBytes: 65_493 });
    const again = bindDgram({ ...fine, local: port.local });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
    await port.close();
  });
});

test('buffers of datagrams under way are distinct, bounded, and come back', () => {
  const buffers = new SendBuffers(100);
  const taken: Buffer[] = [];
  while (buffers.hasFree) taken.push(buffers.take());
  expect(taken).toHaveLength(64);
  expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(64);
  const one = taken[7] as Buffer<ArrayBuffer>;
  buffers.giveBack(one);
  expect(buffers.take()).toBe(one);
  expect(buffers.hasFree).toBe(false);
});
