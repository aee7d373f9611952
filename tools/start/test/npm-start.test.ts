import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, type Spawned, spawnCommand } from './spawn-command.js';

// `npm start`, as a user runs it: a process of its own, talked to with the system's own TCP.

const sentence = 'This page came from a C program in ring 3.';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'synos-kernel-'));
  // The first command after a change of dependencies installs them, and says so.
  await spawnCommand(['start', '--help'], folder).ended();
});
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts, and waits until its server listens. */
async function start(...flags: string[]): Promise<Spawned & { url: string }> {
  const running = spawnCommand(['start', '--port', '0', ...flags], folder);
  await running.said('listening on port 80');
  await running.said('http://');
  return { ...running, url: /http:\/\/[^\s"]+/.exec(running.output())?.[0] ?? '' };
}

test('boots, serves the page of the C program, and ends with 0 on SIGINT', async () => {
  const running = await start('--pcap', 'kernel.pcapng');
  expect(running.output()).toMatch(/^\[ +\d+\.\d{6}\] memory: /m);
  const page = await fetch(running.url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain(sentence);
  const many = await Promise.all(Array.from({ length: 50 }, () => fetch(running.url).then((each) => each.text())));
  expect(many.every((text) => text.includes(sentence))).toBe(true);
  expect((await fetch(`${running.url}nothing`)).status).toBe(404);
  const { code, stderr } = await running.ended('SIGINT');
  expect(code).toBe(0);
  expect(stderr).toMatch(/^synos: [\d,]+ instructions in ring 3, [\d,]+ frames captured\n$/);
  expect(readFileSync(join(folder, 'kernel.pcapng')).readUInt32LE(0)).toBe(0x0a0d0d0a);
});

test('the page lies in the program: a byte changed in its file changes the answer', async () => {
  const { code, stderr } = await spawnCommand(['userland', '--extract', 'httpd', 'mine'], folder).ended();
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const file = readFileSync(join(folder, 'mine'));
  const at = file.indexOf(sentence);
  expect(at).toBeGreaterThan(0);
  file.write('That', at);
  writeFileSync(join(folder, 'mine'), file);
  const running = await start('--program', './mine');
  expect(await (await fetch(running.url)).text()).toContain(sentence.replace('This', 'That'));
  expect((await running.ended('SIGTERM')).code).toBe(0);
});

test('--strace tells each system call, decoded', async () => {
  const running = await start('--strace');
  await (await fetch(running.url)).text();
  const { stderr } = await running.ended('SIGINT');
  expect(stderr).toMatch(/^\[pid 2\] bind\(3, \{sa_family=AF_INET, sin_port=htons\(80\), .*\}, 16\) += 0$/m);
  expect(stderr).toMatch(/^\[pid 2\] (?:recv|read)\(\d+, "GET \/ HTTP\/1\.1/m);
});

test('while two programs that never wait run, the page still comes, and both advance', async () => {
  const running = await start('--program', 'hog', '+', 'hog', '+', 'httpd');
  const advanced = (): number[] => [2, 3].map((pid) => running.output().split(`hog ${pid}:`).length - 1);
  const before = advanced();
  for (let n = 0; n < 3; n++) expect(await (await fetch(running.url)).text()).toContain(sentence);
  while (advanced().some((lines, index) => lines <= (before[index] as number))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect((await running.ended('SIGINT')).code).toBe(0);
});

test("--program: the program's exit status is the command's", async () => {
  const hello = await spawnCommand(['start', '--port', '0', '--program', 'hello'], folder).ended();
  expect(hello.code).toBe(0);
  expect(hello.stdout).toContain('Hello from a C program in ring 3.');
  expect((await spawnCommand(['start', '--port', '0', '--program', 'nobody'], folder).ended()).code).toBe(127);
});

test('--virtual-time prints the page and ends', async () => {
  const ends = await Promise.all(
    [1, 2].map(() => spawnCommand(['start', '--virtual-time', '--strace'], folder).ended()),
  );
  expect(ends[0]).toEqual(ends[1]);
  expect(ends[0]).toMatchObject({ code: 0, stdout: expect.stringContaining(sentence) });
  const ended = await spawnCommand(['start', '--virtual-time', '--program', 'nobody'], folder).ended();
  expect(ended.code).toBe(127);
});

test('--json: an object per line', async () => {
  const running = spawnCommand(['start', '--port', '0', '--json', '--program', 'hello'], folder);
  const { stdout } = await running.ended();
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['log', 'listening', 'console', 'ended']));
});

test('a taken port: one line, exit code 1, and nothing boots; a program of its own runs without one', async () => {
  const taken = net.createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as net.AddressInfo;
  const { code, stdout, stderr } = await spawnCommand(['start', '--port', String(port)], folder).ended();
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: `synos: port ${port} of 127.0.0.1 is taken: choose another with --port\n`,
  });
  taken.close();
});

test('a file that is no program: one line, 127', async () => {
  writeFileSync(join(folder, 'text'), 'just words\n');
  const { code, stdout } = await spawnCommand(['start', '--port', '0', '--program', './text'], folder).ended();
  expect(code).toBe(127);
  expect(stdout).toContain('init: text: ENOEXEC');
});
