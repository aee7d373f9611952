// What programs ask for at the top, seen on the wire at the bottom; and what the whole must live through.
import {
  errno,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_TCP,
  MSG_MORE,
  MSG_PEEK,
  MSG_TRUNC,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SHUT_RDWR,
  SHUT_WR,
  SO_BROADCAST,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  TCP_KEEPIDLE,
  TCP_MAXSEG,
} from '@synos/abi';
import { createRandom, createTestEntropy, createVirtualClock, runPollables } from '@synos/netsim';
import { createCable } from '@synos/nic';
import { lingerOption, type Socket, Waiter } from '@synos/socket';
import { ipv4, ipv4Any, protocolNumber, tcpFlag } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createNetstack } from '../src/index.js';
import { peerAddress, RawPeer } from './raw-peer.js';
import { mustBe0, openSocket } from './transfer.js';

const { syn, ack, rst, psh } = tcpFlag;
const fromPeer = { sourcePort: 5000, destinationPort: 80 };

function established(prepare: (listener: Socket) => void = () => {}): { peer: RawPeer; socket: Socket; iss: number } {
  const peer = new RawPeer();
  const listener = openSocket(peer.stack);
  prepare(listener);
  mustBe0(listener.bind({ address: ipv4Any, port: 80 }), 'bind');
  mustBe0(listener.listen(8), 'listen');
  const iss = peer.handshake(5000, 80);
  const socket = listener.accept(SOCK_NONBLOCK);
  if (typeof socket === 'number') throw new Error(`accept: ${socket}`);
  return { peer, socket, iss };
}

describe('socket options on the wire', () => {
  test('IP_TTL and IP_TOS are in the header', () => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    mustBe0(socket.setsockopt(IPPROTO_IP, IP_TTL, 7), 'IP_TTL');
    mustBe0(socket.setsockopt(IPPROTO_IP, IP_TOS, 0x10), 'IP_TOS');
    socket.sendto(new Uint8Array(3), 0, { address: peerAddress, port: 9 });
    peer.settle();
    expect(peer.packets()[0]).toMatchObject({ ttl: 7, tos: 0x10, protocol: protocolNumber.udp });
  });

  test('TCP_MAXSEG bounds what the SYN offers and what is sent', () => {
    const { peer, socket } = established((listener) => {
      mustBe0(listener.setsockopt(IPPROTO_TCP, TCP_MAXSEG, 500), 'TCP_MAXSEG');
    });
    socket.send(new Uint8Array(1200));
    peer.settle();
    expect(Math.max(...peer.segments().map((segment) => segment.payload.length))).toBeLessThanOrEqual(500);
    const client = openSocket(peer.stack);
    client.setsockopt(IPPROTO_TCP, TCP_MAXSEG, 600);
    client.connect({ address: peerAddress, port: 9 });
    peer.settle();
    expect(peer.segments().find((segment) => segment.flags === syn)?.options.mssBytes).toBe(600);
  });

  test('SO_RCVBUF bounds the window, and the bytes that are kept', () => {
    const { peer, socket, iss } = established((listener) => {
      mustBe0(listener.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096), 'SO_RCVBUF');
    });
    const acknowledgment = (iss + 1) | 0;
    for (let sequence = 101; sequence < 101 + 40_000; sequence += 1000) {
      peer.tcp({ ...fromPeer, sequence, acknowledgment, flags: ack, payload: new Uint8Array(1000) });
    }
    const limit = socket.getsockopt(SOL_SOCKET, SO_RCVBUF) as number;
    let received = 0;
    const into = new Uint8Array(100_000);
    for (let count = socket.recv(into); count > 0; count = socket.recv(into)) received += count;
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(limit);
  });

  test('SO_LINGER with no time resets, without it the close is a FIN', () => {
    for (const [linger, flag] of [
      [0, rst],
      [null, tcpFlag.fin],
    ] as const) {
      const { peer, socket } = established();
      mustBe0(socket.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(linger)), 'SO_LINGER');
      socket.close();
      peer.settle();
      expect((peer.segments().at(-1)?.flags ?? 0) & (rst | tcpFlag.fin)).toBe(flag);
    }
  });

  test('SO_KEEPALIVE probes after TCP_KEEPIDLE', () => {
    const { peer, socket } = established();
    mustBe0(socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1), 'SO_KEEPALIVE');
    mustBe0(socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 10), 'TCP_KEEPIDLE');
    peer.advance(9000);
    expect(peer.segments()).toEqual([]);
    peer.advance(2000);
    expect(peer.segments().length).toBe(1);
  });

  test('a broadcast needs SO_BROADCAST', () => {
    const peer = new RawPeer();
    const socket = openSocket(peer.stack, SOCK_DGRAM);
    const everybody = { address: ipv4(10, 0, 0, 255), port: 9 };
    expect(socket.sendto(new Uint8Array(1), 0, everybody)).toBe(-errno.EACCES);
    mustBe0(socket.setsockopt(SOL_SOCKET, SO_BROADCAST, 1), 'SO_BROADCAST');
    expect(socket.sendto(new Uint8Array(1), 0, everybody)).toBe(1);
  });
});

describe('flags of a transfer', () => {
  test('MSG_MORE holds bytes back: one datagram of two parts, one segment of two sends', () => {
    const { peer, socket } = established();
    const datagrams = openSocket(peer.stack, SOCK_DGRAM);
    const to = { address: peerAddress, port: 9 };
    peer.settle();
    peer.packets();
    for (const one of [datagrams, socket]) {
      expect(one.sendto(new Uint8Array(3), MSG_MORE, to)).toBe(3);
      peer.settle();
      expect(peer.packets()).toEqual([]);
      expect(one.sendto(new Uint8Array(4), 0, to)).toBe(4);
      peer.settle();
      const [packet, ...others] = peer.packets();
      expect(others).toEqual([]);
      const headerBytes = one === socket ? (packet!.payload[12]! >> 4) * 4 : 8;
      expect(packet!.payload.length - headerBytes).toBe(7);
    }
  });

  test('MSG_PEEK leaves the bytes, MSG_TRUNC tells a datagram’s whole length', () => {
    const { peer, socket, iss } = established();
    const payload = new Uint8Array([1, 2, 3]);
    peer.tcp({ ...fromPeer, sequence: 101, acknowledgment: iss + 1, flags: ack | psh, payload });
    const into = new Uint8Array(8);
    expect([socket.recv(into, MSG_PEEK), socket.recv(into), socket.recv(into)]).toEqual([3, 3, -errno.EAGAIN]);
    const datagrams = openSocket(peer.stack, SOCK_DGRAM);
    mustBe0(datagrams.bind({ address: ipv4Any, port: 53 }), 'bind');
    peer.udp(9, 53, new Uint8Array(100));
    expect(datagrams.recv(into, MSG_TRUNC)).toBe(100);
  });
});

describe('the whole', () => {
  test('a clock that jumps an hour aborts nothing unprobed', () => {
    const { peer, socket } = established();
    expect(socket.send(new Uint8Array(100))).toBe(100);
    peer.settle();
    const [first] = peer.segments();
    peer.clock.advanceTo(peer.clock.now() + 3_600_000);
    peer.settle();
    expect(peer.segments().some((segment) => segment.payload.length === 100)).toBe(true);
    const acknowledgment = ((first?.sequence ?? 0) + 100) | 0;
    peer.tcp({ ...fromPeer, sequence: 101, acknowledgment, flags: ack, payload: new Uint8Array(5) });
    expect(socket.recv(new Uint8Array(9))).toBe(5);
  });

  test('an MTU that shrinks at run time shortens the segments', () => {
    const { peer, socket } = established();
    peer.port.device.setMtu(1000);
    socket.send(new Uint8Array(5000));
    peer.settle();
    const packets = peer.packets();
    expect(packets.length).toBeGreaterThan(3);
    expect(Math.max(...packets.map((packet) => packet.payload.length + 20))).toBeLessThanOrEqual(1000);
  });

  test('a link that goes down and comes back loses no connection', () => {
    const { peer, socket } = established();
    peer.port.device.setLink(false);
    socket.send(new Uint8Array(10));
    peer.advance(3000);
    expect(peer.segments()).toEqual([]);
    peer.port.device.setLink(true);
    peer.advance(10_000);
    expect(peer.segments().some((segment) => segment.payload.length === 10)).toBe(true);
    expect(socket.poll(POLLHUP)).toBe(0);
  });

  test('any call inside any callback: nothing throws, hangs or stays', () => {
    for (let seed = 0; seed < (process.env.SYNOS_LONG ? 400 : 40); seed += 1) {
      const random = createRandom(seed);
      const clock = createVirtualClock();
      const cable = createCable();
      const [a, b] = [cable.a, cable.b].map((device, index) =>
        createNetstack({
          clock,
          entropy: createTestEntropy(`${seed} ${index}`),
          interfaces: [{ device, addresses: [`10.0.0.${index + 1}/24`] }],
        }),
      );
      if (!a || !b) throw new Error('two stacks');
      const sockets: Socket[] = [];
      let budget = 400;
      const pick = <T>(list: readonly T[]): T => list[random.nextUint32() % list.length] as T;
      const adopt = (socket: Socket): void => {
        sockets.push(socket);
        const mask = POLLIN | POLLOUT | POLLHUP;
        socket.addWaiter(new Waiter(mask, { woken: () => act() }));
      };
      const act = (): void => {
        if (budget-- <= 0) return;
        const socket = pick(sockets);
        const into = new Uint8Array(700);
        switch (random.nextUint32() % 10) {
          case 0:
            socket.close();
            break;
          case 1:
            socket.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(0));
            socket.close();
            break;
          case 2:
            socket.shutdown(pick([SHUT_WR, SHUT_RDWR]));
            break;
          case 3: {
            // To the other host, to this one, to nobody, and now and then to itself.
            const fresh = openSocket(pick([a, b]));
            const port = pick([80, 80, 81]);
            if (random.nextUint32() % 4 === 0) fresh.bind({ address: ipv4Any, port });
            adopt(fresh);
            fresh.connect({ address: pick([ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 2), ipv4(127, 0, 0, 1)]), port });
            break;
          }
          case 4: {
            const accepted = socket.accept(SOCK_NONBLOCK);
            if (typeof accepted !== 'number') adopt(accepted);
            break;
          }
          case 5:
            clock.advanceTo(clock.now() + (random.nextUint32() % 50));
            break;
          case 6:
          case 7:
            socket.recv(into);
            break;
          default:
            socket.send(into);
        }
      };
      for (const stack of [a, b]) {
        const listener = openSocket(stack);
        mustBe0(listener.bind({ address: ipv4Any, port: 80 }), 'bind');
        mustBe0(listener.listen(4), 'listen');
        adopt(listener);
      }
      for (let i = 0; i < 60; i += 1) {
        act();
        runPollables({ pollables: [a, b], clock, until: clock.now() + 5 });
      }
      for (const socket of sockets) if (!socket.isClosed) socket.close();
      runPollables({ pollables: [a, b], clock, until: clock.now() + 400_000 });
      for (const stack of [a, b]) {
        stack.dispose();
        expect(stack.memory.blocks.usedBytes, `seed ${seed}`).toBe(0);
      }
      cable.close();
      for (const stack of [a, b]) expect(stack.memory.packets.used, `seed ${seed}`).toBe(0);
    }
  });
});
