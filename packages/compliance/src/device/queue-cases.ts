import type { Packet } from '@synos/interfaces';
import { ethernetHeaderBytes, setEthernetHeader } from '@synos/wire';
import { check, equal, within } from '../check.js';
import { pattern } from '../transport/drive.js';
import { type Add, Note, sumOf } from './drive.js';

/** Bounds, and what happens at them. */
export function addQueueCases(add: Add): void {
  add('NetDevice.receive', 'the queue is bounded and what does not fit is released', async (t) => {
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
    await t.fixture.run(60_000);
    const got = t.drain().length;
    check(got <= taken, 'no more arrives than was sent');
    equal(t.used(), 0, 'packets out after the queue is drained');
    t.send(pattern(10, 8));
    await t.fixture.run(60_000);
    t.drain();
  });

  add(
    'NetDevice.transmit',
    'busy leaves the packet with the caller, and writable follows once',
    async (t) => {
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
      await t.fixture.run(60_000);
      t.drain();
      await t.fixture.run(60_000);
      t.drain();
      equal(note.writableCalls, 1, 'writable');
      equal(t.a.transmit(refused), true, 'transmit after writable');
      await t.fixture.run(60_000);
      t.drain();
      equal(t.used(), 0, 'packets out');
    },
    ['busy'],
  );

  add(
    'NetDevice',
    'thousands of frames leave nothing behind',
    async (t) => {
      let got = 0;
      for (let index = 0; index < 3000; index++) {
        t.send(pattern(index % 200, index));
        if (index % 4 === 3) {
          await t.fixture.run(100);
          got += t.drain().length;
        }
      }
      await t.fixture.run(60_000);
      got += t.drain().length;
      equal(t.used(), 0, 'packets out');
      equal(got, 3000, 'frames received');
    },
    ['lossless'],
  );
}

/** What a device tells. */
export function addListenerCases(add: Add): void {
  add(
    'DeviceListener.readable',
    'readable when the queue goes from empty to not empty',
    async (t) => {
      const note = new Note();
      t.b.listen(note);
      t.send(pattern(10, 1));
      t.send(pattern(10, 2));
      await t.fixture.run(5000);
      check(note.readableCalls >= 1, 'told');
      const before = note.readableCalls;
      t.drain();
      t.send(pattern(10, 3));
      await t.fixture.run(5000);
      check(note.readableCalls > before, 'told again after the queue was emptied');
      t.drain();
    },
    ['lossless'],
  );

  add(
    'NetDevice.listen',
    'frames that wait are announced at once to a new listener',
    async (t) => {
      t.send(pattern(10, 1));
      await t.fixture.run(5000);
      const note = new Note();
      t.b.listen(note);
      await t.fixture.run(0);
      check(note.readableCalls >= 1, 'told');
      t.drain();
    },
    ['lossless'],
  );

  add(
    'NetDevice.listen',
    'without a listener nobody is told, and frames still come',
    async (t) => {
      const note = new Note();
      t.b.listen(note);
      t.b.listen(null);
      t.send(pattern(10, 1));
      await t.fixture.run(5000);
      equal(note.readableCalls, 0, 'calls');
      equal(t.drain().length, 1, 'frames');
    },
    ['lossless'],
  );

  add(
    'NetDevice.listen',
    'the last listener is the only one',
    async (t) => {
      const [first, second] = [new Note(), new Note()];
      t.b.listen(first);
      t.b.listen(second);
      t.send(pattern(10, 1));
      await t.fixture.run(5000);
      equal(first.readableCalls, 0, 'calls of the first');
      check(second.readableCalls >= 1, 'the second is told');
      t.drain();
    },
    ['lossless'],
  );
}

/** Link state and the end. */
export function addLifeCases(add: Add): void {
  add(
    'NetDevice.linkUp',
    'with the link down frames are taken, dropped and counted',
    async (t) => {
      const note = new Note();
      t.a.listen(note);
      await t.fixture.setLink!(false);
      equal(t.a.linkUp, false, 'linkUp');
      check(note.changedCalls >= 1, 'the listener is told');
      const before = sumOf(t.a.counters);
      t.send(pattern(10, 1));
      await t.fixture.run(5000);
      equal(t.drain().length, 0, 'frames received');
      equal(t.used(), 0, 'packets out');
      check(sumOf(t.a.counters) > before, 'a counter moved');
      await t.fixture.setLink!(true);
      equal(t.a.linkUp, true, 'linkUp');
      t.send(pattern(10, 2));
      await t.fixture.run(5000);
      equal(t.drain().length, 1, 'frames received with the link up again');
    },
    ['link-state'],
  );

  add('NetDevice.close', 'close releases what is inside', async (t) => {
    for (let index = 0; index < 10; index++) t.send(pattern(50, index));
    t.a.close();
    t.b.close();
    await t.fixture.run(5000);
    equal(t.used(), 0, 'packets out');
    equal(t.b.receive(), null, 'receive');
  });

  add('NetDevice.close', 'a closed device refuses packets by releasing them, and has no deadline', async (t) => {
    t.a.close();
    const packet = t.frame(pattern(50, 1));
    if (!t.a.transmit(packet)) packet.pool.release(packet);
    await t.fixture.run(5000);
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

  add('NetDevice.advance', 'time that stands still or goes back is harmless', async (t) => {
    t.send(pattern(10, 1));
    t.a.advance(0);
    t.a.advance(-5);
    t.b.advance(0);
    await t.fixture.run(5000);
    within(t.drain().length, 0, 1, 'frames');
    equal(t.used(), 0, 'packets out');
  });
}
