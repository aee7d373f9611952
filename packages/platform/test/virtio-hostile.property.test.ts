import type { Packet } from '@synos/interfaces';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Card, everyFeature, newCard, tryCard } from './models/card.js';

const runs = process.env.SYNOS_LONG ? 5000 : 200;

function send(card: Card, length: number): void {
  const packet = card.packets.take(length, false);
  if (packet === null) return;
  packet.start -= 14;
  packet.end = packet.start + length;
  if (!card.device.transmit(packet)) packet.pool.release(packet);
}

function receiveAll(card: Card, held: Set<Packet>): void {
  for (let i = 0; i < 200; i++) {
    const packet = card.device.receive();
    if (packet === null) return;
    expect(held.has(packet), 'a packet is handed out once').toBe(false);
    expect(packet.start).toBeGreaterThanOrEqual(packet.slotStart);
    expect(packet.end).toBeLessThanOrEqual(packet.slotEnd);
    expect(packet.end - packet.start).toBeGreaterThanOrEqual(14);
    held.add(packet);
    if (i % 2 === 0) {
      held.delete(packet);
      packet.pool.release(packet);
    }
  }
}

const lie = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), a: fc.integer({ min: 0, max: 1500 }), b: fc.constant(0) }),
  fc.record({ kind: fc.constant('receive' as const), a: fc.integer({ min: 1, max: 9000 }), b: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('complete' as const), a: fc.nat(20), b: fc.constant(0) }),
  // A used entry with any number and length: of the card's queue 0 or 1.
  fc.record({ kind: fc.constant('used0' as const), a: fc.nat(40), b: fc.oneof(fc.nat(3000), fc.nat(0xffff_ffff)) }),
  fc.record({ kind: fc.constant('used1' as const), a: fc.nat(40), b: fc.nat(0xffff_ffff) }),
  fc.record({ kind: fc.constant('header' as const), a: fc.nat(31), b: fc.nat(0xffff_ffff) }),
  fc.record({ kind: fc.constant('interrupt' as const), a: fc.nat(255), b: fc.nat(255) }),
  fc.record({ kind: fc.constant('advance' as const), a: fc.nat(50), b: fc.constant(0) }),
  fc.record({ kind: fc.constant('index' as const), a: fc.nat(1), b: fc.nat(0xffff) }),
);

/** Does to a card what a step says. */
function act(card: Card, { kind, a, b }: { kind: string; a: number; b: number }, time: { ms: number }): void {
  const { model, device } = card;
  if (kind === 'send') send(card, a);
  else if (kind === 'advance') {
    time.ms += a;
    device.advance(time.ms);
  } else if (model.status !== 15) return;
  else if (kind === 'receive')
    model.receive(new Uint8Array(a).fill(b), { flags: b & 3, gso: b & 0x85, gsoSize: b, count: 1 + (b & 3) });
  else if (kind === 'complete') model.transmit(a);
  else if (kind === 'used0') model.push(0, [{ id: a, length: b }]);
  else if (kind === 'used1') model.push(1, [{ id: a, length: b }]);
  else if (kind === 'header') {
    const queue = model.queues[0]!;
    const address = Number(model.view(queue.desc + 16 * (a % queue.size), 16).getBigUint64(0, true));
    if (address > 0) model.view(address, 12).setUint32((4 * a) % 12, b);
  } else if (kind === 'interrupt') {
    model.isr = a;
    model.linkUp = (b & 3) !== 0;
    device.interrupt();
  } else if (kind === 'index') {
    const queue = model.queues[a]!;
    model.view(queue.device + 2, 2).setUint16(0, b, true);
  }
}

test('whatever a card answers, nothing throws, no packet is lost or given twice, and close brings all back', () => {
  fc.assert(
    fc.property(fc.array(lie, { maxLength: 60 }), fc.boolean(), (lies, isMergeable) => {
      const features = isMergeable ? everyFeature : everyFeature.filter((bit) => bit !== 15);
      const card = newCard({ queueSize: 32, smallPackets: 64, largePackets: 2, features });
      const held = new Set<Packet>();
      const time = { ms: 0 };
      const listener = { readable() {}, writable() {}, changed() {} };
      card.device.listen(listener);
      for (const step of lies) {
        act(card, step, time);
        if (step.kind !== 'used0') receiveAll(card, held);
        expect(card.packets.used).toBeGreaterThanOrEqual(held.size + card.device.postedPackets);
        expect(card.device.nextDeadline()).toBeGreaterThanOrEqual(0);
      }
      receiveAll(card, held);
      card.device.close();
      expect(card.packets.used).toBe(held.size);
      for (const packet of held) packet.pool.release(packet);
      for (const count of Object.values(card.device.counters)) expect(count).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: runs },
  );
});

test('a configuration space of any bytes, and registers that answer anything, make an error or a card', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 192, maxLength: 192 }), fc.array(fc.nat(0xffff_ffff)), (space, answers) => {
      const { made, packets } = tryCard({
        smallPackets: 64,
        prepare(model) {
          // Half of the capabilities' bytes are random.
          for (let i = 0; i < space.length; i += 7) model.pci.space[0x40 + i] = space[i]!;
          const { readRegister } = model;
          let at = 0;
          model.readRegister = (offset, bytes) => {
            const honest = readRegister.call(model, offset, bytes);
            if (offset === 20 || at >= answers.length) return honest;
            return at++ % 3 === 0 ? answers[at % answers.length]! % 2 ** (8 * bytes) : honest;
          };
        },
      });
      if ('error' in made) {
        expect(packets.used).toBe(0);
        return;
      }
      made.advance(1);
      made.close();
      expect(packets.used).toBe(0);
    }),
    { numRuns: runs },
  );
});

test('an honest card loses nothing, in any order of events', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), n: fc.integer({ min: 14, max: 1514 }) }),
    fc.record({ kind: fc.constant('arrive' as const), n: fc.integer({ min: 14, max: 9014 }) }),
    fc.record({ kind: fc.constant('complete' as const), n: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ kind: fc.constant('interrupt' as const), n: fc.constant(0) }),
    fc.record({ kind: fc.constant('read' as const), n: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('advance' as const), n: fc.nat(30) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const card = newCard({ queueSize: 16, smallPackets: 64, largePackets: 4, mtu: 9000 });
      const { device, model, packets } = card;
      const sent: number[] = [];
      const arrived: number[] = [];
      const got: number[] = [];
      let nowMs = 0;
      let tag = 0;
      let isTold = false;
      let isOwed = false;
      device.listen({
        readable() {
          isTold = true;
        },
        writable() {
          isOwed = false;
        },
        changed() {},
      });
      const read = (most: number): void => {
        for (let i = 0; i < most; i++) {
          const packet = device.receive();
          if (packet === null) break;
          const { bytes } = packet.memory;
          got.push(packet.end - packet.start, bytes[packet.start]!, bytes[packet.end - 1]!);
          packet.pool.release(packet);
        }
      };
      for (const { kind, n } of steps) {
        tag = (tag + 1) & 0xff;
        if (kind === 'send') {
          const packet = packets.take(n, false);
          if (packet === null) continue;
          packet.start -= 14;
          packet.end = packet.start + n;
          packet.memory.bytes.fill(tag, packet.start, packet.end);
          if (device.transmit(packet)) sent.push(n, tag);
          else {
            isOwed = true;
            packet.pool.release(packet);
          }
        } else if (kind === 'arrive') {
          if (model.receive(new Uint8Array(n).fill(tag))) arrived.push(n, tag, tag);
        } else if (kind === 'complete') model.transmit(n);
        else if (kind === 'interrupt') {
          if (model.line) device.interrupt();
        } else if (kind === 'read') read(n);
        else {
          nowMs += n;
          device.advance(nowMs);
        }
        expect(packets.used).toBeLessThanOrEqual(device.postedPackets + 16);
      }
      // Interrupts and deadlines alone, as a kernel has them, bring everything home.
      for (let i = 0; i < 50; i++) {
        model.transmit();
        if (model.line) device.interrupt();
        if (isTold) {
          isTold = false;
          read(1000);
        }
        nowMs = Math.min(Math.max(nowMs, device.nextDeadline()), nowMs + 1000);
        device.advance(nowMs);
      }
      expect(model.sent.flatMap(({ bytes }) => [bytes.length, bytes[0]!])).toEqual(sent);
      expect(got).toEqual(arrived);
      expect(isOwed).toBe(false);
      expect(packets.used).toBe(device.postedPackets);
      expect(device.nextDeadline()).toBe(Infinity);
      expect(device.counters).toMatchObject({ rxMalformed: 0, rxTooLong: 0, deviceFaults: 0, deviceFailures: 0 });
    }),
    { numRuns: runs },
  );
});
