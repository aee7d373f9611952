import { describe, expect, test } from 'vitest';
import { netFeature } from '../src/devices/virtio-net-header.js';
import { VirtioDriver, virtio } from './reference/virtio-driver.js';
import { BUFFERS, createWorld, frameOf, LINE_10, PLAIN, QUEUES } from './virtio-world.js';

test('a table with more pieces than the queue is long is refused', () => {
  const { driver, machine, bytes } = createWorld();
  driver.start(PLAIN | virtio.indirectFeature);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [pieces, status] of [
    [16, 0],
    [17, virtio.needsReset],
  ] as const) {
    for (let at = 0; at < pieces; at++) {
      view.setUint32(BUFFERS + 16 * at, BUFFERS + 0x1000, true);
      view.setUint32(BUFFERS + 16 * at + 8, 10, true);
      view.setUint16(BUFFERS + 16 * at + 12, at === pieces - 1 ? 0 : 1, true);
      view.setUint16(BUFFERS + 16 * at + 14, at + 1, true);
    }
    driver.add(1, [{ address: BUFFERS, length: 16 * pieces, flags: virtio.indirect }]);
    driver.notify(1);
    machine.idle(machine.rdtsc());
    expect(driver.status & virtio.needsReset).toBe(status);
  }
});

test('a received frame that is stored over the descriptors of its own next buffer', () => {
  const { driver, machine, arrive } = createWorld();
  driver.start(PLAIN | netFeature.mergeableBuffers);
  const { descriptors } = driver.parts(0);
  driver.add(0, [{ address: descriptors, length: 100, flags: virtio.write }]);
  driver.add(0, [{ address: BUFFERS, length: 2000, flags: virtio.write }]);
  driver.notify(0);
  // Every byte of the second descriptor becomes 0xee: an address far outside, and flags that make no sense.
  arrive(new Uint8Array(200).fill(0xee));
  machine.idle(machine.rdtsc());
  expect(driver.status & virtio.needsReset).toBe(virtio.needsReset);
});

describe('a driver without sense', () => {
  const start = () => {
    const world = createWorld();
    world.driver.start(PLAIN);
    return world;
  };
  const view = (world: ReturnType<typeof createWorld>): DataView => world.driver.view;
  const cases: readonly (readonly [string, (world: ReturnType<typeof createWorld>) => void])[] = [
    ['an index far ahead', (world) => view(world).setUint16(world.driver.parts(1).available + 2, 17, true)],
    [
      'a head beyond the table',
      (world) => {
        world.driver.add(1, [{ address: BUFFERS, length: 80 }]);
        view(world).setUint16(world.driver.parts(1).available + 4, 16, true);
      },
    ],
    [
      'a chain that never ends',
      (world) => {
        world.driver.add(1, [{ address: BUFFERS, length: 80, flags: virtio.next }]);
        view(world).setUint16(world.driver.parts(1).descriptors + 14, 0, true);
      },
    ],
    [
      'a next beyond the table',
      (world) => {
        world.driver.add(1, [{ address: BUFFERS, length: 80, flags: virtio.next }]);
        view(world).setUint16(world.driver.parts(1).descriptors + 14, 99, true);
      },
    ],
    [
      'a table that was not accepted',
      (world) => void world.driver.add(1, [{ address: BUFFERS, length: 32, flags: 4 }]),
    ],
    [
      'a piece to read behind one to write',
      (world) =>
        void world.driver.add(1, [
          { address: BUFFERS, length: 80, flags: 2 },
          { address: BUFFERS, length: 80 },
        ]),
    ],
    [
      'a buffer to receive that may only be read',
      (world) => void world.driver.add(0, [{ address: BUFFERS, length: 2000 }]),
    ],
    [
      'a buffer to receive outside of memory',
      (world) => void world.driver.add(0, [{ address: 2 ** 40, length: 2000, flags: 2 }]),
    ],
    [
      'a buffer too short for a header',
      (world) => void world.driver.add(0, [{ address: BUFFERS, length: 11, flags: 2 }]),
    ],
  ];
  test.each(cases)('%s: the device needs a reset, says so, and works after it', (_, spoil) => {
    const world = start();
    const { driver, machine, arrive, taken } = world;
    spoil(world);
    arrive(frameOf(60));
    driver.notify(0);
    expect(machine.idle(machine.rdtsc())).toBe(LINE_10);
    expect([driver.status & virtio.needsReset, driver.isr() & 2]).toEqual([virtio.needsReset, 2]);
    const again = new VirtioDriver(machine, 1, QUEUES + 0x2_0000);
    again.start(PLAIN);
    expect(again.status & virtio.needsReset).toBe(0);
    again.add(1, [{ address: BUFFERS, length: 12 + 60 }]);
    again.notify(1);
    machine.idle(machine.rdtsc());
    expect(taken()?.length).toBe(60);
  });

  test.each([
    ['no power of two', 24, 7],
    ['0', 24, 0],
    ['longer than offered', 24, 512],
    ['descriptors not on 16 bytes', 32, QUEUES + 8],
    ['available ring not on 2 bytes', 40, QUEUES + 1],
    ['used ring not on 4 bytes', 48, QUEUES + 2],
    ['used ring at the end of memory', 48, (8 << 20) - 4],
    ['high halves', 36, 1],
  ])('a queue that is %s is not enabled', (_, field, value) => {
    const { driver } = createWorld();
    driver.negotiate(PLAIN);
    driver.setCommon(field, field === 24 ? 2 : 4, value);
    driver.setCommon(28, 2, 1);
    expect([driver.common(28, 2), driver.status & virtio.needsReset]).toEqual([0, virtio.needsReset]);
  });
});
