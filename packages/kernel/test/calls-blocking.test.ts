// Calls that wait: answered later, ended by a signal, by death, by a time, and with their descriptor closed meanwhile.
import {
  EAGAIN,
  EINTR,
  F_GETFL,
  lingerLayout,
  MSG_DONTWAIT,
  MSG_WAITALL,
  O_NONBLOCK,
  POLLIN,
  SO_LINGER,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOL_SOCKET,
  writeLinger,
} from '@synos/abi';
import { timeoutOption } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { connectedPair, datagramPair, FilesRig, nothing, type Program, STREAM, said } from './files-rig.js';

interface Waiting {
  /** The descriptor that is waited on. */
  readonly fd: number;
  readonly call: readonly [name: string, ...values: number[]];
  /** Makes it go on. */
  readonly wake: () => void;
  readonly answer: number;
  /** Looked at when it has been answered. */
  readonly check?: () => void;
  /** What a signal makes of it, where it is not EINTR. */
  readonly interrupted?: number;
  /** Which option gives it a time. */
  readonly timeout?: number;
}
type Setup = (program: Program, rig: FilesRig) => Waiting;

/** Fills a connection until nothing more is taken, and answers how much that was. */
function fill(program: Program, fd: number): number {
  const at = program.room(0x8000);
  let total = 0;
  for (;;) {
    const count = program.call('send', fd, at, 0x8000, MSG_DONTWAIT);
    if (count === -EAGAIN) return total;
    total += count;
  }
}

/** Takes all that there is. */
function drain(program: Program, fd: number): number {
  const at = program.room(0x8000);
  let total = 0;
  for (;;) {
    const count = program.call('recv', fd, at, 0x8000, MSG_DONTWAIT);
    program.rig.settle();
    if (count <= 0) return total;
    total += count;
  }
}

function receiving(
  call: (program: Program, fd: number, into: number) => readonly [name: string, ...values: number[]],
): Setup {
  return (program) => {
    const { client, server } = connectedPair(program);
    const into = program.room(16);
    return {
      fd: server,
      call: call(program, server, into),
      wake: () => expect(program.call('send', client, program.put('hello'), 5, 0)).toBe(5),
      answer: 5,
      check: () => expect(program.string(into, 5)).toBe('hello'),
      timeout: SO_RCVTIMEO,
    };
  };
}

function sending(
  call: (program: Program, fd: number, from: number) => readonly [name: string, ...values: number[]],
): Setup {
  return (program) => {
    const { client, server } = connectedPair(program);
    fill(program, client);
    const from = program.put('some bytes');
    return {
      fd: client,
      call: call(program, client, from),
      wake: () => expect(drain(program, server)).toBeGreaterThan(0),
      answer: 10,
      timeout: SO_SNDTIMEO,
    };
  };
}

function polling(call: (program: Program, pollfds: number) => readonly [name: string, ...values: number[]]): Setup {
  return (program) => {
    const { client, server } = connectedPair(program);
    const pollfds = program.put(new Uint8Array(Int32Array.of(server, POLLIN, -1, POLLIN).buffer));
    return {
      fd: server,
      call: call(program, pollfds),
      wake: () => program.call('send', client, program.put('x'), 1, 0),
      answer: 1,
      check: () => expect(program.intAt(pollfds + 4)).toBe(POLLIN | (POLLIN << 16)),
    };
  };
}

function epolling(call: (program: Program, fd: number, into: number) => readonly [string, ...number[]]): Setup {
  return (program) => {
    const { client, server } = connectedPair(program);
    const epoll = program.call('epoll_create1', 0);
    const event = program.put([1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 255]);
    expect(program.call('epoll_ctl', epoll, 1, server, event)).toBe(0);
    const into = program.room(48);
    return {
      fd: epoll,
      call: call(program, epoll, into),
      wake: () => program.call('send', client, program.put('x'), 1, 0),
      answer: 1,
      check: () => expect([...program.bytes(into, 12)]).toEqual([1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 255]),
    };
  };
}

const setups: Readonly<Record<string, Setup>> = {
  recv: receiving((_program, fd, into) => ['recv', fd, into, 16, 0]),
  recvfrom: receiving((program, fd, into) => ['recvfrom', fd, into, 16, 0, program.room(16), program.int(16)]),
  read: receiving((_program, fd, into) => ['read', fd, into, 16]),
  readv: receiving((program, fd, into) => ['readv', fd, program.words(into, 2, into + 2, 14), 2]),
  recvmsg: receiving((program, fd, into) => [
    'recvmsg',
    fd,
    program.words(0, 0, program.words(into, 16), 1, 0, 0, 0),
    0,
  ]),
  'recv of a datagram': (program) => {
    const { a, b } = datagramPair(program);
    const [into, from, length] = [program.room(16), program.room(16), program.int(16)];
    return {
      fd: b,
      call: ['recvfrom', b, into, 16, 0, from, length],
      wake: () => expect(program.call('write', a, program.put('hello'), 5)).toBe(5),
      answer: 5,
      check: () => {
        expect(program.string(into, 5)).toBe('hello');
        expect([...program.bytes(from, 8)]).toEqual([2, 0, 0, 90, 127, 0, 0, 1]);
        expect(program.intAt(length)).toBe(16);
      },
      timeout: SO_RCVTIMEO,
    };
  },
  'recv with MSG_WAITALL, some of it there': (program) => {
    const { client, server } = connectedPair(program);
    const into = program.room(16);
    program.call('send', client, program.put('abc'), 3, 0);
    return {
      fd: server,
      call: ['recv', server, into, 6, MSG_WAITALL],
      wake: () => program.call('send', client, program.put('defgh'), 5, 0),
      answer: 6,
      check: () => expect(program.string(into, 6)).toBe('abcdef'),
      interrupted: 3,
      timeout: SO_RCVTIMEO,
    };
  },
  send: sending((_program, fd, from) => ['send', fd, from, 10, 0]),
  sendto: sending((_program, fd, from) => ['sendto', fd, from, 10, 0, 0, 0]),
  write: sending((_program, fd, from) => ['write', fd, from, 10]),
  writev: sending((program, fd, from) => ['writev', fd, program.words(from, 3, from + 3, 7), 2]),
  sendmsg: sending((program, fd, from) => ['sendmsg', fd, program.words(0, 0, program.words(from, 10), 1, 0, 0, 0), 0]),
  accept: (program) => {
    const listener = program.call('socket', 2, STREAM, 0);
    program.call('bind', listener, program.name(80), 16);
    program.call('listen', listener, 4);
    const [from, length] = [program.room(16), program.int(16)];
    return {
      fd: listener,
      call: ['accept', listener, from, length],
      wake: () => {
        const client = program.call('socket', 2, STREAM | 0o4000, 0);
        program.start('connect', client, program.name(80), 16);
      },
      answer: 5,
      check: () => expect([...program.bytes(from, 2), ...program.bytes(from + 4, 4)]).toEqual([2, 0, 127, 0, 0, 1]),
      timeout: SO_RCVTIMEO,
    };
  },
  poll: polling((_program, pollfds) => ['poll', pollfds, 2, -1]),
  'poll with a time': polling((_program, pollfds) => ['poll', pollfds, 2, 60_000]),
  ppoll: polling((_program, pollfds) => ['ppoll', pollfds, 2, 0, 0, 0]),
  epoll_wait: epolling((_program, fd, into) => ['epoll_wait', fd, into, 4, -1]),
  'epoll_wait with a time': epolling((_program, fd, into) => ['epoll_wait', fd, into, 4, 60_000]),
  epoll_pwait: epolling((_program, fd, into) => ['epoll_pwait', fd, into, 4, -1, 0, 0]),
  'read of the console': (program, rig) => {
    const into = program.room(16);
    return {
      fd: 0,
      call: ['read', 0, into, 16],
      wake: () => rig.console.type('hello'),
      answer: 5,
      check: () => expect(program.string(into, 5)).toBe('hello'),
    };
  },
  'poll of the console': (program, rig) => ({
    fd: 0,
    call: ['poll', program.put([0, 0, 0, 0, 1, 0, 0, 0]), 1, -1],
    wake: () => rig.console.type('x'),
    answer: 1,
  }),
  'write of the console': (program, rig) => {
    rig.console.room = 4;
    return {
      fd: 1,
      call: ['write', 1, program.put('some bytes'), 10],
      wake: () => {
        rig.console.room = 100;
        rig.advance(10);
      },
      answer: 10,
      check: () => expect(rig.console.text).toBe('some bytes'),
      interrupted: 4,
    };
  },
};

function begin(setup: Setup) {
  const rig = new FilesRig();
  const program = rig.program();
  const waiting = setup(program, rig);
  return { rig, program, waiting };
}

describe.each(Object.entries(setups))('%s', (_name, setup) => {
  test('is answered when it can go on', () => {
    const { rig, program, waiting } = begin(setup);
    const call = program.park(...waiting.call);
    waiting.wake();
    rig.settle();
    expect(call.answer).toBe(waiting.answer);
    waiting.check?.();
    program.die();
    rig.settle();
    expect(rig.census()).toEqual(nothing);
  });

  test('ends with a signal, and takes nothing', () => {
    const { rig, program, waiting } = begin(setup);
    const call = program.park(...waiting.call);
    call.cancel('signal');
    expect(call.answer).toBe(waiting.interrupted ?? -EINTR);
    expect(rig.census()).toMatchObject({ deadlines: 0, timers: 0 });
    // What comes now is the next call's.
    waiting.wake();
    rig.settle();
    if (waiting.interrupted === undefined) expect(said(program.call(...waiting.call))).toBe(waiting.answer);
    program.die();
    rig.settle();
    expect(rig.census()).toEqual(nothing);
  });

  test('ends with its thread, and leaves nothing behind', () => {
    const { rig, program, waiting } = begin(setup);
    const call = program.park(...waiting.call);
    const before = rig.files.openFiles;
    program.die(call);
    expect(call.answer).toBeNull();
    expect(before).toBeGreaterThan(0);
    rig.settle();
    expect(rig.census()).toEqual(nothing);
  });

  test('goes on though its descriptor is closed: it holds the description', () => {
    const { rig, program, waiting } = begin(setup);
    const call = program.park(...waiting.call);
    const { descriptors } = program.thread.process;
    expect(descriptors.close(waiting.fd)).toBe(0);
    waiting.wake();
    rig.settle();
    expect(call.answer).not.toBeNull();
    expect(call.answer).toBeGreaterThan(0);
    program.die();
    rig.settle();
    expect(rig.census()).toEqual(nothing);
  });
});

const timed = Object.entries(setups).filter(([, setup]) => begin(setup).waiting.timeout !== undefined);

test.each(timed)('%s: SO_RCVTIMEO or SO_SNDTIMEO ends it', (_name, setup) => {
  const { rig, program, waiting } = begin(setup);
  const option = program.put(timeoutOption(250));
  expect(program.call('setsockopt', waiting.fd, SOL_SOCKET, waiting.timeout!, option, 16)).toBe(0);
  const call = program.park(...waiting.call);
  rig.advance(249);
  expect(call.isOver).toBe(false);
  rig.advance(1);
  expect(call.answer).toBe(waiting.interrupted ?? -EAGAIN);
  program.die();
  rig.settle();
  expect(rig.census()).toEqual(nothing);
});

test('a stream takes more than its buffer: the call is answered when all of it is taken', () => {
  const rig = new FilesRig();
  const program = rig.program();
  const { client, server } = connectedPair(program);
  const capacity = fill(program, client);
  drain(program, server);
  // The same memory again and again: much more than goes in at once.
  const from = program.put(Uint8Array.from({ length: 0x4000 }, (_, at) => at & 0xff));
  const pieces = Math.ceil((3 * capacity) / 0x4000);
  expect(pieces).toBeLessThan(1024);
  const iov = program.words(...Array.from({ length: pieces }, () => [from, 0x4000]).flat());
  const call = program.park('writev', client, iov, pieces);
  let received = 0;
  const into = program.room(0x4000);
  while (received < pieces * 0x4000) {
    expect(call.isOver).toBe(received + capacity >= pieces * 0x4000 && call.isOver);
    const count = program.call('recv', server, into, 0x3fff, 0);
    expect(program.bytes(into, 1)[0]).toBe(received & 0xff);
    received += count;
    rig.settle();
  }
  expect(call.answer).toBe(pieces * 0x4000);
});

test('a signal in the middle of a long write answers what is gone', () => {
  const rig = new FilesRig();
  const program = rig.program();
  const { client, server } = connectedPair(program);
  const capacity = fill(program, client);
  drain(program, server);
  const from = program.room(0x4000);
  const pieces = Math.ceil((3 * capacity) / 0x4000);
  const iov = program.words(...Array.from({ length: pieces }, () => [from, 0x4000]).flat());
  const call = program.park('writev', client, iov, pieces);
  call.cancel('signal');
  expect(call.answer).toBeGreaterThan(0);
  expect(drain(program, server)).toBe(call.answer);
});

test('poll and epoll_wait end with their time, and answer 0', () => {
  const rig = new FilesRig();
  const program = rig.program();
  const { server } = connectedPair(program);
  const pollfds = program.put(new Uint8Array(Int32Array.of(server, POLLIN).buffer));
  const time = program.words(0, 30_000_000);
  const epoll = program.call('epoll_create1', 0);
  for (const [name, ...values] of [
    ['poll', pollfds, 1, 30],
    ['ppoll', pollfds, 1, time, 0, 0],
    ['epoll_wait', epoll, program.room(12), 1, 30],
    // Where the events cannot be written nobody knows before there are some.
    ['epoll_wait', epoll, 8, 1, 30],
  ] as const) {
    const call = program.park(name, ...values);
    rig.advance(29);
    expect(call.isOver).toBe(false);
    rig.advance(1);
    expect(call.answer).toBe(0);
  }
  expect([...program.bytes(time, 16)]).toEqual(new Array(16).fill(0));
});

test('ppoll writes back what is left of its time', () => {
  const rig = new FilesRig();
  const program = rig.program();
  const { client, server } = connectedPair(program);
  const pollfds = program.put(new Uint8Array(Int32Array.of(server, POLLIN).buffer));
  const time = program.words(2, 500_000_000);
  const call = program.park('ppoll', pollfds, 1, time, 0, 0);
  rig.advance(1750);
  program.call('send', client, pollfds, 1, 0);
  rig.settle();
  expect(call.answer).toBe(1);
  expect([...new BigUint64Array(program.bytes(time, 16).buffer)]).toEqual([0n, 750_000_000n]);
});

test('a connect that waits for a place in the line is answered by accept', () => {
  const rig = new FilesRig({ completesLater: true });
  const program = rig.program();
  const listener = program.call('socket', 2, STREAM, 0);
  const bind = program.start('bind', listener, program.name(80), 16);
  expect(typeof bind).toBe('object');
  rig.settle();
  expect(program.call('listen', listener, 1)).toBe(0);
  const client = program.call('socket', 2, STREAM, 0);
  const connect = program.start('connect', client, program.name(80), 16);
  if (typeof connect === 'number') throw new Error('it did not wait');
  const other = program.call('socket', 2, STREAM, 0);
  const dies = program.start('connect', other, program.name(80), 16);
  if (typeof dies === 'number') throw new Error('it did not wait');
  dies.cancel('death');
  rig.settle();
  expect(connect.answer).toBe(0);
  expect(dies.answer).toBeNull();
  program.die();
  rig.settle();
  expect(rig.census()).toEqual(nothing);
});

test('bind and listen wait on a non-blocking socket too, where the network takes its time', () => {
  const rig = new FilesRig({ completesLater: true });
  const program = rig.program();
  const listener = program.call('socket', 2, STREAM | O_NONBLOCK, 0);
  for (const [call, ...values] of [
    ['bind', listener, program.name(80), 16],
    ['listen', listener, 1],
  ] as const) {
    const parked = program.start(call, ...values);
    if (typeof parked !== 'number') {
      rig.settle();
      expect(parked.answer).toBe(0);
    } else expect(parked).toBe(0);
  }
  expect(program.call('fcntl', listener, F_GETFL, 0) & O_NONBLOCK).toBe(O_NONBLOCK);
  expect(program.call('accept', listener, 0, 0)).toBe(-EAGAIN);
  program.die();
  rig.settle();
  expect(rig.census()).toEqual(nothing);
});

test.each(['signal', 'death', 'its time'])('close with SO_LINGER waits, and ends with %s', (end) => {
  const rig = new FilesRig();
  const program = rig.program();
  const { client, server, listener } = connectedPair(program);
  const bytes = new Uint8Array(lingerLayout.size);
  writeLinger(new DataView(bytes.buffer), 0, { onOff: 1, lingerSeconds: 5 });
  program.call('setsockopt', client, SOL_SOCKET, SO_LINGER, program.put(bytes), bytes.length);
  fill(program, client);
  rig.keepsUnacknowledged = true;
  const call = program.park('close', client);
  // The number is free at once.
  expect(program.call('dup', listener)).toBe(client);
  if (end === 'its time') {
    rig.advance(4999);
    expect(call.isOver).toBe(false);
    rig.advance(1);
  } else call.cancel(end as 'signal' | 'death');
  expect(call.answer).toBe(end === 'signal' ? -EINTR : end === 'death' ? null : 0);
  program.call('close', server);
  rig.advance(10_000);
  program.die();
  rig.settle();
  expect(rig.census()).toEqual(nothing);
});

test('two processes wait for one console: what is typed goes to one of them', () => {
  const rig = new FilesRig();
  const first = rig.program();
  const second = rig.programWith(first.thread.process.descriptors.inherit());
  const [a, b] = [first, second].map((program) => program.park('read', 0, program.room(8), 8)) as [
    ReturnType<Program['park']>,
    ReturnType<Program['park']>,
  ];
  rig.console.type('x');
  expect([a.answer, b.answer]).toEqual([1, null]);
  rig.console.type('y');
  expect(b.answer).toBe(1);
});
