import { checksumState, type NetDevice, type Packet, type PacketPool } from '@synos/interfaces';
import { createCable, createImpairedLink } from '@synos/nic';
import { createStackMemory, sumBytes } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { netFeature } from '../src/devices/virtio-net-header.js';
import { createScriptedPc } from './reference/test-machine.js';
import { VirtioDriver, virtio } from './reference/virtio-driver.js';

const QUEUES = 0x20_0000;
const BUFFERS = 0x30_0000;
const BUFFER_BYTES = 0x2000;
const PLAIN = netFeature.mac | netFeature.mtu | netFeature.status;
const LINE_10 = 0x2a;

function createWorld(
  options: { vouches?: boolean; mtuBytes?: number; size?: number; device?: (device: NetDevice) => NetDevice } = {},
) {
  const { vouches = false, mtuBytes = 1500, size = 16 } = options;
  const pool: PacketPool = createStackMemory({ smallPackets: 64, largePackets: 8, ringBytes: 0 }).packets;
  const cable = createCable({ vouches, mtuBytes, queueLength: 8, b: { pool } });
  const pc = createScriptedPc({ network: [(options.device ?? ((each) => each))(cable.a)], memoryBytes: 8 << 20 });
  const { machine } = pc;
  // All lines open, edge or level as firmware left them.
  for (const [base, values] of [
    [0x20, [0x20, 4, 1, 0]],
    [0xa0, [0x28, 2, 1, 0]],
  ] as const) {
    machine.writePort(base, 1, 0x11);
    for (const value of values) machine.writePort(base + 1, 1, value);
  }
  const driver = new VirtioDriver(machine, 1, QUEUES, size);
  const bytes = machine.mem(0, 8 << 20);
  /** Puts a header and a frame into memory, as one chain of two. */
  const send = (frame: Uint8Array, header: Uint8Array = new Uint8Array(12), at = BUFFERS): void => {
    bytes.set(header, at);
    bytes.set(frame, at + 64);
    driver.add(1, [
      { address: at, length: 12 },
      { address: at + 64, length: frame.length },
    ]);
    driver.notify(1);
    machine.idle(machine.rdtsc());
  };
  /** Gives the device buffers to receive into. */
  const post = (count: number, length = BUFFER_BYTES): void => {
    for (let at = 0; at < count; at++) {
      driver.add(0, [{ address: BUFFERS + 0x10_0000 + at * BUFFER_BYTES, length, flags: virtio.write }]);
    }
    driver.notify(0);
  };
  /** A frame from the other end. */
  const arrive = (frame: Uint8Array, mark: (packet: Packet) => void = () => {}): void => {
    const packet = pool.take(frame.length, false);
    if (packet === null) throw new Error('no packet');
    packet.start -= 14;
    packet.end = packet.start + frame.length;
    packet.memory.bytes.set(frame, packet.start);
    mark(packet);
    cable.b.transmit(packet);
  };
  const taken = (): Uint8Array | null => {
    const packet = cable.b.receive();
    if (packet === null) return null;
    const frame = packet.memory.bytes.slice(packet.start, packet.end);
    packet.pool.release(packet);
    return frame;
  };
  const counters = (): Record<string, number> => machine.counters();
  return { ...pc, pool, cable, driver, bytes, send, post, arrive, taken, counters };
}

const frameOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * seed + at) & 0xff);

/** TCP over IPv4 with a payload, its checksum field the pseudo-header's sum. */
function tcpFrame(payloadBytes: number): Uint8Array {
  const frame = new Uint8Array(54 + payloadBytes);
  const view = new DataView(frame.buffer);
  view.setUint16(12, 0x0800);
  view.setUint8(14, 0x45);
  view.setUint16(16, 40 + payloadBytes);
  view.setUint8(22, 64);
  view.setUint8(23, 6);
  view.setUint32(26, 0x0a00_0001);
  view.setUint32(30, 0x0a00_0002);
  view.setUint32(38, 1000);
  view.setUint8(46, 0x50);
  view.setUint8(47, 0x18);
  for (let at = 0; at < payloadBytes; at++) frame[54 + at] = at & 0xff;
  return frame;
}

/** Whether the TCP checksum of a frame is right. */
function isSummed(frame: Uint8Array): boolean {
  const length = frame.length - 34;
  const bytes = new Uint8Array(12 + length + 4);
  bytes.set(frame.subarray(26, 34));
  bytes[9] = 6;
  bytes[10] = length >>> 8;
  bytes[11] = length & 0xff;
  bytes.set(frame.subarray(34), 12);
  const memory = {
    bytes,
    view: new DataView(bytes.buffer),
    words: new Uint32Array(bytes.buffer, 0, bytes.length >>> 2),
  };
  return sumBytes(memory, 0, 12 + length) === 0xffff;
}

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

describe('offloads', () => {
  const header = (fields: {
    flags?: number;
    gso?: number;
    segment?: number;
    start?: number;
    offset?: number;
  }): Uint8Array => {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, fields.flags ?? 1);
    view.setUint8(1, fields.gso ?? 0);
    view.setUint16(4, fields.segment ?? 0, true);
    view.setUint16(6, fields.start ?? 34, true);
    view.setUint16(8, fields.offset ?? 16, true);
    return bytes;
  };

  test('out: a sum to be filled, and a super-segment, are marks of the packet', () => {
    const { driver, cable, send } = createWorld({ vouches: true });
    driver.start(PLAIN | netFeature.checksum | netFeature.hostTso4);
    send(tcpFrame(5000), header({ gso: 1, segment: 1460 }));
    const packet = cable.b.receive();
    expect(packet?.segmentBytes).toBe(1460);
    expect(packet?.checksum).toBe(checksumState.verified);
    expect((packet?.checksumStart ?? 0) - (packet?.start ?? 0)).toBe(34);
  });

  test('out: what makes no sense is dropped and counted', () => {
    const { driver, machine, send, counters, taken } = createWorld({ vouches: true });
    driver.start(PLAIN | netFeature.checksum | netFeature.hostTso4);
    const wrong = [
      { start: 0 },
      { start: 2000 },
      { start: 1000, offset: 0xffff },
      { gso: 3, segment: 100 },
      { gso: 1, segment: 0 },
      { gso: 1, segment: 100, start: 35 },
      { gso: 1, segment: 100, offset: 6 },
      { flags: 0, gso: 1, segment: 100 },
      { gso: 0x81, segment: 100 },
    ];
    for (const fields of wrong) send(tcpFrame(1000), header(fields));
    send(tcpFrame(0), header({ gso: 1, segment: 100 }));
    send(frameOf(200), header({ gso: 1, segment: 100 }));
    machine.idle(machine.rdtsc());
    expect(counters()['net0.txBadHeader']).toBe(wrong.length + 2);
    expect(taken()).toBeNull();
    // And nothing of it at all for a driver that accepted none.
    driver.start(PLAIN);
    expect(driver.status & virtio.needsReset).toBe(0);
  });

  test('in: marks become flags for a driver that accepted them', () => {
    const { driver, machine, bytes, arrive, post } = createWorld({ vouches: true });
    driver.start(PLAIN | netFeature.guestChecksum | netFeature.guestTso4);
    post(2);
    arrive(tcpFrame(100), (packet) => {
      packet.checksum = checksumState.partial;
      packet.checksumStart = packet.start + 34;
      packet.checksumOffset = 16;
    });
    arrive(tcpFrame(5000), (packet) => {
      packet.checksum = checksumState.partial;
      packet.checksumStart = packet.start + 34;
      packet.checksumOffset = 16;
      packet.segmentBytes = 1460;
    });
    machine.idle(machine.rdtsc());
    const at = BUFFERS + 0x10_0000;
    expect([...bytes.subarray(at, at + 12)]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    const second = at + BUFFER_BYTES;
    expect([...bytes.subarray(second, second + 12)]).toEqual([1, 1, 54, 0, 1460 & 0xff, 1460 >> 8, 34, 0, 16, 0, 1, 0]);
  });

  test('in: for a driver that accepted none sums are filled in and super-segments cut', () => {
    const { driver, machine, bytes, arrive, post } = createWorld({ vouches: true });
    driver.start(PLAIN);
    post(8);
    const frame = tcpFrame(5000);
    new DataView(frame.buffer).setUint16(50, 0);
    arrive(frame, (packet) => {
      packet.checksum = checksumState.partial;
      packet.checksumStart = packet.start + 34;
      packet.checksumOffset = 16;
      packet.segmentBytes = 1460;
    });
    machine.idle(machine.rdtsc());
    const used = driver.used(0);
    expect(used.map(([, length]) => length)).toEqual([1526, 1526, 1526, 12 + 54 + 620]);
    const payload: number[] = [];
    used.forEach(([, length], index) => {
      const at = BUFFERS + 0x10_0000 + index * BUFFER_BYTES;
      const segment = bytes.slice(at + 12, at + length);
      expect([bytes[at], isSummed(segment)]).toEqual([0, true]);
      payload.push(...segment.subarray(54));
    });
    expect(Uint8Array.from(payload)).toEqual(frame.subarray(54));
  });
});

test('a super-segment that is none is dropped, and what comes behind it is not held up', () => {
  const { driver, machine, arrive, post, counters } = createWorld({ vouches: true });
  driver.start(PLAIN);
  post(8);
  arrive(frameOf(3000), (packet) => {
    packet.segmentBytes = 100;
  });
  arrive(frameOf(60));
  arrive(tcpFrame(60_000), (packet) => {
    packet.segmentBytes = 65_535;
  });
  machine.idle(machine.rdtsc());
  // The last one is not cut: no buffer of this driver takes it.
  expect(driver.used(0)).toEqual([[0, 72]]);
  expect(counters()).toMatchObject({ 'net0.rxMalformed': 1, 'net0.rxTooLong': 1 });
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

test('taken apart, every packet is at home and nobody listens', () => {
  const { driver, machine, send, pool, cable, arrive } = createWorld();
  driver.start(PLAIN);
  for (let at = 0; at < 12; at++) send(frameOf(60), new Uint8Array(12), BUFFERS + at * 0x1000);
  arrive(frameOf(60));
  machine.dispose();
  cable.close();
  expect(pool.used).toBe(0);
});
