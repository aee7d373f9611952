import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { NetDevice, PacketPool } from '@synos/interfaces';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createPatch, createSwitch } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { bindDgram } from '../src/dgram/index.js';
import { createNet, type Net } from '../src/net/index.js';
import { connectStream, listenStream, type StreamPeer } from '../src/stream/index.js';
import { emitted, newFolder, until } from './sockets.js';

// TCP of ours between stacks whose wire is a socket of the system.

interface HostOnWire {
  readonly stack: Netstack;
  readonly net: Net;
  readonly pool: PacketPool;
  join(device: NetDevice): void;
  stop(): void;
}

function newHost(address: string): HostOnWire {
  const { loop, entropy } = createDefaultHost();
  const memory = createStackMemory({ smallPackets: 2048, largePackets: 8, ringBytes: 8 << 20 });
  const stack = createNetstack({ clock: loop, entropy, memory });
  const stop = drive(stack, loop);
  return {
    stack,
    net: createNet({ sockets: stack.sockets }),
    pool: memory.packets,
    join: (device) => void stack.addInterface({ device, addresses: [`${address}/24`] }),
    stop() {
      stop();
      stack.dispose();
    },
  };
}

const data = Buffer.alloc(3_000_000);
for (let i = 0; i < data.length; i++) data[i] = (i * 7) ^ (i >>> 9);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function listenEcho(net: Net, address: string) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  server.listen(7, address);
  await once(server, 'listening');
  return server;
}

/** Sends everything to an echo and answers what came back. */
async function echoed(net: Net, address: string, bytes: Uint8Array = data): Promise<Buffer> {
  const socket = net.connect(7, address);
  socket.end(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A switch with a port for each peer, out of service while there is none. */
function newRelay() {
  const { loop } = createDefaultHost();
  const lan = createSwitch({ ports: 8 });
  const free = Array.from({ length: lan.portCount }, (_, index) => lan.port(index));
  for (const port of free) port.setLink(false);
  return {
    join(peer: StreamPeer): void {
      const port = free.shift();
      if (port === undefined) throw new Error('no port is free');
      port.setLink(true);
      const patch = createPatch(peer.device, port);
      const stop = drive(patch, loop);
      peer.once('close', () => {
        stop();
        patch.close();
        port.setLink(false);
        free.push(port);
      });
    },
    close: () => lan.close(),
  };
}

describe('an echo over TCP of ours', () => {
  for (const kind of ['unix', 'tcp'] as const) {
    test(`over node/stream on a ${kind} socket`, async () => {
      const folder = newFolder();
      const [near, far] = [newHost('10.0.0.1'), newHost('10.0.0.2')];
      const place = kind === 'unix' ? { path: `${folder.path}/socket` } : { port: 0 };
      const server = await listenStream({ ...place, pool: far.pool, onPeer: ({ device }) => far.join(device) });
      const { address, port } = server.place;
      const client = connectStream({ ...(port === undefined ? { path: address } : { port }), pool: near.pool });
      near.join(client.device);
      await once(client, 'connect');
      await listenEcho(far.net, '10.0.0.2');
      expect(sha256(await echoed(near.net, '10.0.0.2'))).toBe(sha256(data));
      // Back-pressure, not loss.
      expect(client.device.counters.rxQueueFull).toBe(0);
      await Promise.all([client.close(), server.close()]);
      near.stop();
      far.stop();
      expect([near.pool.used, far.pool.used]).toEqual([0, 0]);
      folder.remove();
    });
  }

  test('over node/dgram', async () => {
    const [near, far] = [newHost('10.0.0.1'), newHost('10.0.0.2')];
    // Whoever is first cannot know the other's port: one is found and bound again.
    const probe = await bindDgram({ local: { port: 0 }, remote: { port: 9 }, pool: far.pool });
    const nearPort = await bindDgram({ local: { port: 0 }, remote: probe.local, pool: near.pool, name: 'near' });
    await probe.close();
    const farPort = await bindDgram({ local: probe.local, remote: nearPort.local, pool: far.pool, name: 'far' });
    near.join(nearPort.device);
    far.join(farPort.device);
    await listenEcho(far.net, '10.0.0.2');
    // What the system drops when its buffer is full comes again: it is TCP.
    expect(sha256(await echoed(near.net, '10.0.0.2'))).toBe(sha256(data));
    await Promise.all([nearPort.close(), farPort.close()]);
    near.stop();
    far.stop();
    expect([near.pool.used, far.pool.used]).toEqual([0, 0]);
  });

  test('goes on after the wire was cut: TCP sends again when the client is back', async () => {
    const folder = newFolder();
    const path = `${folder.path}/socket`;
    const [near, far] = [newHost('10.0.0.1'), newHost('10.0.0.2')];
    const peers: StreamPeer[] = [];
    // Two clients of a relay that hangs up on both: their stacks keep their devices.
    const lan = newRelay();
    const server = await listenStream({
      path,
      pool: createStackMemory().packets,
      onPeer(peer) {
        peers.push(peer);
        lan.join(peer);
      },
    });
    const reconnect = { firstDelayMs: 1, longestDelayMs: 4 };
    const clients = [near, far].map((host, n) => {
      const client = connectStream({ path, pool: host.pool, name: `guest-${n}`, reconnect });
      host.join(client.device);
      return client;
    });
    await until(() => clients.every((client) => client.isConnected) && peers.length === 2);
    await listenEcho(far.net, '10.0.0.2');
    const answer = echoed(near.net, '10.0.0.2');
    await until(() => (near.stack.counters()['tcp.segmentsIn'] ?? 0) > 100);
    for (const peer of peers.slice()) peer.close();
    expect(sha256(await answer)).toBe(sha256(data));
    expect(clients.map((client) => client.counters.connections)).toEqual([2, 2]);
    await Promise.all([...clients.map((client) => client.close()), server.close()]);
    lan.close();
    near.stop();
    far.stop();
    folder.remove();
  });
});

test('a switch joins the peers of a server: three hosts, one of them bad', async () => {
  const folder = newFolder();
  const path = `${folder.path}/lan`;
  const hosts = [newHost('10.0.0.1'), newHost('10.0.0.2'), newHost('10.0.0.3')] as const;
  const lan = newRelay();
  const pool = createStackMemory().packets;
  const server = await listenStream({ path, pool, onPeer: (peer) => lan.join(peer) });
  const clients = hosts.map((host, n) => {
    const client = connectStream({ path, pool: host.pool, name: `host-${n}` });
    host.join(client.device);
    return client;
  });
  await until(() => server.peers.size === 3);
  await listenEcho(hosts[2].net, '10.0.0.3');
  const answers = [echoed(hosts[0].net, '10.0.0.3'), echoed(hosts[1].net, '10.0.0.3')];

  // Beside them: one that speaks nonsense.
  const evil = connect(path).on('error', () => {});
  evil.write(Buffer.alloc(100, 255));
  await emitted(evil.resume(), 'close');

  for (const answer of answers) expect(sha256(await answer)).toBe(sha256(data));
  expect(server.peers.size).toBe(3);
  await Promise.all([...clients.map((client) => client.close()), server.close()]);
  // Turns that are under way are over; what the ports still had goes with them.
  lan.close();
  await until(() => pool.used === 0);
  for (const host of hosts) host.stop();
  folder.remove();
});
