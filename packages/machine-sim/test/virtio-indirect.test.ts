import { expect, test } from 'vitest';
import { virtio } from './reference/virtio-driver.js';
import { BUFFERS, createWorld, frameOf, PLAIN } from './virtio-world.js';

const TABLE = BUFFERS + 0x1000;

/** Hands over one piece in a table of its own; answers whether the device wants a reset, and what it sent. */
function hand(options: { table?: number; length?: number; flags?: number; pieceFlags?: number }) {
  const { table = TABLE, length = 16, flags = virtio.indirect, pieceFlags = 0 } = options;
  const { driver, machine, bytes, taken } = createWorld();
  driver.start(PLAIN | virtio.indirectFeature);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  bytes.set(frameOf(60), BUFFERS + 12);
  view.setUint32(TABLE, BUFFERS, true);
  view.setUint32(TABLE + 8, 72, true);
  view.setUint16(TABLE + 12, pieceFlags, true);
  driver.add(1, [{ address: table, length, flags }]);
  driver.notify(1);
  machine.idle(machine.rdtsc());
  return { wantsReset: (driver.status & virtio.needsReset) !== 0, sent: taken() };
}

test('a table of one piece is a frame', () => {
  expect(hand({})).toEqual({ wantsReset: false, sent: frameOf(60) });
});

// Virtio 1.2, 2.7.5.3.1.
test.each([
  ['of no bytes', { length: 0 }],
  ['whose length is no number of descriptors', { length: 24 }],
  ['outside of memory', { table: 2 ** 40 }],
  ['that ends outside of memory', { length: 16 << 20 }],
  ['whose last half is outside of memory', { table: (8 << 20) - 8 }],
  ['that goes on in the queue', { flags: virtio.indirect | virtio.next }],
  ['with a table in it', { pieceFlags: virtio.indirect }],
])('a table %s: the device needs a reset, and nothing is sent', (_, options) => {
  expect(hand(options)).toMatchObject({ wantsReset: true, sent: null });
});
