// The program that `linux-sockets.test.ts` has python3 run on the sockets of the Linux underneath, loopback alone.

/** Prints one JSON object: what Linux answered. */
export const linuxScript = String.raw`
import errno, json, os, platform, select, socket as S, struct, warnings
warnings.simplefilter('ignore')
L, L2 = '127.0.0.1', '127.0.0.2'
def said(call):
    try: result = call()
    except OSError as error: return 'EOPNOTSUPP' if error.errno == 95 else errno.errorcode[error.errno]
    return 0 if result is None else result

# Who may share a port: SO_REUSEADDR, SO_REUSEPORT, SO_BINDTODEVICE, and when the first one listens.
def share(kind, a, b, address, other, when):
    made = []
    def make(flags):
        s = S.socket(S.AF_INET, kind); made.append(s)
        if flags & 1: s.setsockopt(S.SOL_SOCKET, S.SO_REUSEADDR, 1)
        if flags & 2: s.setsockopt(S.SOL_SOCKET, S.SO_REUSEPORT, 1)
        return s
    try:
        first, second = make(a), make(b)
        first.bind((address, 0))
        if when == 1: first.listen(1)
        bound = said(lambda: second.bind((other, first.getsockname()[1])))
        if kind == S.SOCK_DGRAM or bound != 0: return bound
        if when == 2: first.listen(1)
        return 'listens ' + str(said(lambda: second.listen(1)))
    finally:
        for s in made: s.close()
places = [(L, L), ('0.0.0.0', L), (L, '0.0.0.0'), (L, L2), ('0.0.0.0', '0.0.0.0')]
sharing = [share(kind, a, b, x, y, when) for kind, whens in ((S.SOCK_STREAM, (0, 1, 2)), (S.SOCK_DGRAM, (0,)))
    for when in whens for (x, y) in places for a in range(4) for b in range(4)]

# SO_BINDTODEVICE.
def device():
    s = S.socket(S.AF_INET, S.SOCK_DGRAM)
    get = lambda: s.getsockopt(S.SOL_SOCKET, 25, 16).decode('latin1')
    set = lambda value: said(lambda: s.setsockopt(S.SOL_SOCKET, 25, value))
    out = [get(), set(b'no such one'), set(7), set(b'lo\0rubbish'), get(), set(b'lo'), set(b''), get(), set(0)]
    s.setsockopt(S.SOL_SOCKET, 25, b'lo\0')
    s.bind((L, 0)); s.settimeout(5)
    s.sendto(b'by lo', s.getsockname())
    out.append(s.recv(9).decode())
    s.close()
    return out

# SO_REUSEPORT: all of a flow goes to one socket, and no socket is left out.
def datagram_group():
    group = []
    for n in range(4):
        s = S.socket(S.AF_INET, S.SOCK_DGRAM); s.setsockopt(S.SOL_SOCKET, S.SO_REUSEPORT, 1)
        s.bind((L, group[0].getsockname()[1] if group else 0)); s.setblocking(False); group.append(s)
    got = [[] for s in group]
    clients = [S.socket(S.AF_INET, S.SOCK_DGRAM) for n in range(100)]
    for n, c in enumerate(clients):
        for again in range(3): c.sendto(bytes([n]), group[0].getsockname())
    for n, s in enumerate(group):
        try:
            while True: got[n].append(s.recv(9)[0])
        except BlockingIOError: pass
    flows = [set(each) for each in got]
    return [sum(map(len, got)), sum(map(len, flows)), all(flows)]
def listener_group():
    group = []
    for n in range(4):
        s = S.socket(); s.setsockopt(S.SOL_SOCKET, S.SO_REUSEPORT, 1)
        s.bind((L, group[0].getsockname()[1] if group else 0)); s.listen(128); s.setblocking(False); group.append(s)
    clients = [S.create_connection(group[0].getsockname()) for n in range(100)]
    counts = []
    for s in group:
        count = 0
        try:
            while True: s.accept(); count += 1
        except BlockingIOError: pass
        counts.append(count)
    return [sum(counts), all(counts)]

# recvmsg: pieces, flags, control messages and how they are cut.
def messages():
    out = []
    s = S.socket(S.AF_INET, S.SOCK_DGRAM); s.bind((L, 0)); s.settimeout(5)
    c = S.socket(S.AF_INET, S.SOCK_DGRAM)
    c.setsockopt(0, S.IP_TTL, 7); c.setsockopt(0, S.IP_TOS, 0x20)
    def one(pieces, room, flags=0, send=True):
        if send: c.sendmsg([b'on', b'', b'e dat', b'agram'], [], 0, s.getsockname())
        buffers = [bytearray(n) for n in pieces]
        count, control, got, name = s.recvmsg_into(buffers, room, flags)
        out.append([count, [b.decode() for b in buffers], got, name == c.getsockname() or name[0] == L,
            [[level, type, data.hex()] for level, type, data in control]])
    one([4, 0, 20], 0)
    one([4, 3], 0, S.MSG_PEEK)
    one([4, 3], 0, S.MSG_PEEK | S.MSG_TRUNC, False)
    one([4, 3], 0, 0, False)
    for options in ([8], [12], [13], [8, 12, 13]):
        for option in options: s.setsockopt(0, option, 1)
        for room in (0, 8, 15, 16, 17, 20, 24, 28, 31, 32, 40, 56, 72, 73, 80, 200): one([12], room)
        for option in options: s.setsockopt(0, option, 0)
    return out
def stream_messages():
    l = S.socket(); l.bind((L, 0)); l.listen(1)
    c = S.create_connection(l.getsockname()); s, _ = l.accept(); s.settimeout(5); out = []
    def one(pieces, flags=0):
        buffers = [bytearray(n) for n in pieces]
        count, control, got, name = s.recvmsg_into(buffers, 100, flags)
        out.append([count, [b.decode() for b in buffers], got & ~0x80, bool(name), len(control)])
    out.append(c.sendmsg([b'he', b'', b'llo', b' world'])); select.select([s], [], [], 5)
    one([2, 0, 5], S.MSG_PEEK); one([2, 0, 5], S.MSG_WAITALL); one([0, 0]); one([9, 9])
    c.shutdown(1); one([9, 9])
    s.setblocking(False); out.append(said(lambda: len(s.recv(1, S.MSG_DONTWAIT))))
    return out

# epoll.
def epoll_errors():
    s = S.socket(); e = select.epoll(); out = []
    out.append(said(lambda: e.register(s, 1))); out.append(said(lambda: e.register(s, 1)))
    out.append(said(lambda: e.modify(s, 4))); out.append(said(lambda: e.unregister(s)))
    out.append(said(lambda: e.modify(s, 4))); out.append(said(lambda: e.unregister(s)))
    out.append(said(lambda: e.register(e.fileno(), 1)))
    x = select.EPOLLEXCLUSIVE
    out.append(said(lambda: e.register(s, 1 | x))); out.append(said(lambda: e.modify(s, 1))); e.unregister(s)
    out.append(said(lambda: e.register(s, 2 | x)))
    e.register(s, 1); out.append(said(lambda: e.modify(s, 1 | x))); e.unregister(s)
    i = select.epoll(); out.append(said(lambda: e.register(i.fileno(), 1 | x)))
    out.append(said(lambda: e.register(i.fileno(), 1))); out.append(said(lambda: i.register(e.fileno(), 1)))
    fd = s.fileno(); s.close(); out.append(said(lambda: e.register(fd, 1)))
    return out
def epoll_depths():
    out = []
    for order in (1, -1):
        chain = [select.epoll() for n in range(7)]
        out.append([said(lambda: chain[n].register(chain[n + 1].fileno(), 1)) for n in list(range(6))[::order]])
    return out
def epoll_events():
    l = S.socket(); l.bind((L, 0)); l.listen(1)
    c = S.create_connection(l.getsockname()); s, _ = l.accept(); out = []
    sets = []
    for manner in (0, select.EPOLLET, select.EPOLLONESHOT):
        e = select.epoll(); e.register(s, 0x2001 | manner); sets.append(e)
    both = select.epoll(); both.register(s, 5 | select.EPOLLET); sets.append(both)
    outer = select.epoll(); outer.register(sets[0].fileno(), 1); sets.append(outer)
    def look():
        out.append([[events for fd, events in e.poll(0)] for e in sets])
    def come(call):
        call(); select.select([s], [], [], 5)
        import time; time.sleep(0.02)
        look()
    look(); look()
    come(lambda: c.send(b'1234')); look()
    s.recv(2); look()
    come(lambda: c.send(b'5678')); look()
    s.recv(100); look()
    sets[2].modify(s, 0x2001 | select.EPOLLONESHOT)
    come(lambda: c.send(b'9')); look()
    come(lambda: c.shutdown(1)); look()
    sets[2].modify(s, 0x2001 | select.EPOLLONESHOT); look()
    s.shutdown(1); import time; time.sleep(0.02); look(); look()
    s.close(); look()
    return out
def epoll_turns():
    e = select.epoll(); made = [S.socket(S.AF_INET, S.SOCK_DGRAM) for n in range(5)]; names = {}
    for n, s in enumerate(made): e.register(s, 4); names[s.fileno()] = n
    return [[names[fd] for fd, events in e.poll(0, 2)] for n in range(6)]
print(json.dumps({'release': platform.release(), 'sharing': sharing, 'device': device(), 'datagramGroup': datagram_group(),
  'listenerGroup': listener_group(), 'messages': messages(), 'streamMessages': stream_messages(),
  'epollErrors': epoll_errors(), 'epollDepths': epoll_depths(), 'epollEvents': epoll_events(), 'epollTurns': epoll_turns()}))
`;
