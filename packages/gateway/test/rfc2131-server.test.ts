import { createRandom } from '@synos/netsim';
import { beforeEach, describe, expect, test } from 'vitest';
import { addressOption, type DhcpMessage, dhcpType, emitDhcp, parseDhcp, wordsOption } from '../src/dhcp/message.js';
import { DhcpServer } from '../src/dhcp/server.js';
import { fromClient, mac } from './dhcp-frames.js';

const own = 0x0a000001;
const first = 0x0a000002;
const last = 0x0a000006;
const { discover, offer, request, decline, ack, nak, release, inform } = dhcpType;

let server: DhcpServer;
let nowMs: number;
let taken: Set<number>;
beforeEach(() => {
  nowMs = 1000;
  taken = new Set();
  server = new DhcpServer({
    server: own,
    mask: 0xffffff00 | 0,
    router: own,
    nameServer: own,
    first: 0x0a000001,
    last,
    leaseSeconds: 3600,
    isTaken: (address) => taken.has(address),
  });
});

type Fields = Parameters<typeof fromClient>[0];

/** What the server answers, with where to. */
function say(fields: Fields): (DhcpMessage & { to: number }) | null {
  const reply = server.receive(emitDhcp(fromClient(fields)), nowMs);
  if (reply === null) return null;
  const message = parseDhcp(reply.bytes);
  if ('error' in message) throw new Error(message.error);
  return { ...message, to: reply.to };
}

const asks = (address: number): Record<number, Uint8Array<ArrayBuffer>> => ({ 50: wordsOption(address) });
const selects = (address: number): Record<number, Uint8Array<ArrayBuffer>> => ({
  ...asks(address),
  54: wordsOption(own),
});

/** The way to a lease: four messages. Answers the address, 0 for none. */
function obtain(number: number, options: Record<number, Uint8Array<ArrayBuffer>> = {}): number {
  const chaddr = mac(number);
  const offered = say({ type: discover, chaddr, options });
  if (offered === null) return 0;
  const granted = say({ type: request, chaddr, options: { ...options, ...selects(offered.yiaddr) } });
  return granted?.type === ack ? granted.yiaddr : 0;
}

describe('a client without an address (RFC 2131 §3.1)', () => {
  test('is offered one, with all that it needs, by broadcast', () => {
    const answer = say({
      type: discover,
      xid: 0xdeadbeef,
      broadcast: true,
      options: { 61: new Uint8Array([1, 2, 3]) },
    })!;
    expect(answer).toMatchObject({
      op: 2,
      type: offer,
      xid: 0xdeadbeef,
      broadcast: true,
      yiaddr: first,
      ciaddr: 0,
      to: -1,
    });
    expect(answer.chaddr).toEqual(mac(1));
    const words = [1, 3, 6, 28, 51, 54].map((code) => addressOption(answer, code));
    expect(words).toEqual([0xffffff00 | 0, own, own, 0x0a0000ff, 3600, own]);
    // RFC 6842.
    expect(answer.options.get(61)).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('requests it and has it', () => {
    expect(obtain(1)).toBe(first);
    expect(server.leases.bound(nowMs)).toBe(1);
    expect(server.counters).toMatchObject({ discovers: 1, offers: 1, requests: 1, acks: 1, naks: 0 });
  });

  test('each client has another; the gateway’s own address is nobody’s', () => {
    expect([1, 2, 3, 4, 5].map((number) => obtain(number))).toEqual([
      first,
      first + 1,
      first + 2,
      first + 3,
      first + 4,
    ]);
    expect(obtain(6)).toBe(0);
    expect(server.counters.exhausted).toBe(1);
  });

  test('comes again and has the same, while it lasts and afterwards', () => {
    expect(obtain(1)).toBe(first);
    expect(obtain(2)).toBe(first + 1);
    expect(obtain(1)).toBe(first);
    nowMs += 3_600_000 * 3;
    expect(obtain(2)).toBe(first + 1);
    expect(obtain(1)).toBe(first);
  });

  test('may wish for one that is free', () => {
    expect(obtain(1, asks(first + 3))).toBe(first + 3);
    expect(obtain(2, asks(first + 3))).toBe(first);
    expect(obtain(3, asks(0x0a0000c8))).toBe(first + 1);
    expect(obtain(4, asks(own))).toBe(first + 2);
  });

  test('is told apart by its identifier, else by its card (RFC 2131 §4.2)', () => {
    const identifier = { 61: new Uint8Array([0, 1, 2]) };
    const a = obtain(1, identifier);
    expect(obtain(2, identifier)).toBe(a);
    expect(obtain(1)).not.toBe(a);
    // Too short to be one (RFC 2132 §9.14).
    expect(obtain(3, { 61: new Uint8Array([9]) })).toBe(obtain(3));
  });

  test('what somebody is known to use is not given', () => {
    taken.add(first);
    expect(obtain(1)).toBe(first + 1);
    taken.add(first + 1);
    expect(obtain(1)).toBe(first + 2);
  });

  test('an offer is kept for half a minute, and no longer', () => {
    for (let number = 1; number <= 5; number += 1) say({ type: discover, chaddr: mac(number) });
    expect(say({ type: discover, chaddr: mac(6) })).toBe(null);
    nowMs += 29_999;
    expect(say({ type: discover, chaddr: mac(6) })).toBe(null);
    nowMs += 1;
    expect(say({ type: discover, chaddr: mac(6) })?.yiaddr).toBe(first);
    // The first one comes too late, the second just in time.
    expect(say({ type: request, chaddr: mac(1), options: selects(first) })?.type).toBe(nak);
    expect(say({ type: request, chaddr: mac(2), options: selects(first + 1) })?.type).toBe(ack);
  });

  test('that only looks round keeps the lease that it has', () => {
    obtain(1);
    say({ type: discover });
    nowMs += 31_000;
    expect(server.leases.bound(nowMs)).toBe(1);
    for (let number = 2; number <= 5; number += 1) obtain(number);
    expect(obtain(6)).toBe(0);
  });

  test('that chose another server frees what it was offered', () => {
    say({ type: discover });
    expect(say({ type: request, options: { ...asks(0x0a000063), 54: wordsOption(0x0a0000fe) } })).toBe(null);
    expect(obtain(2, asks(first))).toBe(first);
  });
});

describe('what a request means (RFC 2131 §4.3.2)', () => {
  test('SELECTING: only what was offered to this client', () => {
    say({ type: discover, chaddr: mac(1) });
    expect(say({ type: request, chaddr: mac(2), options: selects(first) })).toMatchObject({
      type: nak,
      yiaddr: 0,
      to: -1,
    });
    expect(say({ type: request, chaddr: mac(1), options: selects(first + 1) })?.type).toBe(nak);
    expect(say({ type: request, chaddr: mac(1), options: selects(first) })?.type).toBe(ack);
  });

  test('INIT-REBOOT: yes to the own, no to another’s and to a foreign network, nothing where nothing is known', () => {
    obtain(1);
    obtain(2);
    expect(say({ type: request, chaddr: mac(1), options: asks(first) })).toMatchObject({ type: ack, yiaddr: first });
    expect(say({ type: request, chaddr: mac(1), options: asks(first + 1) })?.type).toBe(nak);
    expect(say({ type: request, chaddr: mac(3), options: asks(0xc0a80002 | 0) })?.type).toBe(nak);
    expect(say({ type: request, chaddr: mac(3), options: asks(first + 2) })).toBe(null);
    expect(say({ type: request, chaddr: mac(1) })).toBe(null);
  });

  test('RENEWING: longer, answered to the address itself', () => {
    obtain(1);
    nowMs += 3_000_000;
    expect(say({ type: request, ciaddr: first })).toMatchObject({ type: ack, yiaddr: first, ciaddr: first, to: first });
    nowMs += 3_000_000;
    expect(server.leases.bound(nowMs)).toBe(1);
    nowMs += 600_001;
    expect(server.leases.bound(nowMs)).toBe(0);
  });

  test('RENEWING after the server was started anew: yes where it is free, no where it is not', () => {
    expect(say({ type: request, chaddr: mac(1), ciaddr: first })).toMatchObject({ type: ack, to: first });
    expect(say({ type: request, chaddr: mac(2), ciaddr: first })).toMatchObject({ type: nak, to: -1 });
    expect(say({ type: request, chaddr: mac(2), ciaddr: 0x0a0000c8 })?.type).toBe(nak);
    expect(say({ type: request, chaddr: mac(2), ciaddr: own })?.type).toBe(nak);
  });

  test('who moves to another address leaves the one that it had', () => {
    expect(obtain(1)).toBe(first);
    expect(say({ type: request, chaddr: mac(1), ciaddr: first + 1 })?.type).toBe(ack);
    expect(server.leases.bound(nowMs)).toBe(1);
    expect(obtain(2)).toBe(first);
  });

  test('a time that is asked for is granted up to the server’s own', () => {
    const time = (seconds: number): number | undefined => {
      const answer = say({ type: discover, options: { 51: wordsOption(seconds) } });
      return answer === null ? undefined : addressOption(answer, 51);
    };
    expect([time(600), time(1), time(4000), time(0xffffffff)]).toEqual([600, 60, 3600, 3600]);
  });
});

describe('giving back', () => {
  test('RELEASE: another may have it, the client if it comes first', () => {
    obtain(1);
    expect(say({ type: release, chaddr: mac(2), ciaddr: first })).toBe(null);
    expect(server.leases.bound(nowMs)).toBe(1);
    expect(say({ type: release, ciaddr: first })).toBe(null);
    expect(server.leases.bound(nowMs)).toBe(0);
    expect(obtain(1)).toBe(first);
    say({ type: release, ciaddr: first });
    for (let number = 2; number <= 5; number += 1) expect(obtain(number)).toBe(first + number - 1);
    expect(obtain(6)).toBe(first);
  });

  test('DECLINE: nobody gets it for ten minutes, the client another at once', () => {
    obtain(1);
    expect(say({ type: decline, options: selects(first) })).toBe(null);
    expect(obtain(1)).toBe(first + 1);
    for (let number = 2; number <= 4; number += 1) expect(obtain(number)).toBe(first + number);
    expect(obtain(5)).toBe(0);
    nowMs += 600_000;
    expect(obtain(5)).toBe(first);
  });

  test('DECLINE of what one does not have, or to another server, does nothing', () => {
    obtain(1);
    say({ type: decline, chaddr: mac(2), options: selects(first) });
    say({ type: decline, options: asks(first) });
    expect(server.counters).toMatchObject({ declines: 2, ignored: 2 });
    expect(say({ type: request, ciaddr: first })?.type).toBe(ack);
  });

  test('INFORM: parameters, no lease', () => {
    const answer = say({ type: inform, ciaddr: 0x0a0000c8 })!;
    expect(answer).toMatchObject({ type: ack, yiaddr: 0, ciaddr: 0x0a0000c8, to: 0x0a0000c8 });
    expect([addressOption(answer, 3), answer.options.has(51)]).toEqual([own, false]);
    expect(say({ type: inform, ciaddr: 0xc0a80001 | 0 })).toBe(null);
    expect(server.leases.bound(nowMs)).toBe(0);
  });
});

describe('bad input', () => {
  test('malformed messages, answers of servers and relays’ messages are counted and not answered', () => {
    expect(server.receive(new Uint8Array(10), nowMs)).toBe(null);
    expect(say({ op: 2, type: offer })).toBe(null);
    expect(say({ giaddr: 0x0a000009 })).toBe(null);
    expect(say({ type: offer })).toBe(null);
    expect(say({ type: 200 })).toBe(null);
    expect(server.counters).toMatchObject({ malformed: 2, ignored: 3, discovers: 0 });
  });

  test('one card under a thousand names has two leases, and does not keep others from theirs', () => {
    for (let name = 0; name < 1000; name += 1) {
      const identifier = { 61: new Uint8Array([0, name >>> 8, name]) };
      const address = obtain(1, identifier);
      if (name % 3 === 0) say({ type: decline, options: { ...identifier, ...selects(address) } });
    }
    expect([2, 3, 4].map((number) => obtain(number)).every((address) => address !== 0)).toBe(true);
  });

  test('any messages of many clients: no address is two clients’ at once', () => {
    const random = createRandom('dhcp clients');
    const belief = new Map<number, { address: number; untilMs: number }>();
    const types = [discover, request, decline, release, inform];
    for (let step = 0; step < 20_000; step += 1) {
      nowMs += random.below(20_000);
      const number = random.below(8);
      const some = first - 1 + random.below(7);
      const type = types[random.below(types.length)]!;
      const options: Record<number, Uint8Array<ArrayBuffer>> = {};
      if (random.below(2) === 0) options[50] = wordsOption(some);
      if (random.below(2) === 0) options[54] = wordsOption(random.below(5) === 0 ? some : own);
      const mine = belief.get(number)?.address ?? 0;
      const ciaddr = random.below(3) === 0 ? some : random.below(2) === 0 ? mine : 0;
      const answer = say({ type, chaddr: mac(number), ciaddr, options });
      // An honest client believes what it is told; a release, a refusal or a decline ends that.
      if (type === release && ciaddr === mine) belief.delete(number);
      if (type === decline || answer?.type === nak) belief.delete(number);
      if (answer?.type === ack && answer.yiaddr !== 0) {
        const { yiaddr: address } = answer;
        expect(address).not.toBe(own);
        expect(address >= first && address <= last).toBe(true);
        for (const [other, held] of belief) {
          if (other !== number && held.untilMs > nowMs) expect(held.address).not.toBe(address);
        }
        belief.set(number, { address, untilMs: nowMs + addressOption(answer, 51) * 1000 });
      }
    }
    expect(server.counters.acks).toBeGreaterThan(500);
  });
});
