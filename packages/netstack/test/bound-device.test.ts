// SO_BINDTODEVICE, socket(7): a host with two cards, and a peer on each.
import {
  AF_UNSPEC,
  ECONNREFUSED,
  errnoName,
  POLLIN,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_ERROR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '@synos/abi';
import type { Address } from '@synos/interfaces';
import { createTestEntropy } from '@synos/netsim';
import { createCable } from '@synos/nic';
import { deviceOption, receiveMessage, recvmsg, type Socket } from '@synos/socket';
import { ipv4, ipv4Any } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createNetstack, type Netstack } from '../src/index.js';
import { mustBe0, openSocket } from './transfer.js';

const said = (result: number | Uint8Array): unknown =>
  typeof result === 'number' && result < 0 ? errnoName(-result) : result;
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

class Wires {
  readonly host: Netstack;
  /** On eth0 and on eth1. */
  readonly peers: readonly [Netstack, Netstack];
  readonly cables = [0, 1].map((nth) => createCable({ a: { name: `eth${nth}` } }));
  private now = 1000;

  constructor(addresses: readonly [string, string], peers: readonly [string, string]) {
    const clock = { now: (): number => this.now };
    const make = (seed: number, interfaces: Parameters<typeof createNetstack>[0]['interfaces'] = []): Netstack =>
      createNetstack({ clock, entropy: createTestEntropy(seed), interfaces });
    const [eth0, eth1] = this.cables as [(typeof this.cables)[0], (typeof this.cables)[0]];
    this.host = make(1, [
      { device: eth0.a, addresses: [addresses[0]] },
      { device: eth1.a, addresses: [addresses[1]] },
    ]);
    this.peers = [
      make(2, [{ device: eth0.b, addresses: [peers[0]] }]),
      make(3, [{ device: eth1.b, addresses: [peers[1]] }]),
    ];
  }

  settle(ms = 0): void {
    this.now += ms;
    for (let round = 0; round < 30; round += 1)
      for (const stack of [this.host, ...this.peers]) stack.poll(this.now, 64);
  }

  /** A socket of the host, bound to a device. */
  bound(type: number, device: string): Socket {
    const socket = openSocket(this.host, type | SOCK_NONBLOCK);
    mustBe0(socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, deviceOption(device)), device);
    return socket;
  }

  /** What a peer’s connect comes to. */
  connects(peer: 0 | 1, address: Address, port: number): unknown {
    const socket = openSocket(this.peers[peer], SOCK_STREAM | SOCK_NONBLOCK);
    socket.connect({ address, port });
    this.settle();
    const error = socket.getsockopt(SOL_SOCKET, SO_ERROR) as number;
    return error === 0 ? 'connected' : errnoName(error);
  }

  sends(peer: 0 | 1, text: string, address: Address, port: number): void {
    openSocket(this.peers[peer], SOCK_DGRAM).sendto(bytesOf(text), 0, { address, port });
    this.settle();
  }
}

function received(socket: Socket): unknown {
  const into = new Uint8Array(100);
  const count = socket.recv(into);
  return count < 0 ? said(count) : String.fromCharCode(...into.subarray(0, count));
}

const twoNetworks = (): Wires => new Wires(['10.0.0.1/24', '10.0.1.1/24'], ['10.0.0.2/24', '10.0.1.2/24']);
const [own0, own1] = [ipv4(10, 0, 0, 1), ipv4(10, 0, 1, 1)];
const [peer0, peer1] = [ipv4(10, 0, 0, 2), ipv4(10, 0, 1, 2)];

describe('receives from that device alone', () => {
  test('datagrams', () => {
    const wires = twoNetworks();
    const socket = wires.bound(SOCK_DGRAM, 'eth0');
    mustBe0(socket.bind({ address: ipv4Any, port: 7 }), 'bind');
    wires.sends(0, 'from 0', own0, 7);
    wires.sends(1, 'from 1', own1, 7);
    expect([received(socket), received(socket)]).toEqual(['from 0', 'EAGAIN']);
    expect(wires.host.counters()['udp.droppedNoPort']).toBe(1);
    mustBe0(socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, deviceOption('')), 'all');
    wires.sends(1, 'from 1', own1, 7);
    expect(received(socket)).toBe('from 1');
  });

  test('connections: a listener on each, one port', () => {
    const wires = twoNetworks();
    const listeners = ['eth0', 'eth1'].map((device) => {
      const listener = wires.bound(SOCK_STREAM, device);
      mustBe0(listener.bind({ address: ipv4Any, port: 80 }), 'bind');
      mustBe0(listener.listen(4), 'listen');
      return listener;
    });
    const single = wires.bound(SOCK_STREAM, 'eth1');
    mustBe0(single.bind({ address: ipv4Any, port: 81 }), 'bind');
    mustBe0(single.listen(4), 'listen');
    expect([wires.connects(0, own0, 80), wires.connects(1, own1, 80)]).toEqual(['connected', 'connected']);
    expect([wires.connects(0, own0, 81), wires.connects(1, own1, 81)]).toEqual(['ECONNREFUSED', 'connected']);
    for (const listener of listeners) {
      const child = listener.accept() as Socket;
      expect(typeof listener.accept()).toBe('number');
      expect(child.getsockopt(SOL_SOCKET, SO_BINDTODEVICE)).toEqual(listener.getsockopt(SOL_SOCKET, SO_BINDTODEVICE));
    }
  });

  test('a connection: the same four numbers by the other card are none of its segments', () => {
    // One network on two wires, a twin at the end of each.
    const wires = new Wires(['10.0.0.1/24', '10.0.0.3/24'], ['10.0.0.2/24', '10.0.0.2/24']);
    // ARP answers for the addresses of its own card alone: the second twin knows better.
    const [, cable] = wires.cables;
    wires.peers[1].ip.addNeighbour(cable!.b, own0, cable!.a.address);
    const listener = wires.bound(SOCK_STREAM, 'eth0');
    mustBe0(listener.bind({ address: ipv4Any, port: 80 }), 'bind');
    mustBe0(listener.listen(4), 'listen');
    const twins = wires.peers.map((stack) => {
      const socket = openSocket(stack, SOCK_STREAM | SOCK_NONBLOCK);
      mustBe0(socket.bind({ address: peer0, port: 5000 }), 'bind');
      return socket;
    });
    twins[0]!.connect({ address: own0, port: 80 });
    wires.settle();
    const server = listener.accept() as Socket;
    twins[1]!.connect({ address: own0, port: 80 });
    wires.settle();
    expect(wires.host.counters()['tcp.dropNoEndpoint']).toBe(1);
    twins[0]!.send(bytesOf('still here'));
    wires.settle();
    server.nonblocking = true;
    expect(received(server)).toBe('still here');
    server.send(bytesOf('and back'));
    wires.settle();
    expect(received(twins[0]!)).toBe('and back');
  });

  test('IP_PKTINFO names the card', () => {
    const wires = twoNetworks();
    const socket = openSocket(wires.host, SOCK_DGRAM);
    mustBe0(socket.bind({ address: ipv4Any, port: 7 }), 'bind');
    mustBe0(socket.setsockopt(0, 8, 1), 'IP_PKTINFO');
    for (const [peer, address] of [
      [0, own0],
      [1, own1],
    ] as const) {
      wires.sends(peer, 'x', address, 7);
      const message = receiveMessage([new Uint8Array(9)], 28);
      expect(recvmsg(socket, message)).toBe(1);
      const view = new DataView(message.control!.buffer);
      expect(view.getInt32(16, true)).toBe(wires.host.ip.deviceIndex(`eth${peer}`));
      expect(view.getInt32(24)).toBe(address.w3);
    }
  });
});

describe('sends by that device alone', () => {
  test('of two networks that are called the same, the one that was meant', () => {
    const wires = new Wires(['10.0.0.1/24', '10.0.0.3/24'], ['10.0.0.2/24', '10.0.0.2/24']);
    const receivers = wires.peers.map((stack) => {
      const socket = openSocket(stack, SOCK_DGRAM | SOCK_NONBLOCK);
      mustBe0(socket.bind({ address: ipv4Any, port: 7 }), 'bind');
      const listener = openSocket(stack, SOCK_STREAM | SOCK_NONBLOCK);
      mustBe0(listener.bind({ address: ipv4Any, port: 80 }), 'bind');
      mustBe0(listener.listen(1), 'listen');
      return { socket, listener };
    });
    for (const [nth, device] of ['eth0', 'eth1'].entries()) {
      const datagrams = wires.bound(SOCK_DGRAM, device);
      expect(datagrams.sendto(bytesOf(device), 0, { address: peer0, port: 7 })).toBe(device.length);
      const stream = wires.bound(SOCK_STREAM, device);
      stream.connect({ address: peer0, port: 80 });
      wires.settle();
      expect(said(stream.connect({ address: peer0, port: 80 }))).toBe(0);
      expect(receivers.map(({ socket }) => received(socket))).toEqual(
        nth === 0 ? ['eth0', 'EAGAIN'] : ['EAGAIN', 'eth1'],
      );
      expect(receivers.map(({ listener }) => typeof listener.accept())).toEqual(
        nth === 0 ? ['object', 'number'] : ['number', 'object'],
      );
    }
  });

  test('an answer to who connects, though a route leads over the other', () => {
    const wires = new Wires(['10.0.0.1/24', '10.0.0.3/24'], ['10.0.0.2/24', '10.0.0.2/24']);
    const listener = wires.bound(SOCK_STREAM, 'eth1');
    mustBe0(listener.bind({ address: ipv4Any, port: 80 }), 'bind');
    mustBe0(listener.listen(1), 'listen');
    const client = openSocket(wires.peers[1], SOCK_STREAM | SOCK_NONBLOCK);
    client.connect({ address: ipv4(10, 0, 0, 3), port: 80 });
    wires.settle();
    expect(said(client.connect({ address: ipv4(10, 0, 0, 3), port: 80 }))).toBe(0);
    expect(wires.peers[0].ip.counters.ipv4In).toBe(0);
  });

  test('what no route leads to is sought on the link, and nowhere else', () => {
    const wires = twoNetworks();
    const receiver = openSocket(wires.peers[0], SOCK_DGRAM | SOCK_NONBLOCK);
    mustBe0(receiver.bind({ address: ipv4Any, port: 7 }), 'bind');
    const socket = wires.bound(SOCK_DGRAM, 'eth1');
    expect(socket.sendto(bytesOf('x'), 0, { address: peer0, port: 7 })).toBe(1);
    wires.settle();
    for (let second = 0; second < 5; second += 1) wires.settle(1000);
    expect(received(receiver)).toBe('EAGAIN');
    // ARP asked on the other wire: that peer saw who asks.
    expect(wires.peers[1].ip.neighbours().length + wires.peers[0].ip.neighbours().length).toBeLessThanOrEqual(1);
    expect(wires.peers[0].ip.counters.ipv4In).toBe(0);
  });

  test('groups', () => {
    const wires = twoNetworks();
    const receivers = wires.peers.map((stack) => {
      const socket = openSocket(stack, SOCK_DGRAM | SOCK_NONBLOCK);
      mustBe0(socket.bind({ address: ipv4Any, port: 7 }), 'bind');
      return socket;
    });
    const socket = wires.bound(SOCK_DGRAM, 'eth1');
    mustBe0(socket.setsockopt(SOL_SOCKET, SO_BROADCAST, 1), 'SO_BROADCAST');
    expect(socket.sendto(bytesOf('all'), 0, { address: ipv4(255, 255, 255, 255), port: 7 })).toBe(3);
    wires.settle();
    expect(receivers.map(received)).toEqual(['EAGAIN', 'all']);
  });

  test('127/8 by lo, and nothing else by it', () => {
    const wires = twoNetworks();
    const sent = (device: string, address: Address): unknown =>
      said(wires.bound(SOCK_DGRAM, device).sendto(bytesOf('x'), 0, { address, port: 7 }));
    expect([sent('lo', ipv4(127, 0, 0, 1)), sent('lo', own0)]).toEqual([1, 1]);
    expect([sent('lo', peer0), sent('eth0', ipv4(127, 0, 0, 1))]).toEqual(['ENETUNREACH', 'ENETUNREACH']);
  });

  test('a connected datagram socket and a stream that begins anew keep their device', () => {
    const wires = twoNetworks();
    const socket = wires.bound(SOCK_DGRAM, 'eth1');
    mustBe0(socket.connect({ address: peer1, port: 7 }), 'connect');
    mustBe0(socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, deviceOption('eth0')), 'eth0');
    // Its address is eth1’s; the peer is sought on the wire of eth0.
    expect(socket.send(bytesOf('x'))).toBe(1);
    wires.settle();
    expect(wires.peers[1].ip.counters.ipv4In).toBe(0);
    const stream = wires.bound(SOCK_STREAM, 'eth1');
    stream.connect({ address: peer1, port: 81 });
    wires.settle();
    expect(said(stream.connect({ address: peer1, port: 81 }))).toBe('ECONNREFUSED');
    mustBe0(stream.connect({ family: AF_UNSPEC, address: ipv4Any, port: 0 }), 'AF_UNSPEC');
    stream.connect({ address: peer0, port: 81 });
    wires.settle();
    expect(stream.poll(POLLIN)).toBe(0);
    expect(wires.peers[0].ip.counters.ipv4In).toBe(0);
  });
});

test('any bytes are no device, and change nothing', () => {
  const wires = twoNetworks();
  const socket = wires.bound(SOCK_DGRAM, 'eth1');
  for (const bytes of [new Uint8Array(1 << 20).fill(101), bytesOf('eth1 '), bytesOf('eth11'), Uint8Array.of(255)]) {
    expect(said(socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, bytes))).toBe('ENODEV');
  }
  expect(socket.getsockopt(SOL_SOCKET, SO_BINDTODEVICE)).toEqual(deviceOption('eth1'));
});

test('a card that is gone is ENODEV, one whose link is down ENETDOWN', () => {
  const wires = twoNetworks();
  const socket = wires.bound(SOCK_DGRAM, 'eth1');
  const sent = (): unknown => said(socket.sendto(bytesOf('x'), 0, { address: peer1, port: 7 }));
  wires.cables[1]!.setLink(false);
  wires.settle();
  expect(sent()).toBe('ENETDOWN');
  wires.cables[1]!.setLink(true);
  wires.settle();
  expect(sent()).toBe(1);
  wires.host.ip.removeDevice(wires.host.ip.deviceIndex('eth1'));
  expect(sent()).toBe('ENODEV');
  expect(said(wires.bound(SOCK_STREAM, 'eth0').setsockopt(SOL_SOCKET, SO_BINDTODEVICE, deviceOption('eth1')))).toBe(
    'ENODEV',
  );
});

test('nor does another card that comes later take its place, in either direction', () => {
  const wires = twoNetworks();
  const [datagrams, listener] = [wires.bound(SOCK_DGRAM, 'eth1'), wires.bound(SOCK_STREAM, 'eth1')];
  for (const socket of [datagrams, listener]) mustBe0(socket.bind({ address: ipv4Any, port: 7 }), 'bind');
  mustBe0(listener.listen(1), 'listen');
  const { host, cables } = wires;
  for (const name of ['eth1', 'eth2', 'eth2']) {
    host.ip.removeDevice(host.ip.deviceIndex(name));
    const another = createCable({ a: { name: 'eth2' } });
    host.addInterface({ device: another.a, addresses: ['10.0.1.1/24'] });
    expect(said(datagrams.sendto(bytesOf('x'), 0, { address: peer1, port: 7 }))).toBe('ENODEV');
    cables.push(another);
  }
  const last = createNetstack({
    clock: { now: () => 1000 },
    entropy: createTestEntropy(4),
    interfaces: [{ device: cables.at(-1)!.b, addresses: ['10.0.1.2/24'] }],
  });
  openSocket(last, SOCK_DGRAM).sendto(bytesOf('y'), 0, { address: own1, port: 7 });
  const caller = openSocket(last, SOCK_STREAM | SOCK_NONBLOCK);
  caller.connect({ address: own1, port: 7 });
  for (let round = 0; round < 30; round += 1) for (const stack of [host, last]) stack.poll(1000, 64);
  expect(received(datagrams)).toBe('EAGAIN');
  expect(caller.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(ECONNREFUSED);
});
