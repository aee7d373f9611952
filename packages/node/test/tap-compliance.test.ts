import { type DeviceFixture, netDeviceSuite, selectCases } from '@synos/compliance';
import { describe, test } from 'vitest';
import { openTapDevice } from '../src/tap/tap.js';
import type { TapDevice } from '../src/tap/tap-device.js';
import { framePair, lack, newPool, settled } from './frame-files.js';

function fixture(offload: boolean, bellIsMessage: boolean): DeviceFixture {
  const pools = [newPool(), newPool()] as const;
  const [one, other] = framePair();
  const a = openTapDevice({ pool: pools[0], fd: one, offload }, bellIsMessage);
  const b = openTapDevice({ pool: pools[1], fd: other, offload }, bellIsMessage);
  // Asked for now: a case may close a device long before the fixture is disposed of, and its thread be gone by then.
  const ended = [a, b].map((each) => new Promise<void>((resolve) => void each.once('close', resolve)));
  // A device that is closed reads no more.
  const open = new Set([one, other]);
  const close = (device: TapDevice, fd: number): (() => void) => {
    const inner = device.close.bind(device);
    return () => {
      open.delete(fd);
      inner();
    };
  };
  a.close = close(a, one);
  b.close = close(b, other);
  let nowMs = 0;
  return {
    a,
    b,
    packets: pools[0],
    pools,
    async run(ms) {
      nowMs += ms;
      a.advance(nowMs);
      await settled(open);
      a.advance(nowMs);
      b.advance(nowMs);
    },
    setLink: (isUp) => a.setLink(isUp),
    async dispose() {
      a.close();
      b.close();
      await Promise.all(ended);
    },
  };
}

describe.skipIf(lack !== undefined)(`a TAP is a NetDevice${lack ? ` (${lack})` : ''}`, () => {
  for (const [name, offload, bellIsMessage] of [
    ['plain', false, false],
    ['with offload', true, false],
    ['woken by messages', false, true],
  ] as const) {
    // Fixtures of their own, and mostly waiting for threads to start and to end.
    describe.concurrent(name, () => {
      // Busy is what the file says; here the other side's thread empties it too fast. tap.test.ts does it by hand.
      const { cases, leftOut } = selectCases(
        netDeviceSuite(() => fixture(offload, bellIsMessage)),
        ['busy'],
      );
      for (const { name: caseName, clause, run } of cases) test(`${clause}: ${caseName}`, run);
      for (const { name: caseName, reason } of leftOut) test(`${caseName} (${reason})`, ({ skip }) => skip(reason));
    });
  }
});
