import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createHttpAgent, createNet, serveHttp } from '@synos/node/net';
import { listenStream, type StreamPeer, type StreamServer } from '@synos/node/stream';
import { createStackMemory } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootGuest, type Guest, guestNeeds } from './guest.js';
import { lacking } from './needs.js';

const lack = lacking(guestNeeds);

describe.skipIf(lack !== undefined)(`a Linux in QEMU whose card is on node/stream${lack ? ` (${lack})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'synos-linux-'));
  const page = Array.from({ length: 5000 }, (_, line) => `line ${line} of a page from the guest\n`).join('');
  const peers: StreamPeer[] = [];
  let server: StreamServer;
  let stack: Netstack;
  let stop: () => void;
  let guest: Guest;

  beforeAll(async () => {
    const memory = createStackMemory();
    const { loop, entropy } = createDefaultHost();
    stack = createNetstack({ clock: loop, entropy, memory });
    stop = drive(stack, loop);
    const path = join(folder, 'lan');
    server = await listenStream({
      path,
      pool: memory.packets,
      onPeer(peer) {
        peers.push(peer);
        stack.addInterface({ device: peer.device, addresses: ['10.0.0.1/24'] });
      },
    });
    guest = await bootGuest({
      netdev: `stream,server=off,addr.type=unix,addr.path=${path}`,
      network: { address: '10.0.0.2/24', gateway: '10.0.0.1' },
      files: { 'www/page.txt': page },
    });
  });

  afterAll(async () => {
    await guest?.close();
    await server?.close();
    stop?.();
    stack?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is answered when it pings', async () => {
    const { code, output } = await guest.run('ping -c 3 -s 1400 10.0.0.1');
    expect(output).toContain('3 packets transmitted, 3 packets received, 0% packet loss');
    expect(code).toBe(0);
  });

  test('fetches a page from Node’s HTTP server on our stack', async () => {
    const net = createNet({ sockets: stack.sockets });
    const body = Buffer.alloc(300_000, 'a page from outside\n');
    const http = serveHttp(
      net,
      createServer((_request, response) => response.end(body)),
    );
    http.listen(80, '10.0.0.1');
    await once(http, 'listening');
    const { output } = await guest.run('wget -q -O - http://10.0.0.1/page | sha256sum');
    const { createHash } = await import('node:crypto');
    expect(output).toContain(createHash('sha256').update(body).digest('hex'));
    http.close();
  });

  test('serves a page that we fetch', async () => {
    await guest.run('httpd -h /www');
    const net = createNet({ sockets: stack.sockets });
    const got = await new Promise<string>((resolve, reject) => {
      get({ host: '10.0.0.2', path: '/page.txt', agent: createHttpAgent(net) }, async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve(text);
      }).once('error', reject);
    });
    expect(got).toBe(page);
  });
});
