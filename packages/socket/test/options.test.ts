import {
  AF_INET,
  errno,
  FIONBIO,
  FIONREAD,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DO,
  IP_PMTUDISC_WANT,
  IP_TOS,
  IP_TTL,
  IPPROTO_TCP,
  IPPROTO_UDP,
  readLinger,
  readTcpInfo,
  readTimeval,
  SIOCOUTQ,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_DOMAIN,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_IP,
  SOL_SOCKET,
  SOL_TCP,
  SOL_UDP,
  TCP_CA_Open,
  TCP_CORK,
  TCP_ESTABLISHED,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
  TCPI_OPT_SACK,
  TCPI_OPT_TIMESTAMPS,
  TCPI_OPT_WSCALE,
  UDP_CORK,
  writeLinger,
  writeTimeval,
} from '@synos/abi';
import { lingerOption, type Socket, timeoutOption } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { createRig, said } from './rig.js';
import { name, type ToyEndpoint } from './toy-provider.js';

const endpointOf = (socket: Socket): ToyEndpoint => (socket as unknown as { endpoint: ToyEndpoint }).endpoint;

describe('socket(7)', () => {
  test('SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN are read', () => {
    const rig = createRig();
    const stream = rig.stream();
    const read = (socket: Socket, option: number) => socket.getsockopt(SOL_SOCKET, option);
    expect([SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN].map((option) => read(stream, option))).toEqual([
      SOCK_STREAM,
      AF_INET,
      IPPROTO_TCP,
      0,
    ]);
    stream.listen(1);
    expect(read(stream, SO_ACCEPTCONN)).toBe(1);
    expect([SO_TYPE, SO_PROTOCOL].map((option) => read(rig.datagram(), option))).toEqual([SOCK_DGRAM, IPPROTO_UDP]);
    for (const option of [SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR]) {
      expect(said(stream.setsockopt(SOL_SOCKET, option, 1))).toBe('ENOPROTOOPT');
    }
  });

  test('flags become 0 or 1, on every kind of socket', () => {
    const rig = createRig();
    for (const socket of [rig.stream(), rig.datagram()]) {
      for (const option of [SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST]) {
        expect(socket.getsockopt(SOL_SOCKET, option)).toBe(0);
        expect(socket.setsockopt(SOL_SOCKET, option, 7)).toBe(0);
        expect(socket.getsockopt(SOL_SOCKET, option)).toBe(1);
        expect(socket.setsockopt(SOL_SOCKET, option, 0)).toBe(0);
        expect(socket.getsockopt(SOL_SOCKET, option)).toBe(0);
      }
    }
  });

  test('SO_RCVBUF and SO_SNDBUF are answered doubled, within the limits', () => {
    const rig = createRig();
    const socket = rig.stream();
    const set = (option: number, value: number) => {
      expect(socket.setsockopt(SOL_SOCKET, option, value)).toBe(0);
      return socket.getsockopt(SOL_SOCKET, option);
    };
    expect(set(SO_RCVBUF, 10_000)).toBe(20_000);
    expect(endpointOf(socket).options.get('receiveBufferBytes')).toBe(10_000);
    expect(set(SO_RCVBUF, 1)).toBe(2304);
    expect(set(SO_SNDBUF, 1)).toBe(4608);
    // The int counts as unsigned.
    expect(set(SO_SNDBUF, -1)).toBe(2 * 4 * 1024 * 1024);
  });

  test('SO_LINGER', () => {
    const socket = createRig().stream();
    expect(socket.getsockopt(SOL_SOCKET, SO_LINGER)).toEqual(new Uint8Array(8));
    expect(socket.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(7))).toBe(0);
    expect(socket.getsockopt(SOL_SOCKET, SO_LINGER)).toEqual(Uint8Array.of(1, 0, 0, 0, 7, 0, 0, 0));
    expect(socket.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(null))).toBe(0);
    expect(socket.getsockopt(SOL_SOCKET, SO_LINGER)).toEqual(new Uint8Array(8));
    expect(said(socket.setsockopt(SOL_SOCKET, SO_LINGER, 1))).toBe('EINVAL');
    expect(said(socket.setsockopt(SOL_SOCKET, SO_LINGER, new Uint8Array(7)))).toBe('EINVAL');
  });

  test.each([
    ['SO_RCVTIMEO', SO_RCVTIMEO],
    ['SO_SNDTIMEO', SO_SNDTIMEO],
  ])('%s', (_name, option) => {
    const socket = createRig().stream();
    expect(socket.getsockopt(SOL_SOCKET, option)).toEqual(new Uint8Array(16));
    expect(socket.setsockopt(SOL_SOCKET, option, timeoutOption(2500.25))).toBe(0);
    expect(socket.getsockopt(SOL_SOCKET, option)).toEqual(timeoutOption(2500.25));
    const view = new DataView(timeoutOption(2500.25).buffer);
    expect([view.getInt32(0, true), view.getInt32(8, true)]).toEqual([2, 500_250]);
    expect(said(socket.setsockopt(SOL_SOCKET, option, 5))).toBe('EINVAL');
    expect(said(socket.setsockopt(SOL_SOCKET, option, new Uint8Array(15)))).toBe('EINVAL');
    view.setInt32(8, 1_000_000, true);
    expect(said(socket.setsockopt(SOL_SOCKET, option, new Uint8Array(view.buffer)))).toBe('EDOM');
    expect(socket.setsockopt(SOL_SOCKET, option, timeoutOption(0))).toBe(0);
    expect(socket.getsockopt(SOL_SOCKET, option)).toEqual(new Uint8Array(16));
  });

  test('ints may come as bytes; too few are EINVAL', () => {
    const socket = createRig().stream();
    expect(socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, Uint8Array.of(0, 1, 0, 0))).toBe(0);
    expect(socket.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).toBe(1);
    expect(said(socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, Uint8Array.of(1, 0, 0)))).toBe('EINVAL');
    // do_ip_setsockopt takes a single byte.
    expect(socket.setsockopt(SOL_IP, IP_TTL, Uint8Array.of(9))).toBe(0);
    expect(socket.getsockopt(SOL_IP, IP_TTL)).toBe(9);
    expect(said(socket.setsockopt(SOL_IP, IP_TTL, new Uint8Array(0)))).toBe('EINVAL');
  });

  test('unknown options and levels are ENOPROTOOPT', () => {
    const rig = createRig();
    const stream = rig.stream();
    const datagram = rig.datagram();
    for (const [socket, level, option] of [
      [stream, SOL_SOCKET, 9999],
      [stream, 12345, 1],
      [stream, SOL_UDP, UDP_CORK],
      [datagram, SOL_TCP, TCP_NODELAY],
      [datagram, SOL_TCP, TCP_INFO],
      [stream, SOL_TCP, 9999],
      [stream, SOL_IP, 9999],
    ] as const) {
      expect(said(socket.setsockopt(level, option, 1))).toBe('ENOPROTOOPT');
      expect(said(socket.getsockopt(level, option))).toBe('ENOPROTOOPT');
    }
  });
});

describe('ip(7)', () => {
  test('IP_TTL: 1 to 255, -1 for the default', () => {
    const socket = createRig().stream();
    const set = (value: number) => said(socket.setsockopt(SOL_IP, IP_TTL, value));
    expect([set(0), set(256), set(-2), set(255)]).toEqual(['EINVAL', 'EINVAL', 'EINVAL', 0]);
    expect(socket.getsockopt(SOL_IP, IP_TTL)).toBe(255);
    expect(set(-1)).toBe(0);
    expect(socket.getsockopt(SOL_IP, IP_TTL)).toBe(64);
  });

  test('IP_TOS: a byte; the ECN bits of a stream are not the program’s', () => {
    const rig = createRig();
    const stream = rig.stream();
    const datagram = rig.datagram();
    for (const socket of [stream, datagram]) expect(socket.setsockopt(SOL_IP, IP_TOS, 0x113)).toBe(0);
    expect(stream.getsockopt(SOL_IP, IP_TOS)).toBe(0x10);
    expect(datagram.getsockopt(SOL_IP, IP_TOS)).toBe(0x13);
  });

  test('IP_MTU_DISCOVER', () => {
    const rig = createRig();
    for (const socket of [rig.stream(), rig.datagram()]) {
      expect(socket.getsockopt(SOL_IP, IP_MTU_DISCOVER)).toBe(IP_PMTUDISC_WANT);
      expect(socket.setsockopt(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)).toBe(0);
      expect(socket.getsockopt(SOL_IP, IP_MTU_DISCOVER)).toBe(IP_PMTUDISC_DO);
      expect(endpointOf(socket).options.get('mtuDiscovery')).toBe(1);
      expect(said(socket.setsockopt(SOL_IP, IP_MTU_DISCOVER, 6))).toBe('EINVAL');
      expect(socket.setsockopt(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT)).toBe(0);
      expect(endpointOf(socket).options.get('mtuDiscovery')).toBe(socket.isStream ? 1 : 0);
    }
  });
});

describe('tcp(7)', () => {
  const ranges: readonly (readonly [string, number, number, number])[] = [
    ['TCP_MAXSEG', TCP_MAXSEG, 88, 32_767],
    ['TCP_KEEPIDLE', TCP_KEEPIDLE, 1, 32_767],
    ['TCP_KEEPINTVL', TCP_KEEPINTVL, 1, 32_767],
    ['TCP_KEEPCNT', TCP_KEEPCNT, 1, 127],
  ];
  test.each(ranges)('%s has limits', (_name, option, low, high) => {
    const socket = createRig().stream();
    for (const value of [low, high]) {
      expect(socket.setsockopt(SOL_TCP, option, value)).toBe(0);
      expect(socket.getsockopt(SOL_TCP, option)).toBe(value);
    }
    for (const value of [low - 1, high + 1, -1]) expect(said(socket.setsockopt(SOL_TCP, option, value))).toBe('EINVAL');
  });

  test('seconds of programs are milliseconds of endpoints', () => {
    const socket = createRig().stream();
    socket.setsockopt(SOL_TCP, TCP_KEEPIDLE, 30);
    expect(endpointOf(socket).options.get('keepAliveIdleMs')).toBe(30_000);
    socket.setsockopt(SOL_TCP, TCP_USER_TIMEOUT, 30);
    expect(endpointOf(socket).options.get('userTimeoutMs')).toBe(30);
    expect(said(socket.setsockopt(SOL_TCP, TCP_USER_TIMEOUT, -1))).toBe('EINVAL');
  });

  test('TCP_NODELAY, TCP_CORK, UDP_CORK', () => {
    const rig = createRig();
    const stream = rig.stream();
    for (const option of [TCP_NODELAY, TCP_CORK]) {
      expect(stream.setsockopt(SOL_TCP, option, 2)).toBe(0);
      expect(stream.getsockopt(SOL_TCP, option)).toBe(1);
    }
    const datagram = rig.datagram();
    expect(datagram.setsockopt(SOL_UDP, UDP_CORK, 1)).toBe(0);
    expect(datagram.getsockopt(SOL_UDP, UDP_CORK)).toBe(1);
  });

  test('TCP_INFO is struct tcp_info', () => {
    const rig = createRig();
    const bytes = rig.pair().client.getsockopt(SOL_TCP, TCP_INFO);
    if (typeof bytes === 'number') throw new Error(`${said(bytes)}`);
    expect(readTcpInfo(new DataView(bytes.buffer), 0)).toMatchObject({
      state: TCP_ESTABLISHED,
      caState: TCP_CA_Open,
      options: TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE,
      sndWscale: 7,
      rcvWscale: 3,
      rtoUs: 200_000,
      rttUs: 12_500,
      rttvarUs: 3000,
      sndMssBytes: 1460,
      rcvMssBytes: 1448,
      sndCwnd: 10,
      sndSsthresh: 0x7fffffff,
      unacked: 2,
      totalRetrans: 5,
      bytesSent: 5_000_000_000,
      bytesAcked: 4_999_999_000,
      bytesReceived: 17,
      segsOut: 9,
      segsIn: 8,
      pmtuBytes: 1500,
      lastDataSentMs: 40,
      lastDataRecvMs: 41,
      sndWndBytes: 65_535,
    });
  });
});

describe('ioctl', () => {
  test('FIONREAD, SIOCOUTQ, FIONBIO', () => {
    const rig = createRig();
    rig.net.acknowledges = false;
    const { client, server } = rig.pair();
    client.send(new Uint8Array(30));
    expect(server.ioctl(FIONREAD)).toBe(30);
    expect(client.ioctl(SIOCOUTQ)).toBe(30);
    expect(server.ioctl(FIONBIO, 1)).toBe(0);
    server.recv(new Uint8Array(30));
    expect(said(server.recv(new Uint8Array(1)))).toBe('EAGAIN');
    expect(server.ioctl(FIONBIO, 0)).toBe(0);
    expect(said(server.recv(new Uint8Array(1)))).toBe('PENDING');
  });
});

describe('accept', () => {
  test('takes over the options of the listener, not O_NONBLOCK', () => {
    const rig = createRig();
    const listener = rig.stream(true);
    const options: readonly (readonly [number, number, number | Uint8Array])[] = [
      [SOL_SOCKET, SO_KEEPALIVE, 1],
      [SOL_SOCKET, SO_LINGER, lingerOption(3)],
      [SOL_SOCKET, SO_RCVTIMEO, timeoutOption(100)],
      [SOL_SOCKET, SO_SNDTIMEO, timeoutOption(200)],
      [SOL_TCP, TCP_NODELAY, 1],
      [SOL_TCP, TCP_KEEPIDLE, 60],
      [SOL_IP, IP_TTL, 9],
      [SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO],
    ];
    for (const [level, option, value] of options) expect(listener.setsockopt(level, option, value)).toBe(0);
    listener.bind(name(80));
    listener.listen(2);
    for (let index = 0; index < 2; index += 1) rig.stream(true).connect(name(80));
    rig.net.run();
    const child = listener.accept() as Socket;
    for (const [level, option, value] of options) expect(child.getsockopt(level, option)).toEqual(value);
    expect(endpointOf(child).options.get('mtuDiscovery')).toBe(1);
    expect(child.nonblocking).toBe(false);
    expect((listener.accept(SOCK_NONBLOCK) as Socket).nonblocking).toBe(true);
    // What the child changes is its own.
    child.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(null));
    expect(listener.getsockopt(SOL_SOCKET, SO_LINGER)).toEqual(lingerOption(3));
  });
});

test('struct linger and struct timeval lie as the layouts of the ABI say', () => {
  const viewOf = ({ buffer }: Uint8Array<ArrayBuffer>) => new DataView(buffer);
  expect(readLinger(viewOf(lingerOption(7)), 0)).toEqual({ onOff: 1, lingerSeconds: 7 });
  expect(readLinger(viewOf(lingerOption(null)), 0)).toEqual({ onOff: 0, lingerSeconds: 0 });
  expect(readTimeval(viewOf(timeoutOption(1_234.5)), 0)).toEqual({ seconds: 1, microseconds: 234_500 });
  const socket = createRig().stream();
  const linger = new Uint8Array(8);
  writeLinger(viewOf(linger), 0, { onOff: 2, lingerSeconds: 9 });
  socket.setsockopt(SOL_SOCKET, SO_LINGER, linger);
  expect(socket.getsockopt(SOL_SOCKET, SO_LINGER)).toEqual(lingerOption(9));
  const timeval = new Uint8Array(16);
  writeTimeval(viewOf(timeval), 0, { seconds: 3, microseconds: 250_000 });
  socket.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval);
  expect(socket.getsockopt(SOL_SOCKET, SO_RCVTIMEO)).toEqual(timeval);
});

test('SO_ERROR is taken once', () => {
  const rig = createRig();
  const { client } = rig.pair();
  endpointOf(client).fail(-10);
  expect(client.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(errno.ECONNRESET);
  expect(client.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
});
