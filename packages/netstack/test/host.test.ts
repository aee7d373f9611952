import { clockSuite } from '@synos/compliance';
import { describe, expect, test } from 'vitest';
import { createDefaultHost } from '../src/streams/index.js';

describe('the default host’s clock and event loop', () => {
  const cases = clockSuite(() => {
    const { loop } = createDefaultHost();
    // Node counts a timer in whole milliseconds, and may end it up to one early by a finer clock.
    return { clock: loop, loop, pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 1)) };
  });
  for (const one of cases) test(`${one.name} (${one.clause})`, one.run);

  test('entropy fills long stretches, differently each time', () => {
    const { entropy } = createDefaultHost();
    const [one, other] = [new Uint8Array(200_000), new Uint8Array(200_000)];
    entropy.fill(one);
    entropy.fill(other);
    expect(Buffer.compare(one, other)).not.toBe(0);
    expect(one.subarray(-64).some((byte) => byte !== 0)).toBe(true);
  });
});
