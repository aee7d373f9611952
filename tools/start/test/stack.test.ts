import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { endAll, type Spawned, spawnCommand } from './spawn-command.js';

// `npm run start:stack`, as a user runs it: a process of its own, talked to with the system's own TCP.

let folder: string;
let help: { code: number | null; stdout: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'synos-start-'));
  // The first command after a change of dependencies installs them, and says so.
  help = await spawnStart('--help').ended();
});
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
const whySkipped = hasTshark ? '' : ' (skipped: tshark is not installed)';

const spawnStart = (...flags: string[]): Spawned => spawnCommand(['start:stack', ...flags], folder);

/** Starts, and waits for the first line. */
async function start(...flags: string[]): Promise<Spawned & { url: string }> {
  const running = spawnStart('--port', '0', ...flags);
  await running.said('\n');
  return { ...running, url: /http:\/\/[^\s"]+/.exec(running.output())?.[0] ?? '' };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('npm run start:stack', () => {
  test('serves its page, bytes and digests, and ends with 0 on SIGINT', async () => {
    const running = await start();
    expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await fetch(running.url);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('10.0.0.2:80');

    const bytes = new Uint8Array(await (await fetch(`${running.url}bytes/3000000`)).arrayBuffer());
    expect(sha256(bytes)).toBe(sha256(Uint8Array.from({ length: 3_000_000 }, (_, index) => index & 255)));
    const digest = await fetch(`${running.url}sha256`, { method: 'POST', body: bytes });
    expect((await digest.text()).trim()).toBe(sha256(bytes));

    const many = await Promise.all(Array.from({ length: 50 }, () => fetch(running.url).then((each) => each.text())));
    expect(new Set(many.map((text) => text.length > 1000))).toEqual(new Set([true]));
    expect((await fetch(`${running.url}nothing`)).status).toBe(404);
    expect((await fetch(running.url, { method: 'PUT' })).status).toBe(405);
    expect((await fetch(`${running.url}bytes/x`)).status).toBe(400);
    const stats = (await (await fetch(`${running.url}stats`)).json()) as Record<string, unknown>;
    expect(stats).toMatchObject({ refused: 0, broken: 0, capturedFrames: null });

    const { code, stdout, stderr } = await running.ended('SIGINT');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toEqual([
      running.url,
      expect.stringMatching(/^[\d,]+ connections · [\d,]+ segments · \d+ retransmits? · [\d.]+ MB in [\d.]+ s$/),
    ]);
  });

  test('ends with 0 on SIGTERM while connections are open', async () => {
    const running = await start('--json');
    const port = Number(new URL(running.url).port);
    const idle = net.connect(port, '127.0.0.1').on('error', () => {});
    const busy = net.connect(port, '127.0.0.1').on('error', () => {});
    busy.write('GET /bytes/1000000000 HTTP/1.1\r\nHost: h\r\n\r\n');
    await new Promise((resolve) => busy.once('data', resolve));
    const { code, stdout, stderr } = await running.ended('SIGTERM');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual([['url'], ['stats']]);
    expect(JSON.parse(lines[1] as string).stats).toMatchObject({ connections: 2, connectionsInAll: 2, refused: 0 });
    idle.destroy();
    busy.destroy();
  });

  test('--pcap writes a whole file, relative to where the user stands', async () => {
    const running = await start('--pcap', 'lan.pcapng', '--json');
    await (await fetch(`${running.url}bytes/100000`)).arrayBuffer();
    const { code, stdout } = await running.ended('SIGINT');
    expect(code).toBe(0);
    const { capturedFrames } = JSON.parse(stdout.trim().split('\n')[1] as string).stats;
    const { frames, bad } = readCapture(readFileSync(join(folder, 'lan.pcapng')));
    expect(bad).toEqual([]);
    expect(frames).toBe(capturedFrames);
    expect(frames).toBeGreaterThan(70);
  });

  test.skipIf(!hasTshark)(`tshark finds no bad checksum and nothing malformed in it${whySkipped}`, async () => {
    const running = await start('--pcap', 'shark.pcapng', '--json');
    await Promise.all(Array.from({ length: 20 }, () => fetch(running.url).then((each) => each.text())));
    await (await fetch(`${running.url}bytes/500000`)).arrayBuffer();
    const refused = net.connect(Number(new URL(running.url).port), '127.0.0.1');
    refused.on('error', () => {}).resetAndDestroy();
    const { stdout } = await running.ended('SIGINT');
    const frames = (filter: string): number => {
      const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
      const { stdout: lines } = spawnSync('tshark', ['-r', join(folder, 'shark.pcapng'), ...checks, '-Y', filter]);
      return lines.toString().split('\n').length - 1;
    };
    const { capturedFrames } = JSON.parse(stdout.trim().split('\n')[1] as string).stats;
    expect(frames('eth')).toBe(capturedFrames);
    expect(frames('tcp.checksum.status == "Good" && ip.checksum.status == "Good"')).toBe(frames('tcp'));
    expect(frames('tcp')).toBeGreaterThan(500);
    expect(frames('_ws.malformed || _ws.expert.severity == "Error"')).toBe(0);
  });

  test('a taken port: one line, exit code 1', async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const { code, stdout, stderr } = await spawnStart('--port', String(port)).ended();
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `synos: port ${port} of 127.0.0.1 is taken: choose another with --port\n`,
    });
    taken.close();
  });

  test('a file that cannot be written: one line, exit code 1', async () => {
    const { code, stdout, stderr } = await spawnStart('--port', '0', '--pcap', 'no/such/folder.pcapng').ended();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^synos: cannot write .*no\/such\/folder\.pcapng: ENOENT\n$/);
  });

  test('flags that make no sense: one line, exit code 2', async () => {
    const cases: [string[], RegExp][] = [
      [['--nonsense'], /^synos: Unknown option '--nonsense' \(--help tells what there is\)\n$/],
      [['--port', '65536'], /^synos: --port takes a number from 0 to 65535, not '65536' .*\n$/],
      [['--port'], /^synos: Option '--port <value>' argument missing .*\n$/],
      [['word'], /^synos: Unexpected argument 'word' .*\n$/],
    ];
    const ends = await Promise.all(cases.map(([flags]) => spawnStart(...flags).ended()));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(cases[index]?.[1] as RegExp);
    }
  });

  test('--help tells the flags', () => {
    expect(help.code).toBe(0);
    for (const flag of ['--port', '--pcap', '--json', '--help']) expect(help.stdout).toContain(flag);
  });
});

/** Reads a pcapng and sums every IPv4 packet and TCP segment in it afresh. */
function readCapture(file: Buffer): { frames: number; bad: string[] } {
  const bad: string[] = [];
  let frames = 0;
  let at = 0;
  while (at < file.length) {
    const [type, length] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    if (length < 12 || length % 4 !== 0 || at + length > file.length) return { frames, bad: [`block at ${at}`] };
    if (file.readUInt32LE(at + length - 4) !== length) bad.push(`length of the block at ${at}`);
    if (type === 6) {
      frames += 1;
      const captured = file.readUInt32LE(at + 20);
      checkFrame(file.subarray(at + 28, at + 28 + captured), frames, bad);
    }
    at += length;
  }
  return { frames, bad };
}

function checkFrame(frame: Buffer, number: number, bad: string[]): void {
  if (frame.length < 14 || frame.length > 1514) bad.push(`frame ${number} has ${frame.length} bytes`);
  if (frame.readUInt16BE(12) !== 0x0800) return;
  const total = frame.readUInt16BE(16);
  const packet = frame.subarray(14, 14 + total);
  const headerBytes = ((packet[0] ?? 0) & 15) * 4;
  if (sum(packet.subarray(0, headerBytes)) !== 0xffff) bad.push(`frame ${number}: IPv4 checksum`);
  const segment = packet.subarray(headerBytes);
  const pseudo = Buffer.alloc(12);
  packet.copy(pseudo, 0, 12, 20);
  pseudo[9] = packet[9] ?? 0;
  pseudo.writeUInt16BE(segment.length, 10);
  if (packet[9] === 6 && sum(Buffer.concat([pseudo, segment])) !== 0xffff) bad.push(`frame ${number}: TCP checksum`);
}

/** The one's-complement sum of RFC 1071, the plain way. */
function sum(bytes: Buffer): number {
  let total = 0;
  for (let index = 0; index < bytes.length; index += 1) total += (bytes[index] ?? 0) << (index % 2 === 0 ? 8 : 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}
