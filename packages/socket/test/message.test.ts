// sendmsg(2), recvmsg(2), cmsg(3), ip(7).
import {
  cmsgSpace,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TTL,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SO_RCVTIMEO_OLD,
  SOL_IP,
  SOL_SOCKET,
  writeCmsghdr,
} from '@synos/abi';
import { failure } from '@synos/interfaces';
import {
  type BlockingMessage,
  blockMessage,
  PENDING,
  type ReceiveMessage,
  receiveMessage,
  recvmsg,
  type Socket,
  sendmsg,
  timeoutOption,
} from '@synos/socket';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeControl } from '../src/control-messages.js';
import { createRig, said } from './rig.js';
import { name, type ToyEndpoint } from './toy-provider.js';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const textOf = (pieces: readonly Uint8Array[]): string =>
  pieces.map((piece) => String.fromCharCode(...piece).replaceAll('\0', '.')).join('|');
const room = (...lengths: number[]): Uint8Array[] => lengths.map((length) => new Uint8Array(length));

function blocked(socket: Socket, call: BlockingMessage) {
  const state: { result: number | undefined; cancel: () => number } = { result: undefined, cancel: () => 0 };
  state.cancel = blockMessage(socket, call, (result) => {
    if (state.result !== undefined) throw new Error('done twice');
    state.result = result;
  });
  return state;
}

describe('datagrams', () => {
  const pair = () => {
    const rig = createRig();
    const receiver = rig.datagram(true);
    receiver.bind(name(7));
    const sender = rig.datagram(true);
    sender.bind(name(9));
    return { rig, receiver, sender };
  };

  test('are made of all pieces and fill the pieces in their order; the sender is told', () => {
    const { rig, receiver, sender } = pair();
    const pieces = [bytesOf('on'), bytesOf(''), bytesOf('e dat'), bytesOf('agram')];
    expect(sendmsg(sender, { pieces, name: name(7) })).toBe(12);
    rig.net.run();
    const message = receiveMessage(room(4, 0, 20));
    expect(recvmsg(receiver, message)).toBe(12);
    expect(textOf(message.pieces)).toBe('one ||datagram............');
    expect(message).toMatchObject({ hasName: true, name: name(9), controlBytes: 0, flags: 0 });
    expect(said(recvmsg(receiver, message))).toBe('EAGAIN');
  });

  test.each([
    ['one piece', [5]],
    ['two pieces', [2, 3]],
  ])('longer than %s: MSG_TRUNC, the whole length if it is asked for, and MSG_PEEK leaves it', (_name, lengths) => {
    const { rig, receiver, sender } = pair();
    sendmsg(sender, { pieces: [bytesOf('12345678')], name: name(7) });
    rig.net.run();
    for (const [flags, expected] of [
      [MSG_PEEK, 5],
      [MSG_PEEK | MSG_TRUNC, 8],
      [MSG_WAITALL, 5],
    ] as const) {
      const message = receiveMessage(room(...lengths));
      expect(recvmsg(receiver, message, flags)).toBe(expected);
      expect(textOf(message.pieces).replace('|', '')).toBe('12345');
      expect(message.flags).toBe(MSG_TRUNC);
    }
    expect(said(recvmsg(receiver, receiveMessage(room(5))))).toBe('EAGAIN');
  });

  test('an empty one, no pieces at all, and no wish for the sender', () => {
    const { rig, receiver, sender } = pair();
    expect(sendmsg(sender, { pieces: [], name: name(7) })).toBe(0);
    expect(sendmsg(sender, { pieces: [bytesOf('x')], name: name(7) })).toBe(1);
    rig.net.run();
    const message: ReceiveMessage = { pieces: [], hasName: true, controlBytes: 9, flags: 9 };
    expect(recvmsg(receiver, message)).toBe(0);
    expect(message).toEqual({ pieces: [], hasName: false, controlBytes: 0, flags: 0 });
    expect(recvmsg(receiver, message)).toBe(0);
    expect(message.flags).toBe(MSG_TRUNC);
  });

  test('limits: 65,535 bytes, 1024 pieces', () => {
    const { sender } = pair();
    expect(said(sendmsg(sender, { pieces: room(65_000, 536), name: name(7) }))).toBe('EMSGSIZE');
    expect(said(sendmsg(sender, { pieces: room(65_000, 508), name: name(7) }))).toBe('EMSGSIZE');
    expect(sendmsg(sender, { pieces: room(65_000, 507), name: name(7) })).toBe(65_507);
    const many = Array.from({ length: 1025 }, () => bytesOf('x'));
    expect(said(sendmsg(sender, { pieces: many, name: name(7) }))).toBe('EMSGSIZE');
    expect(said(recvmsg(sender, receiveMessage(many)))).toBe('EMSGSIZE');
    expect(sendmsg(sender, { pieces: many.slice(1), name: name(7) })).toBe(1024);
  });

  test('misuse', () => {
    const { rig, sender } = pair();
    expect(said(sendmsg(sender, { pieces: [bytesOf('x')] }))).toBe('EDESTADDRREQ');
    expect(said(recvmsg(rig.datagram(), receiveMessage(room(1))))).toBe('PENDING');
    expect(said(recvmsg(rig.datagram(), receiveMessage(room(1)), MSG_DONTWAIT))).toBe('EAGAIN');
    sender.close();
    expect(said(sendmsg(sender, { pieces: [bytesOf('x')], name: name(7) }))).toBe('EBADF');
    expect(said(recvmsg(sender, receiveMessage(room(1))))).toBe('EBADF');
  });
});

describe('control messages', () => {
  const came = {
    destination: { w0: 0, w1: 0, w2: 0xffff, w3: 0x7f000001 },
    ttl: 64,
    tos: 0x28,
    device: 3,
  };
  const pktinfo = [28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1, 0, 0, 0, 0];
  const ttl = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0];
  const tos = [17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x28, 0, 0, 0, 0, 0, 0, 0];

  test('IP_PKTINFO, IP_TTL and IP_TOS, those that were asked for, in this order', () => {
    for (let bits = 0; bits < 8; bits += 1) {
      const control = new Uint8Array(200);
      const wanted = [pktinfo, ttl, tos].filter((_, nth) => ((bits >> nth) & 1) !== 0).flat();
      expect(writeControl(control, bits, came)).toEqual({ bytes: wanted.length, isCut: false });
      expect([...control.subarray(0, wanted.length)]).toEqual(wanted);
      expect(control.subarray(wanted.length).every((each) => each === 0)).toBe(true);
    }
  });

  test('with less room: what Linux’s put_cmsg cuts, whatever the room', () => {
    for (let length = 0; length < 100; length += 1) {
      const control = new Uint8Array(length + 4).fill(0xee, length);
      const { bytes, isCut } = writeControl(control.subarray(0, length), 7, came);
      expect(isCut).toBe(length < pktinfo.length + ttl.length + 17);
      let expected = 0;
      for (const message of [pktinfo, ttl, tos]) {
        if (length - expected >= 16) expected += Math.min(message.length, length - expected);
      }
      expect(bytes).toBe(expected);
      if (length >= 16 && length < 28) expect(control[0]).toBe(length);
      expect([...control.subarray(length)]).toEqual([0xee, 0xee, 0xee, 0xee]);
    }
  });

  test('nothing where the endpoint does not know, and no MSG_CTRUNC', () => {
    const rig = createRig();
    const socket = rig.datagram();
    socket.bind(name(7));
    for (const option of [IP_PKTINFO, IP_RECVTTL, IP_RECVTOS]) {
      expect(socket.getsockopt(SOL_IP, option)).toBe(0);
      expect(socket.setsockopt(SOL_IP, option, 5)).toBe(0);
      expect(socket.getsockopt(SOL_IP, option)).toBe(1);
    }
    expect(socket.setsockopt(SOL_IP, IP_RECVTTL, 0)).toBe(0);
    expect([IP_PKTINFO, IP_RECVTTL, IP_RECVTOS].map((option) => socket.getsockopt(SOL_IP, option))).toEqual([1, 0, 1]);
    rig.datagram().sendto(bytesOf('x'), 0, name(7));
    rig.net.run();
    const message = receiveMessage(room(1), 8);
    expect(recvmsg(socket, message)).toBe(1);
    expect(message).toMatchObject({ controlBytes: 0, flags: 0 });
  });

  test('sent: malformed and not understood is EINVAL, of other levels is passed over', () => {
    const rig = createRig();
    const socket = rig.datagram();
    const control = (lengthBytes: number, level: number, type: number): Uint8Array => {
      const bytes = new Uint8Array(cmsgSpace(4));
      writeCmsghdr(new DataView(bytes.buffer), 0, { lengthBytes, level, type });
      return bytes;
    };
    const answer = (bytes: Uint8Array) => said(sendmsg(socket, { pieces: [], name: name(7), control: bytes }));
    expect(answer(control(20, SOL_SOCKET, 1))).toBe(0);
    expect(answer(control(20, SOL_IP, IP_TTL))).toBe('EINVAL');
    for (const length of [0, 15, 25, 2 ** 40]) expect(answer(control(length, SOL_SOCKET, 1))).toBe('EINVAL');
    expect(answer(new Uint8Array(15))).toBe(0);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect([0, 'EINVAL']).toContain(answer(bytes));
      }),
    );
  });
});

describe('streams', () => {
  test('pieces are one run of bytes; no name, no control messages', () => {
    const { client, server } = createRig().pair();
    expect(sendmsg(client, { pieces: [bytesOf('he'), bytesOf(''), bytesOf('llo')], name: name(99) })).toBe(5);
    const message = receiveMessage(room(1, 0, 3, 9), 64);
    message.hasName = true;
    expect(recvmsg(server, message)).toBe(5);
    expect(textOf(message.pieces)).toBe('h||ell|o........');
    expect(message).toMatchObject({ hasName: false, controlBytes: 0, flags: 0 });
  });

  test('MSG_PEEK sees over all pieces and takes nothing', () => {
    const { client, server } = createRig().pair();
    client.send(bytesOf('hello'));
    for (const flags of [MSG_PEEK, MSG_PEEK, 0]) {
      const message = receiveMessage(room(2, 2, 2));
      expect(recvmsg(server, message, flags)).toBe(5);
      expect(textOf(message.pieces)).toBe('he|ll|o.');
    }
    expect(said(recvmsg(server, receiveMessage(room(2, 2)), MSG_PEEK | MSG_DONTWAIT))).toBe('EAGAIN');
  });

  test('a stream takes what it has room for: a partial send, then EAGAIN', () => {
    const { client, server } = createRig().pair();
    client.nonblocking = true;
    const pieces = Array.from({ length: 30 }, (_, nth) => new Uint8Array(50).fill(nth));
    expect(sendmsg(client, { pieces })).toBe(1000);
    expect(said(sendmsg(client, { pieces }))).toBe('EAGAIN');
    const message = receiveMessage(room(700, 700));
    expect(recvmsg(server, message)).toBe(1000);
    expect([message.pieces[0]![49], message.pieces[0]![50], message.pieces[1]![299]]).toEqual([0, 1, 19]);
  });

  test('the end is 0, no room is 0 while there is something', () => {
    const { client, server } = createRig().pair();
    expect(said(recvmsg(server, receiveMessage([]), MSG_DONTWAIT))).toBe('EAGAIN');
    client.send(bytesOf('x'));
    expect(recvmsg(server, receiveMessage(room(0, 0)))).toBe(0);
    client.shutdown(1);
    expect(recvmsg(server, receiveMessage(room(1, 1)))).toBe(1);
    expect(recvmsg(server, receiveMessage(room(1, 1)))).toBe(0);
  });

  test('an error behind bytes waits for the next call', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    client.send(bytesOf('abc'));
    const { endpoint } = server as unknown as { endpoint: ToyEndpoint };
    endpoint.fail(failure.connectionReset);
    expect(recvmsg(server, receiveMessage(room(2, 1, 2)))).toBe(3);
    expect(said(recvmsg(server, receiveMessage(room(2, 2))))).toBe('ECONNRESET');
    expect(recvmsg(server, receiveMessage(room(2, 2)))).toBe(0);
  });

  test('any pieces: what is sent comes, in order, whatever the cuts', () => {
    const lengths = fc.array(fc.nat(40), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(lengths, { maxLength: 5 }), fc.array(lengths, { maxLength: 12 }), (sends, receives) => {
        const { client, server } = createRig().pair();
        const sent: number[] = [];
        for (const each of sends) {
          const pieces = each.map((length) => Uint8Array.from({ length }, () => sent.push(sent.length & 255) - 1));
          const total = each.reduce((sum, length) => sum + length, 0);
          const count = sendmsg(client, { pieces }, MSG_DONTWAIT);
          expect(count).toBeLessThanOrEqual(total);
          sent.length -= total - Math.max(0, count);
        }
        let at = 0;
        for (const each of receives) {
          const message = receiveMessage(room(...each));
          const total = each.reduce((sum, length) => sum + length, 0);
          const peeked = receiveMessage(room(...each));
          const seen = recvmsg(server, peeked, MSG_DONTWAIT | MSG_PEEK);
          const count = recvmsg(server, message, MSG_DONTWAIT);
          expect(seen).toBe(count);
          if (sent.length === at) {
            expect(said(count)).toBe('EAGAIN');
            continue;
          }
          expect(count).toBe(Math.min(total, sent.length - at));
          const bytes = message.pieces.flatMap((piece) => [...piece]).slice(0, count);
          expect(bytes).toEqual(sent.slice(at, at + count).map((each) => each & 255));
          expect(peeked.pieces).toEqual(message.pieces);
          at += count;
        }
      }),
      { numRuns: process.env.SYNOS_LONG ? 5000 : 200 },
    );
  });
});

describe('blocking', () => {
  test('a send goes on until all is taken', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const pieces = [new Uint8Array(900).fill(1), new Uint8Array(900).fill(2), new Uint8Array(900).fill(3)];
    const send = blocked(client, { call: 'sendmsg', message: { pieces } });
    const got: number[] = [];
    while (got.length < 2700) {
      rig.net.run();
      const into = new Uint8Array(500);
      const count = server.recv(into, MSG_DONTWAIT);
      if (count < 0) throw new Error(`${said(count)} after ${got.length}`);
      got.push(...into.subarray(0, count));
    }
    rig.net.run();
    expect(send.result).toBe(2700);
    expect(got).toEqual(pieces.flatMap((piece) => [...piece]));
  });

  test('MSG_WAITALL fills the pieces; the end, the time and a cancel answer what came', () => {
    for (const end of ['full', 'shutdown', 'time', 'cancel', 'peek'] as const) {
      const rig = createRig();
      const { client, server } = rig.pair();
      server.setsockopt(SOL_SOCKET, SO_RCVTIMEO_OLD, timeoutOption(50));
      const message = receiveMessage(room(2, 2, 2));
      const flags = MSG_WAITALL | (end === 'peek' ? MSG_PEEK : 0);
      const receive = blocked(server, { call: 'recvmsg', message, flags });
      for (const text of ['a', 'bc']) {
        client.send(bytesOf(text));
        rig.net.run();
        expect(receive.result).toBe(undefined);
      }
      if (end === 'full' || end === 'peek') client.send(bytesOf('defgh'));
      else if (end === 'shutdown') client.shutdown(1);
      else if (end === 'cancel') expect(receive.cancel()).toBe(3);
      rig.advance(end === 'time' ? 50 : 1);
      expect([end, receive.result]).toEqual([end, { full: 6, peek: 6, cancel: undefined, shutdown: 3, time: 3 }[end]]);
      expect(textOf(message.pieces)).toMatch(end === 'full' || end === 'peek' ? 'ab|cd|ef' : /^ab\|c/);
      if (end === 'peek') expect(server.recv(new Uint8Array(9))).toBe(8);
    }
  });

  test('waits for a datagram, and not on a non-blocking socket', () => {
    const rig = createRig();
    const receiver = rig.datagram();
    receiver.bind(name(7));
    const message = receiveMessage(room(4, 4));
    expect(recvmsg(receiver, message)).toBe(PENDING);
    const receive = blocked(receiver, { call: 'recvmsg', message });
    rig.datagram().sendto(bytesOf('hello'), 0, name(7));
    rig.net.run();
    expect([receive.result, textOf(message.pieces)]).toEqual([5, 'hell|o...']);
    receiver.nonblocking = true;
    expect(said(blocked(receiver, { call: 'recvmsg', message }).result ?? 0)).toBe('EAGAIN');
  });
});
