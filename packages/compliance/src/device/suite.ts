import { checksumState, type DeviceListener, type NetDevice, type Packet, type PacketPool } from '@synos/interfaces';
import { copyBytes, ethernetHeaderBytes, etherType, setEthernetHeader } from '@synos/wire';
import type { Case } from '../case.js';
import { check, equal, sameBytes, within } from '../check.js';
import { pattern } from '../transport/drive.js';

/** Abilities that cases may need; a setup names those it lacks. */
export type DeviceAbility =
  /** The fixture can pull the cable: `setLink`. */
  | 'link-state'
  /** The device answers busy when it is full, instead of dropping. */
  | 'busy'
  /** Frames come through unchanged and in order, all of them, when nobody overdoes it. */
  | 'lossless';

/** Two devices joined (or one loopback device twice), fresh. */
export interface DeviceFixture {
  readonly a: NetDevice;
  /** What `a` sends arrives here; `a` itself for loopback. */
  readonly b: NetDevice;
  /** Where the frames that `a` sends come from. */
  readonly packets: PacketPool;
  /** Every pool that must be empty in the end (each one if the devices cross pools). */
  readonly pools: readonly PacketPool[];
  /** Lets time pass: everything under way is delivered or lost. */
  run(ms: number): void;
  /** For ability `link-state`. */
  setLink?(isUp: boolean): void;
  dispose(): void;
}

/**
 * What any `NetDevice` must do: some 28 cases. Each runs on a fresh fixture.
 *
 * @example
 * ```ts
 * const cases = netDeviceSuite(() => {
 *   const [a, b] = createCable({ packets });
 *   return { a, b, packets, pools: [packets], run() {}, dispose() { a.close(); b.close(); } };
 * });
 * for (const c of cases) test(c.name, c.run);
 * ```
 */
export function netDeviceSuite(setup: () => DeviceFixture): Case[] {
  const cases: Case[] = [];
  const add = (
    clause: string,
    name: string,
    body: (t: DeviceDrive) => void,
    needs: readonly DeviceAbility[] = [],
  ): void => {
    const run = (): void => {
      const fixture = setup();
      try {
        body(new DeviceDrive(fixture));
      } finally {
        fixture.dispose();
      }
    };
    cases.push({ name, clause, needs, run });
  };
  addDescriptionCases(add);
  addTransferCases(add);
  addQueueCases(add);
  addListenerCases(add);
  addLifeCases(add);
  return cases;
}

type Add = (clause: string, name: string, body: (t: DeviceDrive) => void, needs?: readonly DeviceAbility[]) => void;

/** Counts what a device tells; takes note and calls nothing back, as the contract wants. */
class Note implements DeviceListener {
  readableCalls = 0;
  writableCalls = 0;
  changedCalls = 0;

  readable(): void {
    this.readableCalls++;
  }

  writable(): void {
    this.writableCalls++;
  }

  changed(): void {
    this.changedCalls++;
  }
}

class DeviceDrive {
  readonly fixture: DeviceFixture;
  readonly a: NetDevice;
  readonly b: NetDevice;

  constructor(fixture: DeviceFixture) {
    this.fixture = fixture;
    this.a = fixture.a;
    this.b = fixture.b;
  }

  /** A frame from `a` to `b` with a payload of our own ether type. */
  frame(payload: Uint8Array<ArrayBuffer>): Packet {
    const packet = this.fixture.packets.take(payload.length + ethernetHeaderBytes, false);
    check(packet !== null, 'the pool has a packet');
    const { memory } = packet;
    copyBytes(memory.bytes, packet.start, payload, 0, payload.length);
    packet.end = packet.start + payload.length;
    packet.start -= ethernetHeaderBytes;
    setEthernetHeader(memory.bytes, memory.view, packet.start, this.b.address, this.a.address, etherType.ipv4);
    return packet;
  }

  send(payload: Uint8Array<ArrayBuffer>): void {
    equal(this.a.transmit(this.frame(payload)), true, 'transmit');
  }

  /** The next received payload. */
  next(): Uint8Array | null {
    const packet = this.b.receive();
    if (packet === null) return null;
    const bytes = packet.memory.bytes.slice(packet.start + ethernetHeaderBytes, packet.end);
    packet.pool.release(packet);
    return bytes;
  }

  drain(): Uint8Array[] {
    const got: Uint8Array[] = [];
    for (let next = this.next(); next !== null; next = this.next()) got.push(next);
    return got;
  }

  used(): number {
    return this.fixture.pools.reduce((sum, pool) => sum + pool.used, 0);
  }
}

function addDescriptionCases(add: Add): void {
  add('NetDevice.address', 'the hardware address is six bytes and no group address', ({ a, b }) => {
    for (const device of [a, b]) {
      equal(device.address.length, 6, 'length');
      if (!device.isLoopback) equal(device.address[0]! & 1, 0, 'the group bit');
    }
  });

  add('NetDevice.mtuBytes', 'the MTU is of IPv4', ({ a, b }) => {
    for (const device of [a, b]) {
      check(Number.isInteger(device.mtuBytes), 'the MTU is an integer');
      within(device.mtuBytes, 68, 65_535, 'MTU');
    }
  });

  add('NetDevice.name', 'name and medium are told', ({ a, b }) => {
    check(a.name.length > 0 && b.name.length > 0, 'names');
    equal(a.medium, 'ethernet', 'medium');
    equal(typeof a.isLoopback, 'boolean', 'isLoopback');
  });

  add('NetDevice.features', 'features are told and make sense', ({ a }) => {
    equal(typeof a.features.fillsChecksums, 'boolean', 'fillsChecksums');
    equal(typeof a.features.verifiesChecksums, 'boolean', 'verifiesChecksums');
    const { superSegmentBytes } = a.features;
    check(superSegmentBytes === 0 || superSegmentBytes > a.mtuBytes, 'superSegmentBytes is 0 or beyond the MTU');
  });

  add('NetDevice.linkUp', 'the link is up at first', ({ a, b }) => {
    equal(a.linkUp, true, "a's link");
    equal(b.linkUp, true, "b's link");
  });

  add('NetDevice.counters', 'counters are there and are numbers', ({ a }) => {
    for (const name of ['txPackets', 'txBytes', 'rxPackets', 'rxBytes']) {
      equal(a.counters[name] ?? 0, 0, name);
    }
    for (const value of Object.values(a.counters)) check(Number.isFinite(value), 'a counter is a number');
  });

  add('NetDevice.nextDeadline', 'at rest there is no deadline', ({ a, b }) => {
    equal(a.nextDeadline(), Infinity, "a's deadline");
    equal(b.nextDeadline(), Infinity, "b's deadline");
  });
}

function addTransferCases(add: Add): void {
  add('NetDevice.receive', 'nothing is received when nothing was sent', (t) => {
    equal(t.b.receive(), null, 'receive');
    t.fixture.run(1000);
    equal(t.b.receive(), null, 'receive later');
  });

  add(
    'NetDevice.transmit',
    'a frame arrives unchanged',
    (t) => {
      const payload = pattern(100, 1);
      t.send(payload);
      t.fixture.run(5000);
      const got = t.b.receive();
      check(got !== null, 'a frame arrives');
      const bytes = got.memory.bytes.slice(got.start, got.end);
      equal(bytes.length, 114, 'length with header');
      sameBytes(bytes.subarray(0, 6), t.b.address, 'destination');
      sameBytes(bytes.subarray(6, 12), t.a.address, 'source');
      sameBytes(bytes.subarray(14), payload, 'payload');
      got.pool.release(got);
      equal(t.b.receive(), null, 'a second frame');
    },
    ['lossless'],
  );

  add(
    'NetDevice.transmit',
    'frames stay in order: first in, first out',
    (t) => {
      for (let index = 0; index < 8; index++) t.send(Uint8Array.of(index, 1, 2, 3));
      t.fixture.run(5000);
      equal(
        t
          .drain()
          .map((bytes) => bytes[0])
          .join(' '),
        '0 1 2 3 4 5 6 7',
        'order',
      );
    },
    ['lossless'],
  );

  add(
    'NetDevice.mtuBytes',
    'frames of every length up to the MTU pass',
    (t) => {
      const { mtuBytes } = t.a;
      for (const length of [1, 20, 45, 46, 47, 576, mtuBytes - 1, mtuBytes]) {
        if (length > mtuBytes) continue;
        const payload = pattern(length, length);
        t.send(payload);
        t.fixture.run(5000);
        const [got] = t.drain();
        check(got !== undefined, `a payload of ${length} bytes arrives`);
        // Ethernet pads short frames: what comes behind the payload says nothing.
        check(got.length >= length, `a payload of ${length} bytes is not cut`);
        sameBytes(got.subarray(0, length), payload, `payload of ${length} bytes`);
      }
    },
    ['lossless'],
  );

  add('NetDevice.mtuBytes', 'a frame beyond the MTU is dropped and counted, not cut', (t) => {
    const tooLong = Math.max(t.a.mtuBytes, t.a.features.superSegmentBytes) + 1;
    if (tooLong > 65_536) return;
    const before = sumOf(t.a.counters) + sumOf(t.b.counters);
    const packet = t.frame(pattern(tooLong, 2));
    if (!t.a.transmit(packet)) packet.pool.release(packet);
    t.fixture.run(5000);
    equal(t.drain().length, 0, 'frames received');
    equal(t.used(), 0, 'packets out');
    check(sumOf(t.a.counters) + sumOf(t.b.counters) > before, 'a counter moved');
  });

  add(
    'NetDevice.transmit',
    'transmit delivers nothing before it returns',
    (t) => {
      const note = new Note();
      let during = -1;
      t.b.listen({
        readable: () => {
          note.readable();
          during = t.used();
        },
        writable() {},
        changed() {},
      });
      t.send(pattern(50, 3));
      t.fixture.run(5000);
      check(note.readableCalls > 0, 'the receiver was told');
      check(during >= 0, 'told');
      t.drain();
    },
    ['lossless'],
  );

  add(
    'Packet',
    "what the sender's buffer becomes later does not change what arrives",
    (t) => {
      const payload = pattern(64, 4);
      t.send(payload);
      payload.fill(0);
      const other = t.frame(pattern(64, 5));
      other.pool.release(other);
      t.fixture.run(5000);
      const [got] = t.drain();
      check(got !== undefined, 'a frame arrives');
      sameBytes(got.subarray(0, 64), pattern(64, 4), 'payload');
    },
    ['lossless'],
  );

  add('Packet.checksum', 'an unknown checksum is not vouched for unless the device verifies', (t) => {
    t.send(pattern(60, 6));
    t.fixture.run(5000);
    const packet = t.b.receive();
    if (packet === null) return;
    const isVouched = packet.checksum === checksumState.verified;
    check(!isVouched || t.b.features.verifiesChecksums, 'only a device that verifies says verified');
    check(packet.checksum !== checksumState.partial, 'a received checksum is not partial');
    packet.pool.release(packet);
  });

  add(
    'NetDevice.counters',
    'sent and received are counted',
    (t) => {
      for (let index = 0; index < 5; index++) t.send(pattern(100, index));
      t.fixture.run(5000);
      t.drain();
      equal(t.a.counters.txPackets, 5, 'txPackets');
      within(t.a.counters.txBytes!, 5 * 100, 5 * 130, 'txBytes');
      equal(t.b.counters.rxPackets, 5, 'rxPackets');
      within(t.b.counters.rxBytes!, 5 * 100, 5 * 130, 'rxBytes');
    },
    ['lossless'],
  );

  add(
    'NetDevice',
    'frames go both ways at once',
    (t) => {
      if (t.a === t.b) return;
      t.send(Uint8Array.of(1, 2, 3, 4));
      const back = t.frame(Uint8Array.of(5, 6, 7, 8));
      setEthernetHeader(back.memory.bytes, back.memory.view, back.start, t.a.address, t.b.address, etherType.ipv4);
      equal(t.b.transmit(back), true, 'transmit back');
      t.fixture.run(5000);
      equal(t.next()?.[0], 1, 'at b');
      const atA = t.a.receive();
      check(atA !== null, 'at a');
      equal(atA.memory.bytes[atA.start + ethernetHeaderBytes], 5, 'at a');
      atA.pool.release(atA);
    },
    ['lossless'],
  );

  add('Packet', 'a received frame has room in front for another header', (t) => {
    t.send(pattern(40, 7));
    t.fixture.run(5000);
    const packet = t.b.receive();
    if (packet === null) return;
    check(packet.start >= packet.slotStart && packet.end <= packet.slotEnd, 'the frame lies in its slot');
    check(packet.end - packet.start >= 54, 'the frame is whole');
    packet.pool.release(packet);
  });
}

function addQueueCases(add: Add): void {
  add('NetDevice.receive', 'the queue is bounded and what does not fit is released', (t) => {
    let taken = 0;
    let refused = 0;
    for (let index = 0; index < 20_000 && refused === 0; index++) {
      const packet = t.fixture.packets.take(64, false);
      if (packet === null) break;
      packet.end = packet.start + 50;
      packet.start -= ethernetHeaderBytes;
      setEthernetHeader(packet.memory.bytes, packet.memory.view, packet.start, t.b.address, t.a.address, 0x0800);
      if (t.a.transmit(packet)) taken++;
      else {
        refused++;
        packet.pool.release(packet);
      }
    }
    t.fixture.run(60_000);
    const got = t.drain().length;
    check(got <= taken, 'no more arrives than was sent');
    equal(t.used(), 0, 'packets out after the queue is drained');
    t.send(pattern(10, 8));
    t.fixture.run(60_000);
    t.drain();
  });

  add(
    'NetDevice.transmit',
    'busy leaves the packet with the caller, and writable follows once',
    (t) => {
      const note = new Note();
      t.a.listen(note);
      let refused: Packet | null = null;
      for (let index = 0; index < 100_000 && refused === null; index++) {
        const packet = t.frame(pattern(50, index));
        if (!t.a.transmit(packet)) refused = packet;
      }
      check(refused !== null, 'the device is busy at last');
      const again = t.a.transmit(refused);
      equal(again, false, 'still busy');
      equal(refused.end - refused.start, 64, 'the packet is untouched');
      t.fixture.run(60_000);
      t.drain();
      t.fixture.run(60_000);
      t.drain();
      equal(note.writableCalls, 1, 'writable');
      equal(t.a.transmit(refused), true, 'transmit after writable');
      t.fixture.run(60_000);
      t.drain();
      equal(t.used(), 0, 'packets out');
    },
    ['busy'],
  );

  add(
    'NetDevice',
    'thousands of frames leave nothing behind',
    (t) => {
      let got = 0;
      for (let index = 0; index < 3000; index++) {
        t.send(pattern(index % 200, index));
        if (index % 4 === 3) {
          t.fixture.run(100);
          got += t.drain().length;
        }
      }
      t.fixture.run(60_000);
      got += t.drain().length;
      equal(t.used(), 0, 'packets out');
      equal(got, 3000, 'frames received');
    },
    ['lossless'],
  );
}

function addListenerCases(add: Add): void {
  add(
    'DeviceListener.readable',
    'readable when the queue goes from empty to not empty',
    (t) => {
      const note = new Note();
      t.b.listen(note);
      t.send(pattern(10, 1));
      t.send(pattern(10, 2));
      t.fixture.run(5000);
      check(note.readableCalls >= 1, 'told');
      const before = note.readableCalls;
      t.drain();
      t.send(pattern(10, 3));
      t.fixture.run(5000);
      check(note.readableCalls > before, 'told again after the queue was emptied');
      t.drain();
    },
    ['lossless'],
  );

  add(
    'NetDevice.listen',
    'frames that wait are announced at once to a new listener',
    (t) => {
      t.send(pattern(10, 1));
      t.fixture.run(5000);
      const note = new Note();
      t.b.listen(note);
      t.fixture.run(0);
      check(note.readableCalls >= 1, 'told');
      t.drain();
    },
    ['lossless'],
  );

  add(
    'NetDevice.listen',
    'without a listener nobody is told, and frames still come',
    (t) => {
      const note = new Note();
      t.b.listen(note);
      t.b.listen(null);
      t.send(pattern(10, 1));
      t.fixture.run(5000);
      equal(note.readableCalls, 0, 'calls');
      equal(t.drain().length, 1, 'frames');
    },
    ['lossless'],
  );

  add(
    'NetDevice.listen',
    'the last listener is the only one',
    (t) => {
      const [first, second] = [new Note(), new Note()];
      t.b.listen(first);
      t.b.listen(second);
      t.send(pattern(10, 1));
      t.fixture.run(5000);
      equal(first.readableCalls, 0, 'calls of the first');
      check(second.readableCalls >= 1, 'the second is told');
      t.drain();
    },
    ['lossless'],
  );
}

function addLifeCases(add: Add): void {
  add(
    'NetDevice.linkUp',
    'with the link down frames are taken, dropped and counted',
    (t) => {
      const note = new Note();
      t.a.listen(note);
      t.fixture.setLink!(false);
      equal(t.a.linkUp, false, 'linkUp');
      check(note.changedCalls >= 1, 'the listener is told');
      const before = sumOf(t.a.counters);
      t.send(pattern(10, 1));
      t.fixture.run(5000);
      equal(t.drain().length, 0, 'frames received');
      equal(t.used(), 0, 'packets out');
      check(sumOf(t.a.counters) > before, 'a counter moved');
      t.fixture.setLink!(true);
      equal(t.a.linkUp, true, 'linkUp');
      t.send(pattern(10, 2));
      t.fixture.run(5000);
      equal(t.drain().length, 1, 'frames received with the link up again');
    },
    ['link-state'],
  );

  add('NetDevice.close', 'close releases what is inside', (t) => {
    for (let index = 0; index < 10; index++) t.send(pattern(50, index));
    t.a.close();
    t.b.close();
    t.fixture.run(5000);
    equal(t.used(), 0, 'packets out');
    equal(t.b.receive(), null, 'receive');
  });

  add('NetDevice.close', 'a closed device refuses packets by releasing them, and has no deadline', (t) => {
    t.a.close();
    const packet = t.frame(pattern(50, 1));
    if (!t.a.transmit(packet)) packet.pool.release(packet);
    t.fixture.run(5000);
    equal(t.used(), 0, 'packets out');
    equal(t.a.nextDeadline(), Infinity, 'deadline');
    equal(t.a.receive(), null, 'receive');
  });

  add('NetDevice.close', 'close again is harmless', (t) => {
    t.a.close();
    t.a.close();
    t.b.close();
    t.a.advance(1e6);
    equal(t.used(), 0, 'packets out');
  });

  add('NetDevice.advance', 'time that stands still or goes back is harmless', (t) => {
    t.send(pattern(10, 1));
    t.a.advance(0);
    t.a.advance(-5);
    t.b.advance(0);
    t.fixture.run(5000);
    within(t.drain().length, 0, 1, 'frames');
    equal(t.used(), 0, 'packets out');
  });
}

function sumOf(counters: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const value of Object.values(counters)) sum += value;
  return sum;
}
