import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNetstack, drive } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createNet, serveHttp } from '@synos/node/net';
import { connectStream } from '@synos/node/stream';
import { createStackMemory } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from './free-port.js';
import { bootGuest, type Guest, guestNeeds } from './guest.js';
import { lacking } from './needs.js';

const lack = lacking(guestNeeds);
const program = fileURLToPath(new URL('../../packages/gateway/bin/synos-gateway.mjs', import.meta.url));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A name server for `page.test` alone: one question, one answer, and no library between us and the guest's. */
function answerFor(query: Buffer): Buffer {
  const isForPage = query.includes('\x04page\x04test\x00\x00\x01', 12, 'latin1');
  const header = Buffer.from([
    query[0]!,
    query[1]!,
    0x81,
    isForPage ? 0x80 : 0x83,
    0,
    1,
    0,
    isForPage ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  const end = query.indexOf(0, 12) + 5;
  const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1];
  return Buffer.concat([header, query.subarray(12, end), Buffer.from(isForPage ? answer : [])]);
}

describe.skipIf(lack !== undefined)(`a Linux in QEMU behind synos-gateway${lack ? ` (${lack})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'synos-gateway-'));
  const path = join(folder, 'lan');
  const body = Buffer.alloc(1_000_000, 'a page of the host\n');
  let host: Server;
  let resolver: Socket;
  let gateway: ChildProcess;
  let said = '';
  let forwarded: number;
  let guest: Guest;
  const port = (): number => (host.address() as AddressInfo).port;

  beforeAll(async () => {
    host = createServer((_request, response) => response.end(body));
    host.listen(0, '127.0.0.1');
    resolver = createSocket('udp4');
    resolver.on('message', (query, from) => resolver.send(answerFor(query), from.port, from.address));
    resolver.bind(0, '127.0.0.1');
    await Promise.all([once(host, 'listening'), once(resolver, 'listening')]);
    const dns = `127.0.0.1:${resolver.address().port}`;
    const flags = ['--stream', path, '--json', '--dns', dns, '--forward', '0=10.0.0.2:80'];
    gateway = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    gateway.stdout!.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    while (!said.includes('\n')) await once(gateway.stdout!, 'data');
    forwarded = JSON.parse(said.split('\n')[0]!).forwards[0].port;
    guest = await bootGuest({
      netdev: `stream,server=off,addr.type=unix,addr.path=${path}`,
      network: 'dhcp',
      files: { 'www/page.txt': 'a page of the guest\n' },
    });
  });

  afterAll(async () => {
    await guest?.close();
    if (gateway?.exitCode === null) gateway.kill('SIGKILL');
    host?.close();
    resolver?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('has its address, way out and name server from our DHCP', async () => {
    expect(guest.console).toContain('lease: address=10.0.0.2 mask=24 router=10.0.0.1 dns=10.0.0.1 lease=3600');
    const { output } = await guest.run('ping -c 2 10.0.0.1');
    expect(output).toContain('2 packets received');
  });

  test('fetches a page from a server on the host’s loopback, by its name', async () => {
    const { output } = await guest.run(`wget -q -O - http://page.test:${port()}/ | sha256sum`);
    expect(output).toContain(sha256(body));
  });

  test('is refused at a closed port of the host, and where it may not go', async () => {
    const closed = await guest.run(`wget -O - http://10.0.0.1:${await freePort()}/`);
    expect(closed.output).toContain('Connection refused');
    const elsewhere = await guest.run('wget -O - http://192.0.2.1/');
    expect(elsewhere.output).toMatch(/No route to host|Host is unreachable|unreachable/);
  });

  test('serves a page through a port of the host', async () => {
    await guest.run('httpd -h /www');
    const [response] = await once(get({ host: '127.0.0.1', port: forwarded, path: '/page.txt' }), 'response');
    const text: string[] = [];
    for await (const chunk of response.setEncoding('utf8')) text.push(chunk);
    expect(text.join('')).toBe('a page of the guest\n');
  });

  test('fetches a page from an HTTP server on our stack, on the same network', async () => {
    const memory = createStackMemory();
    const { loop, entropy } = createDefaultHost();
    const client = connectStream({ path, pool: memory.packets });
    const interfaces = [{ device: client.device, addresses: ['10.0.0.80/24'] }];
    const stack = createNetstack({ clock: loop, entropy, memory, interfaces });
    const stop = drive(stack, loop);
    const server = createServer((_request, response) => response.end('a page of our stack\n'));
    serveHttp(createNet({ sockets: stack.sockets }), server).listen(80, '10.0.0.80');
    const { output } = await guest.run('wget -q -O - http://10.0.0.80/');
    expect(output).toBe('a page of our stack\n');
    stop();
    stack.dispose();
    await client.close();
  });

  test('has done no more than that, and the gateway ends when it is told to', async () => {
    gateway.kill('SIGINT');
    const [code] = await once(gateway, 'exit');
    expect(code).toBe(0);
    const { stats } = JSON.parse(said.trim().split('\n')[1]!);
    expect(stats).toMatchObject({
      lan: { guestsInAll: 2, guarded: { station: 0, address: 0, dhcpStation: 0, dhcpRate: 0 } },
      dhcp: { leases: 1, malformed: 0, naks: 0 },
      outbound: { connections: { accepted: 1, failed: 1, refused: 0, broken: 0 } },
      dns: { malformed: 0, unexpected: 0, timedOut: 0 },
      forwards: [{ stats: { accepted: 1, failed: 0 } }],
    });
    // A guest under emulation may ask again before it has read the answer.
    expect(stats.outbound.prohibited).toBeGreaterThan(0);
    expect(stats.dns.answers).toBeGreaterThan(0);
  });
});
