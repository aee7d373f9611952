// What an earlier attempt at this design got wrong, found by running it. Each is a test that fails there.
import { errno, POLLIN, SHUT_WR, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } from '@synos/abi';
import { type CaseResult, runCases, transportSuite } from '@synos/compliance';
import type { ReceiveDetails, TransportFactory } from '@synos/interfaces';
import { createCable } from '@synos/nic';
import type { Socket } from '@synos/socket';
import { createTcp } from '@synos/tcp';
import {
  arpOperation,
  emitEthernet,
  emitUdp,
  etherType,
  formatAddress,
  ipv4,
  ipv4Any,
  protocolNumber,
  tcpFlag,
} from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { ipv4TransportSetup } from './ipv4-transport-setup.js';
import { ipPacket, peerAddress, peerMac, RawPeer, stackAddress, tcpPacket } from './raw-peer.js';
import { mustBe0, openSocket } from './transfer.js';

const { syn, ack, rst, fin, psh } = tcpFlag;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const port = 80;

function listening(peer: RawPeer, backlog = 8, address = ipv4Any): Socket {
  const listener = openSocket(peer.stack);
  mustBe0(listener.bind({ address, port }), 'bind');
  mustBe0(listener.listen(backlog), 'listen');
  return listener;
}

/** A connection from the peer's port 5000, accepted, and the sequence numbers both sides go on with. */
function established(peer = new RawPeer()): { peer: RawPeer; socket: Socket; iss: number } {
  const listener = listening(peer);
  const iss = peer.handshake(5000, port);
  const socket = listener.accept(SOCK_NONBLOCK);
  if (typeof socket === 'number') throw new Error(`accept: ${socket}`);
  return { peer, socket, iss };
}

const fromPeer = { sourcePort: 5000, destinationPort: port };

function receive(socket: Socket): string {
  const into = new Uint8Array(4096);
  const count = socket.recv(into);
  if (count < 0) throw new Error(`recv: ${count}`);
  return new TextDecoder().decode(into.subarray(0, count));
}

describe('failure 5: sockets that leaked', () => {
  test('close gives the port back, and the socket is gone', () => {
    const peer = new RawPeer();
    for (let round = 0; round < 3; round += 1) {
      const listener = listening(peer);
      expect(listener.close()).toBe(0);
      expect(listener.close()).toBe(-errno.EBADF);
      peer.tcp({ ...fromPeer, flags: syn });
      expect(peer.segments()[0]?.flags).toBe(rst | ack);
    }
  });

  test('ten thousand sockets opened, bound and closed leave nothing behind', () => {
    const peer = new RawPeer();
    for (let round = 0; round < 10_000; round += 1) {
      const socket = openSocket(peer.stack, round % 2 === 0 ? SOCK_STREAM : SOCK_DGRAM);
      mustBe0(socket.bind({ address: ipv4Any, port: 7 }), 'bind');
      mustBe0(socket.close(), 'close');
    }
    expect(peer.stack.memory.blocks.usedBytes).toBe(0);
    expect(peer.stack.memory.packets.used).toBe(0);
  });

  test('reading and writing a connected socket moves bytes', () => {
    const { peer, socket, iss } = established();
    expect(socket.send(text('out'))).toBe(3);
    peer.settle();
    expect(new TextDecoder().decode(peer.segments()[0]?.payload)).toBe('out');
    peer.tcp({ ...fromPeer, sequence: 101, acknowledgment: iss + 4, flags: ack | psh, payload: text('in') });
    expect(receive(socket)).toBe('in');
  });
});

describe('failure 6: handshakes that were none', () => {
  test('connect is under way until the SYN-ACK, and sends the SYN itself', () => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack);
    expect(socket.connect({ address: peerAddress, port: 9 })).toBe(-errno.EINPROGRESS);
    expect(socket.send(text('early'))).toBe(-errno.EAGAIN);
    peer.settle();
    const [first] = peer.segments();
    expect(first?.flags).toBe(syn);
    const name = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
    expect(socket.getpeername(name)).toBe(-errno.ENOTCONN);
    const sourcePort = 9;
    const destinationPort = first?.sourcePort ?? 0;
    const acknowledgment = ((first?.sequence ?? 0) + 1) | 0;
    peer.tcp({ sourcePort, destinationPort, sequence: 500, acknowledgment, flags: syn | ack });
    expect(peer.segments()[0]?.flags).toBe(ack);
    expect(socket.connect({ address: peerAddress, port: 9 })).toBe(0);
    expect(socket.getpeername(name)).toBe(0);
  });

  test('accept gives nothing before the third segment of the handshake', () => {
    const peer = new RawPeer();
    const listener = listening(peer);
    peer.tcp({ ...fromPeer, sequence: 100, flags: syn });
    const [synAck] = peer.segments();
    expect(synAck?.flags).toBe(syn | ack);
    expect(listener.accept()).toBe(-errno.EAGAIN);
    expect(listener.poll(POLLIN)).toBe(0);
    peer.tcp({ ...fromPeer, sequence: 101, acknowledgment: ((synAck?.sequence ?? 0) + 1) | 0, flags: ack });
    expect(listener.poll(POLLIN)).toBe(POLLIN);
    expect(listener.accept()).not.toBeTypeOf('number');
  });

  test('accept gives each client once', () => {
    const peer = new RawPeer();
    const listener = listening(peer);
    for (const client of [5001, 5002, 5003]) peer.handshake(client, port);
    const ports: number[] = [];
    for (let socket = listener.accept(); typeof socket !== 'number'; socket = listener.accept()) {
      const name = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
      socket.getpeername(name);
      ports.push(name.port);
    }
    expect(ports).toEqual([5001, 5002, 5003]);
  });

  test('the backlog bounds what waits: one more than it says, as in Linux', () => {
    const peer = new RawPeer();
    const listener = listening(peer, 2);
    for (let client = 0; client < 3; client += 1) peer.handshake(6000 + client, port);
    peer.tcp({ sourcePort: 6999, destinationPort: port, sequence: 1, flags: syn });
    expect(peer.segments()).toEqual([]);
    expect(listener.accept()).not.toBeTypeOf('number');
    peer.handshake(7000, port);
  });

  test('a listener on 0.0.0.0 hears every address of the host', () => {
    const peer = new RawPeer();
    const device = createCable().a;
    peer.stack.addInterface({ device, addresses: ['192.168.7.1/24'] });
    listening(peer);
    expect(peer.handshake(5000, port)).toBeTypeOf('number');
    const address = ipv4(192, 168, 7, 1);
    const inside = openSocket(peer.stack);
    expect(inside.connect({ address, port })).toBe(-errno.EINPROGRESS);
    peer.settle();
    expect(inside.connect({ address, port })).toBe(0);
  });
});

describe('failure 7: a TCP that lost things', () => {
  test('what is received waits for a reader, in order', () => {
    const { peer, socket, iss } = established();
    const acknowledgment = (iss + 1) | 0;
    peer.tcp({ ...fromPeer, sequence: 106, acknowledgment, flags: ack, payload: text('world') });
    expect(socket.recv(new Uint8Array(9))).toBe(-errno.EAGAIN);
    peer.tcp({ ...fromPeer, sequence: 101, acknowledgment, flags: ack, payload: text('hello') });
    expect(receive(socket)).toBe('helloworld');
  });

  test('what is sent is sent again until it is acknowledged', () => {
    const { peer, socket } = established();
    expect(socket.send(text('precious'))).toBe(8);
    peer.settle();
    const [first] = peer.segments();
    peer.advance(5000);
    const again = peer.segments();
    expect(again.length).toBeGreaterThan(1);
    for (const segment of again) {
      expect(segment.sequence).toBe(first?.sequence);
      expect(new TextDecoder().decode(segment.payload)).toBe('precious');
    }
    const acknowledgment = ((first?.sequence ?? 0) + 8) | 0;
    peer.tcp({ ...fromPeer, sequence: 101, acknowledgment, flags: ack });
    peer.advance(5000);
    expect(peer.segments()).toEqual([]);
  });

  test('shutdown of one direction leaves the other', () => {
    const { peer, socket, iss } = established();
    expect(socket.shutdown(SHUT_WR)).toBe(0);
    peer.settle();
    expect(peer.segments()[0]?.flags).toBe(fin | ack);
    peer.tcp({ ...fromPeer, sequence: 101, acknowledgment: iss + 2, flags: ack, payload: text('still here') });
    expect(receive(socket)).toBe('still here');
    expect(socket.send(text('no'))).toBe(-errno.EPIPE);
  });

  test('a SYN to a closed port is refused', () => {
    const peer = new RawPeer();
    peer.tcp({ ...fromPeer, sequence: 77, flags: syn });
    const [answer] = peer.segments();
    expect(answer).toMatchObject({ flags: rst | ack, sequence: 0, acknowledgment: 78 });
  });

  test('a reset in the right place ends the connection', () => {
    const { peer, socket } = established();
    peer.tcp({ ...fromPeer, sequence: 101, flags: rst });
    expect(socket.recv(new Uint8Array(9))).toBe(-errno.ECONNRESET);
  });

  test('sequence numbers outside the window are not believed', () => {
    const { peer, socket, iss } = established();
    const acknowledgment = (iss + 1) | 0;
    peer.tcp({ ...fromPeer, sequence: 101 + 10_000_000, acknowledgment, flags: ack, payload: text('forged') });
    expect(peer.segments()[0]).toMatchObject({ flags: ack, acknowledgment: 101 });
    peer.tcp({ ...fromPeer, sequence: 101 + 10_000_000, flags: rst });
    expect(socket.recv(new Uint8Array(9))).toBe(-errno.EAGAIN);
    expect(socket.send(text('alive'))).toBe(5);
  });

  test('checksums are filled and verified', () => {
    const { peer, socket, iss } = established();
    socket.send(text('summed'));
    peer.settle();
    // `segments` throws on a checksum that is wrong; zero would be.
    expect(peer.segments()).toHaveLength(1);
    const good = tcpPacket({ ...fromPeer, sequence: 101, acknowledgment: iss + 7, flags: ack, payload: text('data') });
    const bad = good.slice();
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    peer.ip(bad);
    expect(socket.recv(new Uint8Array(9))).toBe(-errno.EAGAIN);
    peer.ip(good);
    expect(receive(socket)).toBe('data');
  });
});

describe('failure 8: UDP', () => {
  test.each([0, 1, 7])('a UDP length of %i is dropped and counted, nothing else happens', (length) => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    mustBe0(socket.bind({ address: ipv4Any, port: 53 }), 'bind');
    const datagram = emitUdp({ sourcePort: 9, destinationPort: 53, payload: text('short') }, peerAddress, stackAddress);
    datagram[4] = 0;
    datagram[5] = length;
    const before = peer.stack.counters();
    peer.ip(ipPacket({ protocol: protocolNumber.udp, payload: datagram }));
    expect(socket.recv(new Uint8Array(9))).toBe(-errno.EAGAIN);
    const changed = Object.entries(peer.stack.counters()).filter(([name, count]) => count !== before[name]);
    expect(changed.some(([name]) => name.startsWith('udp.') && /length|short|truncated/i.test(name))).toBe(true);
    expect(peer.stack.memory.packets.used).toBe(0);
  });

  test('a packet too short for any UDP header is dropped', () => {
    const peer = new RawPeer();
    for (let length = 0; length < 8; length += 1) {
      peer.ip(ipPacket({ protocol: protocolNumber.udp, payload: new Uint8Array(length) }));
    }
    expect(peer.stack.memory.packets.used).toBe(0);
  });

  test('bind, then sendto', () => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    mustBe0(socket.bind({ address: ipv4Any, port: 53 }), 'bind');
    expect(socket.sendto(text('hi'), 0, { address: peerAddress, port: 9 })).toBe(2);
    peer.settle();
    expect(peer.packets().map((packet) => packet.protocol)).toEqual([protocolNumber.udp]);
  });

  test('boundaries and senders are kept', () => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    mustBe0(socket.bind({ address: ipv4Any, port: 53 }), 'bind');
    peer.udp(1001, 53, text('one'));
    peer.udp(1002, 53, text('twotwo'));
    const into = new Uint8Array(100);
    const details: ReceiveDetails = { from: { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 }, truncated: false };
    expect(socket.recvfrom(into, 0, details)).toBe(3);
    expect(formatAddress(details.from.address)).toBe('10.0.0.2');
    expect(details.from.port).toBe(1001);
    expect(socket.recvfrom(into, 0, details)).toBe(6);
    expect(details.from.port).toBe(1002);
  });
});

describe('failure 9: IP, ARP, the card', () => {
  test('what follows the total length is padding, never data', () => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    mustBe0(socket.bind({ address: ipv4Any, port: 53 }), 'bind');
    const datagram = emitUdp({ sourcePort: 9, destinationPort: 53, payload: text('ab') }, peerAddress, stackAddress);
    const packet = ipPacket({ protocol: protocolNumber.udp, payload: datagram });
    const padded = new Uint8Array(46).fill(0x5a);
    padded.set(packet);
    peer.ip(padded);
    expect(receive(socket)).toBe('ab');
  });

  test('a header with a wrong checksum is dropped and counted', () => {
    const peer = new RawPeer();
    const packet = tcpPacket({ ...fromPeer, flags: syn });
    packet[8] = (packet[8] ?? 0) ^ 1;
    peer.ip(packet);
    expect(peer.packets()).toEqual([]);
    expect(peer.stack.counters()['ip.ipv4BadChecksum']).toBe(1);
  });

  test('packets wait for the neighbour’s answer, then leave in order', () => {
    const peer = new RawPeer();
    peer.answersArp = false;
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    for (const payload of ['1', '2', '3']) socket.sendto(text(payload), 0, { address: peerAddress, port: 9 });
    peer.settle();
    expect(peer.arpRequests()).toEqual(['10.0.0.2']);
    const { address: targetMac } = peer.port.device;
    peer.arp(
      { operation: arpOperation.reply, senderMac: peerMac, sender: peerAddress, targetMac, target: stackAddress },
      targetMac,
    );
    const payloads = peer.packets().map((packet) => new TextDecoder().decode(packet.payload.subarray(8)));
    expect(payloads).toEqual(['1', '2', '3']);
  });

  test('an answer nobody asked for is not believed', () => {
    const peer = new RawPeer();
    peer.answersArp = false;
    const { address: targetMac } = peer.port.device;
    const evil = new Uint8Array([2, 0, 0, 0, 0, 66]);
    peer.arp(
      { operation: arpOperation.reply, senderMac: evil, sender: peerAddress, targetMac, target: stackAddress },
      targetMac,
    );
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    socket.sendto(text('secret'), 0, { address: peerAddress, port: 9 });
    peer.settle();
    expect(peer.arpRequests()).toEqual(['10.0.0.2']);
  });

  test('the card gives frames back first in, first out', () => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    mustBe0(socket.bind({ address: ipv4Any, port: 53 }), 'bind');
    for (const payload of ['first', 'second', 'third']) {
      const datagram = emitUdp(
        { sourcePort: 9, destinationPort: 53, payload: text(payload) },
        peerAddress,
        stackAddress,
      );
      const packet = ipPacket({ protocol: protocolNumber.udp, payload: datagram });
      peer.push(
        emitEthernet({ destination: peer.port.device.address, source: peerMac, type: etherType.ipv4, payload: packet }),
      );
    }
    peer.settle();
    expect([receive(socket), receive(socket), receive(socket)]).toEqual(['first', 'second', 'third']);
  });
});

describe('failure 10: tests that said PASS when the call failed', () => {
  /** A TCP whose `send` says success and discards: what the earlier attempt did. */
  const discarding: TransportFactory = (host) => {
    const tcp = createTcp()(host);
    const open = tcp.open.bind(tcp);
    tcp.open = () => {
      const endpoint = open();
      if (typeof endpoint !== 'number') endpoint.send = (_bytes, start, end) => end - start;
      return endpoint;
    };
    return tcp;
  };

  test('the transport suite fails a TCP that discards what it is given', async () => {
    const failed = (results: CaseResult[]): string[] => results.flatMap((one) => (one.error ? [one.name] : []));
    expect(failed(await runCases(transportSuite(ipv4TransportSetup('stream', createTcp()))))).toEqual([]);
    const broken = failed(await runCases(transportSuite(ipv4TransportSetup('stream', discarding))));
    expect(broken.length).toBeGreaterThan(10);
  });

  test('a call that fails is an error in these tests, too', () => {
    const peer = new RawPeer();
    listening(peer);
    expect(() => listening(peer)).toThrow(`errno ${errno.EADDRINUSE}`);
    expect(() => peer.handshake(5000, 81)).toThrow('no SYN-ACK');
  });
});
