import {
  arpFault,
  arpOperation,
  checkArp,
  checkIcmp,
  checkIpv4,
  checkTcp,
  checkUdp,
  emitArp,
  emitEthernet,
  emitIcmp,
  emitIpv4,
  emitTcp,
  emitUdp,
  etherType,
  formatAddress,
  formatMac,
  icmpEchoIdentifier,
  icmpEchoSequence,
  icmpFault,
  icmpNextHopMtu,
  icmpType,
  icmpUnreachableCode,
  ipv4,
  ipv4Fault,
  isGroupMac,
  macEquals,
  parseArp,
  parseEthernet,
  parseIcmp,
  parseIpv4,
  parseMac,
  parseTcp,
  parseUdp,
  protocolNumber,
  tcpFault,
  tcpFlag,
  udpFault,
  writeIcmp,
} from '@synos/wire';
import { describePacket } from '@synos/wire/describe';
import { describe, expect, test } from 'vitest';
import { captures, fromHex, toHex } from './captures.js';
import { memoryWith, valid } from './support.js';

const names = Object.keys(captures) as (keyof typeof captures)[];
const frameOf = (name: keyof typeof captures) => valid(parseEthernet(fromHex(captures[name])));
const packetOf = (name: keyof typeof captures) => valid(parseIpv4(frameOf(name).payload));

describe('frames of Linux', () => {
  test('IEEE 802.3: addresses and type', () => {
    const frame = frameOf('syn');
    expect(formatMac(frame.destination)).toBe('02:00:00:00:00:02');
    expect(formatMac(frame.source)).toBe('9a:7e:3d:e1:64:c8');
    expect(frame.type).toBe(etherType.ipv4);
    expect(frameOf('arpRequest').type).toBe(etherType.arp);
  });

  test('RFC 826: a request', () => {
    const arp = valid(parseArp(frameOf('arpRequest').payload));
    expect(arp.operation).toBe(arpOperation.request);
    expect(formatMac(arp.senderMac)).toBe('9a:7e:3d:e1:64:c8');
    expect(formatAddress(arp.sender)).toBe('10.9.0.1');
    expect(formatMac(arp.targetMac)).toBe('00:00:00:00:00:00');
    expect(formatAddress(arp.target)).toBe('10.9.0.3');
  });

  test('RFC 791: a header', () => {
    expect(packetOf('syn')).toMatchObject({
      tos: 0,
      identification: 0xd1c6,
      dontFragment: true,
      moreFragments: false,
      fragmentOffsetBytes: 0,
      ttl: 64,
      protocol: protocolNumber.tcp,
      source: ipv4(10, 9, 0, 1),
      destination: ipv4(10, 9, 0, 2),
    });
    expect(packetOf('portUnreachable').tos).toBe(0xc0);
  });

  test('RFC 9293 §3.1: a SYN with its options', () => {
    const { payload, source, destination } = packetOf('syn');
    expect(valid(parseTcp(payload, 0, payload.length, source, destination))).toMatchObject({
      sourcePort: 36_234,
      destinationPort: 80,
      sequence: 0xb435360d | 0,
      acknowledgment: 0,
      flags: tcpFlag.syn,
      window: 64_240,
      urgentPointer: 0,
      options: {
        mssBytes: 1460,
        windowScale: 10,
        sackPermitted: true,
        hasTimestamp: true,
        timestampValue: 0x6f07a58b,
        timestampEcho: 0,
        sackCount: 0,
      },
      payload: new Uint8Array(0),
    });
  });

  test('RFC 9293 §3.5.2: a reset', () => {
    const { payload, source, destination } = packetOf('reset');
    expect(valid(parseTcp(payload, 0, payload.length, source, destination))).toMatchObject({
      flags: tcpFlag.rst | tcpFlag.ack,
      sequence: 0,
      acknowledgment: 101,
    });
  });

  test('RFC 768: a datagram', () => {
    const { payload, source, destination } = packetOf('udp');
    const udp = valid(parseUdp(payload, 0, payload.length, source, destination));
    expect(udp).toMatchObject({ sourcePort: 48_743, destinationPort: 7 });
    expect(String.fromCharCode(...udp.payload)).toBe('hello');
  });

  test('RFC 792: an echo reply of an odd number of bytes', () => {
    const { payload } = packetOf('echoReply');
    const view = new DataView(payload.buffer, payload.byteOffset);
    expect([icmpEchoIdentifier(view, 0), icmpEchoSequence(view, 0)]).toEqual([0x1234, 9]);
    const icmp = valid(parseIcmp(payload));
    expect(icmp.type).toBe(icmpType.echoReply);
    expect(String.fromCharCode(...icmp.payload)).toBe('ping-odd!');
  });

  test('RFC 792: port unreachable quotes the datagram', () => {
    const icmp = valid(parseIcmp(packetOf('portUnreachable').payload));
    expect([icmp.type, icmp.code]).toEqual([icmpType.unreachable, icmpUnreachableCode.port]);
    const quoted = valid(parseIpv4(icmp.payload));
    // Without a checksum: fine over IPv4 (RFC 1122 §4.1.3.4).
    const { payload, source, destination } = quoted;
    const udp = valid(parseUdp(payload, 0, payload.length, source, destination));
    expect(udp).toMatchObject({ sourcePort: 5353, destinationPort: 9 });
  });

  // Linux packs SACK permitted and timestamps tighter in a SYN: see the property for that one.
  const emitted = names.filter((name) => name !== 'syn');
  test.each(emitted)('%s: emitting what was parsed gives the same bytes', (name) => {
    const frame = frameOf(name);
    let payload = frame.payload;
    if (frame.type === etherType.arp) {
      payload = emitArp(valid(parseArp(payload)));
    } else {
      const packet = valid(parseIpv4(payload));
      const { source, destination } = packet;
      let inner = packet.payload;
      if (packet.protocol === protocolNumber.udp) inner = emitUdp(valid(parseUdp(inner)), source, destination);
      if (packet.protocol === protocolNumber.icmp) inner = emitIcmp(valid(parseIcmp(inner)));
      if (packet.protocol === protocolNumber.tcp) inner = emitTcp(valid(parseTcp(inner)), source, destination);
      payload = emitIpv4({ ...packet, payload: inner });
    }
    expect(toHex(emitEthernet({ ...frame, payload }))).toBe(captures[name]);
  });

  test.each([
    [
      'syn',
      'IP 10.9.0.1 > 10.9.0.2: TCP 36234 > 80 [S], seq 3023386125, win 64240, ' +
        'mss 1460, sackOK, TS val 1862772107 ecr 0, wscale 10, length 0',
    ],
    ['reset', 'IP 10.9.0.1 > 10.9.0.2: TCP 81 > 4000 [R.], seq 0, ack 101, win 0, length 0'],
    ['udp', 'IP 10.9.0.1 > 10.9.0.2: UDP 48743 > 7, length 5'],
    ['arpRequest', 'ARP who-has 10.9.0.3 tell 10.9.0.1'],
    ['echoReply', 'IP 10.9.0.1 > 10.9.0.2: ICMP echoReply, id 4660, seq 9, length 9'],
    ['portUnreachable', 'IP 10.9.0.1 > 10.9.0.2: ICMP unreachable, code 3, length 31'],
  ] as const)('%s on one line, as a frame and as a packet', (name, line) => {
    expect(describePacket(fromHex(captures[name]))).toBe(line);
    if (name !== 'arpRequest') expect(describePacket(fromHex(captures[name]).subarray(14))).toBe(line);
  });
});

describe('every bit of a capture that is flipped is noticed', () => {
  test.each(['syn', 'reset', 'udp', 'echoReply', 'portUnreachable'] as const)('%s', (name) => {
    const bytes = fromHex(captures[name]).subarray(14);
    const { source, destination, protocol } = packetOf(name);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      // At an odd offset, so that the checks see that too.
      const memory = memoryWith(damaged, 3);
      const [start, end] = [23, 3 + bytes.length];
      let fault: number = checkIpv4(memory, 3, end, true);
      if (bit >= 160) {
        expect(fault).toBe(0);
        if (protocol === protocolNumber.tcp) fault = checkTcp(memory, start, end, source, destination, false);
        else if (protocol === protocolNumber.udp) fault = checkUdp(memory, start, end, source, destination, false);
        else fault = checkIcmp(memory, start, end);
      }
      if (fault === 0) expect.fail(`bit ${bit & 7} of byte ${bit >>> 3}`);
    }
  });
});

describe('every shorter prefix of a capture is refused', () => {
  test.each(names)('%s', (name) => {
    const bytes = fromHex(captures[name]);
    for (let length = 0; length < bytes.length; length++) {
      const part = bytes.subarray(0, length);
      expect(describePacket(part)).toBeTypeOf('string');
      const frame = parseEthernet(part);
      if (length < 14) {
        expect(frame).toEqual({ error: 'truncated' });
        continue;
      }
      const { type, payload } = valid(frame);
      expect(type === etherType.arp ? parseArp(payload) : parseIpv4(payload)).toEqual({ error: 'truncated' });
      if (type === etherType.arp) continue;
      const { payload: inner, source, destination, protocol } = packetOf(name);
      const cut = inner.subarray(0, Math.max(0, length - 34));
      if (protocol === protocolNumber.tcp) {
        const error = cut.length < 20 ? 'truncated' : 'headerLength';
        expect(parseTcp(cut)).toEqual({ error });
      }
      if (protocol === protocolNumber.udp) {
        const error = cut.length < 8 ? 'truncated' : 'length';
        expect(parseUdp(cut, 0, cut.length, source, destination)).toEqual({ error });
      }
      if (protocol === protocolNumber.icmp) {
        expect(parseIcmp(cut)).toEqual({ error: cut.length < 8 ? 'truncated' : 'checksum' });
      }
    }
  });
});

describe('faults by name', () => {
  const header = () => fromHex(captures.syn).slice(14);

  test('RFC 791 §3.1: version, header length, total length, checksum', () => {
    const faultWith = (at: number, value: number) => {
      const bytes = header();
      bytes[at] = value;
      return checkIpv4(memoryWith(bytes), 0, bytes.length, true);
    };
    expect(faultWith(0, 0x65)).toBe(ipv4Fault.version);
    expect(faultWith(0, 0x44)).toBe(ipv4Fault.headerLength);
    expect(faultWith(3, 19)).toBe(ipv4Fault.totalLength);
    expect(faultWith(3, 61)).toBe(ipv4Fault.truncated);
    expect(faultWith(8, 63)).toBe(ipv4Fault.checksum);
    const unverified = header();
    unverified[8] = 63;
    expect(checkIpv4(memoryWith(unverified), 0, unverified.length, false)).toBe(0);
  });

  test('padding behind a packet is not its payload', () => {
    const padded = new Uint8Array(80).fill(0xaa);
    padded.set(header());
    expect(valid(parseIpv4(padded)).payload.length).toBe(40);
  });

  test('RFC 9293 §3.1: header length outside the segment', () => {
    const { payload, source, destination } = packetOf('syn');
    for (const words of [0, 4, 11, 15]) {
      const bytes = payload.slice();
      bytes[12] = words << 4;
      expect(checkTcp(memoryWith(bytes), 0, bytes.length, source, destination, true)).toBe(tcpFault.headerLength);
    }
  });

  test('RFC 768: length below the header or beyond the packet; a zero checksum', () => {
    const { payload, source, destination } = packetOf('udp');
    const checkWith = (at: number, value: number, to = destination) => {
      const bytes = payload.slice();
      bytes[at] = value;
      return checkUdp(memoryWith(bytes), 0, bytes.length, source, to, false);
    };
    expect(checkWith(5, 7)).toBe(udpFault.length);
    expect(checkWith(5, 14)).toBe(udpFault.length);
    expect(checkWith(6, 0)).toBe(udpFault.checksum);
    const without = payload.slice();
    without.fill(0, 6, 8);
    const memory = memoryWith(without);
    expect(checkUdp(memory, 0, without.length, source, destination, false)).toBe(0);
    // RFC 8200 §8.1: not over IPv6.
    const ipv6 = { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 };
    expect(checkUdp(memory, 0, without.length, ipv6, ipv6, false)).toBe(udpFault.checksum);
    // Bytes behind the datagram do not count.
    const longer = memoryWith(Uint8Array.of(...payload, 1, 2, 3));
    expect(checkUdp(longer, 0, payload.length + 3, source, destination, false)).toBe(0);
  });

  test('RFC 768: a checksum that comes out as zero is sent as 0xffff', () => {
    const source = ipv4(10, 0, 0, 1);
    const bare = emitUdp({ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(2) }, source, source);
    const checksum = (bare[6]! << 8) | bare[7]!;
    // The payload takes what is missing to a sum of 0xffff, whose inverse is zero.
    const payload = Uint8Array.of(checksum >>> 8, checksum & 0xff);
    const bytes = emitUdp({ sourcePort: 1, destinationPort: 2, payload }, source, source);
    expect([bytes[6], bytes[7]]).toEqual([0xff, 0xff]);
    expect(checkUdp(memoryWith(bytes), 0, bytes.length, source, source, false)).toBe(0);
  });

  test('RFC 826: other hardware and other protocols', () => {
    const bytes = frameOf('arpRequest').payload;
    const faultWith = (at: number, value: number) => {
      const damaged = bytes.slice();
      damaged[at] = value;
      return checkArp(new DataView(damaged.buffer), 0, damaged.length);
    };
    expect([faultWith(1, 6), faultWith(4, 8), faultWith(3, 1), faultWith(5, 16), faultWith(7, 9)]).toEqual([
      arpFault.hardware,
      arpFault.hardware,
      arpFault.protocol,
      arpFault.protocol,
      0,
    ]);
  });

  test('RFC 792: a damaged message', () => {
    const { payload } = packetOf('echoReply');
    payload[10]! ^= 1;
    expect(checkIcmp(memoryWith(payload), 0, payload.length)).toBe(icmpFault.checksum);
  });

  test('descriptions name them', () => {
    const bytes = fromHex(captures.udp);
    bytes[46]! ^= 1;
    expect(describePacket(bytes)).toBe('IP 10.9.0.1 > 10.9.0.2: UDP [checksum], length 13');
    bytes[20]! ^= 1;
    expect(describePacket(bytes)).toBe('IP [checksum], length 33');
    expect(describePacket(bytes.subarray(14))).toBe('IP [checksum], length 33');
    expect(describePacket(new Uint8Array(3))).toBe('IP [truncated], length 3');
    expect(describePacket(fromHex(captures.arpRequest).subarray(0, 30))).toBe('ARP [truncated], length 16');
  });
});

test('RFC 1191 §4: the MTU of the next hop', () => {
  // Over what was there before.
  const memory = memoryWith(new Uint8Array(16).fill(0x77));
  writeIcmp(memory, 4, 16, icmpType.unreachable, icmpUnreachableCode.fragmentationNeeded, 1400);
  expect(checkIcmp(memory, 4, 16)).toBe(0);
  expect(icmpNextHopMtu(memory.view, 4)).toBe(1400);
});

test('hardware addresses as text', () => {
  expect(parseMac('02:aB:00:00:00:ff')).toEqual(Uint8Array.of(2, 0xab, 0, 0, 0, 0xff));
  expect(parseMac('02-ab-00-00-00-ff')).toEqual(Uint8Array.of(2, 0xab, 0, 0, 0, 0xff));
  for (const text of ['', '02:ab:00:00:00', '02:ab:00:00:00:f', '02:ab:00:00:00:ff:00', '02:ab:00:00:00:fg']) {
    expect(parseMac(text)).toBeUndefined();
  }
  const bytes = Uint8Array.of(9, 9, 2, 0xab, 0, 0, 0, 0xff);
  expect(formatMac(bytes, 2)).toBe('02:ab:00:00:00:ff');
  expect(macEquals(bytes, 2, parseMac('02:ab:00:00:00:ff')!)).toBe(true);
  for (let i = 2; i < 8; i++) {
    const other = bytes.slice();
    other[i]! ^= 0x10;
    expect(macEquals(other, 2, parseMac('02:ab:00:00:00:ff')!)).toBe(false);
  }
  expect([isGroupMac(bytes, 2), isGroupMac(bytes, 0)]).toEqual([false, true]);
});
