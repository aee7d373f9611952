import { createCable, createImpairedLink } from '@synos/nic';
import { describe, expect, test } from 'vitest';
import { netFeature } from '../src/devices/virtio-net-header.js';
import { createScriptedPc } from './reference/test-machine.js';
import { VirtioDriver, virtio } from './reference/virtio-driver.js';
import { BUFFER_BYTES, BUFFERS, createWorld, frameOf, LINE_10, PLAIN, QUEUES } from './virtio-world.js';

describe('discovery and negotiation (virtio 1.2, 3.1 and 4.1)', () => {
  test('a modern network device at slot 1, behind a host bridge; its line and its structures', () => {
    const { driver } = createWorld();
    expect([driver.config(0x00), driver.config(0x08) >>> 8]).toEqual([0x1041_1af4, 0x02_0000]);
    expect(driver.config(0x3c) & 0xffff).toBe(0x010a);
    expect(Object.values(driver.places).every((place) => place >= 0)).toBe(true);
    expect(driver.common(18, 2)).toBe(2);
  });

  test('the address, link, MTU', () => {
    const { driver, cable, machine } = createWorld({ mtuBytes: 1280 });
    expect([0, 1, 2, 3, 4, 5].map((at) => driver.device(at, 1))).toEqual([...cable.a.address]);
    expect([driver.device(6, 2), driver.device(10, 2)]).toEqual([1, 1280]);
    driver.start(PLAIN);
    const generation = driver.common(21, 1);
    cable.setLink(false);
    expect(machine.idle(machine.rdtsc())).toBe(LINE_10);
    expect(driver.isr()).toBe(2);
    expect(driver.device(6, 2)).toBe(0);
    expect(driver.common(21, 1)).not.toBe(generation);
  });

  test('what is offered follows the device that is plugged in', () => {
    const all = netFeature.checksum | netFeature.guestChecksum | netFeature.hostTso4 | netFeature.guestTso4;
    expect(createWorld().driver.offered() & all).toBe(0);
    expect(createWorld({ vouches: true }).driver.offered() & all).toBe(all);
  });

  test('features: only what is offered, only with version 1, only what goes together', () => {
    const { driver } = createWorld({ vouches: true });
    expect(driver.negotiate(PLAIN)).toBe(true);
    expect(driver.negotiate(PLAIN, 0)).toBe(false);
    expect(driver.negotiate(PLAIN | (1 << 2))).toBe(false);
    expect(driver.negotiate(PLAIN | netFeature.hostTso4)).toBe(false);
    expect(driver.negotiate(PLAIN | netFeature.hostTso4 | netFeature.checksum)).toBe(true);
    expect(driver.negotiate(PLAIN | netFeature.guestTso4 | netFeature.checksum)).toBe(false);
  });

  test('nothing moves before DRIVER_OK, and without bus mastering', () => {
    const { driver, machine, arrive, post } = createWorld();
    driver.start(PLAIN);
    driver.setConfig(0x04, 2, 0x0002);
    post(2);
    arrive(frameOf(60));
    expect(machine.idle(machine.rdtsc() + 1000)).toBe(-1);
    expect(driver.used(0)).toEqual([]);
    driver.setConfig(0x04, 2, 0x0006);
    expect(machine.idle(machine.rdtsc())).toBe(LINE_10);
    expect(driver.used(0)).toHaveLength(1);
  });
});

describe('frames', () => {
  test('out: the bytes are those, the buffer comes back, the line is high until ISR is read', () => {
    const { driver, machine, send, taken } = createWorld();
    driver.start(PLAIN);
    send(frameOf(60));
    expect(taken()).toEqual(frameOf(60));
    expect(driver.used(1)).toEqual([[0, 0]]);
    expect(machine.idle(machine.rdtsc())).toBe(-1);
    send(frameOf(1514, 3));
    expect(taken()).toEqual(frameOf(1514, 3));
    expect(driver.isr()).toBe(1);
    expect(driver.isr()).toBe(0);
  });

  test('the interrupt of a frame is taken once for each acknowledgement', () => {
    const { driver, machine, arrive, post } = createWorld();
    driver.start(PLAIN);
    post(4);
    for (let at = 0; at < 3; at++) {
      arrive(frameOf(60 + at));
      expect(machine.idle(machine.rdtsc())).toBe(LINE_10);
      // By level: ended without reading ISR it comes again.
      machine.writePort(0xa0, 1, 0x20);
      machine.writePort(0x20, 1, 0x20);
      expect(machine.idle(machine.rdtsc())).toBe(LINE_10);
      expect(driver.isr()).toBe(1);
      machine.writePort(0xa0, 1, 0x20);
      machine.writePort(0x20, 1, 0x20);
      expect(machine.idle(machine.rdtsc())).toBe(-1);
      expect(driver.used(0)).toEqual([[at, 12 + 60 + at]]);
    }
  });

  test('in: header and frame, into pieces of any length', () => {
    const { driver, machine, bytes, arrive } = createWorld();
    driver.start(PLAIN);
    const at = BUFFERS;
    const lengths = [5, 9, 1, 40, 100];
    driver.add(
      0,
      lengths.map((length, index) => ({ address: at + 128 * index, length, flags: virtio.write })),
    );
    driver.notify(0);
    arrive(frameOf(77, 5));
    machine.idle(machine.rdtsc());
    expect(driver.used(0)).toEqual([[0, 12 + 77]]);
    const all = lengths.flatMap((length, index) => [...bytes.subarray(at + 128 * index, at + 128 * index + length)]);
    expect(all.slice(0, 12)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    expect(Uint8Array.from(all.slice(12, 12 + 77))).toEqual(frameOf(77, 5));
  });

  test('in, mergeable: a frame over many buffers, and how many is said', () => {
    const { driver, machine, bytes, arrive, post } = createWorld();
    driver.start(PLAIN | netFeature.mergeableBuffers);
    post(3, 200);
    arrive(frameOf(700, 7));
    machine.idle(machine.rdtsc());
    expect(driver.used(0)).toEqual([]);
    for (let at = 3; at < 6; at++) {
      driver.add(0, [{ address: BUFFERS + 0x10_0000 + at * BUFFER_BYTES, length: 200, flags: virtio.write }]);
    }
    driver.notify(0);
    machine.idle(machine.rdtsc());
    expect(driver.used(0)).toEqual([
      [0, 200],
      [1, 200],
      [2, 200],
      [3, 112],
    ]);
    const first = BUFFERS + 0x10_0000;
    expect(bytes[first + 10]).toBe(4);
    const frame = [0, 1, 2, 3].flatMap((at) => [
      ...bytes.subarray(first + at * BUFFER_BYTES, first + at * BUFFER_BYTES + 200),
    ]);
    expect(Uint8Array.from(frame.slice(12, 712))).toEqual(frameOf(700, 7));
  });

  test('a chain in a table of its own', () => {
    const { driver, machine, bytes, taken } = createWorld();
    driver.start(PLAIN | virtio.indirectFeature);
    const table = BUFFERS + 0x1000;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    bytes.set(frameOf(90), BUFFERS + 12);
    [
      [BUFFERS, 50],
      [BUFFERS + 50, 52],
    ].forEach(([address = 0, length = 0], at) => {
      view.setUint32(table + 16 * at, address, true);
      view.setUint32(table + 16 * at + 8, length, true);
      view.setUint16(table + 16 * at + 12, at === 0 ? 1 : 0, true);
      view.setUint16(table + 16 * at + 14, 1, true);
    });
    driver.add(1, [{ address: table, length: 32, flags: virtio.indirect }]);
    driver.notify(1);
    machine.idle(machine.rdtsc());
    expect(taken()).toEqual(frameOf(90));
  });

  test('the driver may ask not to be interrupted', () => {
    const { driver, machine, bytes, send } = createWorld();
    driver.start(PLAIN);
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(driver.parts(1).available, 1, true);
    send(frameOf(60));
    expect(driver.used(1)).toHaveLength(1);
    expect(driver.isr()).toBe(0);
    expect(machine.idle(machine.rdtsc())).toBe(-1);
  });

  test('a device that is busy: nothing is lost, and the queue goes on when there is room', () => {
    const { driver, machine, send, taken } = createWorld();
    driver.start(PLAIN);
    for (let at = 0; at < 12; at++) send(frameOf(60 + at), new Uint8Array(12), BUFFERS + at * 0x1000);
    // Eight wait at the other end, one in the card.
    expect(driver.used(1)).toHaveLength(9);
    for (let at = 0; at < 12; at++) {
      expect(taken()?.length).toBe(60 + at);
      machine.idle(machine.rdtsc());
    }
    expect(driver.used(1)).toHaveLength(3);
  });

  test('what is too short, too long, or lies outside of memory is dropped and counted, and comes back', () => {
    const { driver, machine, send, counters, taken } = createWorld();
    driver.start(PLAIN);
    send(frameOf(13));
    driver.add(1, [
      { address: BUFFERS, length: 12 },
      { address: 8 << 20, length: 60 },
    ]);
    driver.add(1, [{ address: BUFFERS, length: 70_000 }]);
    driver.add(1, [{ address: BUFFERS, length: 0xffff_ffff }]);
    driver.notify(1);
    machine.idle(machine.rdtsc());
    expect(driver.used(1)).toHaveLength(4);
    expect(counters()).toMatchObject({ 'net0.txTooShort': 1, 'net0.txOutsideMemory': 1, 'net0.txTooLong': 2 });
    expect(taken()).toBeNull();
    expect(driver.status & virtio.needsReset).toBe(0);
  });
});

test('a device with delays lives in the time of the machine: its frame comes when it is due', () => {
  const { driver, machine, arrive, post, send, taken } = createWorld({
    device: (each) => createImpairedLink(each, { direction: 'receive', delayMs: 10 }),
  });
  driver.start(PLAIN);
  post(1);
  send(frameOf(60));
  expect(taken()).toEqual(frameOf(60));
  driver.isr();
  machine.writePort(0xa0, 1, 0x20);
  machine.writePort(0x20, 1, 0x20);
  const begin = machine.rdtsc();
  arrive(frameOf(61));
  expect(machine.idle(begin + machine.tscHz)).toBe(LINE_10);
  expect(machine.rdtsc() - begin).toBe(machine.tscHz / 100);
  expect(driver.used(0)).toEqual([[0, 73]]);
});

test('a second card is at line 11, and at no other', () => {
  const cables = [createCable(), createCable()];
  const { machine } = createScriptedPc({ network: cables.map(({ a }) => a), memoryBytes: 8 << 20 });
  for (const [base, values] of [
    [0x20, [0x20, 4, 1, 0]],
    [0xa0, [0x28, 2, 1, 0]],
  ] as const) {
    machine.writePort(base, 1, 0x11);
    for (const value of values) machine.writePort(base + 1, 1, value);
  }
  const driver = new VirtioDriver(machine, 2, QUEUES);
  driver.start(PLAIN);
  driver.add(1, [{ address: BUFFERS, length: 100 }]);
  driver.notify(1);
  expect(machine.idle(machine.rdtsc())).toBe(0x2b);
  driver.isr();
  machine.writePort(0xa0, 1, 0x20);
  machine.writePort(0x20, 1, 0x20);
  expect(machine.idle(machine.rdtsc())).toBe(-1);
  expect(cables[1]?.b.receive()).not.toBeNull();
  expect(cables[0]?.b.receive()).toBeNull();
});

test('taken apart, every packet is at home and nobody listens', () => {
  const { driver, machine, send, pool, cable, arrive } = createWorld();
  driver.start(PLAIN);
  for (let at = 0; at < 12; at++) send(frameOf(60), new Uint8Array(12), BUFFERS + at * 0x1000);
  arrive(frameOf(60));
  machine.dispose();
  cable.close();
  expect(pool.used).toBe(0);
});
