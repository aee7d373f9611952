import { createPcapng } from '@synos/nic';
import { emitArp, emitEthernet, emitIpv4, etherType, ipv4, parseAddress } from '@synos/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dhcpType } from '../src/dhcp/message.js';
import { createGateway, createLan } from '../src/index.js';
import { dhcpFrame, everybody, fromClient, mac, readReply } from './dhcp-frames.js';
import { createLanBench, type LanBench } from './lan-guests.js';

let bench: LanBench;
beforeEach(() => {
  bench = createLanBench({ maxGuests: 3 });
});
afterEach(() => bench.stop());

/** An IPv4 packet that means nothing, to the gateway or whoever. */
function ipFrame(from: Uint8Array, source: string, to: Uint8Array = everybody): Uint8Array<ArrayBuffer> {
  const packet = emitIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffsetBytes: 0,
    ttl: 1,
    protocol: 253,
    source: parseAddress(source)!,
    destination: ipv4(255, 255, 255, 255),
    options: new Uint8Array(0),
    payload: new Uint8Array(8),
  });
  return emitEthernet({ destination: to, source: from, type: etherType.ipv4, payload: packet });
}

function arpFrame(from: Uint8Array, sender: string, senderMac = from): Uint8Array<ArrayBuffer> {
  const payload = emitArp({
    operation: 1,
    senderMac,
    sender: parseAddress(sender)!,
    targetMac: new Uint8Array(6),
    target: ipv4(10, 0, 0, 200),
  });
  return emitEthernet({ destination: everybody, source: from, type: etherType.arp, payload });
}

const ping = (from: ReturnType<LanBench['guest']>, to: string): boolean => {
  let answered = false;
  from.ping(parseAddress(to)!, 56, 1000, (result) => {
    answered = result >= 0;
  });
  bench.pass(1500);
  return answered;
};

describe('guests', () => {
  test('reach the gateway and one another', async () => {
    const [one, other] = [bench.guest('10.0.0.2'), bench.guest('10.0.0.3')];
    expect([ping(one, '10.0.0.1'), ping(one, '10.0.0.3'), ping(other, '10.0.0.2'), ping(other, '10.0.0.9')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    const { framesFromGuests, framesToGuests, ...rest } = bench.lan.stats;
    expect(framesFromGuests).toBeGreaterThan(8);
    expect(framesToGuests).toBeGreaterThan(8);
    expect(rest).toMatchObject({ guests: 2, guestsInAll: 2, turnedAway: 0 });
    expect(rest.guarded).toEqual({ station: 0, address: 0, dhcpStation: 0, dhcpRate: 0 });
  });

  test('one too many is turned away and its device closed; a place that is left is another’s', () => {
    const raws = [bench.raw(), bench.raw(), bench.raw()];
    expect(() => bench.raw()).toThrow('no place');
    expect(bench.lan.stats).toMatchObject({ guests: 3, turnedAway: 1 });
    raws[1]!.place.leave();
    raws[1]!.place.leave();
    expect(raws[1]!.port.device.linkUp).toBe(false);
    bench.raw();
    expect(bench.lan.stats).toMatchObject({ guests: 3, guestsInAll: 4, turnedAway: 1 });
  });

  test('what waited for one that left is not for the next; its counts stay', () => {
    const [one, gone] = [bench.raw(), bench.raw()];
    bench.pass(0);
    one.port.push(ipFrame(mac(1), '10.0.0.2'));
    // The frame is at the other's port of the switch, or on its way.
    bench.loop.turn();
    gone.place.leave();
    const next = bench.raw();
    bench.pass(100);
    expect(next.heard).toEqual([]);
    expect(bench.lan.stats.framesFromGuests).toBe(1);
  });

  test('that do not come for their frames cost the gateway nothing', () => {
    const [chatty, deaf] = [bench.raw(), bench.raw()];
    // Its far end is closed to what it would hear: the device says busy for ever.
    deaf.port.device.transmit = (packet) => {
      void packet;
      return false;
    };
    for (let index = 0; index < 3000; index += 1) {
      chatty.port.push(ipFrame(mac(1), '10.0.0.2'));
      bench.pass(1);
    }
    expect(bench.lan.stack.memory.packets.used).toBe(0);
    const guest = bench.guest('10.0.0.9');
    expect(ping(guest, '10.0.0.1')).toBe(true);
  });

  test('are captured, each at its own card', () => {
    const pieces: Uint8Array[] = [];
    const pcapng = createPcapng((bytes) => pieces.push(bytes), { clock: bench.loop });
    const captured = createLanBench({ pcapng });
    const guest = captured.guest('10.0.0.2');
    guest.ping(parseAddress('10.0.0.1')!, 56, 1000, () => {});
    captured.pass(100);
    const { framesFromGuests, framesToGuests } = captured.lan.stats;
    expect(pcapng.frameCount).toBe(framesFromGuests + framesToGuests);
    expect(pcapng.frameCount).toBeGreaterThanOrEqual(4);
    captured.stop();
  });

  test('misuse is refused', () => {
    expect(() => createLan({ maxGuests: 0 })).toThrow(RangeError);
    expect(() => createLan({ maxGuests: 65 })).toThrow(RangeError);
    expect(() => createLan({ address: 'gateway' })).toThrow(TypeError);
  });
});

describe('nobody speaks in another’s name', () => {
  test('hardware addresses: the gateway’s, another guest’s, a group’s', () => {
    const [one, other] = [bench.raw(), bench.raw()];
    one.port.push(ipFrame(mac(1), '10.0.0.2'));
    bench.pass(1);
    const gatewayStation = gatewayMac();
    one.heard.length = 0;
    for (const from of [gatewayStation, mac(1), everybody]) other.port.push(ipFrame(from, '10.0.0.3'));
    bench.pass(1);
    expect(bench.lan.stats.guarded).toMatchObject({ station: 3 });
    expect(one.heard).toEqual([]);
  });

  test('IPv4 addresses, in packets and in ARP', () => {
    const [one, other] = [bench.raw(), bench.raw()];
    one.port.push(arpFrame(mac(1), '10.0.0.2'));
    bench.pass(1);
    other.port.push(ipFrame(mac(2), '10.0.0.2'));
    other.port.push(arpFrame(mac(2), '10.0.0.2'));
    other.port.push(arpFrame(mac(2), '10.0.0.1'));
    other.port.push(ipFrame(mac(2), '10.0.0.1'));
    bench.pass(1);
    expect(bench.lan.stats.guarded).toMatchObject({ station: 0, address: 4 });
    expect(one.heard).toEqual([]);
    // Its own, and none, are its to use.
    other.port.push(ipFrame(mac(2), '10.0.0.3'));
    other.port.push(arpFrame(mac(2), '0.0.0.0'));
    bench.pass(1);
    expect([one.heard.length, bench.lan.stats.guarded.address]).toEqual([2, 4]);
  });

  test('each has a few of both', () => {
    const [one, other] = [bench.raw(), bench.raw()];
    for (let number = 1; number <= 6; number += 1) one.port.push(ipFrame(mac(number), '10.0.0.2'));
    bench.pass(1);
    expect([other.heard.length, bench.lan.stats.guarded.station]).toEqual([4, 2]);
    for (let number = 2; number <= 21; number += 1) one.port.push(ipFrame(mac(1), `10.0.0.${number}`));
    bench.pass(1);
    expect([other.heard.length, bench.lan.stats.guarded.address]).toEqual([4 + 16, 4]);
  });

  test('an address that is unused for five minutes may be another’s, and one that left is free at once', () => {
    const [one, other] = [bench.raw(), bench.raw()];
    one.port.push(ipFrame(mac(1), '10.0.0.2'));
    bench.pass(300_000);
    other.port.push(ipFrame(mac(2), '10.0.0.2'));
    bench.pass(1);
    expect(bench.lan.stats.guarded.address).toBe(1);
    bench.pass(1);
    other.port.push(ipFrame(mac(2), '10.0.0.2'));
    bench.pass(1);
    expect(bench.lan.stats.guarded.address).toBe(1);
    one.port.push(ipFrame(mac(1), '10.0.0.2'));
    bench.pass(1);
    expect(bench.lan.stats.guarded.address).toBe(2);
    other.place.leave();
    one.port.push(ipFrame(mac(1), '10.0.0.2'));
    bench.pass(1);
    expect(bench.lan.stats.guarded.address).toBe(2);
  });

  test('one that has as many as it may gets a new one for one that it does not use any more', () => {
    const one = bench.raw();
    for (let number = 1; number <= 4; number += 1) one.port.push(ipFrame(mac(number), '10.0.0.2'));
    bench.pass(200_000);
    for (let number = 2; number <= 4; number += 1) one.port.push(ipFrame(mac(number), '10.0.0.2'));
    bench.pass(200_000);
    one.port.push(ipFrame(mac(9), '10.0.0.2'));
    bench.pass(1);
    expect(bench.lan.stats.guarded.station).toBe(0);
    one.port.push(ipFrame(mac(10), '10.0.0.2'));
    bench.pass(1);
    expect(bench.lan.stats.guarded.station).toBe(1);
  });

  test('what another took over does not count any more', () => {
    const [one, other] = [bench.raw(), bench.raw()];
    for (let number = 1; number <= 4; number += 1) one.port.push(ipFrame(mac(number), '10.0.0.2'));
    bench.pass(200_000);
    for (let number = 2; number <= 4; number += 1) one.port.push(ipFrame(mac(number), '10.0.0.2'));
    bench.pass(200_000);
    other.port.push(ipFrame(mac(1), '10.0.0.3'));
    bench.pass(1);
    one.port.push(ipFrame(mac(9), '10.0.0.2'));
    bench.pass(1);
    expect(bench.lan.stats.guarded.station).toBe(0);
  });

  test('frames that are cut short, of any kind, are no reason for an exception', () => {
    const [one, other] = [bench.raw(), bench.raw()];
    const frames = [ipFrame(mac(1), '10.0.0.2'), arpFrame(mac(1), '10.0.0.2'), dhcpFrame(fromClient({}))];
    for (const frame of frames) {
      for (let length = 0; length <= frame.length; length += 1) {
        one.port.push(frame.subarray(0, length));
        bench.pass(1);
      }
    }
    // Every IPv4 header length.
    for (let value = 0; value < 256; value += 1) {
      const frame = dhcpFrame(fromClient({}));
      frame[14] = value;
      one.port.push(frame);
      bench.pass(1);
    }
    expect(other.heard.length).toBeGreaterThan(100);
  });
});

describe('DHCP', () => {
  test('in another card’s name, or cut so that it does not show, is not let in', () => {
    const dhcp = createGateway({ stack: bench.lan.stack, loop: bench.loop }).serveDhcp({ address: bench.lan.address });
    const one = bench.raw();
    one.port.push(dhcpFrame(fromClient({ chaddr: mac(7) }), mac(1)));
    const cut = dhcpFrame(fromClient({ chaddr: mac(1) }));
    one.port.push(cut.subarray(0, 42 + 28 + 5));
    bench.pass(1);
    expect([bench.lan.stats.guarded.dhcpStation, dhcp.stats.discovers]).toEqual([2, 0]);
    one.port.push(cut);
    bench.pass(1);
    expect([bench.lan.stats.guarded.dhcpStation, dhcp.stats.discovers]).toEqual([2, 1]);
    dhcp.close();
  });

  test('a guest that floods keeps nobody else from an address', () => {
    const gateway = createGateway({ stack: bench.lan.stack, loop: bench.loop });
    const dhcp = gateway.serveDhcp({
      address: bench.lan.address,
      pool: { first: '10.0.0.100', last: '10.0.0.119' },
      isTaken: (address, station) => bench.lan.isTaken(address, station),
    });
    const [flooder, client] = [bench.raw(), bench.raw()];
    let sent = 0;
    // 40 cards under as many names as messages, discovering, requesting and declining, for 40 s.
    const flood = (): void => {
      for (let burst = 0; burst < 50; burst += 1) {
        const number = sent++;
        const chaddr = mac(1 + (number % 40));
        const options: Record<number, Uint8Array<ArrayBuffer>> = { 61: new Uint8Array([0, number >>> 8, number]) };
        const types = [dhcpType.discover, dhcpType.request, dhcpType.decline];
        const address = 0x0a000064 + (number % 20);
        options[50] = new Uint8Array([10, 0, 0, address & 255]);
        if (number % 2 === 0) options[54] = new Uint8Array([10, 0, 0, 1]);
        flooder.port.push(dhcpFrame(fromClient({ type: types[number % 3]!, chaddr, options })));
      }
    };
    let leased = 0;
    for (let round = 0; round < 400; round += 1) {
      flood();
      bench.pass(100);
      if (round % 100 !== 50) continue;
      client.heard.length = 0;
      client.port.push(dhcpFrame(fromClient({ chaddr: mac(0x1000) })));
      bench.pass(5);
      const offered = client.heard.map(readReply).find((reply) => reply?.chaddr[4] === 0x10);
      if (offered) leased += 1;
    }
    expect(leased).toBe(4);
    const { guarded } = bench.lan.stats;
    expect(guarded.station + guarded.dhcpRate).toBeGreaterThan(sent * 0.9);
    // 4 cards, 2 leases each.
    expect(dhcp.stats.leases).toBeLessThanOrEqual(8);
    expect(dhcp.stats.discovers + dhcp.stats.requests + dhcp.stats.declines).toBeLessThan(450);
    dhcp.close();
  });

  test('an address that a guest took without asking is not given to another', () => {
    const gateway = createGateway({ stack: bench.lan.stack, loop: bench.loop });
    const isTaken = (address: string, station: string): boolean => bench.lan.isTaken(address, station);
    const dhcp = gateway.serveDhcp({ address: bench.lan.address, isTaken });
    const [squatter, client] = [bench.raw(), bench.raw()];
    squatter.port.push(arpFrame(mac(1), '10.0.0.2'));
    bench.pass(1);
    client.port.push(dhcpFrame(fromClient({ chaddr: mac(2) })));
    squatter.port.push(dhcpFrame(fromClient({ chaddr: mac(1) })));
    bench.pass(1);
    const addresses = client.heard.map(readReply).map((reply) => [reply?.chaddr[5], (reply?.yiaddr ?? 0) & 255]);
    expect(addresses).toContainEqual([2, 3]);
    expect(addresses).toContainEqual([1, 2]);
    dhcp.close();
  });
});

function gatewayMac(): Uint8Array<ArrayBuffer> {
  const guest = bench.guest('10.0.0.77');
  ping(guest, '10.0.0.1');
  const known = guest.stack.ip.neighbours().find(({ mac: found }) => found !== null);
  return known!.mac!;
}
