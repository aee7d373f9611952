import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '@synos/interfaces';
import { capture, createPcapng } from '@synos/nic';
import { serveHttp } from '@synos/node/net';
import { parseAddress } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './namespace.js';
import { lacking } from './needs.js';
import { echoDatagrams, exchangeDatagrams } from './our-datagrams.js';
import { closed, createRig, linuxAddress, listening, ourAddress, type Rig } from './rig.js';

const lack = lacking({ root: true, tools: ['ip', 'tshark', 'curl', 'ping'] });

// Without being told, tshark believes every checksum.
const checks = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);

describe.skipIf(lack !== undefined).each([
  ['without offload', false],
  ['with offload', true],
])(`tshark on what our tracer wrote, %s${lack ? ` (${lack})` : ''}`, (_name, offload) => {
  let rig: Rig;
  let folder: string;
  let file: string;
  const pieces: Uint8Array[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'synos-'));
    file = join(folder, 'tap.pcapng');
    const pcapng = createPcapng((bytes) => pieces.push(bytes), { wallClockOffsetMs: performance.timeOrigin });
    rig = await createRig('pcap', { offload, decorate: (device) => capture(device, pcapng) });
  });
  afterAll(async () => {
    await rig?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** How many frames a display filter finds. */
  const found = async (filter: string): Promise<number> => {
    const { stdout } = await run('tshark', [
      '-n',
      '-r',
      file,
      ...checks,
      '-Y',
      filter,
      '-T',
      'fields',
      '-e',
      'frame.number',
    ]);
    return stdout.split('\n').filter((line) => line !== '').length;
  };

  test('no bad checksum, nothing malformed, in TCP both ways, fragments and pings', async () => {
    const content = randomBytes(3_000_000);
    const server = serveHttp(
      rig.net,
      createServer((request, response) => {
        request.resume().on('end', () => response.end(content));
      }),
    );
    await listening(server, 80);
    // Up and down: each side sends super-segments where it may.
    const upload = join(folder, 'upload');
    writeFileSync(upload, content);
    const words = `--silent --show-error --fail --max-time 30 --output /dev/null --data-binary @${upload} http://${ourAddress}/`;
    await rig.namespace.run('curl', words.split(' '));
    await closed(server);
    expect(await rig.peer.call('tryConnect', { host: ourAddress, port: 9 })).toBe('ECONNREFUSED');
    const echo = echoDatagrams(rig.stack, 7);
    await rig.peer.call('exchangeDatagrams', { host: ourAddress, port: 7, lengths: [0, 1, 1473, 9000] });
    echo.close();
    const { port } = await rig.peer.call('serveDatagrams');
    await exchangeDatagrams(rig.stack, linuxAddress, port, [0, 1, 1473, 9000]);
    await rig.namespace.run('ping', ['-n', '-c', '3', '-i', '0.01', '-s', '3000', ourAddress]);
    await new Promise((resolve) => rig.stack.ip.ping(parseAddress(linuxAddress) as Address, 3000, 5000, resolve));

    writeFileSync(file, Buffer.concat(pieces));
    const bad = [
      'ip.checksum.status == 0',
      'tcp.checksum.status == 0',
      'udp.checksum.status == 0',
      'icmp.checksum.status == 0',
    ];
    expect(await found([...bad, '_ws.malformed'].join(' || '))).toBe(0);
    // And there was something to look at.
    const [ip, tcp, udp, icmp] = await Promise.all(
      ['ip', 'tcp', 'udp', 'icmp'].map((name) => found(`${name}.checksum.status == 1`)),
    );
    expect(ip).toBeGreaterThan(100);
    expect(tcp).toBeGreaterThan(100);
    expect(udp).toBeGreaterThanOrEqual(14);
    expect(icmp).toBeGreaterThanOrEqual(8);
    const long = (way: string): Promise<number> => found(`frame.len > 1514 && ip.src == ${way}`);
    const longs = [await long(ourAddress), await long(linuxAddress)];
    if (offload) for (const some of longs) expect(some).toBeGreaterThan(10);
    else expect(longs).toEqual([0, 0]);
  });

  test('a checksum that is wrong would have been found', async () => {
    const all = Buffer.concat(pieces);
    // The last byte of each TCP payload of ours is not looked at: one byte of the first long frame's middle.
    const at = all.indexOf(content9);
    expect(at).toBeGreaterThan(0);
    all[at] = (all[at] as number) ^ 1;
    writeFileSync(file, all);
    expect(await found('tcp.checksum.status == 0')).toBe(1);
  });
});

const content9 = Buffer.from('HTTP/1.1 200 OK');
