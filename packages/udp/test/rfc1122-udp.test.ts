import { failure, networkErrorKind, readiness } from '@synos/interfaces';
import { ipv4Any } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { broadcast, FakeHost, next, own, peer, sendText } from './fake-host.js';

describe('§4.1.3.3 ICMP messages', () => {
  const kinds: readonly (readonly [keyof typeof networkErrorKind, number])[] = [
    ['networkUnreachable', failure.networkUnreachable],
    ['hostUnreachable', failure.hostUnreachable],
    ['protocolUnreachable', failure.protocolUnreachable],
    ['portUnreachable', failure.connectionRefused],
    ['prohibited', failure.hostUnreachable],
    ['timeExceeded', failure.hostUnreachable],
    ['parameterProblem', failure.protocolUnreachable],
    ['neighbourUnreachable', failure.hostUnreachable],
  ];
  test.each(kinds)('%s reaches the connected endpoint that sent', (name, expected) => {
    const host = new FakeHost();
    const other = host.bound(own, 41);
    const endpoint = host.bound(own, 40);
    for (const each of [other, endpoint]) expect(each.connect({ address: peer, port: 7 })).toBe(0);
    expect(host.error(networkErrorKind[name], 40, 7)).toBe(true);
    expect(endpoint.readiness() & readiness.error).not.toBe(0);
    expect(endpoint.takeError()).toBe(expected);
    expect(endpoint.takeError()).toBe(0);
    expect(other.takeError()).toBe(0);
  });

  test('the next send answers the error once', () => {
    const host = new FakeHost();
    const endpoint = host.bound(own, 40);
    endpoint.connect({ address: peer, port: 7 });
    host.error(networkErrorKind.portUnreachable, 40, 7);
    expect(sendText(endpoint, 'x', null)).toBe(failure.connectionRefused);
    expect(sendText(endpoint, 'x', null)).toBe(1);
  });

  test('an endpoint without a peer is not told, yet the error is believed', () => {
    const host = new FakeHost();
    const endpoint = host.bound(ipv4Any, 40);
    expect(host.error(networkErrorKind.portUnreachable, 40, 7)).toBe(true);
    expect(endpoint.takeError()).toBe(0);
    expect(host.udp.counters).toMatchObject({ errorsBelieved: 1, errorsIgnored: 0 });
  });

  test('errors about what no endpoint can have sent are not believed', () => {
    const host = new FakeHost();
    const endpoint = host.bound(own, 40);
    endpoint.connect({ address: peer, port: 7 });
    expect(host.error(networkErrorKind.portUnreachable, 40, 8)).toBe(false);
    expect(host.error(networkErrorKind.portUnreachable, 41, 7)).toBe(false);
    expect(host.error(networkErrorKind.portUnreachable, 40, 7, own, broadcast)).toBe(false);
    expect(endpoint.takeError()).toBe(0);
    expect(host.udp.counters.errorsIgnored).toBe(3);
  });

  test('a quoted header cut short is not believed', () => {
    const host = new FakeHost();
    host.bound(ipv4Any, 40);
    const view = new DataView(new ArrayBuffer(7));
    view.setUint16(0, 40);
    const error = {
      kind: networkErrorKind.portUnreachable,
      source: { ...own },
      destination: { ...peer },
      view,
      mtuBytes: 0,
    } as const;
    expect(host.udp.networkError({ ...error, offset: 0, length: 7 })).toBe(false);
    expect(host.udp.networkError({ ...error, offset: 4, length: 8 })).toBe(false);
    const whole = new DataView(new ArrayBuffer(64));
    whole.setUint16(0, 40);
    whole.setUint16(2, 9);
    const cut = { ...error, view: whole, offset: 0 };
    expect(host.udp.networkError({ ...cut, length: 7 })).toBe(false);
    expect(host.udp.networkError({ ...cut, length: 8 })).toBe(true);
  });

  test('packetTooBig: told where fragments are forbidden, else the next is sent in fragments', () => {
    const host = new FakeHost();
    const endpoint = host.bound(own, 40);
    endpoint.connect({ address: peer, port: 7 });
    expect(host.error(networkErrorKind.packetTooBig, 40, 7)).toBe(true);
    expect(endpoint.takeError()).toBe(0);
    endpoint.setOption('mtuDiscovery', 1);
    expect(host.error(networkErrorKind.packetTooBig, 40, 7)).toBe(true);
    expect(endpoint.takeError()).toBe(failure.messageTooLong);
  });
});

test('§4.1.3.1 a port that nobody has is reported to the network, with the packet released', () => {
  const host = new FakeHost();
  host.datagram('x', 9, 7);
  expect(host.refused).toEqual([{ ...peer }]);
  expect(host.udp.counters.droppedNoPort).toBe(1);
  expect(host.packets.used).toBe(0);
});

test('§4.1.3.5 a connected endpoint takes its own from another address no more', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 40);
  endpoint.connect({ address: peer, port: 7 });
  host.datagram('wrong port', 8, 40);
  host.datagram('right', 7, 40);
  expect(next(endpoint)).toBe('right');
  expect(next(endpoint)).toBe(failure.wouldBlock);
});

test('§4.1.4 with fragments forbidden, what is longer than the path is refused (RFC 1191)', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 40);
  endpoint.setOption('mtuDiscovery', 1);
  const bytes = new Uint8Array(1473);
  const to = { address: peer, port: 7 };
  expect(endpoint.send(bytes, 0, 1473, 0, to)).toBe(failure.messageTooLong);
  expect(endpoint.send(bytes, 0, 1472, 0, to)).toBe(1472);
  expect(host.sent[0]!.options.dontFragment).toBe(true);
  host.mtuBytes = 600;
  expect(endpoint.send(bytes, 0, 1472, 0, to)).toBe(failure.messageTooLong);
  endpoint.setOption('mtuDiscovery', 0);
  expect(endpoint.send(bytes, 0, 1473, 0, to)).toBe(1473);
  expect(host.sent[1]!.options.dontFragment).toBe(false);
});

test('§4.1.4 TTL and TOS can be set', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 40);
  sendText(endpoint, 'x', peer, 7);
  endpoint.setOption('ttl', 3);
  endpoint.setOption('tos', 0x10);
  sendText(endpoint, 'x', peer, 7);
  expect(host.sent.map((packet) => packet.options)).toEqual([
    { ttl: 64, tos: 0, dontFragment: false },
    { ttl: 3, tos: 0x10, dontFragment: false },
  ]);
});
