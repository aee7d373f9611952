import { createCable } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createScriptedPc } from './reference/test-machine.js';
import { VirtioDriver } from './reference/virtio-driver.js';

// A driver may write anything anywhere. The device stays polite: it never throws, it does a bounded amount of work, it
// stores only inside of memory, and after a reset it works again.

const MEMORY = 2 << 20;
const QUEUES = 0x18_0000;
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** Numbers that are near something. */
const wild = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 11, 12, 13, 26, 60, 1526, 4096, 0xffff, MEMORY - 1, MEMORY, 0xffff_ffff),
  fc.integer({ min: QUEUES, max: QUEUES + 0x1_0000 }),
  fc.integer({ min: 0, max: 300 }),
  u32,
);

type Step =
  | {
      readonly kind: 'descriptor';
      queue: number;
      index: number;
      address: number;
      high: number;
      length: number;
      flags: number;
      next: number;
    }
  | { readonly kind: 'available'; queue: number; at: number; head: number; ahead: number }
  | { readonly kind: 'memory'; at: number; value: number }
  | { readonly kind: 'register'; offset: number; bytes: 1 | 2 | 4; value: number }
  | { readonly kind: 'config'; register: number; value: number }
  | { readonly kind: 'notify'; queue: number }
  | { readonly kind: 'frame'; length: number; mark: number }
  | { readonly kind: 'receive' };

const queue = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('descriptor' as const),
      queue,
      index: fc.integer({ min: 0, max: 15 }),
      address: wild,
      high: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: u32 }),
      length: wild,
      flags: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4), fc.integer({ min: 0, max: 0xffff })),
      next: fc.oneof(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 0xffff })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('available' as const),
      queue,
      at: fc.integer({ min: 0, max: 15 }),
      head: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 15 }) }, { weight: 1, arbitrary: u32 }),
      ahead: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 16 }) }, { weight: 1, arbitrary: u32 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('memory' as const), at: wild, value: u32 }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      offset: fc.oneof(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 0x3fff })),
      bytes: fc.constantFrom(1 as const, 2 as const, 4 as const),
      value: wild,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('config' as const),
      register: fc.integer({ min: 0, max: 255 }),
      value: u32,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('notify' as const), queue }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('frame' as const),
      length: fc.oneof(fc.integer({ min: 14, max: 1514 }), fc.integer({ min: 14, max: 60_000 })),
      mark: fc.integer({ min: 0, max: 3000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('receive' as const) }) },
);

test('random rings, registers and frames: never a throw, and a reset mends everything', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), u32, (steps, vouches, features) => {
      const { packets: pool } = createStackMemory({ smallPackets: 64, largePackets: 8, ringBytes: 0 });
      const cable = createCable({ vouches, queueLength: 8, b: { pool } });
      const { machine } = createScriptedPc({ network: [cable.a], memoryBytes: MEMORY });
      const driver = new VirtioDriver(machine, 1, QUEUES);
      const { bar } = driver;
      driver.start(features & driver.offered() & ~((1 << 7) | (1 << 11)));
      const { view } = driver;
      for (const each of steps) {
        if (each.kind === 'descriptor') {
          const entry = driver.parts(each.queue).descriptors + 16 * each.index;
          view.setUint32(entry, each.address, true);
          view.setUint32(entry + 4, each.high, true);
          view.setUint32(entry + 8, each.length, true);
          view.setUint16(entry + 12, each.flags, true);
          view.setUint16(entry + 14, each.next, true);
        } else if (each.kind === 'available') {
          const { available, used } = driver.parts(each.queue);
          view.setUint16(available + 4 + 2 * each.at, each.head, true);
          view.setUint16(available + 2, view.getUint16(used + 2, true) + each.ahead, true);
        } else if (each.kind === 'memory') {
          view.setUint32(QUEUES + (each.at % 0x1_0000), each.value, true);
        } else if (each.kind === 'register') {
          machine.writeRegister(bar + each.offset, each.bytes, each.value);
          machine.readRegister(bar + each.offset, each.bytes);
        } else if (each.kind === 'config') {
          // Where BAR 0 is stays: the test would lose the device.
          if (each.register < 0x10 || each.register > 0x13)
            driver.setConfig(each.register & 0xff, 1, each.value & 0xff);
        } else if (each.kind === 'notify') {
          driver.notify(each.queue);
        } else if (each.kind === 'frame') {
          const packet = pool.take(each.length, false);
          if (packet !== null) {
            packet.start -= 14;
            packet.end = packet.start + each.length;
            if (vouches && each.length > 1514) packet.segmentBytes = each.mark + 1;
            cable.b.transmit(packet);
          }
        } else {
          const packet = cable.b.receive();
          packet?.pool.release(packet);
        }
        machine.idle(machine.rdtsc());
      }
      // It works again.
      for (let packet = cable.b.receive(); packet !== null; packet = cable.b.receive()) packet.pool.release(packet);
      driver.setConfig(0x04, 2, 0x0006);
      new Uint8Array(view.buffer, view.byteOffset + QUEUES, 0x1_0000).fill(0);
      const again = new VirtioDriver(machine, 1, QUEUES);
      again.start(0);
      again.add(1, [{ address: 0x10_8000, length: 12 + 60 }]);
      new Uint8Array(view.buffer, view.byteOffset + 0x10_8000, 12).fill(0);
      again.notify(1);
      machine.idle(machine.rdtsc());
      const packet = cable.b.receive();
      expect((packet?.end ?? 0) - (packet?.start ?? 0)).toBe(60);
      packet?.pool.release(packet);
      machine.dispose();
      cable.close();
      expect(pool.used).toBe(0);
    }),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 150 },
  );
});
