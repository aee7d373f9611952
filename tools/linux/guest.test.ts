import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetDevice, PacketPool } from '@synos/interfaces';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { bindDgram } from '@synos/node/dgram';
import { createHttpAgent, createNet, serveHttp } from '@synos/node/net';
import { connectStream, listenStream } from '@synos/node/stream';
import { createStackMemory } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from './free-port.js';
import { bootGuest, type Guest, guestNeeds } from './guest.js';
import { lacking } from './needs.js';

const lack = lacking(guestNeeds);

/** Our end of a wire to QEMU. */
interface Wire {
  /** What QEMU is told. */
  readonly netdev: string;
  close(): Promise<void>;
}

type Lay = (pool: PacketPool, folder: string, onDevice: (device: NetDevice) => void) => Promise<Wire>;

const wires: Record<string, Lay> = {
  async 'a unix socket of ours'(pool, folder, onDevice) {
    const path = join(folder, 'lan');
    const server = await listenStream({ path, pool, onPeer: ({ device }) => onDevice(device) });
    return { netdev: `stream,server=off,addr.type=unix,addr.path=${path}`, close: () => server.close() };
  },
  async 'a TCP socket of QEMU'(pool, _folder, onDevice) {
    const port = await freePort();
    // Tried until QEMU is there.
    const client = connectStream({ port, pool, reconnect: { longestDelayMs: 100 } });
    onDevice(client.device);
    const netdev = `stream,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port=${port}`;
    return { netdev, close: () => client.close() };
  },
  async datagrams(pool, _folder, onDevice) {
    const theirs = await freePort();
    const port = await bindDgram({ local: { port: 0 }, remote: { port: theirs }, pool });
    onDevice(port.device);
    const place = (name: string, number: number): string =>
      `${name}.type=inet,${name}.host=127.0.0.1,${name}.port=${number}`;
    const netdev = `dgram,${place('local', theirs)},${place('remote', port.local.port)}`;
    return { netdev, close: () => port.close() };
  },
};

for (const [name, lay] of Object.entries(wires)) {
  describe.skipIf(lack !== undefined)(`a Linux in QEMU behind ${name}${lack ? ` (${lack})` : ''}`, () => {
    const page = Array.from({ length: 5000 }, (_, line) => `line ${line} of a page from the guest\n`).join('');
    const folder = mkdtempSync(join(tmpdir(), 'synos-linux-'));
    let wire: Wire;
    let stack: Netstack;
    let stop: () => void;
    let guest: Guest;

    beforeAll(async () => {
      const memory = createStackMemory();
      const { loop, entropy } = createDefaultHost();
      stack = createNetstack({ clock: loop, entropy, memory });
      stop = drive(stack, loop);
      wire = await lay(memory.packets, folder, (device) => {
        stack.addInterface({ device, addresses: ['10.0.0.1/24'] });
      });
      guest = await bootGuest({
        netdev: wire.netdev,
        network: { address: '10.0.0.2/24', gateway: '10.0.0.1' },
        files: { 'www/page.txt': page },
      });
    });

    afterAll(async () => {
      await guest?.close();
      await wire?.close();
      stop?.();
      stack?.dispose();
      rmSync(folder, { recursive: true, force: true });
    });

    test('is answered when it pings', async () => {
      const { code, output } = await guest.run('ping -c 2 -s 1400 10.0.0.1');
      expect(output).toContain('2 packets transmitted, 2 packets received, 0% packet loss');
      expect(code).toBe(0);
    });

    test('fetches a page from our HTTP server', async () => {
      const body = Buffer.alloc(1_000_000, 'a page for the guest\n');
      const http = serveHttp(
        createNet({ sockets: stack.sockets }),
        createServer((_request, response) => response.end(body)),
      );
      http.listen(80, '10.0.0.1');
      await once(http, 'listening');
      const { output } = await guest.run('wget -q -O - http://10.0.0.1/page | sha256sum');
      expect(output).toContain(createHash('sha256').update(body).digest('hex'));
      await new Promise((resolve) => http.close(resolve));
    });

    test('is refused where nothing listens', async () => {
      const { code, output } = await guest.run('wget -q -O - http://10.0.0.1:81/');
      expect(output).toContain('Connection refused');
      expect(code).not.toBe(0);
    });

    test('serves a page that we fetch', async () => {
      await guest.run('httpd -h /www');
      const agent = createHttpAgent(createNet({ sockets: stack.sockets }));
      const [response] = await once(get({ host: '10.0.0.2', path: '/page.txt', agent }), 'response');
      const text: string[] = [];
      for await (const chunk of response.setEncoding('utf8')) text.push(chunk);
      expect(text.join('')).toBe(page);
    });
  });
}
