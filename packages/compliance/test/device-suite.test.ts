import { describe, expect, test } from 'vitest';
import { netDeviceSuite } from '../src/index.js';
import { type DeviceBug, referenceDevices } from './reference/device.js';
import { firstFailure } from './reference/first-failure.js';

describe('the device suite', () => {
  const cases = netDeviceSuite(() => referenceDevices());
  for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);

  test('names are distinct, each with a clause', () => {
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    expect(cases.every((each) => each.clause.length > 3)).toBe(true);
    expect(cases.length).toBeGreaterThanOrEqual(25);
  });
});

const bugs: readonly DeviceBug[] = [
  'last-in-first-out',
  'loses-one',
  'cuts-long-frames',
  'turns-a-byte',
  'vouches',
  'no-count',
  'never-readable',
  'readable-once',
  'deaf-to-new-listener',
  'keeps-old-listener',
  'link-down-refuses',
  'link-down-delivers',
  'close-leaks',
  'closed-keeps',
  'close-throws-twice',
  'writable-twice',
  'never-writable',
  'busy-takes',
  'nan-deadline',
  'group-address',
  'unchanged-unsaid',
];

describe('the device suite kills', () => {
  for (const bug of bugs) {
    test(bug, async () => {
      expect(await firstFailure(netDeviceSuite(() => referenceDevices(bug)))).toBeDefined();
    });
  }
});
