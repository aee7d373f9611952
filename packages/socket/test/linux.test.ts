// The same misuse on the sockets of the Linux underneath, through python3: the tables here are not our imagination.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { misuseRows } from './misuse-rows.js';

const script = String.raw`
import errno, json, select, socket as S, struct
L = '127.0.0.1'
kept = []
def keep(s):
    kept.append(s)
    s.setblocking(False)
    return s
def stream(): return keep(S.socket())
def datagram(): return keep(S.socket(S.AF_INET, S.SOCK_DGRAM))
def listening():
    s = stream(); s.bind((L, 0)); s.listen(1); return s
def pair():
    l = S.socket(); l.bind((L, 0)); l.listen(1)
    c = S.socket(); c.connect(l.getsockname()); a, _ = l.accept()
    kept.append(l); keep(a); return keep(c), a
def connected(): return pair()[0]
def taken():
    l = listening(); stream().bind(l.getsockname())
def sent_then_bind():
    d = datagram(); d.sendto(b'x', (L, 9)); d.bind((L, 0))
def send_shut():
    c = connected(); c.shutdown(1); return c.send(b'x', S.MSG_NOSIGNAL)
def shut_twice():
    c = connected(); c.shutdown(1); c.shutdown(1)
def peer_listening(): listening().getpeername()
def reused_name():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    def bind(family, port, address):
        s = stream()
        sockaddr = struct.pack('=HH4s8x', family, port, bytes(address))
        if libc.bind(s.fileno(), sockaddr, 16) < 0: raise OSError(ctypes.get_errno(), '')
    return bind
def disconnect():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    s = stream()
    if libc.connect(s.fileno(), struct.pack('=H14x', 0), 16) < 0: raise OSError(ctypes.get_errno(), '')
def v6_call(call, kind):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    s = keep(S.socket(S.AF_INET6, kind))
    sockaddr = struct.pack('=H', 2) + struct.pack('!H4s8x', 9, bytes([127, 0, 0, 1]))
    if getattr(libc, call)(s.fileno(), sockaddr, 16) < 0: raise OSError(ctypes.get_errno(), '')
def receive_nothing():
    # Not through python's recv, which asks nobody when there is no room.
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.recv(connected().fileno(), bytes(1), 0, 0) < 0: raise OSError(ctypes.get_errno(), '')
rows = {
 'socket: unknown family': lambda: S.socket(99, 1),
 'socket: unknown type': lambda: S.socket(2, 11),
 'socket: unknown flags': lambda: S.socket(2, 1 | 0x10000),
 'socket: type that the family lacks': lambda: S.socket(2, 5),
 'socket: protocol of another type': lambda: S.socket(2, 1, 17),
 'socket: protocol out of range': lambda: S.socket(2, 1, 300),
 'socket: negative protocol': lambda: S.socket(2, 1, -2),
 'bind: twice': lambda: listening().bind((L, 0)),
 'bind: a taken port': taken,
 'bind: an address of another host': lambda: stream().bind(('8.8.8.8', 0)),
 'bind: AF_UNSPEC with an address': lambda: reused_name()(0, 0, [127, 0, 0, 1]),
 'bind: AF_UNSPEC with any': lambda: reused_name()(0, 0, [0, 0, 0, 0]),
 'bind: after connect': lambda: connected().bind((L, 0)),
 'bind: datagram, after the first send': sent_then_bind,
 'listen: datagram': lambda: datagram().listen(1),
 'listen: connected': lambda: connected().listen(1),
 'listen: again changes the backlog': lambda: listening().listen(9),
 'listen: negative backlog is the largest': lambda: stream().listen(-1),
 'connect: connected': lambda: connected().connect((L, 9)),
 'connect: listening': lambda: listening().connect((L, 9)),
 'bind: sockaddr_in on AF_INET6': lambda: v6_call('bind', 1),
 'connect: sockaddr_in on AF_INET6': lambda: v6_call('connect', 1),
 'connect: sockaddr_in on AF_INET6, datagram': lambda: v6_call('connect', 2),
 'connect: AF_UNSPEC, not connected': disconnect,
 'accept: not listening (inet_csk_accept)': lambda: stream().accept(),
 'accept: datagram': lambda: datagram().accept(),
 'accept: nobody': lambda: listening().accept(),
 'send: never connected (sk_stream_wait_connect)': lambda: stream().send(b'x'),
 'send: listening': lambda: listening().send(b'x'),
 'send: shut down': send_shut,
 'send: datagram without a destination': lambda: datagram().send(b'x'),
 'sendto: datagram too long': lambda: datagram().sendto(bytes(65508), (L, 9)),
 'recv: never connected (tcp_recvmsg)': lambda: stream().recv(4),
 'recv: listening': lambda: listening().recv(4),
 'recv: nothing': lambda: connected().recv(4),
 'recv: no room, nothing there': receive_nothing,
 'recv: MSG_ERRQUEUE': lambda: connected().recv(4, S.MSG_ERRQUEUE),
 'recv: datagram not bound': lambda: datagram().recv(4),
 'shutdown: not connected': lambda: stream().shutdown(2),
 'shutdown: how': lambda: connected().shutdown(3),
 'shutdown: datagram without a peer': lambda: datagram().shutdown(2),
 'shutdown: twice': shut_twice,
 'getpeername: not connected': lambda: stream().getpeername(),
 'getpeername: listening': peer_listening,
}
try: keep(S.socket(S.AF_INET6, 1))
except OSError: rows = {name: call for name, call in rows.items() if 'AF_INET6' not in name}
def said(call):
    try: result = call()
    except OSError as error: return 'EOPNOTSUPP' if error.errno == 95 else errno.errorcode[error.errno]
    return result if isinstance(result, int) else 0
answers = {name: said(call) for name, call in rows.items()}
def buffers(option, value):
    s = stream(); s.setsockopt(S.SOL_SOCKET, option, value); return s.getsockopt(S.SOL_SOCKET, option)
def option(level, name, value): return said(lambda: stream().setsockopt(level, name, value))
def listener_shut():
    l = listening(); l.shutdown(1); first = said(l.accept); l.shutdown(0); return [first, said(l.accept)]
def polled(s):
    p = select.poll(); p.register(s, 0x2145); got = p.poll(0); return got[0][1] if got else 0
def poll_bits():
    c, s = pair(); bits = [polled(stream()), polled(listening()), polled(c)]
    c.send(b'x'); select.select([s], [], [], 5); bits.append(polled(s))
    c.shutdown(1); select.select([s], [], [], 5); bits.append(polled(s)); s.shutdown(1); bits.append(polled(s))
    return bits
print(json.dumps({
 'rows': answers,
 'receive': [buffers(S.SO_RCVBUF, 10000), buffers(S.SO_RCVBUF, 1)],
 'send': [buffers(S.SO_SNDBUF, 10000), buffers(S.SO_SNDBUF, 1)],
 'options': [option(1, S.SO_LINGER, bytes(7)), option(1, 20, struct.pack('qq', 0, 1000000)), option(1, 20, 5),
  option(1, S.SO_KEEPALIVE, bytes(3)), option(1, S.SO_TYPE, 1), option(1, S.SO_ERROR, 1), option(1, 9999, 1),
  option(12345, 1, 1), option(0, S.IP_TTL, 0), option(0, S.IP_TTL, 256), option(0, S.IP_TTL, -1),
  option(0, S.IP_TTL, b'\x09'), option(6, S.TCP_MAXSEG, 87), option(6, S.TCP_KEEPIDLE, 32768), option(6, S.TCP_KEEPCNT, 128),
  option(6, S.TCP_USER_TIMEOUT, -1), option(0, 10, 6), option(17, 1, 1)],
 'listener': listener_shut(),
 'poll': poll_bits(),
}))
`;

interface Answers {
  readonly rows: Readonly<Record<string, string | number>>;
  readonly receive: readonly number[];
  readonly send: readonly number[];
  readonly options: readonly (string | number)[];
  readonly listener: readonly (string | number)[];
  readonly poll: readonly number[];
}

function ask(): Answers | string {
  if (process.platform !== 'linux') return `the host is ${process.platform}, not Linux`;
  const { error, status, stdout, stderr } = spawnSync('python3', ['-c', script], { encoding: 'utf8', timeout: 20_000 });
  if (error !== undefined) return `python3: ${error.message}`;
  return status === 0 ? (JSON.parse(stdout) as Answers) : `python3: ${stderr}`;
}

const answers = ask();
if (typeof answers === 'string') console.log(`socket: not compared with the sockets of Linux: ${answers}`);

describe.skipIf(typeof answers === 'string')('the sockets of Linux', () => {
  const linux = answers as Answers;

  test('answer misuse as our table says', () => {
    const expected = misuseRows.filter(([what]) => what in linux.rows).map(([what, , said]) => [what, said]);
    expect(expected.length).toBe(Object.keys(linux.rows).length);
    expect(linux.rows).toEqual(Object.fromEntries(expected));
  });

  test('double what SO_RCVBUF and SO_SNDBUF ask for, and have their smallest', () => {
    expect(linux.receive).toEqual([20_000, 2304]);
    expect(linux.send).toEqual([20_000, 4608]);
  });

  test('refuse values of options as ours do', () => {
    expect(linux.options).toEqual([
      ...['EINVAL', 'EDOM', 'EINVAL', 'EINVAL', 'ENOPROTOOPT', 'ENOPROTOOPT', 'ENOPROTOOPT'],
      ...['ENOPROTOOPT', 'EINVAL', 'EINVAL', 0],
      ...[0, 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'ENOPROTOOPT'],
    ]);
  });

  test('end a listener by SHUT_RD alone', () => {
    expect(linux.listener).toEqual(['EAGAIN', 'EINVAL']);
  });

  test('say the same poll bits', () => {
    const [input, output, hangup, readHangup] = [0x41, 0x104, 0x10, 0x2000];
    expect(linux.poll).toEqual([
      output | hangup,
      0,
      output,
      input | output,
      input | output | readHangup,
      input | output | readHangup | hangup,
    ]);
  });
});
