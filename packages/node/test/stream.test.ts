import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { constants } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectStream, listenStream, type StreamPeer } from '../src/stream/index.js';
import {
  emitted,
  frameBytes,
  framed,
  newFolder,
  newPair,
  newPool,
  receiveAll,
  send,
  settle,
  turn,
  until,
} from './sockets.js';

let folder: { path: string; remove(): void };
let path: string;
beforeEach(() => {
  folder = newFolder();
  path = `${folder.path}/socket`;
});
afterEach(() => folder.remove());

const reconnect = { firstDelayMs: 1, longestDelayMs: 4 };

/** A plain socket of Node at the far end: it can say anything. */
async function rawConnect(): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function rawListen(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(path);
  await once(server, 'listening');
  return server;
}

describe('bytes on the wire', () => {
  test('are a u32 length, most significant byte first, and the frame', async () => {
    const peers: Socket[] = [];
    const server = await rawListen((socket) => peers.push(socket));
    const pool = newPool();
    const client = connectStream({ path, pool, reconnect });
    await once(client, 'connect');
    await until(() => peers.length === 1);
    const [peer] = peers as [Socket];
    const frame = frameBytes(300, 7);
    const heard = once(peer, 'data');
    send(client.device, pool, frame);
    expect((await heard)[0]).toEqual(Buffer.concat([Buffer.from([0, 0, 1, 44]), frame]));
    peer.write(framed(frame));
    await until(() => client.device.counters.rxPackets === 1);
    expect(receiveAll(client.device)).toEqual([new Uint8Array(frame)]);
    await client.close();
    server.close();
  });

  test('of a burst are gathered: many frames are one write', async () => {
    const chunks: Buffer[] = [];
    const server = await rawListen((socket) => socket.on('data', (chunk) => chunks.push(chunk)));
    const pool = newPool();
    const client = connectStream({ path, pool, reconnect });
    await once(client, 'connect');
    const frames = Array.from({ length: 100 }, (_, i) => frameBytes(60 + i, i));
    for (const frame of frames) expect(send(client.device, pool, frame)).toBe(true);
    const wanted = Buffer.concat(frames.map(framed));
    await until(() => chunks.reduce((sum, chunk) => sum + chunk.length, 0) >= wanted.length);
    expect(Buffer.concat(chunks)).toEqual(wanted);
    expect(chunks).toHaveLength(1);
    expect(pool.used).toBe(0);
    await client.close();
    server.close();
  });
});

describe('back-pressure', () => {
  test('a peer that does not read makes the device busy, at a bound, and nothing is lost', async () => {
    const peers: Socket[] = [];
    const server = await rawListen((socket) => peers.push(socket.pause()));
    const pool = newPool();
    const client = connectStream({ path, pool, reconnect });
    await once(client, 'connect');
    let writables = 0;
    client.device.listen({ readable() {}, writable: () => writables++, changed() {} });
    let sent = 0;
    let busyTurns = 0;
    // Busy now and then is a burst; busy turn after turn is a peer that does not read.
    while (busyTurns < 8 && sent < 100_000) {
      busyTurns++;
      while (send(client.device, pool, frameBytes(1514, sent & 255))) {
        sent++;
        busyTurns = 0;
      }
      await turn();
    }
    expect(sent).toBeLessThan(10_000);
    const before = writables;
    let got = 0;
    await until(() => peers.length === 1);
    (peers[0] as Socket).on('data', (chunk) => {
      got += chunk.length;
    });
    (peers[0] as Socket).resume();
    await until(() => got === sent * 1518);
    expect(writables).toBe(before + 1);
    expect(pool.used).toBe(0);
    await client.close();
    server.close();
  });

  test('a stack that does not come for its frames makes the peer wait, and nothing is lost', async () => {
    const pair = await newPair({ path }, { client: { queueLength: 16 } });
    const { client, peer, pools } = pair;
    const total = 3000;
    let sent = 0;
    const got: (number | undefined)[] = [];
    const settleBoth = (): Promise<void> => settle(() => [client.device, peer.device]);
    while (got.length < total) {
      while (sent < total && send(peer.device, pools[1], frameBytes(1000, sent & 255))) sent++;
      await settleBoth();
      expect(client.device.counters.rxPackets).toBeLessThanOrEqual(got.length + 16);
      got.push(...receiveAll(client.device).map((frame) => frame[14]));
    }
    expect(got).toEqual(Array.from({ length: total }, (_, i) => i & 255));
    expect(client.counters.rxPauses).toBeGreaterThan(0);
    expect(client.device.counters.rxQueueFull).toBe(0);
    await pair.close();
    expect(pools.map((pool) => pool.used)).toEqual([0, 0]);
  });
});

/** What a hostile or broken peer sends, and what is counted. */
const bad: Record<string, { bytes: Buffer; counter: 'badLength' | 'truncated'; ends: boolean; text: string }> = {
  'a length of 0': { bytes: Buffer.alloc(4), counter: 'badLength', ends: false, text: 'no frame has 0 bytes' },
  'a length of 13': {
    bytes: Buffer.from([0, 0, 0, 13, 1, 2, 3]),
    counter: 'badLength',
    ends: false,
    text: 'no frame has 13 bytes',
  },
  'a length beyond the longest frame': {
    bytes: Buffer.from([0, 1, 0, 14]),
    counter: 'badLength',
    ends: false,
    text: 'no frame has 65550 bytes',
  },
  'a length of 4 GB': {
    bytes: Buffer.concat([Buffer.alloc(4, 255), Buffer.alloc(100)]),
    counter: 'badLength',
    ends: false,
    text: 'no frame has 4294967295 bytes',
  },
  'half a frame and an end': {
    bytes: framed(frameBytes(100)).subarray(0, 50),
    counter: 'truncated',
    ends: true,
    text: 'ended inside a frame',
  },
  'half a length and an end': { bytes: Buffer.from([0, 0]), counter: 'truncated', ends: true, text: 'ended inside' },
};

describe.each(Object.entries(bad))('a peer that sends %s', (_name, { bytes, counter, ends, text }) => {
  const wanted = {
    code: 'EPROTO',
    errno: -constants.errno.EPROTO,
    syscall: 'read',
    fault: ends ? 'truncated' : 'bad-length',
  };

  test('loses its connection to a server, with an error; other peers are unharmed', async () => {
    const peers: StreamPeer[] = [];
    const pool = newPool();
    const server = await listenStream({ path, pool, onPeer: (peer) => peers.push(peer) });
    const [good, evil] = [await rawConnect(), await rawConnect()];
    await until(() => peers.length === 2);
    const [goodPeer, evilPeer] = peers as [StreamPeer, StreamPeer];
    const errors: Error[] = [];
    evilPeer.on('error', (error) => errors.push(error));
    const closed = emitted(evilPeer, 'close');
    evil.write(framed(frameBytes(60, 1)));
    evil.write(bytes);
    if (ends) evil.end();
    const hungUp = ends ? undefined : emitted(evil, 'close');
    expect((await closed)[0]).toBe(errors[0]);
    await hungUp;
    expect(errors).toEqual([expect.objectContaining({ ...wanted, address: path })]);
    expect(errors[0]?.message).toContain(text);
    expect(evilPeer.counters[counter]).toBe(1);
    expect(evilPeer.device.linkUp).toBe(false);
    expect([...server.peers]).toEqual([goodPeer]);

    good.write(framed(frameBytes(60, 5)));
    await until(() => goodPeer.device.counters.rxPackets === 1);
    expect(receiveAll(goodPeer.device)[0]?.[14]).toBe(5);
    good.destroy();
    await server.close();
    expect(pool.used).toBe(0);
  });

  test('loses its connection to a client, which comes back', async () => {
    let attempts = 0;
    const server = await rawListen((socket) => {
      if (attempts++ > 0) return;
      socket.write(bytes);
      if (ends) socket.end();
    });
    const client = connectStream({ path, pool: newPool(), reconnect });
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    const [reason] = await emitted(client, 'disconnect');
    expect(reason).toBe(errors[0]);
    expect(errors).toEqual([expect.objectContaining(wanted)]);
    expect(client.device.linkUp).toBe(false);
    await once(client, 'connect');
    expect(client.counters).toMatchObject({ connections: 2, [counter]: 1 });
    expect(client.device.linkUp).toBe(true);
    await client.close();
    server.close();
  });
});

describe('frames longer than the device takes', () => {
  test('are counted and skipped, however they come; what follows arrives', async () => {
    const peers: StreamPeer[] = [];
    const server = await listenStream({ path, pool: newPool(), mtuBytes: 100, onPeer: (peer) => peers.push(peer) });
    const raw = await rawConnect();
    await until(() => peers.length === 1);
    const [peer] = peers as [StreamPeer];
    raw.write(framed(frameBytes(115)));
    const long = framed(frameBytes(65_549));
    for (let at = 0; at < long.length; at += 10_000) {
      raw.write(long.subarray(at, at + 10_000));
      await turn();
    }
    raw.write(framed(frameBytes(114, 3)));
    await until(() => peer.device.counters.rxPackets === 1);
    expect(peer.device.counters.rxTooLong).toBe(2);
    expect(receiveAll(peer.device)[0]).toEqual(new Uint8Array(frameBytes(114, 3)));
    raw.destroy();
    await server.close();
  });
});

describe('a client', () => {
  test('keeps trying until somebody listens, then has its link up', async () => {
    const pool = newPool();
    const client = connectStream({ path, pool, reconnect });
    const [error] = await once(client, 'retry');
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'connect', address: path });
    expect(client.device.linkUp).toBe(false);
    await until(() => client.counters.failedAttempts >= 3);
    // A stack on it loses frames, not packets.
    expect(send(client.device, pool, frameBytes(60))).toBe(true);
    expect(client.device.counters.txLinkDown).toBe(1);
    const server = await rawListen(() => {});
    await once(client, 'connect');
    expect(client.device.linkUp).toBe(true);
    await client.close();
    server.close();
  });

  test('tells its device’s listener of each change of the link', async () => {
    const states: boolean[] = [];
    const sockets: Socket[] = [];
    const server = await rawListen((socket) => sockets.push(socket));
    const client = connectStream({ path, pool: newPool(), reconnect });
    client.device.listen({ readable() {}, writable() {}, changed: () => states.push(client.device.linkUp) });
    await once(client, 'connect');
    await until(() => sockets.length === 1);
    const gone = once(client, 'disconnect');
    sockets[0]?.end();
    expect(await gone).toEqual([null]);
    await once(client, 'connect');
    await client.close();
    expect(states).toEqual([true, false, true, false, false]);
    server.close();
  });

  test('waits longer each time, to a bound, and no longer once a peer has sent a frame', async () => {
    const client = connectStream({ path, pool: newPool(), reconnect: { firstDelayMs: 1, longestDelayMs: 6 } });
    const delays: unknown[] = [];
    client.on('retry', (_error, delayMs) => delays.push(delayMs));
    await until(() => delays.length >= 5);
    expect(delays.slice(0, 5)).toEqual([1, 2, 4, 6, 6]);
    // One that accepts and hangs up is no better than one that refuses.
    let isKind = false;
    const server = await rawListen((socket) => {
      if (isKind) socket.write(framed(frameBytes(60)));
      socket.end();
    });
    await once(client, 'disconnect');
    expect(await once(client, 'retry')).toEqual([null, 6]);
    isKind = true;
    await until(() => client.device.counters.rxPackets === 1);
    await until(() => delays.at(-1) === 1);
    await client.close();
    server.close();
  });

  test('tries no more once it is closed', async () => {
    const client = connectStream({ path, pool: newPool(), reconnect: { firstDelayMs: 1 } });
    await once(client, 'retry');
    await client.close();
    const server = await rawListen(() => {});
    let came = 0;
    server.on('connection', () => came++);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([came, client.counters.failedAttempts]).toEqual([0, 1]);
    server.close();
  });

  test('without reconnect it is over at the first failure', async () => {
    const client = connectStream({ path, pool: newPool(), reconnect: false });
    const events: string[] = [];
    for (const name of ['connect', 'disconnect', 'close'] as const) client.on(name, () => events.push(name));
    await client.close();
    const alone = connectStream({ path, pool: newPool(), reconnect: false });
    const ended = emitted(alone, 'close');
    expect(await emitted(alone, 'error')).toEqual([expect.objectContaining({ code: 'ENOENT', syscall: 'connect' })]);
    await ended;
    // Nobody listens for this one's error: no harm.
    await emitted(connectStream({ path, pool: newPool(), reconnect: false }), 'close');
    expect(events).toEqual(['close']);
    const server = await rawListen((socket) => socket.end());
    const brief = connectStream({ path, pool: newPool(), reconnect: false });
    for (const name of ['connect', 'disconnect', 'close'] as const) brief.on(name, () => events.push(name));
    await once(brief, 'close');
    expect(events).toEqual(['close', 'connect', 'disconnect', 'close']);
    server.close();
  });

  test('closes with its device, and its device with it', async () => {
    const pair = await newPair({ path });
    const gone = once(pair.peer, 'close');
    pair.client.device.close();
    await once(pair.client, 'close');
    await gone;
    expect(pair.peer.device.linkUp).toBe(false);
    await pair.close();
    await pair.client.close();
  });

  test('closes when its signal aborts, and does not begin when it has', async () => {
    const controller = new AbortController();
    const client = connectStream({ path, pool: newPool(), reconnect, signal: controller.signal });
    const closed = once(client, 'close');
    controller.abort();
    await closed;
    expect(client.device.linkUp).toBe(false);
    expect(() => connectStream({ path, pool: newPool(), signal: controller.signal })).toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });

  test('refuses options that make no sense', () => {
    const pool = newPool();
    expect(() => connectStream({ pool })).toThrow(expect.objectContaining({ code: 'ERR_MISSING_ARGS' }));
    expect(() => connectStream({ pool, port: 70_000 })).toThrow(
      expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }),
    );
    for (const delays of [{ firstDelayMs: 0 }, { longestDelayMs: Number.NaN }]) {
      expect(() => connectStream({ pool, path, reconnect: delays })).toThrow(
        expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
      );
    }
    expect(() => connectStream({ pool, path, mtuBytes: 5 })).toThrow(
      expect.objectContaining({ code: 'ERR_ASSERTION' }),
    );
  });
});

describe('a server', () => {
  test('gives each peer a device of its own, and keeps to its number of peers', async () => {
    const peers: StreamPeer[] = [];
    const server = await listenStream({
      port: 0,
      pool: newPool(),
      maxPeers: 2,
      name: 'lan',
      onPeer: (peer) => peers.push(peer),
    });
    const { address, port } = server.place;
    expect(address).toBe('127.0.0.1');
    // Hanging up may come as a reset.
    const join = (): Socket => connect(port as number).on('error', () => {});
    // One after the other: names are looked up by threads, and who asks first need not come first.
    const sockets = [join()];
    await until(() => peers.length === 1);
    sockets.push(join());
    await until(() => peers.length === 2);
    expect(peers.map(({ id, device }) => [id, device.name])).toEqual([
      [0, 'lan-0'],
      [1, 'lan-1'],
    ]);
    await emitted(join().resume(), 'close');
    expect(server.counters).toEqual({ peers: 2, refused: 1 });
    sockets[0]?.destroy();
    await once(peers[0] as StreamPeer, 'close');
    const fourth = join();
    await until(() => peers.length === 3);
    await server.close();
    await server.close();
    expect(server.peers.size).toBe(0);
    for (const socket of [...sockets, fourth]) socket.destroy();
  });

  test('says why it cannot listen, in Node’s words', async () => {
    const pool = newPool();
    const onPeer = (): void => {};
    const first = await listenStream({ path, pool, onPeer });
    await expect(listenStream({ path, pool, onPeer })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'listen',
      address: path,
    });
    await first.close();
    await expect(listenStream({ pool, onPeer })).rejects.toMatchObject({ code: 'ERR_MISSING_ARGS' });
    await expect(listenStream({ path, pool, onPeer, maxPeers: 0 })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    const signal = AbortSignal.abort();
    await expect(listenStream({ path, pool, onPeer, signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('hangs up on everybody when its signal aborts', async () => {
    const controller = new AbortController();
    const pair = await newPair({ path }, { server: { signal: controller.signal } });
    const events = [once(pair.server, 'close'), once(pair.peer, 'close'), once(pair.client, 'disconnect')];
    controller.abort();
    await Promise.all(events);
    await pair.close();
  });

  test('closing a peer’s device hangs up on it', async () => {
    const pair = await newPair({ path });
    const gone = once(pair.client, 'disconnect');
    pair.peer.device.close();
    await gone;
    expect(pair.server.peers.has(pair.peer)).toBe(false);
    await pair.close();
  });
});

test('frames that a peer never read are gone with it: released, counted, not sent to the next', async () => {
  const peers: Socket[] = [];
  const heard: Buffer[] = [];
  const server = await rawListen((socket) => {
    if (peers.push(socket) === 1) socket.pause();
    else socket.on('data', (chunk) => heard.push(chunk));
  });
  const pool = newPool();
  const client = connectStream({ path, pool, reconnect });
  await once(client, 'connect');
  let writables = 0;
  client.device.listen({ readable() {}, writable: () => writables++, changed() {} });
  for (let idle = 0; idle < 8; idle++) {
    while (send(client.device, pool, frameBytes(1514, 1))) idle = 0;
    await turn();
  }
  writables = 0;
  expect(pool.used).toBe(256);
  await until(() => peers.length === 1);
  const again = emitted(client, 'connect');
  peers[0]?.destroy();
  await again;
  expect(client.counters.txLost).toBe(256);
  expect(pool.used).toBe(0);
  expect(writables).toBe(1);
  send(client.device, pool, frameBytes(60, 2));
  await until(() => heard.length > 0);
  expect(Buffer.concat(heard)).toEqual(framed(frameBytes(60, 2)));
  await client.close();
  server.close();
});

test('nothing is left that would keep a process alive, whatever the peers do', async () => {
  // Of all tests in this thread: those of earlier ones may go meanwhile, none may be added.
  const resources = (): number =>
    process.getActiveResourcesInfo().filter((name) => /Pipe|TCP|Timeout/.test(name)).length;
  const before = resources();
  const server = await listenStream({ path, pool: newPool(), onPeer: () => {} });
  const client = connectStream({ path, pool: newPool(), reconnect: { firstDelayMs: 60_000, longestDelayMs: 60_000 } });
  await once(client, 'connect');
  const half = await rawConnect();
  half.write(framed(frameBytes(100)).subarray(0, 50));
  await until(() => server.peers.size === 2);
  expect(resources()).toBeGreaterThan(before);
  const waiting = emitted(client, 'retry');
  await server.close();
  await waiting;
  await client.close();
  half.destroy();
  await emitted(half, 'close');
  await until(() => resources() <= before);
});

test('frames that wait when the connection ends are released and counted', async () => {
  const pair = await newPair({ path });
  const { client, peer, pools } = pair;
  for (let i = 0; i < 5; i++) send(client.device, pools[0], frameBytes(60));
  expect(pools[0].used).toBe(5);
  // In the same turn: nothing has been written yet.
  await client.close();
  expect(pools[0].used).toBe(0);
  for (let i = 0; i < 5; i++) send(peer.device, pools[1], frameBytes(60));
  await pair.close();
  expect(pools[1].used).toBe(0);
});
