import { etherType, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { broadcast, createBench } from './support/bench.js';
import { frame, ipFrame, packet } from './support/frames.js';

const group = ipv4(239, 1, 2, 3);
const groupMac = new Uint8Array([0x01, 0x00, 0x5e, 1, 2, 3]);

describe('frames inwards (RFC 894, RFC 1112 §6.4)', () => {
  test.each([
    ['our own address', ipFrame(), 'ipv4Delivered'],
    ['somebody else', ipFrame({}, new Uint8Array([2, 0, 0, 0, 0, 5])), 'ethernetNotForUs'],
    [
      'an address that differs in the high half only',
      ipFrame({}, new Uint8Array([4, 0, 0, 0, 0, 1])),
      'ethernetNotForUs',
    ],
    ['a group nobody joined', ipFrame({ destination: group }, groupMac), 'ethernetGroupNotJoined'],
    ['a group that is not IPv4', ipFrame({}, new Uint8Array([1, 0x80, 0xc2, 0, 0, 0])), 'ethernetGroupNotJoined'],
    ['an empty frame', new Uint8Array(0), 'ethernetTruncated'],
    ['a frame without a type', ipFrame().slice(0, 13), 'ethernetTruncated'],
    ['an unknown type', frame(0x1234, packet()), 'ethernetUnknownType'],
    ['IPv6', frame(etherType.ipv6, packet()), 'ethernetIpv6Unsupported'],
    ['one packet to all', ipFrame({}, broadcast), 'ipv4LinkBroadcast'],
  ] as const)('%s', (_, bytes, counter) => {
    const bench = createBench();
    bench.device.inject(bytes);
    bench.settle();
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.ip.counters.ethernetIn).toBe(1);
    expect(bench.transport.got).toHaveLength(counter === 'ipv4Delivered' ? 1 : 0);
    bench.end();
  });

  test('a joined group is heard until the last member leaves; its namesake of the same link address is not', () => {
    const bench = createBench();
    const namesake = ipv4(239, 129, 2, 3);
    expect(bench.ip.joinGroup(bench.index, group)).toBe(0);
    expect(bench.ip.joinGroup(bench.index, group)).toBe(0);
    expect(bench.ip.leaveGroup(bench.index, group)).toBe(0);
    bench.device.inject(ipFrame({ destination: group }, groupMac));
    bench.device.inject(ipFrame({ destination: namesake }, groupMac));
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ destination: group, isGroup: true }]);
    expect(bench.ip.counters.ipv4GroupNotJoined).toBe(1);
    expect(bench.ip.leaveGroup(bench.index, group)).toBe(0);
    bench.device.inject(ipFrame({ destination: group }, groupMac));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    expect(bench.ip.leaveGroup(bench.index, group)).toBeLessThan(0);
    bench.end();
  });

  test('all hosts (224.0.0.1) need not be joined', () => {
    const bench = createBench();
    bench.device.inject(ipFrame({ destination: ipv4(224, 0, 0, 1) }, new Uint8Array([1, 0, 0x5e, 0, 0, 1])));
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ isGroup: true }]);
    bench.end();
  });
});
