import {
  linuxProfile,
  systemCallSignatures,
  writeEpollEvent,
  writeIovec,
  writeMsghdr,
  writePollfd,
  writeTimespec,
} from '@synos/abi';
import { expect, test } from 'vitest';
import { type Answer, createDispatcher, createTrace, type Handlers, park, unanswered } from '../src/index.js';
import { createFrame, FakeMemory, fill } from './fake-process.js';

type Name = keyof typeof linuxProfile.numbers;

/** Traces one call that answers as told, and answers its lines. */
function traced(
  name: Name,
  values: readonly number[],
  answer: Answer | (() => Answer),
  memory = new FakeMemory(),
): string[] {
  const lines: string[] = [];
  const handlers = { [name]: typeof answer === 'function' ? answer : () => answer };
  const { dispatch } = createDispatcher<{ memory: FakeMemory }, typeof systemCallSignatures>({
    profile: linuxProfile,
    signatures: systemCallSignatures,
    handlers: handlers as Handlers<{ memory: FakeMemory }, typeof systemCallSignatures>,
    observer: createTrace((line) => lines.push(line), { resultColumn: 0 }),
  });
  const frame = createFrame(256);
  fill(frame, linuxProfile.numbers[name], ...values);
  dispatch(frame, { memory });
  return lines;
}

const inet = [2, 0, 0, 80, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const at = 0x1100;

const withBytes = (content: string | ArrayLike<number>) => {
  const memory = new FakeMemory();
  memory.put(at, content);
  return memory;
};

test.each<[Name, number[], number, string | ArrayLike<number>, string]>([
  [
    'connect',
    [3, at, 16],
    -111,
    inet,
    'connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)',
  ],
  [
    'connect',
    [3, at, 28],
    0,
    [10, 0, 1, 2, 0, 0, 0, 0, ...Array(15).fill(0), 1, 5, 0, 0, 0],
    'connect(3, {sa_family=AF_INET6, sin6_port=htons(258), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=5}, 28) = 0',
  ],
  [
    'bind',
    [3, at, 110],
    -98,
    '\x01\0/run/x\0',
    'bind(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = -1 EADDRINUSE (Address already in use)',
  ],
  ['bind', [3, 5, 16], -14, '', 'bind(3, 0x5, 16) = -1 EFAULT (Bad address)'],
  ['bind', [3, 0, 16], -14, '', 'bind(3, NULL, 16) = -1 EFAULT (Bad address)'],
  ['socket', [2, 0o2004001, 6], 3, '', 'socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP) = 3'],
  [
    'socket',
    [99, 2, 0],
    -97,
    '',
    'socket(0x63 /* AF_??? */, SOCK_DGRAM, 0) = -1 EAFNOSUPPORT (Address family not supported by protocol)',
  ],
  [
    'mmap',
    [0, 4096, 3, 0x22, -1, 0],
    0x7fff_0000_1000,
    '',
    'mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fff00001000',
  ],
  [
    'mmap',
    [0x1000, 1, 0, 0x12, 3, -4096],
    -22,
    '',
    'mmap(0x1000, 1, PROT_NONE, MAP_PRIVATE|MAP_FIXED, 3, 0xfffffffffffff000) = -1 EINVAL (Invalid argument)',
  ],
  ['write', [1, at, 6], 6, 'a"\\\n\x01z', 'write(1, "a\\"\\\\\\n\\1z", 6) = 6'],
  ['write', [1, at, 2], 2, '\x011', 'write(1, "\\0011", 2) = 2'],
  ['write', [1, at, 32], 32, 'x'.repeat(40), `write(1, "${'x'.repeat(32)}", 32) = 32`],
  ['write', [1, at, 33], 33, 'x'.repeat(40), `write(1, "${'x'.repeat(32)}"..., 33) = 33`],
  ['read', [0, at, 100], 3, 'abcdef', 'read(0, "abc", 100) = 3'],
  ['read', [0, at, 100], -9, 'abcdef', 'read(0, 0x1100, 100) = -1 EBADF (Bad file descriptor)'],
  ['sendto', [3, at, 2, 0x4040, 0, 0], 2, 'hi', 'sendto(3, "hi", 2, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = 2'],
  ['openat', [-100, at, 0o2000000], 3, '/etc/hosts\0', 'openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3'],
  ['open', [at, 0o1101, 0o644], 3, 'f\0', 'open("f", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3'],
  ['fcntl', [3, 3, 77], 0x802, '', 'fcntl(3, F_GETFL) = 0x802'],
  ['fcntl', [3, 4, 0o4002], 0, '', 'fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0'],
  ['pipe2', [at, 0o2000000], 0, [3, 0, 0, 0, 4, 0, 0, 0], 'pipe2([3, 4], O_CLOEXEC) = 0'],
  ['kill', [5, 15], 0, '', 'kill(5, SIGTERM) = 0'],
  ['kill', [5, 34], 0, '', 'kill(5, SIGRT_2) = 0'],
  ['setsockopt', [3, 1, 2, at, 4], 0, [1, 0, 0, 0], 'setsockopt(3, SOL_SOCKET, 2, [1], 4) = 0'],
  ['shutdown', [3, 1], 0, '', 'shutdown(3, SHUT_WR) = 0'],
  ['brk', [0], 0x5000, '', 'brk(NULL) = 0x5000'],
  ['getpid', [], 7, '', 'getpid() = 7'],
  ['lseek', [3, -1, 2], -22, '', 'lseek(3, -1, SEEK_END) = -1 EINVAL (Invalid argument)'],
  ['lseek', [3, -(2 ** 63), 0], -22, '', 'lseek(3, -9223372036854775808, SEEK_SET) = -1 EINVAL (Invalid argument)'],
  ['open', [at, 0o20200002, 0o600], 3, 'f\0', 'open("f", O_RDWR|O_TMPFILE, 0600) = 3'],
  ['open', [at, 0o200000, 0o600], 3, 'f\0', 'open("f", O_RDONLY|O_DIRECTORY) = 3'],
  ['open', [at, 0o100, 0], 3, 'f\0', 'open("f", O_RDONLY|O_CREAT, 000) = 3'],
  ['fcntl', [3, 1, 77], 1, '', 'fcntl(3, F_GETFD) = 1'],
  ['fcntl', [3, 3, 77], 0, '', 'fcntl(3, F_GETFL) = 0'],
  ['fcntl', [3, 2, 2 ** 33], 0, '', 'fcntl(3, F_SETFD, 0x200000000) = 0'],
  ['socket', [10, 1, 6], 3, '', 'socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3'],
  ['read', [0, at, -1], -14, '', 'read(0, 0x1100, 18446744073709551615) = -1 EFAULT (Bad address)'],
  ['read', [0, at, 2], 3, 'abc', 'read(0, "ab", 2) = 3'],
  ['write', [1, at, 2], 2, '\x019', 'write(1, "\\0019", 2) = 2'],
  ['writev', [1, at, -1], -22, '', 'writev(1, [], -1) = -1 EINVAL (Invalid argument)'],
  [
    'readv',
    [1, at, 1],
    -9,
    [5, ...Array(7).fill(0), 6],
    'readv(1, [{iov_base=0x5, iov_len=6}], 1) = -1 EBADF (Bad file descriptor)',
  ],
  ['getsockopt', [3, 1, 2, at, at + 8], 0, [7, 0, 0, 0, 0, 0, 0, 0, 4], 'getsockopt(3, SOL_SOCKET, 2, [7], [4]) = 0'],
  ['kill', [5, 64], 0, '', 'kill(5, SIGRT_32) = 0'],
  ['kill', [5, 65], -22, '', 'kill(5, 65) = -1 EINVAL (Invalid argument)'],
  ['bind', [3, at, 1], -22, [2], 'bind(3, 0x1100, 1) = -1 EINVAL (Invalid argument)'],
  ['bind', [3, at, 2], 0, [1], 'bind(3, {sa_family=AF_UNIX}, 2) = 0'],
  ['bind', [3, at, 5], 0, '\x01\0abc', 'bind(3, {sa_family=AF_UNIX, sun_path="abc"}, 5) = 0'],
  ['brk', [0], 0, '', 'brk(NULL) = 0'],
  ['getpid', [], -4000, '', 'getpid() = -1 (errno 4000)'],
  ['getpid', [], -4096, '', 'getpid() = -4096'],
])('%s%j = %i', (name, values, answer, content, line) => {
  expect(traced(name, values, answer, withBytes(content))).toEqual([line]);
});

test('getsockname: the room and the true length', () => {
  const memory = withBytes(inet);
  memory.view.setInt32(0, 128, true);
  const write = (length: number) => () => {
    memory.view.setInt32(0, length, true);
    return 0;
  };
  const name = '{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}';
  expect(traced('getsockname', [3, at, 0x1000], write(16), memory)).toEqual([
    `getsockname(3, ${name}, [128 => 16]) = 0`,
  ]);
  expect(traced('getsockname', [3, at, 0x1000], write(16), memory)).toEqual([`getsockname(3, ${name}, [16]) = 0`]);
  expect(traced('getsockname', [3, at, 0x1000], -9, memory)).toEqual([
    'getsockname(3, 0x1100, [16]) = -1 EBADF (Bad file descriptor)',
  ]);
  expect(traced('accept', [3, 0, 0], 4, memory)).toEqual(['accept(3, NULL, NULL) = 4']);
});

test('getsockname: no more of an address than there was room for; a length that cannot be read', () => {
  const memory = withBytes(inet);
  const answer = (result: number) => () => {
    memory.view.setInt32(0, 16, true);
    return result;
  };
  memory.view.setInt32(0, 4, true);
  expect(traced('getsockname', [3, at, 0x1000], answer(0), memory)).toEqual([
    'getsockname(3, {sa_family=AF_INET, sa_data="\\0P"}, [4 => 16]) = 0',
  ]);
  memory.view.setInt32(0, 4, true);
  expect(traced('getsockname', [3, at, 0x1000], answer(-22), memory)).toEqual([
    'getsockname(3, 0x1100, [4]) = -1 EINVAL (Invalid argument)',
  ]);
  expect(traced('getsockname', [3, at, 5], 0, memory)).toEqual(['getsockname(3, 0x1100, 0x5) = 0']);
});

test('getsockopt: as much of a value as was written', () => {
  const memory = withBytes('abcdefgh');
  memory.view.setInt32(0, 8, true);
  const answer = () => {
    memory.view.setInt32(0, 2, true);
    return 0;
  };
  expect(traced('getsockopt', [3, 1, 2, at, 0x1000], answer, memory)).toEqual([
    'getsockopt(3, SOL_SOCKET, 2, "ab", [8 => 2]) = 0',
  ]);
});

test.each([
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 10, 0, 0, 1], '::1:ffff:a00:1'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1], '::ffff:10.0.0.1'],
  [[0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4], '1::2:0:0:3:4'],
  [[0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7], '1:0:2:3:4:5:6:7'],
])('an IPv6 address without a scope: %j', (address, text) => {
  const memory = withBytes([10, 0, 0, 80, 0, 0, 0, 0, ...address]);
  const name = `inet_pton(AF_INET6, "${text}", &sin6_addr)`;
  expect(traced('connect', [3, at, 24], 0, memory)).toEqual([
    `connect(3, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), ${name}}, 24) = 0`,
  ]);
});

test('control messages; a name that is cut; a message that failed', () => {
  const memory = new FakeMemory();
  const header = {
    name: 0,
    nameLengthBytes: 0,
    iov: 0x1000,
    iovCount: 0,
    control: 0x1200,
    controlLengthBytes: 0,
    flags: 0,
  };
  const text = (controlLengthBytes: number): string => {
    writeMsghdr(memory.view, 0x100, { ...header, controlLengthBytes });
    return traced('sendmsg', [3, 0x1100, 0], 0, memory)[0]!;
  };
  expect(text(0)).toContain('msg_iovlen=0, msg_controllen=0,');
  const put = (offset: number, dataBytes: number) => {
    memory.view.setInt32(offset, 16 + dataBytes, true);
    memory.view.setInt32(offset + 8, 1, true);
    memory.view.setInt32(offset + 12, 1, true);
    memory.bytes.fill(0x78, offset + 16, offset + 16 + dataBytes);
  };
  const head = (length: number): string => `{cmsg_len=${length}, cmsg_level=SOL_SOCKET, cmsg_type=0x1`;
  put(0x200, 32);
  put(0x230, 33);
  const data = 'x'.repeat(32);
  expect(text(0x61)).toContain(
    `msg_control=[${head(48)}, cmsg_data="${data}"}, ${head(49)}, cmsg_data="${data}"...}], msg_controllen=97,`,
  );
  memory.bytes.fill(0, 0x200);
  for (let index = 0; index < 40; index++) put(0x200 + 16 * index, 0);
  expect(text(40 * 16).split('cmsg_len').length - 1).toBe(32);
  expect(traced('recvmsg', [3, 0x1100, 0], -9, memory)).toEqual([
    'recvmsg(3, 0x1100, 0) = -1 EBADF (Bad file descriptor)',
  ]);
  memory.put(0x1400, inet);
  writeMsghdr(memory.view, 0x100, { ...header, name: 0x1400, nameLengthBytes: 4 });
  const answer = () => {
    memory.view.setInt32(0x108, 16, true);
    return 0;
  };
  expect(traced('recvmsg', [3, 0x1100, 0], answer, memory)[0]).toContain(
    'msg_name={sa_family=AF_INET, sa_data="\\0P"}, msg_namelen=4 => 16,',
  );
});

test('poll: what is negative has no events, and the first 1,024 are looked at', () => {
  const memory = new FakeMemory(8192);
  for (let index = 0; index < 1024; index++) writePollfd(memory.view, 8 * index, { fd: -1, events: 1, revents: 1 });
  writePollfd(memory.view, 8 * 1023, { fd: 9, events: 1, revents: 1 });
  expect(traced('poll', [0x1000, 2000, 0], 1, memory)[0]).toMatch(
    /, \.\.\.\], 2000, 0\) = 1 \(\[\{fd=9, revents=POLLIN\}\]\)$/,
  );
});

test('iovecs and messages', () => {
  const memory = withBytes('abcdef');
  writeIovec(memory.view, 0, { base: at, lengthBytes: 2 });
  writeIovec(memory.view, 16, { base: at + 2, lengthBytes: 4 });
  expect(traced('writev', [1, 0x1000, 2], 6, memory)).toEqual([
    'writev(1, [{iov_base="ab", iov_len=2}, {iov_base="cdef", iov_len=4}], 2) = 6',
  ]);
  expect(traced('readv', [1, 0x1000, 2], 3, memory)).toEqual([
    'readv(1, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=4}], 2) = 3',
  ]);
  memory.put(0x1200, inet);
  const header = {
    name: 0x1200,
    nameLengthBytes: 16,
    iov: 0x1000,
    iovCount: 1,
    control: 0,
    controlLengthBytes: 0,
    flags: 0,
  };
  writeMsghdr(memory.view, 0x300, header);
  const name = '{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}';
  const rest = 'msg_iov=[{iov_base="ab", iov_len=2}], msg_iovlen=1, msg_controllen=0, msg_flags=0}';
  expect(traced('sendmsg', [3, 0x1300, 0], 2, memory)).toEqual([
    `sendmsg(3, {msg_name=${name}, msg_namelen=16, ${rest}, 0) = 2`,
  ]);
  memory.view.setInt32(0x308, 128, true);
  const answer = () => {
    memory.view.setInt32(0x308, 16, true);
    return 2;
  };
  expect(traced('recvmsg', [3, 0x1300, 0], answer, memory)).toEqual([
    `recvmsg(3, {msg_name=${name}, msg_namelen=128 => 16, ${rest}, 0) = 2`,
  ]);
});

test('poll, epoll, times', () => {
  const memory = new FakeMemory();
  writePollfd(memory.view, 0, { fd: 3, events: 5, revents: 0 });
  writePollfd(memory.view, 8, { fd: -1, events: 1, revents: 0 });
  const asked = 'poll([{fd=3, events=POLLIN|POLLOUT}, {fd=-1}], 2, 100)';
  expect(traced('poll', [0x1000, 2, 100], 0, memory)).toEqual([`${asked} = 0 (Timeout)`]);
  const ready = () => {
    memory.view.setInt16(6, 4, true);
    return 1;
  };
  expect(traced('poll', [0x1000, 2, 100], ready, memory)).toEqual([`${asked} = 1 ([{fd=3, revents=POLLOUT}])`]);
  writeEpollEvent(memory.view, 0, { events: 0x8000_0001, dataLow: 7, dataHigh: 1 });
  const event = '{events=EPOLLIN|EPOLLET, data={u32=7, u64=4294967303}}';
  expect(traced('epoll_ctl', [4, 1, 3, 0x1000], 0, memory)).toEqual([`epoll_ctl(4, EPOLL_CTL_ADD, 3, ${event}) = 0`]);
  expect(traced('epoll_wait', [4, 0x1000, 9, -1], 1, memory)).toEqual([`epoll_wait(4, [${event}], 9, -1) = 1`]);
  writeTimespec(memory.view, 0, { seconds: 1, nanoseconds: 5 });
  expect(traced('clock_gettime', [1, 0x1000], 0, memory)).toEqual([
    'clock_gettime(CLOCK_MONOTONIC, {tv_sec=1, tv_nsec=5}) = 0',
  ]);
});

test('execve: arguments as strings, the environment counted', () => {
  const memory = new FakeMemory();
  memory.put(at, '/bin/sh\0');
  memory.view.setBigUint64(0, BigInt(at), true);
  expect(traced('execve', [at, 0x1000, 0x1000], 0, memory)).toEqual([
    'execve("/bin/sh", ["/bin/sh"], 0x1000 /* 1 var */) = 0',
  ]);
});

test('execve: 32 arguments are shown, and more variables are counted', () => {
  const memory = new FakeMemory(16_384);
  memory.put(at, 'a\0');
  for (let index = 0; index < 1023; index++) memory.view.setBigUint64(0x1000 + 8 * index, BigInt(at), true);
  const shown = Array(32).fill('"a"').join(', ');
  expect(traced('execve', [at, 0x2000, 0x2000], 0, memory)).toEqual([
    `execve("a", [${shown}, ...], 0x2000 /* 1023 vars */) = 0`,
  ]);
});

test('a number that the table has not; a call without an answer', () => {
  const lines: string[] = [];
  const { dispatch } = createDispatcher({
    profile: linuxProfile,
    signatures: systemCallSignatures,
    handlers: { exit_group: () => unanswered },
    observer: createTrace((line) => lines.push(line)),
  });
  const caller = { memory: new FakeMemory() };
  const frame = createFrame(256);
  fill(frame, 9999, 1, 2, 3, 4, 5, -1);
  dispatch(frame, caller);
  fill(frame, 231, 3);
  dispatch(frame, caller);
  expect(lines).toEqual([
    'syscall_0x270f(0x1, 0x2, 0x3, 0x4, 0x5, 0xffffffffffffffff) = -1 ENOSYS (Function not implemented)',
    'exit_group(3)                           = ?',
  ]);
});

test('a parked call: two lines, and what the call fills is read when it is over', () => {
  const lines: string[] = [];
  let call = park({ cancel: () => undefined });
  const memory = new FakeMemory();
  const { dispatch } = createDispatcher<{ memory: FakeMemory }, typeof systemCallSignatures>({
    profile: linuxProfile,
    signatures: systemCallSignatures,
    handlers: { read: () => call, connect: () => call },
    observer: createTrace((line) => lines.push(line), { prefix: () => '[pid 7] ', resultColumn: 0 }),
  });
  const frame = createFrame(256);
  fill(frame, 0, 3, at, 10);
  dispatch(frame, { memory });
  expect(lines).toEqual(['[pid 7] read(3,  <unfinished ...>']);
  memory.put(at, 'late');
  fill(frame, 60, 1, 1, 1);
  call.complete(4);
  call = park({ cancel: () => undefined });
  memory.put(at, inet);
  fill(frame, 42, 3, at, 16);
  dispatch(frame, { memory });
  call.cancel('signal');
  call = park({ cancel: () => undefined });
  fill(frame, 0, 3, at, 10);
  dispatch(frame, { memory });
  const copies = memory.copies;
  call.cancel('death');
  expect(memory.copies).toBe(copies);
  expect(lines.slice(1)).toEqual([
    '[pid 7] <... read resumed>"late", 10) = 4',
    '[pid 7] connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}, 16 <unfinished ...>',
    '[pid 7] <... connect resumed>) = -1 EINTR (Interrupted system call)',
    '[pid 7] read(3,  <unfinished ...>',
    '[pid 7] <... read resumed> <unfinished ...>) = ?',
  ]);
});

test('who is not wanted is not traced', () => {
  const lines: string[] = [];
  const { dispatch } = createDispatcher<{ memory: FakeMemory; id: number }, typeof systemCallSignatures>({
    profile: linuxProfile,
    signatures: systemCallSignatures,
    handlers: { getpid: ({ id }) => id },
    observer: createTrace((line) => lines.push(line), { wants: ({ id }) => id === 2, prefix: ({ id }) => `${id}: ` }),
  });
  for (const id of [1, 2, 3]) {
    const frame = createFrame(256);
    fill(frame, 39);
    dispatch(frame, { memory: new FakeMemory(), id });
  }
  expect(lines).toEqual(['2: getpid()                             = 2']);
});
