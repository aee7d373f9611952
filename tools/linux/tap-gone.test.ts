import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNamespace, type Namespace } from './namespace.js';
import { lacking } from './needs.js';
import { createRig, linuxAddress, ourAddress, type Rig } from './rig.js';

const lack = lacking({ root: true, tools: ['ip', 'ping'] });
const program = fileURLToPath(new URL('./dist/gone.main.mjs', import.meta.url));
/** When a program that should have ended hangs. */
const patienceMs = 20_000;

describe.skipIf(lack !== undefined).each(['plain', 'offload'])(
  `a program with a TAP, %s${lack ? ` (${lack})` : ''}`,
  (mode) => {
    let namespace: Namespace;
    beforeAll(async () => {
      namespace = await createNamespace('gone');
    });
    afterAll(() => namespace?.remove());

    /** Runs it; `onName` when its interface is there. Answers what it printed afterwards and how it ended. */
    function started(how: string, onName: (name: string) => Promise<unknown> = async () => {}) {
      const child = namespace.start(process.execPath, [program, how, mode], { stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      let isNamed = false;
      child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        const [name] = text.split('\n');
        if (isNamed || name === undefined || !text.includes('\n')) return;
        isNamed = true;
        void onName(name);
      });
      return new Promise<{ text: string; code: number | null; signal: string | null }>((resolve) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
        child.once('close', (code, signal) => {
          clearTimeout(timer);
          resolve({ text: text.split('\n').slice(1).join('\n').trim(), code, signal });
        });
      });
    }

    test('hears of a deleted interface, and ends when it has tidied up', async () => {
      const outcome = await started('gone', (name) => namespace.ip(`link delete ${name}`));
      expect(outcome).toEqual({ text: 'EBADFD down', code: 0, signal: null });
    });

    test('lives on after a deleted interface although it listens for no error', async () => {
      const outcome = await started('unheard', (name) => namespace.ip(`link delete ${name}`));
      expect(outcome).toEqual({ text: '', code: 0, signal: null });
    });

    test('exits when it says so', async () => {
      expect(await started('exit')).toEqual({ text: '', code: 3, signal: null });
    });

    test('ends of an uncaught exception', async () => {
      expect(await started('throw')).toMatchObject({ code: 1, signal: null });
    });

    test('ends by itself when the TAP is unreferenced', async () => {
      expect(await started('unref')).toEqual({ text: '', code: 0, signal: null });
    });
  },
);

describe.skipIf(lack !== undefined).each([
  ['without offload', false],
  ['with offload', true],
])(`a TAP that goes away, %s${lack ? ` (${lack})` : ''}`, (_name, offload) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig('away', { offload });
  });
  afterAll(() => rig?.close());

  test('down and up again: what is sent in between is dropped and counted', async () => {
    const { tap, namespace, peer } = rig;
    await namespace.ip(`link set ${tap.interfaceName} down`);
    const { port } = await peer.call('serveDigest');
    const socket = rig.net.connect({ host: linuxAddress, port, allowHalfOpen: true });
    for (let turn = 0; tap.counters.txLinkDown === 0 && turn < 1000; turn++)
      await new Promise((done) => setTimeout(done, 10));
    expect(tap.counters.txLinkDown).toBeGreaterThan(0);
    await namespace.ip(`link set ${tap.interfaceName} up`);
    socket.end('after all');
    let answer = '';
    socket.setEncoding('utf8');
    for await (const piece of socket) answer += piece;
    expect(answer).toBe(`9 ${createHash('sha256').update('after all').digest('hex')}`);
  });

  test('a pulled cable is seen by Linux', async () => {
    const { tap, namespace } = rig;
    const carrier = async (): Promise<string> => (await namespace.ip(`-json link show ${tap.interfaceName}`)).stdout;
    tap.setLink(false);
    expect(await carrier()).toContain('"NO-CARRIER"');
    tap.setLink(true);
    expect(await carrier()).not.toContain('"NO-CARRIER"');
    const { stdout } = await namespace.run('ping', ['-n', '-c', '3', '-i', '0.2', '-W', '5', ourAddress]);
    expect(stdout).toContain(' 0% packet loss');
  });

  test('deleted in the middle of a transfer both ways: an error, the link down, every packet back', async () => {
    const { tap, namespace, peer, memory, stack } = rig;
    const { port } = await peer.call('serveBytes', { bytes: 50_000_000 });
    const socket = rig.net.connect({ host: linuxAddress, port });
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: linux\r\n\r\n');
    let received = 0;
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => void tap.once('error', resolve));
    const ended = new Promise<void>((resolve) => void tap.once('close', resolve));
    await new Promise<void>((resolve) => {
      socket.on('data', (piece: Buffer) => {
        received += piece.length;
        if (received > 1_000_000) resolve();
      });
    });
    await namespace.ip(`link delete ${tap.interfaceName}`);
    expect(await failed).toMatchObject({ code: 'EBADFD', errno: -77 });
    await ended;
    expect(tap.linkUp).toBe(false);
    expect(received).toBeLessThan(50_000_000);
    socket.destroy();
    stack.dispose();
    tap.close();
    expect(memory.packets.used).toBe(0);
    expect(memory.blocks.usedBytes).toBe(0);
  });
});
