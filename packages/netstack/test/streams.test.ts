import { getEventListeners } from 'node:events';
import { type Cable, createCable } from '@synos/nic';
import { ipv4 } from '@synos/wire';
import { afterEach, describe, expect, test } from 'vitest';
import { type Connection, createNetwork, isNetworkError, type Network } from '../src/streams/index.js';

const open: Network[] = [];
afterEach(() => {
  for (const network of open.splice(0)) network.close();
});

function twoHosts(cable = createCable()): { a: Network; b: Network } {
  const a = createNetwork({ interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }] });
  const b = createNetwork({ interfaces: [{ device: cable.b, addresses: ['10.0.0.2/24'] }] });
  open.push(a, b);
  return { a, b };
}

async function pair(cable?: Cable): Promise<{ client: Connection; server: Connection; a: Network; b: Network }> {
  const { a, b } = twoHosts(cable);
  const listener = a.listen({ port: 80 });
  const [client, server] = await Promise.all([b.connect({ host: '10.0.0.1', port: 80 }), listener.accept()]);
  if (!server) throw new Error('nobody came');
  return { client, server, a, b };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function readAll(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value);
  return Buffer.concat(chunks);
}

describe('connections', () => {
  test('know both ends', async () => {
    const { client, server } = await pair();
    expect(server.local).toEqual({ host: '10.0.0.1', port: 80 });
    expect(client.remote).toEqual({ host: '10.0.0.1', port: 80 });
    expect(client.local).toEqual(server.remote);
  });

  test('carry a megabyte each way at once, byte for byte', async () => {
    const { client, server } = await pair();
    const data = new Uint8Array(1_000_000).map((_, index) => (index * 31) >> 3);
    const echo = server.readable.pipeTo(server.writable);
    const writer = client.writable.getWriter();
    const writing = writer.write(data).then(() => writer.close());
    const heard = await readAll(client.readable);
    await Promise.all([echo, writing]);
    expect(Buffer.compare(heard, data)).toBe(0);
    await Promise.all([client.closed, server.closed]);
  });

  test('end one direction and go on in the other', async () => {
    const { client, server } = await pair();
    await client.writable.close();
    expect((await readAll(server.readable)).length).toBe(0);
    const writer = server.writable.getWriter();
    await writer.write(bytes('still here'));
    await writer.close();
    expect(new TextDecoder().decode(await readAll(client.readable))).toBe('still here');
  });

  test('fill a reader’s own buffer', async () => {
    const { client, server } = await pair();
    const writer = server.writable.getWriter();
    await writer.write(bytes('hello'));
    const reader = client.readable.getReader({ mode: 'byob' });
    const { value } = await reader.read(new Uint8Array(16));
    expect(new TextDecoder().decode(value)).toBe('hello');
  });

  test('hold a writer back while nobody reads', async () => {
    const { client, server } = await pair();
    const writer = client.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 100; i += 1) {
        await writer.write(new Uint8Array(100_000));
        written += 1;
      }
      await writer.close();
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(100);
    expect((await readAll(server.readable)).length).toBe(10_000_000);
    await writing;
  });

  test('an abort resets the peer and fails both streams', async () => {
    const { client, server } = await pair();
    const reading = server.readable.getReader().read();
    client.abort(new Error('enough'));
    await expect(client.closed).rejects.toThrow('enough');
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'read', address: '10.0.0.2' });
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('close ends both directions', async () => {
    const { client, server } = await pair();
    const reading = readAll(server.readable);
    await client.close();
    expect((await reading).length).toBe(0);
  });

  test('cancelling one direction and closing the other is the end', async () => {
    const { client, server } = await pair();
    await client.readable.cancel();
    await client.writable.close();
    await client.closed;
    await server.close();
    await server.closed;
  });

  test('who writes alone hears of a reset by the write, and by `closed`', async () => {
    const { client, server } = await pair();
    const writer = client.writable.getWriter();
    server.abort();
    const broken = (async () => {
      for (;;) await writer.write(bytes('anybody?'));
    })();
    await expect(broken).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    await expect(client.closed).rejects.toMatchObject({ syscall: 'write', address: '10.0.0.1', port: 80 });
  });

  test('take bytes alone', async () => {
    const { client } = await pair();
    const writer = client.writable.getWriter();
    await expect(writer.write('text' as unknown as Uint8Array)).rejects.toThrow(TypeError);
  });
});

describe('connect', () => {
  test('is refused where nobody listens, with an error as Node shapes it', async () => {
    const { b } = twoHosts();
    const error = await b.connect({ host: '10.0.0.1', port: 81 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '10.0.0.1',
      port: 81,
      message: 'connect ECONNREFUSED 10.0.0.1:81',
    });
    expect(isNetworkError(error)).toBe(true);
  });

  test('finds no way where there is none', async () => {
    const { b } = twoHosts();
    await expect(b.connect({ host: '192.0.2.1', port: 80 })).rejects.toMatchObject({ code: 'ENETUNREACH' });
  });

  test('gives up when its signal aborts', async () => {
    const { b } = twoHosts();
    const controller = new AbortController();
    // Nobody has this address: neighbour resolution takes seconds.
    const connecting = b.connect({ host: '10.0.0.77', port: 80, signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(connecting).rejects.toThrow('changed my mind');
  });

  test('gives up when its signal aborts, where SYNs go unanswered too', async () => {
    const { a } = twoHosts();
    a.stack.ip.addNeighbour(2, ipv4(10, 0, 0, 77), new Uint8Array([2, 0, 0, 0, 0, 7]));
    const controller = new AbortController();
    const connecting = a.connect({ host: '10.0.0.77', port: 80, signal: controller.signal });
    controller.abort(new Error('enough'));
    // Without an end of its own it would be two minutes.
    await expect(connecting).rejects.toThrow('enough');
  });

  test('does not begin when its signal has aborted', async () => {
    const { b } = twoHosts();
    const connecting = b.connect({ host: '10.0.0.1', port: 80, signal: AbortSignal.abort(new Error('no')) });
    await expect(connecting).rejects.toThrow('no');
  });

  test('a signal aborts the connection later', async () => {
    const { a, b } = twoHosts();
    const listener = a.listen({ port: 80 });
    const controller = new AbortController();
    const client = await b.connect({ host: '10.0.0.1', port: 80, signal: controller.signal });
    const server = await listener.accept();
    controller.abort(new Error('over'));
    await expect(client.closed).rejects.toThrow('over');
    await expect(server?.readable.getReader().read()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('refuses names and ports that are none', async () => {
    const { b } = twoHosts();
    await expect(b.connect({ host: 'example.test', port: 80 })).rejects.toMatchObject({
      message: 'getaddrinfo ENOTFOUND example.test',
      code: 'ENOTFOUND',
      errno: -3008,
      syscall: 'getaddrinfo',
    });
    await expect(b.connect({ host: '10.0.0.1', port: 65_536 })).rejects.toMatchObject({
      name: 'RangeError',
      code: 'ERR_SOCKET_BAD_PORT',
      errno: -22,
    });
  });

  test('says what is wrong with a call that cannot be right', async () => {
    const { b } = twoHosts();
    const noType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', errno: -22 };
    const noValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', errno: -22 };
    await expect(b.connect(undefined as never)).rejects.toMatchObject(noType);
    await expect(b.connect({ port: 80 } as never)).rejects.toMatchObject(noType);
    const misfits: [object, object][] = [
      [{ addresses: ['10.0.0.1/24'] }, noType],
      [{ device: createCable().a, addresses: ['10.0.0.1'] }, noValue],
      [{ device: createCable().a, addresses: ['10.0.0.1/33'] }, noValue],
      [{ device: createCable().a, addresses: [10] }, noValue],
      [{ device: createCable().a, addresses: ['10.0.0.1/24'], gateway: '10.0.0' }, noValue],
    ];
    for (const [misfit, error] of misfits) {
      expect(() => createNetwork({ interfaces: [misfit as never] })).toThrow(expect.objectContaining(error));
    }
  });

  test('reaches this host itself', async () => {
    const { a } = twoHosts();
    const listener = a.listen({ port: 80 });
    const [client, server] = await Promise.all([a.connect({ host: 'localhost', port: 80 }), listener.accept()]);
    const writer = client.writable.getWriter();
    await writer.write(bytes('me'));
    const { value } = (await server?.readable.getReader().read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe('me');
  });
});

describe('listen', () => {
  test('gives every connection once and ends when closed', async () => {
    const { a, b } = twoHosts();
    const listener = a.listen({ port: 80 });
    const ports: number[] = [];
    const serving = (async () => {
      for await (const connection of listener) {
        ports.push(connection.remote.port);
        if (ports.length === 20) listener.close();
      }
    })();
    const clients = await Promise.all(Array.from({ length: 20 }, () => b.connect({ host: '10.0.0.1', port: 80 })));
    await serving;
    expect(new Set(ports)).toEqual(new Set(clients.map((client) => client.local.port)));
  });

  test('says that a port is taken', () => {
    const { a } = twoHosts();
    a.listen({ port: 80 });
    expect(() => a.listen({ port: 80 })).toThrow(expect.objectContaining({ code: 'EADDRINUSE', port: 80 }));
  });

  test('says that an address is not here', () => {
    const { a } = twoHosts();
    expect(() => a.listen({ host: '10.0.0.9', port: 80 })).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
  });

  test('a signal ends the wait with its reason', async () => {
    const { a } = twoHosts();
    const controller = new AbortController();
    const waiting = a.listen({ port: 80, signal: controller.signal }).accept();
    controller.abort(new Error('closing time'));
    await expect(waiting).rejects.toThrow('closing time');
  });
});

describe('datagrams', () => {
  test('keep their boundaries and senders', async () => {
    const { a, b } = twoHosts();
    const server = a.datagrams({ port: 53 });
    const client = b.datagrams();
    for (const text of ['one', '', 'three']) await client.send(bytes(text), { host: '10.0.0.1', port: 53 });
    const heard: string[] = [];
    for await (const { data, from } of server) {
      heard.push(new TextDecoder().decode(data));
      expect(from).toEqual({ host: '10.0.0.2', port: client.local.port });
      if (heard.length === 3) break;
    }
    expect(heard).toEqual(['one', '', 'three']);
  });

  test('a connected socket hears that nobody is there', async () => {
    const { b } = twoHosts();
    const client = b.datagrams({ connect: { host: '10.0.0.1', port: 53 } });
    await client.send(bytes('anybody?'));
    await expect(client.receive()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('closing ends the loop', async () => {
    const { a } = twoHosts();
    const server = a.datagrams({ port: 53 });
    const waiting = server.receive();
    server.close();
    expect(await waiting).toBeNull();
  });
});

describe('close', () => {
  test('fails connections, ends loops and returns all memory', async () => {
    const cable = createCable();
    const { client, server, a, b } = await pair(cable);
    const reading = server.readable.getReader().read();
    const waiting = b.listen({ port: 9 }).accept();
    a.close();
    b.close();
    await expect(reading).rejects.toMatchObject({ code: 'ECONNABORTED' });
    await expect(client.closed).rejects.toMatchObject({ code: 'ECONNABORTED' });
    expect(await waiting).toBeNull();
    cable.close();
    for (const { stack } of [a, b]) {
      expect(stack.memory.packets.used).toBe(0);
      expect(stack.memory.blocks.usedBytes).toBe(0);
    }
    await expect(b.connect({ host: '10.0.0.1', port: 80 })).rejects.toMatchObject({ code: 'ENETDOWN' });
  });

  test('of what a signal belongs to: the signal forgets it', async () => {
    const { a, b } = twoHosts();
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const listener = a.listen({ port: 80, signal });
    const datagrams = a.datagrams({ port: 80, signal });
    const accepted = listener.accept();
    const connection = await b.connect({ host: '10.0.0.1', port: 80, signal });
    await accepted;
    expect(listeners()).toBe(3);
    listener.close();
    datagrams.close();
    expect(listeners()).toBe(1);
    connection.abort();
    expect(listeners()).toBe(0);
    await expect(b.connect({ host: '10.0.0.1', port: 81, signal })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(listeners()).toBe(0);
  });

  test('ends what connects', async () => {
    const { a } = twoHosts();
    const connecting = a.connect({ host: '10.0.0.77', port: 80 });
    a.close();
    await expect(connecting).rejects.toMatchObject({ code: 'ECONNABORTED', syscall: 'connect' });
    await expect(a.connect({ host: '10.0.0.2', port: 80 })).rejects.toMatchObject({ code: 'ENETDOWN' });
  });
});
