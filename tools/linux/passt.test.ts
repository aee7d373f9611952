import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createHttpAgent, createNet } from '@synos/node/net';
import { connectStream, type StreamClient } from '@synos/node/stream';
import { createStackMemory } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from './free-port.js';
import { lacking } from './needs.js';

const lack = lacking({ tools: ['passt'] });

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

// passt gives whoever connects to its socket the host's network without rights: TCP to its gateway's address comes out
// at the host's 127.0.0.1.
describe.skipIf(lack !== undefined)(`passt at the far end of node/stream${lack ? ` (${lack})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'synos-passt-'));
  const body = randomBytes(2_000_000);
  let passt: ChildProcess;
  let said = '';
  let host: Server;
  let client: StreamClient;
  let stack: Netstack;
  let stop: () => void;

  beforeAll(async () => {
    // A page at /, and anything else answers with the hash of what it was sent.
    host = createServer((incoming, response) => {
      if (incoming.url === '/') response.end(body);
      else incoming.toArray().then((chunks) => response.end(sha256(Buffer.concat(chunks))));
    });
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');

    // Started as root it becomes `nobody` before it makes the socket.
    chmodSync(folder, 0o777);
    const path = join(folder, 'socket');
    const addresses = ['-4', '-i', 'lo', '-M', '02:00:00:00:00:02', '-a', '10.0.2.15', '-n', '24', '-g', '10.0.2.2'];
    passt = spawn('passt', ['-f', '-q', '-e', '-1', '-s', path, '--mtu', '1500', ...addresses]);
    passt.stderr?.setEncoding('latin1').on('data', (text) => {
      said += text;
    });

    const memory = createStackMemory();
    const { loop, entropy } = createDefaultHost();
    client = connectStream({ path, pool: memory.packets, reconnect: { firstDelayMs: 10, longestDelayMs: 100 } });
    const interfaces = [{ device: client.device, addresses: ['10.0.2.15/24'], gateway: '10.0.2.2' }];
    stack = createNetstack({ clock: loop, entropy, memory, interfaces });
    stop = drive(stack, loop);
    await Promise.race([
      once(client, 'connect'),
      once(passt, 'exit').then(() => Promise.reject(new Error(`passt has ended:\n${said}`))),
    ]);
  });

  afterAll(async () => {
    await client?.close();
    stop?.();
    stack?.dispose();
    host?.closeAllConnections();
    host?.close();
    if (passt !== undefined && passt.exitCode === null) passt.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (port: number, path: string, sent?: Uint8Array): Promise<Buffer> => {
    const agent = createHttpAgent(createNet({ sockets: stack.sockets }));
    const asked = request({ host: '10.0.2.2', port, path, agent, method: sent ? 'POST' : 'GET' });
    asked.end(sent);
    const [response] = await once(asked, 'response');
    return Buffer.concat(await response.toArray());
  };
  const hostPort = (): number => (host.address() as AddressInfo).port;

  test('brings us a page of a server on the host’s loopback', async () => {
    expect(sha256(await ask(hostPort(), '/'))).toBe(sha256(body));
  });

  test('takes what we send to it', async () => {
    expect(String(await ask(hostPort(), '/upload', body))).toBe(sha256(body));
  });

  // Debian 12's passt answers a SYN to a closed port with a RST that has no ACK. In SYN-SENT that is to be dropped (RFC
  // 9293 §3.10.7.3, second check), by Linux as by us; newer ones acknowledge the SYN, and then it is a refusal.
  test('answers for a closed port of the host: refused, or a RST that RFC 9293 says to drop', async () => {
    const socket = createNet({ sockets: stack.sockets }).connect(await freePort(), '10.0.2.2');
    const refused = once(socket, 'connect').then(
      () => 'connected',
      (error: NodeJS.ErrnoException) => error.code,
    );
    const dropped = (async () => {
      while (!stack.counters()['tcp.dropNoAck'] && !socket.destroyed) await setTimeout(10);
      return 'dropped';
    })();
    expect(['ECONNREFUSED', 'dropped']).toContain(await Promise.race([refused, dropped]));
    socket.destroy();
  });

  test('ends when we hang up, as -1 asks for', async () => {
    const ended = once(passt, 'exit');
    await client.close();
    expect(await ended).toEqual([0, null]);
  });
});
