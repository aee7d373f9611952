import { checksumState } from '@synos/interfaces';
import { ethernetHeaderBytes, etherType, setEthernetHeader } from '@synos/wire';
import { check, equal, sameBytes, within } from '../check.js';
import { pattern } from '../transport/drive.js';
import { type Add, Note, sumOf } from './drive.js';

/** What a device says of itself. */
export function addDescriptionCases(add: Add): void {
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

/** Frames from one end to the other. */
export function addTransferCases(add: Add): void {
  add('NetDevice.receive', 'nothing is received when nothing was sent', async (t) => {
    equal(t.b.receive(), null, 'receive');
    await t.fixture.run(1000);
    equal(t.b.receive(), null, 'receive later');
  });

  add(
    'NetDevice.transmit',
    'a frame arrives unchanged',
    async (t) => {
      const payload = pattern(100, 1);
      t.send(payload);
      await t.fixture.run(5000);
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
    async (t) => {
      for (let index = 0; index < 8; index++) t.send(Uint8Array.of(index, 1, 2, 3));
      await t.fixture.run(5000);
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
    async (t) => {
      const { mtuBytes } = t.a;
      for (const length of [1, 20, 45, 46, 47, 576, mtuBytes - 1, mtuBytes]) {
        if (length > mtuBytes) continue;
        const payload = pattern(length, length);
        t.send(payload);
        await t.fixture.run(5000);
        const [got] = t.drain();
        check(got !== undefined, `a payload of ${length} bytes arrives`);
        // Ethernet pads short frames: what comes behind the payload says nothing.
        check(got.length >= length, `a payload of ${length} bytes is not cut`);
        sameBytes(got.subarray(0, length), payload, `payload of ${length} bytes`);
      }
    },
    ['lossless'],
  );

  add('NetDevice.mtuBytes', 'a frame beyond the MTU is dropped and counted, not cut', async (t) => {
    const tooLong = Math.max(t.a.mtuBytes, t.a.features.superSegmentBytes) + 1;
    if (tooLong > 65_536) return;
    const before = sumOf(t.a.counters) + sumOf(t.b.counters);
    const packet = t.frame(pattern(tooLong, 2));
    if (!t.a.transmit(packet)) packet.pool.release(packet);
    await t.fixture.run(5000);
    equal(t.drain().length, 0, 'frames received');
    equal(t.used(), 0, 'packets out');
    check(sumOf(t.a.counters) + sumOf(t.b.counters) > before, 'a counter moved');
  });

  add(
    'NetDevice.transmit',
    'transmit delivers nothing before it returns',
    async (t) => {
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
      await t.fixture.run(5000);
      check(note.readableCalls > 0, 'the receiver was told');
      check(during >= 0, 'told');
      t.drain();
    },
    ['lossless'],
  );

  add(
    'Packet',
    "what the sender's buffer becomes later does not change what arrives",
    async (t) => {
      const payload = pattern(64, 4);
      t.send(payload);
      payload.fill(0);
      const other = t.frame(pattern(64, 5));
      other.pool.release(other);
      await t.fixture.run(5000);
      const [got] = t.drain();
      check(got !== undefined, 'a frame arrives');
      sameBytes(got.subarray(0, 64), pattern(64, 4), 'payload');
    },
    ['lossless'],
  );

  add('Packet.checksum', 'an unknown checksum is not vouched for unless the device verifies', async (t) => {
    t.send(pattern(60, 6));
    await t.fixture.run(5000);
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
    async (t) => {
      for (let index = 0; index < 5; index++) t.send(pattern(100, index));
      await t.fixture.run(5000);
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
    async (t) => {
      if (t.a === t.b) return;
      t.send(Uint8Array.of(1, 2, 3, 4));
      const back = t.frame(Uint8Array.of(5, 6, 7, 8));
      setEthernetHeader(back.memory.bytes, back.memory.view, back.start, t.a.address, t.b.address, etherType.ipv4);
      equal(t.b.transmit(back), true, 'transmit back');
      await t.fixture.run(5000);
      equal(t.next()?.[0], 1, 'at b');
      const atA = t.a.receive();
      check(atA !== null, 'at a');
      equal(atA.memory.bytes[atA.start + ethernetHeaderBytes], 5, 'at a');
      atA.pool.release(atA);
    },
    ['lossless'],
  );

  add('Packet', 'a received frame has room in front for another header', async (t) => {
    t.send(pattern(40, 7));
    await t.fixture.run(5000);
    const packet = t.b.receive();
    if (packet === null) return;
    check(packet.start >= packet.slotStart && packet.end <= packet.slotEnd, 'the frame lies in its slot');
    check(packet.end - packet.start >= 54, 'the frame is whole');
    packet.pool.release(packet);
  });
}
