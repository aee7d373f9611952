import { once } from 'node:events';
import { type DeviceFixture, netDeviceSuite, selectCases } from '@synos/compliance';
import type { NetDevice } from '@synos/interfaces';
import { describe, test } from 'vitest';
import { bindDgram } from '../src/dgram/index.js';
import { listenStream, type StreamPeer } from '../src/stream/index.js';
import { newFolder, newPair, newPool, settle, until } from './sockets.js';

/** Client and server over a socket of the system; pulling the cable is the server going away and coming back. */
async function streamFixture(kind: 'unix' | 'tcp', sender: 'client' | 'server'): Promise<DeviceFixture> {
  const folder = newFolder();
  const pair = await newPair(kind === 'unix' ? { path: `${folder.path}/socket` } : { port: 0 });
  const { client, pools } = pair;
  const place = pair.server.place;
  let { server, peer } = pair;
  const ends = (): { a: NetDevice; b: NetDevice } =>
    sender === 'client' ? { a: client.device, b: peer.device } : { a: peer.device, b: client.device };
  return {
    get a() {
      return ends().a;
    },
    get b() {
      return ends().b;
    },
    packets: sender === 'client' ? pools[0] : pools[1],
    pools,
    run: () => settle(() => [client.device, peer.device]),
    async setLink(isUp) {
      if (!isUp) {
        const gone = once(client, 'disconnect');
        await Promise.all([server.close(), gone]);
        return;
      }
      const peers: StreamPeer[] = [];
      const where = place.port === undefined ? { path: place.address } : { port: place.port };
      server = await listenStream({ ...where, pool: pools[1], onPeer: (one) => peers.push(one) });
      await until(() => peers.length > 0 && client.isConnected);
      peer = peers[0] as StreamPeer;
    },
    async dispose() {
      await Promise.all([client.close(), server.close()]);
      folder.remove();
    },
  };
}

async function dgramFixture(): Promise<DeviceFixture> {
  const pools = [newPool(), newPool()] as const;
  // Both want to know the other's port beforehand: one is found, then bound again.
  const probe = await bindDgram({ local: { port: 0 }, remote: { port: 9 }, pool: pools[1] });
  const { port } = probe.local;
  const near = await bindDgram({ local: { port: 0 }, remote: { port }, pool: pools[0], name: 'near' });
  await probe.close();
  const far = await bindDgram({ local: { port }, remote: near.local, pool: pools[1], name: 'far' });
  return {
    a: near.device,
    b: far.device,
    packets: pools[0],
    pools,
    run: () => settle(() => [near.device, far.device]),
    async dispose() {
      await Promise.all([near.close(), far.close()]);
    },
  };
}

const setups: Record<string, { lacks: readonly string[]; setup: () => Promise<DeviceFixture> }> = {
  'stream over a unix socket, from the client': { lacks: [], setup: () => streamFixture('unix', 'client') },
  // When the cable is pulled, a server's device is gone for good.
  'stream over TCP, from the server': { lacks: ['link-state'], setup: () => streamFixture('tcp', 'server') },
  // Nobody sees whether the other end of UDP is there.
  dgram: { lacks: ['link-state'], setup: dgramFixture },
};

for (const [name, { lacks, setup }] of Object.entries(setups)) {
  describe(`${name} is a NetDevice`, () => {
    const { cases, leftOut } = selectCases(netDeviceSuite(setup), lacks);
    for (const { name: caseName, clause, run } of cases) test(`${clause}: ${caseName}`, run);
    for (const { name: caseName, reason } of leftOut) test(`${caseName} (${reason})`, ({ skip }) => skip(reason));
  });
}
