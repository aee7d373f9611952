import { AF_INET, errnoName, SHUT_WR, SOCK_STREAM } from '@synos/abi';
import type { SocketAddress } from '@synos/interfaces';
import { type BlockingAccept, type BlockingCall, block, type Socket, type Sockets } from '@synos/socket';
import { parseAddress } from '@synos/wire';

/** An echo server and its client, on POSIX sockets. */
export async function echo(server: Sockets, client: Sockets, address: string): Promise<void> {
  const listener = open(server);
  await succeed(listener, { call: 'bind', name: at('0.0.0.0', 0) });
  await succeed(listener, { call: 'listen', backlog: 8 });
  const { port } = nameOf(listener);
  void serve(listener);

  const sent = new Uint8Array(100_000).map((_, index) => index % 251);
  const connection = open(client);
  await succeed(connection, { call: 'connect', name: at(address, port) });
  void succeed(connection, { call: 'send', bytes: sent }).then(() => connection.shutdown(SHUT_WR));
  const answer = await readAll(connection, sent.length);
  await succeed(connection, { call: 'close' });
  const isSame = answer.length === sent.length && answer.every((byte, index) => byte === sent[index]);
  console.log(`echo: ${answer.length} bytes came back, ${isSame ? 'the same' : 'DIFFERENT'}`);

  await succeed(listener, { call: 'close' });
  const late = open(client);
  const refused = await call(late, { call: 'connect', name: at(address, port) });
  console.log(`echo: once the listener is closed, connect answers ${errnoName(-refused)}`);
  await succeed(late, { call: 'close' });
}

async function serve(listener: Socket): Promise<void> {
  for (;;) {
    const connection = await accepted(listener);
    if (typeof connection === 'number') return;
    const into = new Uint8Array(4096);
    for (;;) {
      const count = await call(connection, { call: 'recv', into });
      if (count <= 0) break;
      await succeed(connection, { call: 'send', bytes: into.slice(0, count) });
    }
    await succeed(connection, { call: 'close' });
  }
}

async function readAll(socket: Socket, limit: number): Promise<Uint8Array> {
  const all = new Uint8Array(limit);
  let length = 0;
  for (;;) {
    const count = await succeed(socket, { call: 'recv', into: all, start: length });
    length += count;
    if (count === 0 || length === limit) return all.subarray(0, length);
  }
}

function open(sockets: Sockets): Socket {
  const socket = sockets.socket(AF_INET, SOCK_STREAM);
  if (typeof socket === 'number') throw new Error(`socket: ${errnoName(-socket)}`);
  return socket;
}

/** A blocking call as a promise of its result. */
function call(socket: Socket, what: BlockingCall): Promise<number> {
  return new Promise((resolve) => block(socket, what, resolve));
}

function accepted(listener: Socket): Promise<Socket | number> {
  const what: BlockingAccept = { call: 'accept' };
  return new Promise((resolve) => block(listener, what, resolve));
}

async function succeed(socket: Socket, what: BlockingCall): Promise<number> {
  const result = await call(socket, what);
  if (result < 0) throw new Error(`${what.call}: ${errnoName(-result)}`);
  return result;
}

function nameOf(socket: Socket): SocketAddress {
  const name = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
  socket.getsockname(name);
  return name;
}

function at(text: string, port: number): SocketAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`not an address: ${text}`);
  return { address, port };
}
