import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type DeviceFixture, netDeviceSuite, selectCases } from '@synos/compliance';
import { openTap, type Tap } from '@synos/node/tap';
import { createStackMemory } from '@synos/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNamespace, type Namespace, run } from './namespace.js';
import { lacking } from './needs.js';
import { hasUnread, openTunFile, tunFlags } from './tun-files.js';

const rootless = fileURLToPath(new URL('./dist/gone.main.mjs', import.meta.url));
const lack = lacking({ root: true, tools: ['ip', 'sysctl'] });

describe.skipIf(lack !== undefined)(`TAP interfaces${lack ? ` (${lack})` : ''}`, () => {
  let namespace: Namespace;
  let bridges = 0;
  beforeAll(async () => {
    namespace = await createNamespace('suite');
    // Interfaces that say nothing of their own accord, bridges that do not look into packets: the suite's are none.
    await namespace.run('sysctl', [
      '-eqw',
      ...['ip', 'ip6', 'arp'].map((name) => `net.bridge.bridge-nf-call-${name}tables=0`),
    ]);
    for (const which of ['all', 'default']) {
      await namespace.run('sysctl', ['-qw', `net.ipv6.conf.${which}.disable_ipv6=1`]);
    }
  });
  afterAll(() => namespace?.remove());

  /** Waits until the bridge passes frames on from and to an interface. */
  async function forwarding({ interfaceName }: Tap): Promise<void> {
    const path = `/sys/class/net/${interfaceName}/brport/state`;
    for (let turn = 0; turn < 500; turn++) {
      if ((await namespace.run('cat', [path])).stdout.trim() === '3') return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`the bridge does not take ${interfaceName} up`);
  }

  async function fixture(offload: boolean): Promise<DeviceFixture> {
    const memories = [0, 1].map(() => createStackMemory({ smallPackets: 1024, largePackets: 8, ringBytes: 64 }));
    const pools = memories.map(({ packets }) => packets);
    const fds = pools.map(() => openTunFile(offload ? tunFlags.tapWithHeader : tunFlags.tap));
    // A device that is closed reads no more.
    const open = new Map<number, Tap>();
    const taps = pools.map((pool, index) => {
      const fd = fds[index] as number;
      const tap = openTap({ pool, fd, offload });
      open.set(fd, tap);
      const close = tap.close.bind(tap);
      tap.close = () => {
        open.delete(fd);
        close();
      };
      return tap;
    });
    const [a, b] = taps as [Tap, Tap];
    const ended = taps.map((tap) => new Promise<void>((resolve) => void tap.once('close', resolve)));
    const bridge = `bridge${bridges++}`;
    await namespace.ip(`link add ${bridge} type bridge stp_state 0 mcast_snooping 0`);
    await namespace.ip(`link set ${bridge} up`);
    for (const { interfaceName } of taps) {
      await run('ip', ['link', 'set', interfaceName, 'netns', namespace.name]);
      await namespace.ip(`link set ${interfaceName} master ${bridge} up`);
    }
    await Promise.all(taps.map(forwarding));
    let nowMs = 0;
    return {
      a,
      b,
      packets: pools[0]!,
      pools,
      async run(ms) {
        nowMs += ms;
        a.advance(nowMs);
        // When a write returns, the frame is in the other interface's queue, and leaves it when the thread has it.
        for (let quiet = 0; quiet < 3; ) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          quiet = [...open.keys()].some(hasUnread) ? 0 : quiet + 1;
        }
        a.advance(nowMs);
        b.advance(nowMs);
      },
      async setLink(isUp) {
        a.setLink(isUp);
        if (isUp) await forwarding(a);
      },
      async dispose() {
        for (const tap of taps) tap.close();
        await Promise.all(ended);
        await namespace.ip(`link delete ${bridge}`);
      },
    };
  }

  // Fixtures of their own, and mostly waiting.
  describe.concurrent.each([
    ['without offload', false],
    ['with offload', true],
  ])('joined by a bridge are NetDevices, %s', (_name, offload) => {
    // A TAP is never busy: Linux drops what is too much.
    const { cases, leftOut } = selectCases(
      netDeviceSuite(() => fixture(offload)),
      ['busy'],
    );
    for (const { name, clause, run: runCase } of cases) test(`${clause}: ${name}`, runCase);
    for (const { name, reason } of leftOut) test(`${name} (${reason})`, ({ skip }) => skip(reason));
  });

  describe('opening', () => {
    const { packets: pool } = createStackMemory({ smallPackets: 64, largePackets: 1, ringBytes: 64 });
    const closing = async (tap: Tap): Promise<void> => {
      const ended = new Promise<void>((resolve) => void tap.once('close', resolve));
      tap.close();
      await ended;
    };

    test('gives the interface the name that was asked for, to one at a time, and frees it', async () => {
      const first = openTap({ pool, name: `synos-${process.pid % 10_000}` });
      expect(first).toMatchObject({ name: `synos-${process.pid % 10_000}`, interfaceName: first.name });
      expect(() => openTap({ pool, name: first.name })).toThrow(
        expect.objectContaining({ code: 'EBUSY', errno: -16, syscall: 'ioctl' }),
      );
      await closing(first);
      const second = openTap({ pool, name: first.name });
      await closing(second);
    });

    test('refuses an interface of another kind', () => {
      expect(() => openTap({ pool, name: 'lo' })).toThrow(
        expect.objectContaining({ code: 'EINVAL', syscall: 'ioctl' }),
      );
      expect(() => openTap({ pool, name: 'longer-than-15-bytes' })).toThrow(RangeError);
    });

    test('without rights the error says so', async () => {
      const child = namespace.start(process.execPath, [rootless, 'rights'], { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      for await (const piece of child.stdout as Readable) text += String(piece);
      expect(JSON.parse(text)).toMatchObject({
        code: expect.stringMatching(/^(EACCES|EPERM)$/),
        errno: expect.any(Number),
      });
    });

    test('an fd that is not open is refused', () => {
      expect(() => openTap({ pool, fd: 999_999 })).toThrow(
        expect.objectContaining({ code: 'EBADF', syscall: 'ioctl' }),
      );
    });

    test('takes a ready file whose flags agree', async () => {
      const { tap, tapWithHeader, tun } = tunFlags;
      const one = openTap({ pool, fd: openTunFile(tap) });
      expect(one.interfaceName).toMatch(/^sy\d+-\d+$/);
      await closing(one);
      await closing(openTap({ pool, fd: openTunFile(tapWithHeader), offload: true }));
      for (const [flags, offload] of [
        [tap, true],
        [tapWithHeader, false],
        [tun, false],
      ] as const) {
        const fd = openTunFile(flags);
        expect(() => openTap({ pool, fd, offload })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
        // Refused, it is still the caller's.
        closeSync(fd);
      }
    });
  });
});
