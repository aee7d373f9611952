import { createHash, randomBytes } from 'node:crypto';
import type { Socket as HostSocket } from 'node:net';
import { AF_INET, SOCK_NONBLOCK, SOCK_STREAM } from '@synos/abi';
import type { Socket } from '@synos/node/net';
import { parseAddress } from '@synos/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway, type OutboundOptions } from '../src/index.js';
import { closedPort, hostServer } from './host-servers.js';
import { createVirtualLan, type Guest, gatewayAddress, type VirtualLan } from './virtual-lan.js';

let lan: VirtualLan;
let gateway: Gateway;
const servers: { close(): unknown }[] = [];
beforeEach(() => {
  lan = createVirtualLan(2);
  gateway = createGateway({ stack: lan.stack, loop: lan.loop });
});
afterEach(async () => {
  await gateway.close();
  for (const server of servers.splice(0)) server.close();
  lan.stop();
});

async function serve(onConnection: (socket: HostSocket) => void): Promise<number> {
  const { server, port } = await hostServer(onConnection);
  servers.push(server);
  return port;
}

/** All that a guest's connection hears until it ends, and the error that it ended with. */
function talk(
  guest: Guest,
  host: string,
  port: number,
  say: (socket: Socket) => void,
): { text: string; code?: string; isOver: boolean; connected: boolean } {
  const heard: ReturnType<typeof talk> = { text: '', isOver: false, connected: false };
  const socket = guest.net.connect({ host, port, allowHalfOpen: true });
  socket.on('connect', () => {
    heard.connected = true;
  });
  socket.on('data', (chunk: Buffer) => {
    heard.text += chunk.toString();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    heard.code = error.code ?? error.message;
  });
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    heard.isOver = true;
  });
  say(socket);
  return heard;
}

/** What programs put off until the present work is done; not enough for anything to come from the system. */
async function ticks(): Promise<void> {
  for (let index = 0; index < 5; index += 1) await new Promise((resolve) => process.nextTick(resolve));
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a guest connects', () => {
  test("to the gateway's own address, which is the host's 127.0.0.1", async () => {
    const outbound = gateway.openOutbound();
    const port = await serve((socket) => {
      socket.write('hello\n');
      socket.pipe(socket);
    });
    const heard = talk(lan.guests[0]!, gatewayAddress, port, (socket) => socket.end('and back'));
    await lan.until(() => heard.isOver);
    expect(heard).toEqual({ text: 'hello\nand back', isOver: true, connected: true });
    await lan.until(() => outbound.stats.connections.active === 0);
    expect(outbound.stats.connections).toEqual({
      accepted: 1,
      active: 0,
      peak: 1,
      waiting: 0,
      refused: 0,
      failed: 0,
      broken: 0,
      bytesToGuest: 14,
      bytesToHost: 8,
    });
  });

  test('and is accepted only after the host’s own connection stands', async () => {
    const outbound = gateway.openOutbound();
    let hostConnections = 0;
    const port = await serve((socket) => {
      hostConnections += 1;
      socket.end('hi');
    });
    const heard = talk(lan.guests[0]!, gatewayAddress, port, () => {});
    await ticks();
    // Virtual time alone: Node has no turn, so no connection of the host's can come to stand.
    lan.pass(10_000);
    expect(lan.guests[0]!.stack.counters()['tcp.segmentsOut']).toBeGreaterThan(3);
    expect(lan.stack.counters()).toMatchObject({ 'tcp.segmentsOut': 0, 'tcp.passiveOpens': 0 });
    expect(lan.stack.counters()['tcp.held']).toBeGreaterThan(3);
    expect([heard.connected, outbound.stats.connections.waiting]).toEqual([false, 1]);
    const nowMs = lan.loop.now();
    await lan.until(() => heard.isOver);
    // It did not take another SYN of the guest's: the one that was held is answered.
    expect(lan.loop.now() - nowMs).toBeLessThan(1000);
    expect([heard.text, hostConnections]).toEqual(['hi', 1]);
  });

  test('is refused with a reset, at once, when the host is', async () => {
    const outbound = gateway.openOutbound();
    const heard = talk(lan.guests[0]!, gatewayAddress, await closedPort(), () => {});
    await lan.until(() => heard.isOver);
    expect(heard).toMatchObject({ code: 'ECONNREFUSED', connected: false });
    expect(lan.stack.counters()).toMatchObject({ 'tcp.resetsOut': 1, 'tcp.segmentsOut': 1 });
    expect(lan.loop.now()).toBeLessThan(1000);
    expect(outbound.stats.connections).toMatchObject({ failed: 1, accepted: 0, waiting: 0 });
  });

  test('is told by ICMP when the host has no way', async () => {
    // TCP has no broadcast: the system refuses to try, and nothing leaves this machine.
    const outbound = gateway.openOutbound({ allow: ['255.255.255.255/32'], toHost: () => '255.255.255.255' });
    const heard = talk(lan.guests[0]!, '192.0.2.1', 80, () => {});
    await lan.until(() => heard.isOver);
    expect(['ENETUNREACH', 'EHOSTUNREACH', 'EACCES']).toContain(heard.code);
    expect(lan.stack.counters()).toMatchObject({ 'tcp.segmentsOut': 0, 'ip.icmpErrorsOut': 1 });
    expect(outbound.stats).toMatchObject({ prohibited: 0, connections: { failed: 1, waiting: 0 } });
  });

  test('to any address, under which it is answered', async () => {
    const asked: string[] = [];
    gateway.openOutbound({
      toHost(destination) {
        asked.push(destination);
        return '127.0.0.1';
      },
    });
    const port = await serve((socket) => socket.end('as if from afar'));
    const heard = talk(lan.guests[0]!, '192.0.2.77', port, () => {});
    await lan.until(() => heard.isOver);
    expect(heard).toMatchObject({ text: 'as if from afar', connected: true });
    expect(asked).toEqual(['192.0.2.77']);
  });

  test('many times at once to one place, from several guests', async () => {
    const outbound = gateway.openOutbound();
    const port = await serve((socket) => socket.pipe(socket));
    const all = lan.guests.flatMap((guest) =>
      Array.from({ length: 40 }, (_, index) =>
        talk(guest, gatewayAddress, port, (socket) => socket.end(`${guest.address} ${index}`)),
      ),
    );
    await lan.until(() => all.every(({ isOver }) => isOver));
    expect(all.map(({ text }) => text)).toEqual(
      lan.guests.flatMap(({ address }) => Array.from({ length: 40 }, (_, index) => `${address} ${index}`)),
    );
    await lan.until(() => outbound.stats.connections.active === 0);
    expect(outbound.stats.connections).toMatchObject({ accepted: 80, failed: 0, broken: 0, refused: 0 });
  });

  test('2 MB each way arrive unchanged, whoever ends first', async () => {
    gateway.openOutbound();
    const bytes = randomBytes(2_000_000);
    let atHost = '';
    const port = await serve((socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('end', () => {
        atHost = sha256(Buffer.concat(chunks));
      });
      socket.end(bytes);
    });
    const chunks: Buffer[] = [];
    let isOver = false;
    const socket = lan.guests[0]!.net.connect({ host: gatewayAddress, port, allowHalfOpen: true });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => {
      isOver = true;
    });
    socket.end(bytes);
    await lan.until(() => isOver && atHost !== '');
    expect([sha256(Buffer.concat(chunks)), atHost]).toEqual([sha256(bytes), sha256(bytes)]);
  });

  test('from the same port again while the last connection rests in TIME-WAIT', async () => {
    const outbound = gateway.openOutbound();
    // The host ends first: TIME-WAIT is at the gateway.
    const port = await serve((socket) => socket.end('hi'));
    const connectFrom = (localPort: number): { isOver: boolean; text: string } => {
      const heard = { isOver: false, text: '' };
      const socket = lan.guests[0]!.net.connect({ host: gatewayAddress, port, localPort });
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        heard.text += chunk.toString();
      });
      socket.on('close', () => {
        heard.isOver = true;
      });
      return heard;
    };
    const first = connectFrom(5555);
    await lan.until(() => first.isOver);
    lan.pass(2000);
    expect(lan.stack.counters()['tcp.timeWaits']).toBe(1);
    const second = connectFrom(5555);
    await lan.until(() => second.isOver);
    expect(second.text).toBe('hi');
    expect(outbound.stats.connections.accepted).toBe(2);
    expect(lan.stack.counters()['tcp.timeWaitReused']).toBe(1);
  });

  test('a reset on either side reaches the other', async () => {
    const outbound = gateway.openOutbound();
    let hostCode = '';
    const port = await serve((socket) => {
      socket.on('data', (chunk) => {
        if (chunk.toString() === 'reset me') socket.resetAndDestroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        hostCode = error.code ?? '';
      });
    });
    const heard = talk(lan.guests[0]!, gatewayAddress, port, (socket) => socket.write('reset me'));
    await lan.until(() => heard.isOver);
    expect(heard.code).toBe('ECONNRESET');
    const other = talk(lan.guests[0]!, gatewayAddress, port, (socket) => {
      socket.write('x');
      socket.on('connect', () => setImmediate(() => socket.resetAndDestroy()));
    });
    await lan.until(() => other.isOver && hostCode !== '');
    expect(hostCode).toBe('ECONNRESET');
    await lan.until(() => outbound.stats.connections.active === 0);
    expect(outbound.stats.connections.broken).toBe(2);
  });
});

describe('where guests may go', () => {
  test.each<[string, OutboundOptions, string]>([
    ['by default nowhere but to the gateway', {}, '192.0.2.1'],
    ['an address that is not allowed', { allow: ['192.0.2.0/25', '127.0.0.1/32'] }, '192.0.2.128'],
    ['the gateway itself, when its loopback is not', { allow: ['192.0.2.0/24'] }, gatewayAddress],
    ['another guest’s address', {}, '10.0.0.200'],
    ['an address for which there is no other', { toHost: () => null }, '192.0.2.1'],
    ['a translation that is not allowed', { toHost: () => '192.0.2.1' }, '198.51.100.1'],
    ['a translation that is no address', { toHost: () => 'localhost' }, '198.51.100.1'],
  ])('%s', async (_, options, destination) => {
    const outbound = gateway.openOutbound(options);
    const port = await serve((socket) => socket.end());
    // Through the gateway even where a guest would ask its neighbours.
    const [guest] = lan.guests;
    guest!.stack.ip.addRoute({
      prefix: parseAddress(destination)!,
      bits: 128,
      device: 2,
      gateway: parseAddress(gatewayAddress)!,
    });
    const heard = talk(guest!, destination, port, () => {});
    await lan.until(() => heard.isOver);
    expect(heard).toMatchObject({ code: 'EHOSTUNREACH', connected: false });
    expect(outbound.stats).toMatchObject({ prohibited: 1, connections: { accepted: 0, failed: 0 } });
    expect(lan.stack.counters()['tcp.segmentsOut']).toBe(0);
  });

  test('what the stack itself serves stays the stack’s', async () => {
    gateway.openOutbound();
    const listener = lan.stack.sockets.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (typeof listener === 'number') throw new Error();
    const port = await serve((socket) => socket.end('the host'));
    listener.bind({ address: parseAddress(gatewayAddress)!, port });
    listener.listen(1);
    const heard = talk(lan.guests[0]!, gatewayAddress, port, () => {});
    await lan.until(() => heard.connected && typeof listener.accept() === 'object');
    expect(lan.stack.counters()['tcp.held']).toBe(0);
  });

  test('misuse is refused', () => {
    expect(() => gateway.openOutbound({ allow: ['everything'] })).toThrow(TypeError);
    expect(() => gateway.openOutbound({ maxConnections: 0 })).toThrow(RangeError);
    expect(() => gateway.openOutbound({ flowIdleMs: 0.5 })).toThrow(RangeError);
    gateway.openOutbound();
    expect(() => gateway.openOutbound()).toThrow('somebody answers already');
  });
});

describe('bounds', () => {
  test('a guest with too many connections is reset; the other is not', async () => {
    const outbound = gateway.openOutbound({ maxConnectionsPerGuest: 3 });
    const port = await serve((socket) => socket.pipe(socket));
    const [one, other] = lan.guests;
    const sockets: Socket[] = [];
    const kept = Array.from({ length: 3 }, () => talk(one!, gatewayAddress, port, (socket) => sockets.push(socket)));
    await lan.until(() => outbound.stats.connections.active === 3);
    const more = talk(one!, gatewayAddress, port, () => {});
    await lan.until(() => more.isOver);
    expect(more).toMatchObject({ code: 'ECONNREFUSED', connected: false });
    const fine = talk(other!, gatewayAddress, port, (socket) => socket.end('fine'));
    await lan.until(() => fine.isOver);
    expect(fine.text).toBe('fine');
    expect(kept.every(({ isOver }) => !isOver)).toBe(true);
    expect(outbound.stats.connections).toMatchObject({ refused: 1, accepted: 4 });
    for (const socket of sockets) socket.end();
    await lan.until(() => outbound.stats.connections.active === 0);
    const again = Array.from({ length: 3 }, () => talk(one!, gatewayAddress, port, (socket) => socket.end('again')));
    await lan.until(() => again.every(({ isOver }) => isOver));
    expect(again.map(({ text }) => text)).toEqual(['again', 'again', 'again']);
  });

  test('all guests together have a limit, and room comes back', async () => {
    const outbound = gateway.openOutbound({ maxConnections: 2 });
    const port = await serve((socket) => socket.pipe(socket));
    const sockets: Socket[] = [];
    for (const guest of lan.guests) talk(guest, gatewayAddress, port, (socket) => sockets.push(socket));
    await lan.until(() => outbound.stats.connections.active === 2);
    const more = talk(lan.guests[0]!, gatewayAddress, port, () => {});
    await lan.until(() => more.isOver);
    expect(more.code).toBe('ECONNREFUSED');
    for (const socket of sockets) socket.end();
    await lan.until(() => outbound.stats.connections.active === 0);
    const again = talk(lan.guests[0]!, gatewayAddress, port, (socket) => socket.end('again'));
    await lan.until(() => again.isOver);
    expect(again.text).toBe('again');
    expect(outbound.stats.connections).toMatchObject({ refused: 1, peak: 2 });
  });

  test('a host that never answers is given up, and the guest hears nothing', async () => {
    const outbound = gateway.openOutbound({ connectTimeoutMs: 5000 });
    const port = await serve((socket) => socket.end());
    const heard = talk(lan.guests[0]!, gatewayAddress, port, (socket) => socket.setTimeout(0));
    await ticks();
    lan.pass(4999);
    expect(outbound.stats.connections).toMatchObject({ waiting: 1, failed: 0 });
    lan.pass(1);
    expect(outbound.stats.connections).toMatchObject({ waiting: 0, failed: 1 });
    expect(lan.stack.counters()['tcp.segmentsOut']).toBe(0);
    expect(heard.isOver).toBe(false);
    // The guest's next SYN begins anew.
    await lan.until(() => heard.isOver);
    expect(heard.connected).toBe(true);
  });
});

test('closing resets what is open, refuses what comes, twice is once', async () => {
  const outbound = gateway.openOutbound();
  const port = await serve((socket) => socket.resume());
  const open = talk(lan.guests[0]!, gatewayAddress, port, () => {});
  await lan.until(() => outbound.stats.connections.active === 1);
  const waiting = talk(lan.guests[1]!, gatewayAddress, port, () => {});
  await ticks();
  lan.pass(100);
  expect(outbound.stats.connections.waiting).toBe(1);
  outbound.close();
  outbound.close();
  await lan.until(() => open.isOver && waiting.isOver);
  expect([open.code, waiting.code]).toEqual(['ECONNRESET', 'ECONNREFUSED']);
  expect(outbound.stats.connections).toMatchObject({ active: 0, waiting: 0 });
  // And somebody else may answer.
  gateway.openOutbound();
});
