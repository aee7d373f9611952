import {
  type Arrival,
  checksumState,
  failure,
  type NetworkError,
  type NetworkErrorKind,
  networkErrorKind,
  type Packet,
  type Route,
  type TransportEndpoint,
  type TransportProtocol,
} from '@synos/interfaces';
import { pseudoHeaderSum } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { type ToyHost, toyAddress, toyBroadcast, toyLoopback, toyNetwork } from '../src/index.js';

const anywhere = { w0: 0, w1: 0, w2: 0, w3: 0 };

/** Notes what arrives; sends raw packets. */
class Probe implements TransportProtocol {
  readonly name = 'probe';
  readonly kind = 'datagram';
  readonly hasEvents = false;
  readonly counters = {};
  readonly protocol: number;
  readonly arrived: { bytes: number[]; atMs: number; isGroup: boolean; from: number }[] = [];
  readonly errors: NetworkErrorKind[] = [];
  writableCalls = 0;
  private readonly host: ToyHost;

  constructor(host: ToyHost, protocol = 200) {
    this.host = host;
    this.protocol = protocol;
    host.attach(this);
  }

  open(): TransportEndpoint | number {
    return failure.notSupported;
  }

  receive(packet: Packet, arrival: Arrival): void {
    const bytes = [...packet.memory.bytes.subarray(packet.start, packet.end)];
    this.arrived.push({ bytes, atMs: this.host.now, isGroup: arrival.isGroup, from: arrival.source.w3 });
    packet.pool.release(packet);
  }

  networkError(error: NetworkError): boolean {
    this.errors.push(error.kind);
    return true;
  }

  writable(): void {
    this.writableCalls++;
  }

  advance(): void {}
  deliverEvents(): void {}
  dispose(): void {}

  nextDeadline(): number {
    return Infinity;
  }

  route(to = toyAddress(1)): Route {
    const route = this.host.route(anywhere, to);
    if (typeof route === 'number') throw new Error(`route answered ${route}`);
    return route;
  }

  send(bytes: number[], to = toyAddress(1), dontFragment = false): number {
    this.host.enter();
    const packet = this.host.packets.take(bytes.length, false)!;
    packet.memory.bytes.set(bytes, packet.start);
    packet.end = packet.start + bytes.length;
    return this.host.send(packet, this.route(to), this.protocol, { ttl: 64, tos: 0, dontFragment });
  }
}

const setUp = (settings: Parameters<typeof toyNetwork>[0] = {}) => {
  const network = toyNetwork(settings);
  const probes = network.hosts.map((host) => new Probe(host));
  return { network, a: probes[0]!, b: probes[1]!, probes };
};

describe('toyNetwork', () => {
  test('carries packets in order after the delay, and gives them back', () => {
    const { network, a, b } = setUp({ delayMs: 3 });
    a.send([1, 2, 3]);
    a.send([4]);
    network.run(2.9);
    expect(b.arrived).toEqual([]);
    network.run(10);
    expect(b.arrived.map((each) => [each.bytes, each.atMs])).toEqual([
      [[1, 2, 3], 3],
      [[4], 3],
    ]);
    expect(b.arrived[0]!.from).toBe(1);
    expect(network.clock.now()).toBe(10);
    for (const host of network.hosts) expect(host.leaks()).toEqual({ packets: 0, blockBytes: 0, ports: 0 });
  });

  test('obeys its list of faults by ordinal', () => {
    const { network, a, b } = setUp({
      faults: [
        { ordinal: 0, action: 'drop' },
        { ordinal: 1, action: 'delay', delayMs: 5 },
        { ordinal: 2, action: 'duplicate' },
        { ordinal: 3, action: 'corrupt', offset: 1 },
      ],
    });
    for (let value = 0; value < 5; value++) a.send([value, value]);
    expect(network.sent).toBe(5);
    network.run(100);
    expect(b.arrived.map((each) => each.bytes)).toEqual([
      [2, 2],
      [2, 2],
      [3, 3 ^ 0xff],
      [4, 4],
      [1, 1],
    ]);
  });

  test('bounds its queue, says so by hasRoom, and tells of room again', () => {
    const { network, a, b } = setUp({ bytesPerMs: 50, queuePackets: 4 });
    const route = a.route();
    expect(route.hasRoom).toBe(true);
    let refused = 0;
    for (let count = 0; count < 100; count++) if (a.send([count]) === failure.noBuffers) refused++;
    expect(route.hasRoom).toBe(false);
    expect(refused).toBe(100 - 68);
    network.run(1000);
    expect(a.writableCalls).toBe(1);
    expect(route.hasRoom).toBe(true);
    expect(b.arrived.length).toBe(68);
    expect(network.hosts[0]!.leaks().packets).toBe(0);
  });

  test('reaches itself, all others, and says when it cannot', () => {
    const { network, a, probes } = setUp({ hosts: 3 });
    a.send([7], toyLoopback);
    a.send([8], toyAddress(0));
    a.send([9], toyBroadcast);
    a.send([1, 2, 3, 4, 5, 6, 7, 8], toyAddress(77));
    network.run(5000);
    expect(a.arrived.map((each) => each.bytes[0])).toEqual([7, 8]);
    for (const other of probes.slice(1)) {
      expect(other.arrived.map((each) => [each.bytes[0], each.isGroup])).toEqual([[9, true]]);
    }
    expect(a.errors).toEqual([networkErrorKind.neighbourUnreachable]);
    const host = network.hosts[0]!;
    expect(host.route(anywhere, { w0: 1, w1: 2, w2: 3, w3: 4 })).toBe(failure.networkUnreachable);
    expect(host.route(toyAddress(1), toyAddress(2))).toBe(failure.addressNotAvailable);
    host.setLinkUp(false);
    expect(host.route(anywhere, toyAddress(1))).toBe(failure.networkDown);
  });

  test('complains of packets that are too big only when fragments are forbidden, and remembers the path MTU', () => {
    const { network, a, b } = setUp();
    expect(a.send(new Array(3000).fill(1))).toBe(0);
    expect(a.send(new Array(3000).fill(1), toyAddress(1), true)).toBe(failure.messageTooLong);
    network.setPathMtu(1000);
    expect(a.send(new Array(1200).fill(1), toyAddress(1), true)).toBe(0);
    network.run(100);
    expect(b.arrived.length).toBe(1);
    expect(a.errors).toEqual([networkErrorKind.packetTooBig]);
    expect(a.route().mtuBytes).toBe(1000);
  });

  test('answers for protocols that nobody attached, and for ports', () => {
    const network = toyNetwork();
    const a = new Probe(network.hosts[0]!);
    const listener = new Probe(network.hosts[1]!, 201);
    a.send([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    network.run(10);
    expect(a.errors).toEqual([networkErrorKind.protocolUnreachable]);
    expect(listener.arrived).toEqual([]);
  });

  test('cuts TCP super-segments as a card would', () => {
    const network = toyNetwork();
    const a = new Probe(network.hosts[0]!, 6);
    const b = new Probe(network.hosts[1]!, 6);
    const host = network.hosts[0]!;
    const packet = host.packets.take(3000, false)!;
    const { view, bytes } = packet.memory;
    packet.end = packet.start + 20 + 2500;
    bytes.fill(0, packet.start, packet.end);
    for (let at = 0; at < 2500; at++) bytes[packet.start + 20 + at] = at % 251;
    view.setInt32(packet.start + 4, 1000);
    view.setUint8(packet.start + 12, 0x50);
    view.setUint8(packet.start + 13, 0x19);
    packet.segmentBytes = 1000;
    packet.checksum = checksumState.partial;
    packet.checksumStart = packet.start;
    packet.checksumOffset = 16;
    view.setUint16(packet.start + 16, pseudoHeaderSum(toyAddress(0), toyAddress(1), 6, 2520));
    expect(host.send(packet, a.route(), 6, { ttl: 64, tos: 0, dontFragment: true })).toBe(0);
    network.run(10);
    expect(b.arrived.map((each) => each.bytes.length)).toEqual([1020, 1020, 520]);
    expect(b.arrived.map((each) => each.bytes[13])).toEqual([0x10, 0x10, 0x19]);
    const sequences = b.arrived.map((each) => (each.bytes[6]! << 8) | each.bytes[7]!);
    expect(sequences).toEqual([1000, 2000, 3000]);
    for (const { bytes: got } of b.arrived) expect(onesSum(got, got.length)).toBe(0xffff);
  });
});

/** The sum of RFC 1071 over the pseudo-header and the segment: all ones when it is right. */
function onesSum(segment: number[], length: number): number {
  let sum = 6 + length;
  for (const address of [toyAddress(0), toyAddress(1)]) {
    for (const word of [address.w0, address.w1, address.w2, address.w3]) sum += (word >>> 16) + (word & 0xffff);
  }
  for (let at = 0; at < length; at += 2) sum += (segment[at]! << 8) | (segment[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  return sum;
}
