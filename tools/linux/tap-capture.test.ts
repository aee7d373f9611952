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

const protocols = ['ip', 'tcp', 'udp', 'icmp'] as const;
type Protocol = (typeof protocols)[number];
/** As tshark says it. */
const [bad, good] = ['0', '1'] as const;

interface Dissected {
  /** Of its headers, outermost first: an ICMP error quotes another. */
  status(protocol: Protocol): readonly string[];
  readonly bytes: number;
  readonly source: string;
  readonly isMalformed: boolean;
}

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

  /** What tshark says of each frame. */
  async function dissected(): Promise<Dissected[]> {
    const fields = [...protocols.map((name) => `${name}.checksum.status`), 'frame.len', 'ip.src', '_ws.malformed'];
    const words = [
      '-n',
      '-r',
      file,
      ...checks,
      '-T',
      'fields',
      '-E',
      'separator=;',
      ...fields.flatMap((field) => ['-e', field]),
    ];
    const { stdout } = await run('tshark', words);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const cells = line.split(';');
        return {
          status: (protocol) => cells[protocols.indexOf(protocol)]?.split(',') ?? [],
          bytes: Number(cells[4]),
          source: cells[5]?.split(',')[0] ?? '',
          isMalformed: cells[6] !== '',
        };
      });
  }
  const counted = (frames: readonly Dissected[], protocol: Protocol, status: string): number =>
    frames.filter((frame) => frame.status(protocol).includes(status)).length;

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
    await new Promise((resolve) => rig.ping(parseAddress(linuxAddress) as Address, 3000, 5000, resolve));

    writeFileSync(file, Buffer.concat(pieces));
    const frames = await dissected();
    expect(frames.filter(({ isMalformed }) => isMalformed)).toEqual([]);
    expect(protocols.map((name) => counted(frames, name, bad))).toEqual([0, 0, 0, 0]);
    // And there was something to look at.
    expect(counted(frames, 'ip', good)).toBeGreaterThan(100);
    expect(counted(frames, 'tcp', good)).toBeGreaterThan(100);
    expect(counted(frames, 'udp', good)).toBeGreaterThanOrEqual(14);
    expect(counted(frames, 'icmp', good)).toBeGreaterThanOrEqual(8);
    for (const from of [ourAddress, linuxAddress]) {
      const long = frames.filter(({ bytes, source }) => bytes > 1514 && source === from).length;
      if (offload) expect(long).toBeGreaterThan(10);
      else expect(long).toBe(0);
    }
  });

  test('a checksum that is wrong would have been found', async () => {
    const all = Buffer.concat(pieces);
    const at = all.indexOf('HTTP/1.1 200 OK');
    expect(at).toBeGreaterThan(0);
    all[at] = (all[at] as number) ^ 1;
    writeFileSync(file, all);
    expect(counted(await dissected(), 'tcp', bad)).toBe(1);
  });
});
