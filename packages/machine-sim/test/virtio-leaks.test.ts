import { expect, test } from 'vitest';
import { createWorld, frameOf, PLAIN } from './virtio-world.js';

test('frames whose header has no sense cost no packet', () => {
  const { driver, machine, send, taken } = createWorld();
  driver.start(PLAIN);
  // A super-segment without a checksum to fill in: refused, more often than there are packets.
  const header = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  for (let round = 0; round < 600; round++) send(frameOf(60), header);
  expect(machine.counters()).toMatchObject({ 'net0.txBadHeader': 600 });
  expect(taken()).toBe(null);
  send(frameOf(61));
  expect(taken()).toEqual(frameOf(61));
});
