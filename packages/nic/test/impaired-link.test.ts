import type { Random } from '@synos/interfaces';
import { checksumState } from '@synos/interfaces';
import { checkIpv4, checkUdp, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createCable, createImpairedLink, createLoopback, type Fault, type ImpairmentOptions } from '../src/index.js';
import { bytesOf, counting, datagramFrame, frame, newPool, receiveAll, tags } from './frames.js';

/** A small generator, so that these tests need nothing of others. */
function lcg(seed: number): Random {
  let state = seed >>> 0;
  return {
    nextUint32() {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      let z = state ^ (state >>> 15);
      z = Math.imul(z, 0x2c1b3c6d);
      return (z ^ (z >>> 13)) >>> 0;
    },
  };
}

function setup(options: ImpairmentOptions, queueLength = 256) {
  const pool = newPool(2048, 2);
  const cable = createCable({ queueLength });
  const bad = createImpairedLink(cable.a, options);
  const send = (...sent: number[]) => {
    for (const tag of sent) expect(bad.transmit(frame(pool, 60, tag))).toBe(true);
  };
  const taken = () => tags(receiveAll(cable.b));
  return { pool, cable, bad, send, taken };
}

describe('an impaired link', () => {
  test('without faults hands everything on at once', () => {
    const { pool, bad, send, taken } = setup({});
    send(1, 2, 3);
    expect(taken()).toEqual([1, 2, 3]);
    expect(bad.nextDeadline()).toBe(Infinity);
    expect(bad.counters).toMatchObject({ txPackets: 3, lost: 0 });
    expect(pool.used).toBe(0);
  });

  test('does what the list says, by the order of sending, and nothing else', () => {
    const faults: Fault[] = [
      { ordinal: 1, action: 'drop' },
      { ordinal: 2, action: 'duplicate' },
      { ordinal: 3, action: { delayMs: 10 } },
      { ordinal: 4, action: 'deliver' },
    ];
    const { pool, bad, send, taken } = setup({ faults });
    send(0, 1, 2, 3, 4, 5);
    expect(taken()).toEqual([0, 2, 2, 4, 5]);
    expect(bad.nextDeadline()).toBe(10);
    bad.advance(9.9);
    expect(taken()).toEqual([]);
    bad.advance(10);
    expect(taken()).toEqual([3]);
    expect(bad.counters).toMatchObject({ lost: 1, duplicated: 1, delayed: 1, corrupted: 0 });
    expect(pool.used).toBe(0);
  });

  test('several faults of one frame add up; a list need not be sorted', () => {
    const faults: Fault[] = [
      { ordinal: 1, action: 'duplicate' },
      { ordinal: 0, action: { delayMs: 5 } },
      { ordinal: 0, action: 'duplicate' },
    ];
    const { bad, send, taken } = setup({ faults });
    send(7, 8);
    expect(taken()).toEqual([8, 8]);
    bad.advance(5);
    expect(taken()).toEqual([7, 7]);
  });

  test('ordinals number every frame given to be sent, those that never set out too', () => {
    const { bad, send, taken, pool } = setup({ faults: [{ ordinal: 2, action: 'drop' }] });
    bad.setLink(false);
    send(0);
    bad.setLink(true);
    bad.transmit(frame(pool, 2000));
    send(2, 3);
    expect(taken()).toEqual([3]);
  });

  test('where a frame is listed, chance has no say', () => {
    const faults: Fault[] = [{ ordinal: 1, action: 'deliver' }];
    const { send, taken } = setup({ faults, lossRate: 1, random: lcg(1) });
    send(0, 1, 2);
    expect(taken()).toEqual([1]);
  });

  test('delays by delayMs and keeps order', () => {
    const { bad, send, taken } = setup({ delayMs: 100 });
    bad.advance(1000);
    send(1, 2);
    bad.advance(1050);
    send(3);
    expect(bad.nextDeadline()).toBe(1100);
    bad.advance(1100);
    expect(taken()).toEqual([1, 2]);
    expect(bad.nextDeadline()).toBe(1150);
    bad.advance(1150);
    expect(taken()).toEqual([3]);
  });

  test('a clock, where given, tells the time of a send between two polls', () => {
    let nowMs = 0;
    const { bad, send, taken } = setup({ delayMs: 10, clock: { now: () => nowMs } });
    nowMs = 500;
    send(1);
    expect(bad.nextDeadline()).toBe(510);
    nowMs = 510;
    bad.advance(510);
    expect(taken()).toEqual([1]);
  });

  test('is as slow as rateBytesPerMs, with a bounded queue and tail drop', () => {
    const { pool, bad, send, taken } = setup({ rateBytesPerMs: 6, queueLength: 3 });
    send(1, 2, 3, 4, 5);
    expect(bad.counters.queueFull).toBe(2);
    bad.advance(9);
    expect(taken()).toEqual([]);
    bad.advance(10);
    expect(taken()).toEqual([1]);
    send(6);
    bad.advance(40);
    expect(taken()).toEqual([2, 3, 6]);
    expect(pool.used).toBe(0);
  });

  test('rates are kept, near enough, by a seeded source, and a seed repeats itself', () => {
    const run = (seed: number) => {
      const options = { lossRate: 0.1, duplicateRate: 0.05, reorderRate: 0.1, random: lcg(seed) };
      const { pool, bad, send, taken } = setup(options, 4096);
      for (let i = 0; i < 1000; i++) send(i & 0xff);
      const first = taken();
      bad.advance(20);
      const all = [...first, ...taken()];
      expect(pool.used).toBe(0);
      return { all, counters: { ...bad.counters } };
    };
    const one = run(1);
    expect(one.counters.lost).toBeGreaterThan(60);
    expect(one.counters.lost).toBeLessThan(140);
    expect(one.counters.duplicated).toBeGreaterThan(25);
    expect(one.counters.delayed).toBeGreaterThan(60);
    expect(one.all).toHaveLength(1000 - one.counters.lost + one.counters.duplicated);
    expect(run(1)).toEqual(one);
    expect(run(2).all).not.toEqual(one.all);
  });

  test('what chance did, given as a list, does it again', () => {
    const chance: Fault[] = [];
    const rates = { lossRate: 0.2, duplicateRate: 0.2, reorderRate: 0.3, corruptRate: 0.3, jitterMs: 3 };
    const run = (options: ImpairmentOptions) => {
      const pool = newPool(512, 2);
      const { a, b } = createCable();
      const bad = createImpairedLink(a, options);
      const came: Uint8Array[] = [];
      for (let i = 0; i < 100; i++) {
        bad.transmit(datagramFrame(pool, 40, false, i));
        bad.advance(i);
        came.push(...receiveAll(b));
      }
      bad.advance(1000);
      came.push(...receiveAll(b));
      return came;
    };
    const first = run({ ...rates, random: lcg(9), onFault: (fault) => chance.push(fault) });
    expect(chance.length).toBeGreaterThan(50);
    const listed: Fault[] = JSON.parse(JSON.stringify(chance));
    expect(run({ faults: listed })).toEqual(first);
  });

  test('corruption stays inside the IPv4 packet and is always seen by a checksum (RFC 1071 §1)', () => {
    const random = lcg(3);
    const { pool, cable, bad } = setup({ corruptRate: 1, random });
    for (let i = 0; i < 500; i++) {
      const packet = datagramFrame(pool, 1 + (i % 50), false, i);
      const before = bytesOf(packet);
      bad.transmit(packet);
      const after = cable.b.receive();
      if (after === null) throw new Error('nothing came');
      const bytes = bytesOf(after);
      const bits: number[] = [];
      for (let at = 0; at < bytes.length; at++) {
        const difference = (bytes[at] as number) ^ (before[at] as number);
        for (let bit = 0; bit < 8; bit++) if (difference & (0x80 >> bit)) bits.push(at * 8 + bit);
      }
      const [first = 0] = bits;
      expect(bits.length).toBeGreaterThan(0);
      expect(first).toBeGreaterThanOrEqual(14 * 8);
      expect((bits.at(-1) as number) - first).toBeLessThan(15);
      const network = after.start + 14;
      const isHeaderWhole = checkIpv4(after.memory, network, after.end, true) === 0;
      const source = ipv4(10, 0, 0, 1);
      const isWhole =
        isHeaderWhole && checkUdp(after.memory, network + 20, after.end, source, ipv4(10, 0, 0, 2), false) === 0;
      const noChecksum = isHeaderWhole && after.memory.view.getUint16(network + 26) === 0;
      expect(isWhole && !noChecksum).toBe(false);
      pool.release(after);
    }
    expect(bad.counters.corrupted).toBe(500);
  });

  test('frames that carry no IPv4 packet are not corrupted: nothing would notice', () => {
    const { bad, send, taken } = setup({ faults: [{ ordinal: 0, action: 'corrupt' }] });
    send(5);
    expect(taken()).toEqual([5]);
    expect(bad.counters.corrupted).toBe(0);
  });

  test('vouches for nothing: features, marks, checksums left to others', () => {
    const pool = newPool();
    const bad = createImpairedLink(createLoopback(), {});
    expect(bad.features).toEqual({ fillsChecksums: false, verifiesChecksums: false, superSegmentBytes: 0 });
    bad.transmit(datagramFrame(pool, 10, true));
    expect(bad.counters.txPartialChecksum).toBe(1);
    bad.transmit(datagramFrame(pool, 10, false));
    const packet = bad.receive();
    expect(packet?.checksum).toBe(checksumState.none);
    if (packet) pool.release(packet);
    expect(pool.used).toBe(0);
  });

  test('over a vouching cable, too, the far end must look for itself', () => {
    const pool = newPool();
    const { a, b } = createCable({ vouches: true });
    const bad = createImpairedLink(a, { faults: [{ ordinal: 0, action: 'corrupt' }] });
    bad.transmit(datagramFrame(pool, 10, false));
    const packet = b.receive();
    expect(packet?.checksum).toBe(checksumState.none);
    if (packet) pool.release(packet);
  });

  test('flips the listed bits at the listed place of the IPv4 packet, modulo its length', () => {
    const flipped = (atBit: number, pattern: number) => {
      const pool = newPool();
      const { a, b } = createCable();
      const bad = createImpairedLink(a, { faults: [{ ordinal: 0, action: { atBit, pattern } }] });
      const packet = datagramFrame(pool, 12, false);
      const before = bytesOf(packet);
      bad.transmit(packet);
      const [after] = receiveAll(b);
      return [...before].map((byte, at) => byte ^ (after?.[at] as number));
    };
    const zeros = (count: number) => new Array<number>(count).fill(0);
    // An IPv4 packet of 40 bytes behind 14 of Ethernet.
    expect(flipped(0, 1)).toEqual([...zeros(14), 0x80, ...zeros(39)]);
    expect(flipped(12, 0b101)).toEqual([...zeros(15), 0b1010, ...zeros(38)]);
    expect(flipped(319, 1)).toEqual([...zeros(53), 1]);
    expect(flipped(320, 1)).toEqual(flipped(0, 1));
    expect(flipped(305, 0x7fff)).toEqual([...zeros(52), 0x7f, 0xff]);
    expect(flipped(306, 0x7fff)).toEqual(flipped(0, 0x7fff));
  });

  test('has a smaller MTU if asked, which can change', () => {
    const { bad, pool, cable } = setup({ mtuBytes: 576 });
    const listener = counting();
    bad.listen(listener);
    expect(bad.mtuBytes).toBe(576);
    bad.transmit(frame(pool, 591));
    expect(bad.counters.txTooLong).toBe(1);
    bad.setMtu(1400);
    expect(listener.changes).toBe(1);
    bad.transmit(frame(pool, 591));
    expect(receiveAll(cable.b)).toHaveLength(1);
    cable.a.setMtu(100);
    expect(bad.mtuBytes).toBe(100);
    expect(listener.changes).toBe(2);
  });

  test('waits for a busy device below and goes on when it is told', () => {
    const { bad, send, taken, pool } = setup({}, 1);
    const listener = counting();
    bad.listen(listener);
    send(1, 2, 3);
    expect(bad.heldFrames).toBe(2);
    expect(bad.nextDeadline()).toBe(Infinity);
    expect(taken()).toEqual([1]);
    expect(listener.writables).toBe(1);
    expect(bad.nextDeadline()).toBe(0);
    bad.advance(0);
    expect(taken()).toEqual([2]);
    bad.advance(0);
    expect(taken()).toEqual([3]);
    expect(bad.nextDeadline()).toBe(Infinity);
    expect(pool.used).toBe(0);
  });

  test('impairs what is received, if that is asked for', () => {
    const pool = newPool();
    const { a, b } = createCable();
    const bad = createImpairedLink(a, { direction: 'receive', faults: [{ ordinal: 1, action: 'drop' }], delayMs: 10 });
    const listener = counting();
    bad.listen(listener);
    for (const tag of [1, 2, 3]) b.transmit(frame(pool, 60, tag));
    bad.transmit(frame(pool, 60, 9));
    expect(tags(receiveAll(b))).toEqual([9]);
    expect(bad.nextDeadline()).toBe(0);
    bad.advance(0);
    expect(receiveAll(bad)).toEqual([]);
    expect(bad.nextDeadline()).toBe(10);
    const before = listener.readables;
    bad.advance(10);
    expect(listener.readables).toBe(before + 1);
    expect(tags(receiveAll(bad))).toEqual([1, 3]);
    expect(pool.used).toBe(0);
  });

  test('two decorators make both ways bad', () => {
    const pool = newPool();
    const { a, b } = createCable();
    const faults: Fault[] = [{ ordinal: 0, action: 'drop' }];
    const bad = createImpairedLink(createImpairedLink(a, { faults }), { faults, direction: 'receive' });
    for (const tag of [1, 2]) {
      bad.transmit(frame(pool, 60, tag));
      b.transmit(frame(pool, 60, 10 + tag));
    }
    expect(tags(receiveAll(b))).toEqual([2]);
    expect(tags(receiveAll(bad))).toEqual([12]);
    expect(pool.used).toBe(0);
  });

  test('counts a duplicate for which there is no packet, and delivers the frame', () => {
    const pool = newPool(1, 0);
    const { a, b } = createCable();
    const bad = createImpairedLink(a, { faults: [{ ordinal: 0, action: 'duplicate' }] });
    bad.transmit(frame(pool, 60, 1));
    expect(tags(receiveAll(b))).toEqual([1]);
    expect(bad.counters).toMatchObject({ noPacket: 1, duplicated: 0 });
  });

  test('what is on the way is bounded', () => {
    const { bad, send, pool } = setup({ delayMs: 10, flightLength: 2 });
    send(1, 2, 3);
    expect(bad.counters.flightFull).toBe(1);
    expect(bad.heldFrames).toBe(2);
    bad.close();
    bad.close();
    expect(pool.used).toBe(0);
    expect(bad.counters.closed).toBe(2);
    send(4);
    expect(bad.counters.txLinkDown).toBe(1);
    expect(pool.used).toBe(0);
  });

  test('link down and up', () => {
    const { bad, send, taken } = setup({});
    bad.setLink(false);
    send(1);
    bad.setLink(true);
    send(2);
    expect(taken()).toEqual([2]);
    expect(bad.counters.txLinkDown).toBe(1);
  });

  test('options out of range are refused', () => {
    const { a } = createCable();
    expect(() => createImpairedLink(a, { lossRate: 0.1 })).toThrow('random');
    expect(() => createImpairedLink(a, { lossRate: 1.1, random: lcg(1) })).toThrow('probability');
    expect(() => createImpairedLink(a, { delayMs: -1 })).toThrow('delay');
    expect(() => createImpairedLink(a, { mtuBytes: 1 })).toThrow('MTU');
  });
});
