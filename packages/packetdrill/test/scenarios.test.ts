import {
  readTcpInfo,
  SO_LINGER,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOL_SOCKET,
  SOL_TCP,
  TCP_INFO,
  tcpInfoLayout,
} from '@synos/abi';
import { lingerOption, timeoutOption } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { accepted, listening, Script } from './script.js';

const text = (length: number): Uint8Array => new Uint8Array(length).fill(0x61);

describe('exact in virtual time', () => {
  test('a handshake: accept waits for its end (RFC 9293 §3.5)', () => {
    const script = listening({ startMs: 1000 });
    expect(script.call('accept', 3)).toBe('pending');
    script.wait(100);
    script.inject({ flags: 'S', from: 0, options: { mssBytes: 1460 } });
    expect(script.sent()).toEqual(['1100 S. 0:0(0) ack 1']);
    script.wait(12.5);
    script.inject({ flags: '.', from: 1, ack: 1 });
    expect(script.ends()).toEqual(['1112.5 4']);
    expect(script.sent()).toEqual([]);
  });

  test('a SYN-ACK is sent again until somebody answers (RFC 6298 §5)', () => {
    const script = listening();
    script.inject({ flags: 'S', from: 0, options: { mssBytes: 1460 } });
    script.wait(8000);
    expect(script.sent()).toEqual([
      '0 S. 0:0(0) ack 1',
      '1000 S. 0:0(0) ack 1',
      '3000 S. 0:0(0) ack 1',
      '7000 S. 0:0(0) ack 1',
    ]);
  });

  test('connect waits, and is refused', () => {
    const script = new Script(0);
    script.call('socket', 2, 1, 0);
    expect(script.call('connect', 3, { address: '192.0.2.77', port: 8080 })).toBe('pending');
    expect(script.sent()).toEqual(['0 S 0:0(0)']);
    script.wait(80);
    script.inject({ flags: 'S', from: 0, ack: 1, options: { mssBytes: 1460 } });
    expect(script.ends()).toEqual(['80 0']);
    expect(script.sent()).toEqual(['80 . 1:1(0) ack 1']);

    const other = new Script(0);
    other.call('socket', 2, 1, 0);
    other.call('connect', 3, { address: '192.0.2.77', port: 8080 });
    other.sent();
    other.wait(1500);
    expect(other.sent()).toEqual(['1000 S 0:0(0)']);
    other.inject({ flags: 'R', from: 0, ack: 1 });
    expect(other.ends()).toEqual(['1500 ECONNREFUSED']);
  });

  test('SO_SNDTIMEO ends connect, which goes on by itself (EINPROGRESS)', () => {
    const script = new Script(0);
    script.call('socket', 2, 1, 0);
    script.call('setsockopt', 3, SOL_SOCKET, SO_SNDTIMEO, timeoutOption(300));
    script.call('connect', 3, { address: '192.0.2.77', port: 8080 });
    script.wait(500);
    expect(script.ends()).toEqual(['300 EINPROGRESS']);
    script.sent();
    script.inject({ flags: 'S', from: 0, ack: 1, options: { mssBytes: 1460 } });
    expect(script.call('write', 3, text(3))).toBe(3);
  });

  test('an acknowledgement is delayed, and rides on data that goes out before (RFC 9293 §3.8.6.3)', () => {
    const script = accepted();
    // The first segments of a connection are acknowledged at once, until the conversation goes back and forth.
    for (let at = 1; at < 30; at += 1) script.inject({ flags: '.', from: at, bytes: 1, ack: 1 });
    script.call('write', 4, text(10));
    script.wait(500);
    script.sent();
    script.inject({ flags: '.', from: 30, bytes: 10, ack: 11 });
    expect(script.sent()).toEqual([]);
    script.wait(39);
    expect(script.sent()).toEqual([]);
    script.wait(100);
    expect(script.sent()).toEqual(['540 . 11:11(0) ack 40']);
    script.inject({ flags: '.', from: 40, bytes: 10, ack: 11 });
    script.wait(5);
    script.call('write', 4, text(10));
    script.wait(100);
    expect(script.sent()).toEqual(['644 . 11:21(10) ack 50']);
  });

  test('retransmissions back off; a knob says where they begin (RFC 6298 §5.5)', () => {
    const script = new Script(80);
    expect(script.target.configure('net.ipv4.tcp_rto_min_us', 300_000)).toBe('done');
    script.call('socket', 2, 1, 0);
    script.call('bind', 3, { address: '0.0.0.0', port: 80 });
    script.call('listen', 3, 1);
    script.inject({ flags: 'S', from: 0, options: { mssBytes: 1460 } });
    script.sent();
    script.inject({ flags: '.', from: 1, ack: 1 });
    script.call('accept', 3);
    script.call('write', 4, text(100));
    script.wait(5000);
    expect(script.sent()).toEqual([
      '0 . 1:101(100) ack 1',
      '300 . 1:101(100) ack 1',
      '900 . 1:101(100) ack 1',
      '2100 . 1:101(100) ack 1',
      '4500 . 1:101(100) ack 1',
    ]);
    expect(script.target.tcpInfo(4)).toMatchObject({ tcpi_total_retrans: 4, tcpi_retransmits: 4, tcpi_rto: 4_800_000 });
  });

  test('recv waits for bytes; SO_RCVTIMEO ends it to the microsecond', () => {
    const script = accepted();
    expect(script.call('recv', 4, 1000, 0)).toBe('pending');
    script.wait(33);
    script.inject({ flags: '.', from: 1, bytes: 4000, ack: 1 });
    expect(script.ends()).toEqual(['33 1000']);
    script.call('read', 4, 5000);
    script.call('setsockopt', 4, SOL_SOCKET, SO_RCVTIMEO, timeoutOption(20.125));
    expect(script.call('recv', 4, 1000, 0)).toBe('pending');
    script.wait(1000);
    expect(script.ends()).toEqual(['53.125 EAGAIN']);
  });

  test('TIME-WAIT lasts 2 MSL, as a knob says (RFC 9293 §3.4.2)', () => {
    const script = accepted();
    expect(script.target.configure('net.inet.tcp.msl', 500)).toBe('done');
    script.sent();
    expect(script.call('close', 4)).toBe(0);
    expect(script.sent()).toEqual(['0 F. 1:1(0) ack 1']);
    script.wait(10);
    script.inject({ flags: 'F', from: 1, ack: 2 });
    expect(script.sent()).toEqual(['10 . 2:2(0) ack 2']);
    const states = () => script.target.connections().map(({ state }) => state);
    expect(states()).toEqual(['LISTEN', 'TIME_WAIT']);
    script.wait(990);
    script.inject({ flags: 'F', from: 1, ack: 2 });
    expect(script.sent()).toEqual(['1000 . 2:2(0) ack 2']);
    script.wait(999);
    expect(states()).toEqual(['LISTEN', 'TIME_WAIT']);
    script.wait(1);
    expect(states()).toEqual(['LISTEN']);
  });

  test('a lingering close waits for the last acknowledgement; its number is free at once', () => {
    const script = accepted();
    script.call('setsockopt', 4, SOL_SOCKET, SO_LINGER, lingerOption(2));
    script.call('write', 4, text(10));
    expect(script.call('close', 4)).toBe('pending');
    expect(script.call('socket', 2, 1, 0)).toBe(4);
    script.wait(50);
    script.inject({ flags: '.', from: 1, ack: 12 });
    expect(script.ends()).toEqual(['50 0']);
  });

  test('what is injected may be longer than the MTU; what is sent never is', () => {
    const script = accepted({ mtuBytes: 1000, tcp: { timestamps: false } });
    script.inject({ flags: '.', from: 1, bytes: 4000, ack: 1 });
    expect(script.output('recv', 4, 10_000, 0).bytes?.length).toBe(4000);
    script.sent();
    script.call('write', 4, text(2000));
    for (const { bytes } of script.target.drain()) expect(bytes.length).toBeLessThanOrEqual(1000);
  });
});

describe('descriptors as Linux has them', () => {
  test('accept takes its number before it waits', () => {
    const script = listening();
    expect(script.call('accept', 3)).toBe('pending');
    expect(script.call('socket', 2, 1, 0)).toBe(5);
    expect(script.call('recv', 4, 1, 0)).toBe('EBADF');
    expect(script.call('close', 3)).toBe(0);
    expect(script.ends()).toEqual(['0 EBADF']);
    expect(script.call('socket', 2, 1, 0)).toBe(3);
    expect(script.call('socket', 2, 1, 0)).toBe(4);
  });

  test('there are 1,024 of them (EMFILE), and a socket too many leaves nothing behind', () => {
    // One more than there are numbers: whoever is left behind is missed by the second that is refused.
    const script = new Script(80, { tcp: { endpointLimit: 1022 } });
    for (let fd = 3; fd < 1024; fd += 1) expect(script.call('socket', 2, 1, 0)).toBe(fd);
    expect(script.call('socket', 2, 1, 0)).toBe('EMFILE');
    expect(script.call('socket', 2, 1, 0)).toBe('EMFILE');
    expect(script.call('epoll_create', 1)).toBe('EMFILE');
    expect(script.call('close', 500)).toBe(0);
    expect(script.call('socket', 2, 1, 0)).toBe(500);
  });

  test('an epoll is no socket, and has nothing to read', () => {
    const script = new Script(80);
    script.call('epoll_create1', 0);
    expect(script.call('listen', 3, 1)).toBe('ENOTSOCK');
    expect(script.call('send', 3, text(1), 0)).toBe('ENOTSOCK');
    expect(script.call('read', 3, 1)).toBe('EINVAL');
    expect(script.call('fcntl', 3, 3)).toBe(2);
    expect(script.target.tcpInfo(3)).toBe('ENOTSOCK');
    expect(script.call('close', 3)).toBe(0);
    expect(script.call('close', 3)).toBe('EBADF');
  });

  test('datagrams go through the same door', () => {
    const script = new Script(80);
    script.call('socket', 2, 2, 0);
    expect(script.call('sendto', 3, text(5), 0, { address: '192.0.2.77', port: 53 })).toBe(5);
    expect(script.target.drain().map(({ bytes }) => bytes.length)).toEqual([33]);
    expect(script.call('recvfrom', 3, 100, 0)).toBe('pending');
  });
});

describe('knobs', () => {
  const script = () => new Script(80).target;

  test.each([
    ['net.ipv4.tcp_sack', '0', 'done'],
    ['/proc/sys/net/ipv4/tcp_sack', 1, 'done'],
    ['net.ipv4.tcp_sack', 2, 'unsupported'],
    ['net.ipv4.tcp_sack', 'yes', 'invalid'],
    ['net.ipv4.tcp_sack', -1, 'invalid'],
    ['net.ipv4.tcp_wmem', '4096 50000 4194304', 'done'],
    ['net.ipv4.tcp_wmem', '4096', 'invalid'],
    ['net.ipv4.tcp_ecn', 0, 'done'],
    ['net.ipv4.tcp_ecn', 1, 'unsupported'],
    ['net.ipv4.tcp_tso_win_divisor', 100, 'unknown'],
    ['net.inet.tcp.rexmit_slop', 200, 'unknown'],
    ['synos.tcp.delayedAckMs', 25, 'done'],
    ['synos.tcp.windowScale', 9, 'done'],
    ['synos.tcp.congestionControl', 1, 'unknown'],
    ['synos.tcp.noSuch', 1, 'unknown'],
    ['synos.tcp.toString', 1, 'unknown'],
  ] as const)('%s = %s is %s', (knob, value, answer) => {
    expect(script().configure(knob, value)).toBe(answer);
  });

  test('tcp_wmem is what SO_SNDBUF answers, for sockets that are made from then on', () => {
    const one = new Script(80);
    one.call('socket', 2, 1, 0);
    const before = one.output('getsockopt', 3, SOL_SOCKET, 7).option;
    one.target.configure('net.ipv4.tcp_wmem', '4096 50000 4194304');
    one.call('socket', 2, 1, 0);
    expect(one.output('getsockopt', 4, SOL_SOCKET, 7).option).toBe(50_000);
    expect(one.output('getsockopt', 3, SOL_SOCKET, 7).option).toBe(before);
  });

  test('tcp_syn_retries ends a connect', () => {
    const one = new Script(0);
    one.target.configure('net.ipv4.tcp_syn_retries', 1);
    one.call('socket', 2, 1, 0);
    one.call('connect', 3, { address: '192.0.2.77', port: 8080 });
    one.wait(60_000);
    expect(one.sent()).toEqual(['0 S 0:0(0)', '1000 S 0:0(0)']);
    expect(one.ends()).toEqual(['3000 ETIMEDOUT']);
  });
});

test('TCP_INFO tells every field that is filled in', () => {
  const script = listening();
  script.inject({ flags: 'S', from: 0, options: { mssBytes: 1460, windowScale: 7, sackPermitted: true } });
  script.sent();
  script.wait(25);
  script.inject({ flags: '.', from: 1, ack: 1 });
  script.call('accept', 3);
  script.inject({ flags: '.', from: 1, bytes: 100, ack: 1 });
  script.call('write', 4, text(5000));
  script.wait(700);
  const raw = script.output('getsockopt', 4, SOL_TCP, TCP_INFO).option as Uint8Array;
  const told = script.target.tcpInfo(4) as Record<string, number>;
  const info = readTcpInfo(new DataView(raw.buffer, raw.byteOffset, raw.length), 0);
  for (const { name, key } of tcpInfoLayout.fields) if (info[key] !== 0) expect(told[name], name).toBe(info[key]);
  expect(told).not.toHaveProperty('tcpi_ca_state');
  expect(told).toMatchObject({ tcpi_state: 1, tcpi_snd_mss: 1460, tcpi_bytes_received: 100, tcpi_last_data_recv: 700 });
});

test('the same seed gives the same packets, another one others', () => {
  const run = (seed: number): string => {
    const script = accepted({ seed, tcp: {} });
    script.call('write', 4, text(3000));
    script.wait(1000);
    return script.target
      .drain()
      .map(({ timeMs, bytes }) => `${timeMs} ${bytes.join(' ')}`)
      .join('\n');
  };
  expect(run(7)).toBe(run(7));
  expect(run(7)).not.toBe(run(8));
});

test('two targets share nothing', () => {
  const one = listening();
  const other = listening();
  one.call('close', 3);
  expect(other.target.connections().map(({ state }) => state)).toEqual(['LISTEN']);
  one.target.configure('net.ipv4.tcp_syn_retries', 0);
  one.wait(5);
  expect(other.target.now()).toBe(0);
});

test('every packet goes home', () => {
  const script = accepted();
  script.call('write', 4, text(50_000));
  for (let ack = 1; ack <= 50_001; ack += 1000) {
    script.inject({ flags: '.', from: 1, ack });
    script.wait(1);
  }
  expect(script.sent().length).toBeGreaterThan(30);
  expect(script.target.stack.memory.packets.used).toBe(0);
});

describe('the wire level, where the state suite does not go', () => {
  test('after CLOSE in SYN-RECEIVED nothing is sent (RFC 9293 §3.10.2)', () => {
    const script = new Script(4000);
    const handle = script.target.open({ localPort: 4000, remoteAddress: '192.0.2.77', remotePort: 8080 }) as number;
    script.sent();
    expect(script.target.send(handle, text(1))).toBe('not-connected');
    script.inject({ flags: 'S', from: 0, options: { mssBytes: 1460 } });
    expect(script.target.close(handle)).toBe(0);
    expect(script.target.send(handle, text(1))).toBe('closing');
    expect(script.target.events()).toEqual([]);
    expect(script.target.close(handle + 1)).toBe('invalid');
  });

  test('a flow is told from its neighbours by both ports', () => {
    const { target } = new Script(0);
    target.listen({ localPort: 80 });
    expect(target.state({ localPort: 80 })).toEqual({ state: 'LISTEN' });
    expect(target.state({ localPort: 80, remoteAddress: '192.0.2.77', remotePort: 83 })).toBeNull();
    const remoteAddress = '192.0.2.77';
    const ports = [4001, 4002, 4003];
    for (const localPort of ports) target.open({ localPort, remoteAddress, remotePort: 90, iss: localPort });
    for (const localPort of ports) {
      expect(target.state({ localPort, remoteAddress, remotePort: 90 })).toMatchObject({ iss: localPort });
      expect(target.state({ localPort, remoteAddress, remotePort: 91 })).toBeNull();
      expect(target.state({ localPort, remoteAddress: '192.0.2.78', remotePort: 90 })).toBeNull();
    }
  });
});

test('no bytes throw, and none are answered that are no packet', () => {
  const { target } = listening();
  let state = 99;
  const draw = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return (state >>> 16) & 0xff;
  };
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Uint8Array.from({ length: draw() }, draw);
    if (round % 2 === 0) bytes[0] = 0x45;
    target.deliver(bytes);
  }
  for (const length of [0, 1, 20, 65_535, 70_000, 1 << 20]) target.deliver(new Uint8Array(length));
  expect(target.drain()).toEqual([]);
  expect(target.stack.memory.packets.used).toBe(0);
});
