import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootGuest, type Guest, guestNeeds } from './guest.js';
import { lacking } from './needs.js';

const lack = lacking({ ...guestNeeds, tools: [...guestNeeds.tools, 'passt'] });

// Nothing of ours is between guest and host here: what a guest of this harness does on a network that is known to work.
describe.skipIf(lack !== undefined)(`a guest that asks passt for its address${lack ? ` (${lack})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'synos-passt-'));
  let passt: ChildProcess;
  let host: Server;
  let guest: Guest;

  beforeAll(async () => {
    host = createServer((_request, response) => response.end('a page of the host\n'));
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');
    chmodSync(folder, 0o777);
    const path = join(folder, 'socket');
    const addresses = ['-4', '-i', 'lo', '-M', '02:00:00:00:00:02', '-a', '10.0.2.15', '-n', '24', '-g', '10.0.2.2'];
    passt = spawn('passt', ['-f', '-q', '-1', '-s', path, '--mtu', '1500', ...addresses], { stdio: 'ignore' });
    // QEMU connects once.
    for (let attempt = 0; attempt < 200 && !existsSync(path); attempt++) await setTimeout(20);
    guest = await bootGuest({ netdev: `stream,server=off,addr.type=unix,addr.path=${path}`, network: 'dhcp' });
  });

  afterAll(async () => {
    await guest?.close();
    host?.close();
    if (passt !== undefined && passt.exitCode === null) passt.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test('has it, and the way out', async () => {
    expect(guest.console).toContain('lease: address=10.0.2.15 mask=24 router=10.0.2.2');
    expect((await guest.run('ip address show eth0')).output).toContain('inet 10.0.2.15/24');
    const { port } = host.address() as AddressInfo;
    expect((await guest.run(`wget -q -O - http://10.0.2.2:${port}/`)).output).toBe('a page of the host\n');
  });
});
