import type { NetDevice, Packet, PacketPool, Random } from '@synos/interfaces';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  capture,
  createCable,
  createImpairedLink,
  createLoopback,
  createPcapng,
  createSwitch,
  createTracer,
  framePort,
  maskFeatures,
  type VirtualDevice,
} from '../src/index.js';
import { broadcast, datagramFrame, frame, macA, newPool } from './frames.js';

interface World {
  readonly pools: readonly PacketPool[];
  /** Two ends that may be sent on and received from (one may be the same as the other). */
  readonly ends: readonly [NetDevice, NetDevice];
  readonly managed: readonly VirtualDevice<Record<string, number>>[];
  readonly more: () => void;
}

function chance(seed: number): Random {
  let state = seed | 1;
  return {
    nextUint32() {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
      return (state ^ (state >>> 13)) >>> 0;
    },
  };
}

const nothing = (): void => {};

const worlds: Record<string, (seed: number) => World> = {
  loopback() {
    const pool = newPool(24, 2);
    const loopback = createLoopback({ queueLength: 3 });
    return { pools: [pool, pool], ends: [loopback, loopback], managed: [loopback], more: nothing };
  },
  'cable in one pool'() {
    const pool = newPool(24, 2);
    const { a, b } = createCable({ queueLength: 3 });
    return { pools: [pool, pool], ends: [a, b], managed: [a, b], more: nothing };
  },
  'vouching cable across pools'() {
    const pools = [newPool(24, 2), newPool(4, 1)] as const;
    const { a, b } = createCable({ a: { pool: pools[0] }, b: { pool: pools[1] }, queueLength: 3, vouches: true });
    return { pools, ends: [a, b], managed: [a, b], more: nothing };
  },
  switch() {
    const pools = [newPool(24, 2), newPool(4, 1)] as const;
    const lan = createSwitch({
      ports: [{ pool: pools[0] }, { pool: pools[1] }, 'third', 'fourth'],
      queueLength: 3,
      tableSize: 2,
      ageMs: 10,
    });
    const managed = [lan.port(0), lan.port(1), lan.port(2), lan.port(3)];
    return { pools, ends: [lan.port(0), lan.port(1)], managed, more: nothing };
  },
  'impaired both ways, watched, captured'(seed) {
    const pool = newPool(24, 2);
    const { a, b } = createCable({ queueLength: 2 });
    const rates = { lossRate: 0.2, duplicateRate: 0.2, reorderRate: 0.2, corruptRate: 0.2, jitterMs: 2 };
    const one = createImpairedLink(a, { ...rates, random: chance(seed), queueLength: 4, flightLength: 6, delayMs: 3 });
    const two = createImpairedLink(b, {
      ...rates,
      random: chance(seed + 1),
      direction: 'receive',
      rateBytesPerMs: 50,
      queueLength: 4,
    });
    const ends = [createTracer(one, nothing), capture(two, createPcapng(nothing))] as const;
    return { pools: [pool, pool], ends, managed: [one, two], more: nothing };
  },
  'frame port and mask'() {
    const pool = newPool(24, 2);
    const out: Uint8Array[] = [];
    const port = framePort({ pool, queueLength: 3, onFrame: (bytes) => out.push(bytes.slice()) });
    const device = maskFeatures(port.device);
    const more = (): void => {
      port.drain(2);
      const bytes = out.shift();
      if (bytes !== undefined) port.push(bytes);
      const taken = port.takeFrame();
      if (taken !== null) port.push(taken);
    };
    return { pools: [pool, pool], ends: [device, device], managed: [port.device], more };
  },
};

type Step =
  | {
      readonly do: 'send';
      readonly end: 0 | 1;
      readonly kind: 'raw' | 'partial' | 'whole' | 'long' | 'short' | 'group';
    }
  | { readonly do: 'receive'; readonly end: 0 | 1 }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'link'; readonly which: number; readonly up: boolean }
  | { readonly do: 'mtu'; readonly which: number; readonly mtuBytes: number }
  | { readonly do: 'more' }
  | { readonly do: 'close'; readonly end: 0 | 1 };

const end = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      end,
      kind: fc.constantFrom('raw', 'partial', 'whole', 'long', 'short', 'group'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('receive' as const), end }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('link' as const), which: fc.nat(3), up: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('mtu' as const), which: fc.nat(3), mtuBytes: fc.constantFrom(68, 1500) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'more' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), end }) },
);

function make(pool: PacketPool, kind: string): Packet | null {
  if (pool.used + 2 > pool.capacity) return null;
  switch (kind) {
    case 'partial':
      return datagramFrame(pool, 33, true);
    case 'whole':
      return datagramFrame(pool, 33, false);
    case 'long':
      return frame(pool, 1600);
    case 'short':
      return frame(pool, 9);
    case 'group':
      return frame(pool, 60, 0, broadcast, macA);
    default:
      return frame(pool, 60);
  }
}

for (const [name, createWorld] of Object.entries(worlds)) {
  test(`${name}: whatever is done, no packet is lost or leaked`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(1000), (steps, seed) => {
        const world = createWorld(seed);
        const held: Packet[] = [];
        let nowMs = 0;
        for (const action of steps) {
          if (action.do === 'send') {
            const device = world.ends[action.end];
            const pool = world.pools[action.end] as PacketPool;
            const packet = make(pool, action.kind);
            if (packet === null) continue;
            if (!device.transmit(packet)) pool.release(packet);
          } else if (action.do === 'receive') {
            const packet = world.ends[action.end].receive();
            // Some are kept for a while, as a stack keeps them.
            if (packet !== null) held.push(packet);
            if (held.length > 3) held.splice(0, 2).forEach((kept) => void kept.pool.release(kept));
          } else if (action.do === 'wait') {
            nowMs += action.ms;
            for (const device of world.ends) device.advance(nowMs);
          } else if (action.do === 'link') world.managed[action.which % world.managed.length]?.setLink(action.up);
          else if (action.do === 'mtu') world.managed[action.which % world.managed.length]?.setMtu(action.mtuBytes);
          else if (action.do === 'more') world.more();
          else world.ends[action.end].close();
        }
        for (const packet of held) packet.pool.release(packet);
        for (const device of [...world.ends, ...world.managed]) device.close();
        for (const device of world.ends) expect(device.receive()).toBe(null);
        expect(world.pools.map((pool) => pool.used)).toEqual([0, 0]);
      }),
      { numRuns: 150 },
    );
  });
}

test('a cable counts every frame exactly once on each side', () => {
  const kinds = fc.constantFrom('raw', 'partial', 'long', 'short');
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: kinds }, { weight: 2, arbitrary: fc.constant('receive') }));
  fc.assert(
    fc.property(steps, (actions) => {
      const pools = [newPool(64, 2), newPool(3, 0)] as const;
      const { a, b } = createCable({ a: { pool: pools[0] }, b: { pool: pools[1] }, queueLength: 4 });
      let offered = 0;
      for (const action of actions) {
        if (action === 'receive') {
          const packet = b.receive();
          if (packet !== null) packet.pool.release(packet);
          continue;
        }
        const packet = make(pools[0], action);
        if (packet === null) continue;
        offered++;
        if (!a.transmit(packet)) pools[0].release(packet);
      }
      const sent = a.counters;
      const drops = sent.txTooShort + sent.txTooLong + sent.txPartialChecksum;
      expect(sent.txPackets + sent.txBusy + drops).toBe(offered);
      expect(b.counters.rxPackets + b.counters.rxNoPacket).toBe(sent.txPackets);
      b.close();
      expect(pools[0].used + pools[1].used).toBe(0);
    }),
  );
});
