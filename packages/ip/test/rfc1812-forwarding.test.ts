import { networkErrorKind } from '@synos/interfaces';
import { ipv4, parseAddress } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createForwarding } from '../src/index.js';
import { broadcast, createBench, own, peer, peerMac, protocol } from './support/bench.js';
import { icmpFrame, ipFrame, packet, read, readIcmp, readIp } from './support/frames.js';
import { createRouter, far, farMac, farOwn } from './support/router.js';

const at = (text: string) => parseAddress(text)!;
const toFar = { source: peer, destination: far };

describe('a host', () => {
  test('forwards nothing unless told to (RFC 1812 §2.2.8.1, RFC 1122 §3.2.1.3)', () => {
    const bench = createRouter();
    bench.ip.setForwarding(null);
    bench.device.inject(ipFrame(toFar));
    bench.settle();
    expect(bench.out.take()).toEqual([]);
    expect(bench.ip.counters).toMatchObject({ ipv4NotForUs: 1, forwarded: 0 });
    bench.ip.setForwarding(createForwarding());
    bench.device.inject(ipFrame(toFar));
    bench.settle();
    expect(bench.out.take()).toHaveLength(1);
    expect(bench.ip.counters).toMatchObject({ ipv4NotForUs: 1, forwarded: 1 });
    bench.end();
  });
});

describe('a packet to somebody else (RFC 1812 §5.2)', () => {
  test('goes out of the other device to the next hop, one hop older and otherwise as it came', () => {
    const bench = createRouter();
    const options = new Uint8Array([7, 7, 4, 0, 0, 0, 0, 0]);
    const sent = { ...toFar, ttl: 9, tos: 0x28, identification: 77, options, dontFragment: true };
    bench.device.inject(ipFrame(sent));
    bench.settle();
    const [frame] = bench.out.take();
    const { ethernet, ip } = read(frame!);
    expect(ethernet.destination).toEqual(farMac);
    expect(ethernet.source).toEqual(bench.out.address);
    // `read` verifies the header's checksum.
    expect(ip).toMatchObject({ ...sent, ttl: 8, protocol, payload: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]) });
    expect(bench.transport.got).toEqual([]);
    bench.end();
  });

  test('padding of the link it came by is left behind', () => {
    const bench = createRouter();
    bench.device.inject(new Uint8Array([...ipFrame(toFar), ...new Uint8Array(18)]));
    bench.settle();
    expect(bench.out.take().map((frame) => frame.length)).toEqual([14 + 28]);
    bench.end();
  });

  test('takes the longest prefix’s gateway (§5.2.4.3)', () => {
    const bench = createRouter();
    bench.ip.addRoute({ prefix: ipv4(20, 0, 0, 0), bits: 104, gateway: peer });
    bench.ip.addRoute({ prefix: ipv4(20, 1, 0, 0), bits: 112, gateway: far });
    bench.device.inject(ipFrame({ source: peer, destination: at('20.1.2.3') }));
    bench.device.inject(ipFrame({ source: peer, destination: at('20.2.2.3') }));
    bench.settle();
    expect(bench.out.take().map((frame) => read(frame).ethernet.destination)).toEqual([farMac]);
    // Out of the device it came by: that is allowed, and no redirect is sent (§5.2.7.2 leaves it open).
    const back = bench.device.take();
    expect(back.map((frame) => read(frame).ethernet.destination)).toEqual([peerMac]);
    expect(readIp(back[0]!).protocol).toBe(protocol);
    bench.end();
  });

  test('for an address of ours on the other side is ours (the weak model, RFC 1122 §3.3.4.2)', () => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ source: peer, destination: farOwn }));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    expect(bench.out.take()).toEqual([]);
    bench.end();
  });

  test('for a prefix that a gateway accepts is the gateway’s', () => {
    const bench = createRouter();
    bench.ip.acceptPrefix(at('20.0.0.0'), 104);
    bench.device.inject(ipFrame({ source: peer, destination: at('20.0.0.1') }));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    expect(bench.ip.counters.forwarded).toBe(0);
    bench.end();
  });

  test('fragments pass without being put together (RFC 791 §3.2: that is the destination’s part)', () => {
    const bench = createRouter();
    const parts = [
      { ...toFar, moreFragments: true, payload: new Uint8Array(16) },
      { ...toFar, fragmentOffsetBytes: 16, payload: new Uint8Array(5) },
    ];
    for (const part of parts) bench.device.inject(ipFrame(part));
    bench.settle();
    expect(bench.out.take().map(readIp)).toMatchObject(parts);
    expect(bench.ip.counters.fragmentsIn).toBe(0);
    bench.end();
  });

  test('waits for the next hop’s address', () => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ source: peer, destination: at('192.168.1.9') }));
    bench.settle();
    expect(bench.out.take().map((frame) => read(frame).arp?.target)).toEqual([at('192.168.1.9')]);
    expect(bench.packets.used).toBe(1);
    bench.ip.addNeighbour(bench.outIndex, at('192.168.1.9'), farMac);
    bench.settle();
    expect(bench.out.take().map(readIp)).toMatchObject([{ source: peer, ttl: 63 }]);
    bench.end();
  });
});

describe('what is never passed on', () => {
  test.each([
    ['127.0.0.1', '192.168.1.2', 'ipv4MartianSource'],
    ['0.0.0.0', '192.168.1.2', 'ipv4MartianSource'],
    ['224.0.0.9', '192.168.1.2', 'ipv4MartianSource'],
    ['240.0.0.1', '192.168.1.2', 'ipv4MartianSource'],
    ['255.255.255.255', '192.168.1.2', 'ipv4MartianSource'],
    ['10.0.0.255', '192.168.1.2', 'ipv4MartianSource'],
    ['192.168.1.255', '192.168.1.2', 'ipv4MartianSource'],
    ['192.168.1.1', '192.168.1.2', 'ipv4OwnSource'],
    ['10.0.0.2', '0.0.0.0', 'ipv4MartianDestination'],
    ['10.0.0.2', '127.0.0.1', 'ipv4MartianDestination'],
    ['10.0.0.2', '240.0.0.1', 'ipv4MartianDestination'],
    ['10.0.0.2', '224.0.0.9', 'ipv4GroupNotJoined'],
    // A directed broadcast (RFC 2644), and link-local addresses (RFC 3927 §2.7).
    ['10.0.0.2', '192.168.1.255', 'forwardNotAllowed'],
    ['169.254.1.1', '192.168.1.2', 'forwardNotAllowed'],
    ['10.0.0.2', '169.254.1.1', 'forwardNotAllowed'],
  ] as const)('from %s to %s: %s (RFC 1812 §5.3.4, §5.3.5, §5.3.7)', (source, destination, counter) => {
    const bench = createRouter();
    bench.ip.addRoute({ prefix: ipv4(0, 0, 0, 0), bits: 96, gateway: far });
    bench.device.inject(ipFrame({ source: at(source), destination: at(destination) }));
    bench.settle();
    expect(bench.out.take()).toEqual([]);
    expect(bench.device.take()).toEqual([]);
    expect(bench.ip.counters).toMatchObject({ [counter]: 1, forwarded: 0 });
    bench.end();
  });

  test('the limited broadcast is ours and stops here (§5.3.5.1)', () => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ source: peer, destination: at('255.255.255.255') }, broadcast));
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ isGroup: true }]);
    expect(bench.out.take()).toEqual([]);
    bench.end();
  });

  test('a packet to one in a frame to all (§5.3.4)', () => {
    const bench = createRouter();
    bench.device.inject(ipFrame(toFar, broadcast));
    bench.settle();
    expect(bench.out.take()).toEqual([]);
    expect(bench.ip.counters).toMatchObject({ ipv4NotForUs: 1, forwarded: 0 });
    bench.end();
  });

  test.each([131, 137])('source-routed by option %i (RFC 7126 §4.3, §4.4)', (kind) => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ ...toFar, options: new Uint8Array([kind, 7, 4, 192, 168, 1, 9, 0]) }));
    bench.settle();
    expect(bench.out.take()).toEqual([]);
    expect(bench.ip.counters).toMatchObject({ ipv4SourceRouted: 1, forwarded: 0 });
    bench.end();
  });

  test('a header with a wrong checksum (§5.2.2)', () => {
    const bench = createRouter();
    const frame = ipFrame(toFar);
    frame[14 + 11]! ^= 1;
    bench.device.inject(frame);
    bench.settle();
    expect(bench.out.take()).toEqual([]);
    expect(bench.ip.counters.ipv4BadChecksum).toBe(1);
    // Where a device vouches nobody looks; then the damage is passed on, not papered over (RFC 1624).
    bench.device.inject(frame, true);
    bench.settle();
    const [passed] = bench.out.take();
    expect(() => read(passed!)).toThrow('checksum');
    bench.end();
  });

  test('what came from a loopback device', () => {
    const bench = createBench();
    bench.ip.setForwarding(createForwarding());
    bench.ip.addRoute({ prefix: ipv4(0, 0, 0, 0), bits: 96, gateway: peer });
    bench.device.isLoopback = true;
    bench.ip.removeDevice(bench.index);
    const index = bench.ip.addDevice(bench.device);
    expect(index).toBeGreaterThan(0);
    bench.device.inject(ipFrame({ source: at('20.0.0.1'), destination: at('20.0.0.2') }));
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ forwardNotAllowed: 1, forwarded: 0 });
    bench.end();
  });
});

describe('ICMP errors of a router', () => {
  const quoted = (frame: Uint8Array) => readIcmp(frame).payload;

  test.each([0, 1])('time to live %i: time exceeded, about the packet as it came (§5.3.1, RFC 792)', (ttl) => {
    const bench = createRouter();
    const sent = { ...toFar, ttl };
    bench.device.inject(ipFrame(sent));
    bench.settle();
    expect(bench.out.take()).toEqual([]);
    const [answer] = bench.device.take();
    expect(readIp(answer!)).toMatchObject({ source: own, destination: peer, protocol: 1 });
    expect(readIcmp(answer!)).toMatchObject({ type: 11, code: 0 });
    expect(quoted(answer!)).toEqual(packet(sent));
    expect(bench.ip.counters).toMatchObject({ forwardTtlExpired: 1, forwarded: 0 });
    bench.end();
  });

  test('time to live 2 still goes, as 1', () => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ ...toFar, ttl: 2 }));
    bench.settle();
    expect(bench.out.take().map(readIp)).toMatchObject([{ ttl: 1 }]);
    bench.end();
  });

  test('no route: network unreachable (§5.2.7.1)', () => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ source: peer, destination: at('20.0.0.1') }));
    bench.settle();
    expect(bench.device.take().map(readIcmp)).toMatchObject([{ type: 3, code: 0 }]);
    expect(bench.ip.counters).toMatchObject({ forwardNoRoute: 1, icmpErrorsOut: 1 });
    bench.end();
  });

  test('a link that is down leads nowhere', () => {
    const bench = createRouter();
    bench.out.linkUp = false;
    bench.out.changed();
    bench.device.inject(ipFrame(toFar));
    bench.settle();
    expect(bench.device.take().map(readIcmp)).toMatchObject([{ type: 3, code: 0 }]);
    bench.end();
  });

  test('a next hop that does not answer: host unreachable (§5.2.7.1), and transports hear nothing of it', () => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ source: peer, destination: at('192.168.1.9') }));
    for (let second = 0; second <= 10; second++) bench.settle(second * 1000);
    const [answer] = bench.device.take();
    expect(readIcmp(answer!)).toMatchObject({ type: 3, code: 1 });
    expect(bench.ip.counters).toMatchObject({ forwardUnreachable: 1, neighbourUnreachable: 1 });
    expect(bench.transport.errors).toEqual([]);
    bench.end();
  });

  test('our own packet to such a neighbour is still the transport’s affair', () => {
    const bench = createRouter();
    bench.transport.send(at('0.0.0.0'), at('192.168.1.9'), new Uint8Array(20));
    for (let second = 0; second <= 10; second++) bench.settle(second * 1000);
    expect(bench.transport.errors).toMatchObject([{ kind: networkErrorKind.neighbourUnreachable }]);
    expect(bench.ip.counters.forwardUnreachable).toBe(0);
    bench.end();
  });

  test('too long and not to be fragmented: fragmentation needed, with the link’s MTU (RFC 1191 §4)', () => {
    const bench = createRouter();
    bench.out.mtuBytes = 600;
    bench.out.changed();
    const sent = { ...toFar, dontFragment: true, payload: new Uint8Array(581) };
    bench.device.inject(ipFrame(sent));
    bench.settle();
    expect(bench.out.take()).toEqual([]);
    const [answer] = bench.device.take();
    expect(readIcmp(answer!)).toMatchObject({ type: 3, code: 4, restOfHeader: 600 });
    expect(quoted(answer!)).toEqual(packet(sent).slice(0, 548));
    bench.device.inject(ipFrame({ ...sent, payload: new Uint8Array(580) }));
    bench.settle();
    expect(bench.out.take()).toHaveLength(1);
    expect(bench.ip.counters).toMatchObject({ forwardTooLong: 1, forwarded: 1 });
    bench.end();
  });

  test('what was learned of our own path does not shrink others’ packets (RFC 1191 §4)', () => {
    const bench = createRouter();
    const mine = packet({ source: farOwn, destination: far, payload: new Uint8Array(1400) }).slice(0, 28);
    const route = bench.transport.host.route(farOwn, far);
    bench.out.inject(
      icmpFrame(
        { type: 3, code: 4, restOfHeader: 700, payload: mine },
        { destination: farOwn },
        bench.out.address as never,
      ),
    );
    bench.settle();
    expect(route).toMatchObject({ mtuBytes: 700 });
    bench.device.inject(ipFrame({ ...toFar, dontFragment: true, payload: new Uint8Array(1480) }));
    bench.settle();
    expect(bench.out.take()).toHaveLength(1);
    bench.end();
  });

  test.each([
    ['an ICMP error', { protocol: 1, payload: new Uint8Array([11, 0, 0xf4, 0xff, 0, 0, 0, 0]) }],
    ['a later fragment', { fragmentOffsetBytes: 8 }],
  ])('none about %s (§4.3.2.7)', (_, fields) => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ ...toFar, ttl: 1, ...fields }));
    bench.settle();
    expect(bench.device.take()).toEqual([]);
    expect(bench.ip.counters).toMatchObject({ forwardTtlExpired: 1, icmpErrorNotAllowed: 1, icmpErrorsOut: 0 });
    bench.end();
  });

  test('their rate has a limit (§4.3.2.8)', () => {
    const bench = createRouter();
    for (let i = 0; i < 40; i++) bench.device.inject(ipFrame({ ...toFar, ttl: 1 }));
    bench.settle();
    expect(bench.device.take()).toHaveLength(6);
    expect(bench.ip.counters).toMatchObject({ forwardTtlExpired: 40, icmpErrorRateLimited: 34 });
    bench.end();
  });
});

describe('a device that cannot keep up', () => {
  test('packets beyond the queue’s soft limit are dropped and counted; our own still find room', () => {
    const bench = createRouter({ queueSoftPackets: 10, queueHardPackets: 20 });
    bench.out.room = 0;
    for (let i = 0; i < 30; i++) bench.device.inject(ipFrame(toFar));
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ forwarded: 10, forwardQueueFull: 20, queueFull: 0 });
    expect(bench.transport.send(farOwn, far, new Uint8Array(1))).toBe(0);
    bench.out.makeRoom(100);
    bench.settle();
    expect(bench.out.take()).toHaveLength(11);
    bench.end();
  });

  test('a flood of destinations that nobody has is bounded, and every packet comes back', () => {
    const bench = createRouter({ neighbourLimit: 16, neighbourQueueTotal: 32 });
    for (let i = 10; i < 200; i++) bench.device.inject(ipFrame({ source: peer, destination: ipv4(192, 168, 1, i) }));
    bench.settle();
    expect(bench.packets.used).toBeLessThanOrEqual(32);
    expect(bench.ip.neighbours().length).toBeLessThanOrEqual(16);
    // Who is known is still reached.
    bench.out.take();
    bench.device.inject(ipFrame(toFar));
    bench.settle();
    expect(bench.out.take().map(readIp)).toMatchObject([{ destination: far }]);
    bench.end();
  });

  test('no packet for a fragment: counted, what is left is let go', () => {
    const bench = createRouter();
    bench.out.mtuBytes = 576;
    bench.out.changed();
    bench.device.inject(ipFrame({ ...toFar, payload: new Uint8Array(1400) }));
    const held = [];
    for (let one = bench.packets.take(1, false); one !== null; one = bench.packets.take(1, false)) held.push(one);
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ forwardNoBuffers: 1, forwardFragmented: 0 });
    for (const one of held) bench.packets.release(one);
    bench.end();
  });
});
