// Any calls with any arguments: an answer that is a count or an errno, or a wait that can be ended; never an exception;
// and when the programs are gone, nothing is left.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  connectedPair,
  datagramPair,
  EDGE,
  FilesRig,
  HOLE,
  MEMORY,
  MEMORY_BYTES,
  nothing,
  type ParkedCall,
  READ_ONLY,
} from './files-rig.js';

const names = Object.keys(new FilesRig().handlers);

const fd = fc.integer({ min: -1, max: 14 });
const address = fc.oneof(
  { weight: 6, arbitrary: fc.nat(0x400).map((at) => MEMORY + 8 * at) },
  { weight: 1, arbitrary: fc.nat(32).map((at) => READ_ONLY - at) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 8, EDGE, HOLE, HOLE - 1, MEMORY + MEMORY_BYTES - 1, -4096, -(2 ** 47), 2 ** 47 - 1),
  },
);
const small = fc.integer({ min: -2, max: 40 });
const flags = fc.constantFrom(
  0,
  1,
  2,
  3,
  0x40,
  0x100,
  0x20,
  0x4000,
  0o4000,
  0o2000000,
  0o4001,
  0o4002,
  0x5421,
  0x541b,
  0x5401,
);
const wild = fc.oneof(
  fc.constantFrom(
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 32 - 1,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    2 ** 64,
    -(2 ** 63),
    65_536,
    70_000,
  ),
  fc.integer(),
);
/** Each a number that a register holds, as the dispatcher hands it over. */
const value = fc.oneof(
  { weight: 5, arbitrary: fd },
  { weight: 5, arbitrary: address },
  { weight: 4, arbitrary: small },
  { weight: 2, arbitrary: flags },
  { weight: 1, arbitrary: wild },
);

/** Arguments by the kind of each, so that many calls get somewhere; others have anything. */
const shaped: Readonly<Record<string, fc.Arbitrary<readonly number[]>>> = {
  socket: fc.tuple(fc.constantFrom(2, 10), fc.constantFrom(1, 2, 0o4001, 0o4002), fc.constant(0)),
  bind: fc.tuple(fd, fc.constant(MEMORY), fc.constant(16)),
  connect: fc.tuple(fd, fc.constant(MEMORY), fc.constant(16)),
  listen: fc.tuple(fd, small),
  accept: fc.tuple(fd, fc.constant(0), fc.constant(0)),
  send: fc.tuple(fd, address, fc.nat(70_000), flags),
  recv: fc.tuple(fd, address, fc.nat(70_000), flags),
  sendto: fc.tuple(fd, address, fc.nat(3000), flags, fc.constantFrom(0, MEMORY), fc.constant(16)),
  recvfrom: fc.tuple(fd, address, fc.nat(3000), flags, fc.constantFrom(0, MEMORY + 64), fc.constant(MEMORY + 96)),
  read: fc.tuple(fd, address, fc.nat(3000)),
  write: fc.tuple(fd, address, fc.nat(3000)),
  open: fc.tuple(
    fc.constantFrom(MEMORY + 128, MEMORY + 144, MEMORY + 160),
    fc.constantFrom(0, 1, 2, 0o4000),
    fc.constant(0),
  ),
  epoll_ctl: fc.tuple(fd, fc.constantFrom(1, 2, 3), fd, fc.constantFrom(MEMORY + 192, MEMORY + 204)),
  epoll_wait: fc.tuple(fd, address, fc.integer({ min: 1, max: 20 }), fc.constantFrom(-1, 0, 50)),
  epoll_create1: fc.tuple(fc.constantFrom(0, 0o2000000)),
  poll: fc.tuple(fc.constant(MEMORY + 224), fc.nat(4), fc.constantFrom(-1, 0, 50)),
  dup: fc.tuple(fd),
  dup2: fc.tuple(fd, fd),
  close: fc.tuple(fd),
};

const anything = fc.array(value, { minLength: 6, maxLength: 6 });
const call = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...names), anything) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...Object.keys(shaped)).chain((name) => fc.tuple(fc.constant(name), shaped[name]!)),
  },
);
const step = fc.record({
  who: fc.nat(1),
  call,
  /** What is done about a call that waits: a signal, nothing, time. */
  afterwards: fc.constantFrom('signal' as const, 'wait' as const, 'wait' as const, 'time' as const),
  settles: fc.boolean(),
});

/** Memory that means something: an address with a port, paths, events, pollfds, pieces. */
function furnish(program: ReturnType<FilesRig['program']>): void {
  const put = (at: number, bytes: ArrayLike<number>) => program.put(bytes, MEMORY + at);
  put(0, [2, 0, 0, 80, 127, 0, 0, 1]);
  put(96, [16, 0, 0, 0]);
  for (const [at, path] of [
    [128, '/dev/tty'],
    [144, '/boot/beta'],
    [160, '/dev/zero'],
  ] as const) {
    put(
      at,
      [...path, '\0'].map((letter) => letter.charCodeAt(0)),
    );
  }
  put(192, [5, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0xc0, 9, 9, 9, 9, 9, 9, 9, 9]);
  put(224, [3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0]);
  const words = [MEMORY + 512, 30, MEMORY + 600, 3000, MEMORY, 16, MEMORY + 256, 2, 0, 0, 0, 8, 4];
  put(256, new Uint8Array(BigUint64Array.from(words, BigInt).buffer));
}

type StepValue = typeof step extends fc.Arbitrary<infer T> ? T : never;

const stepOf = (...call: StepValue['call']): StepValue => ({ who: 0, call, afterwards: 'signal', settles: false });

/** What chance finds now and then: a length whose lower half is 1, and one that is negative, to `/dev/null`. */
const found: StepValue[][] = [
  [stepOf('setsockopt', [3, 1, 2, MEMORY, Number.MIN_SAFE_INTEGER, 0])],
  [stepOf('open', [MEMORY + 160, 2, 0]), ...[8, 9, 10].map((fd) => stepOf('pwrite64', [fd, 0, -4096, 0, 0, 0]))],
];

test.each([false, true])('any calls with any arguments (a network that completes later: %s)', (completesLater) => {
  let parkings = 0;
  let successes = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const rig = new FilesRig({ completesLater, limit: 14 });
      const parent = rig.program();
      // Something to begin with: a connection, an epoll, datagrams.
      connectedPair(parent);
      parent.call('epoll_create1', 0);
      if (!completesLater) datagramPair(parent);
      parent.reset();
      const programs = [parent, rig.programWith(parent.thread.process.descriptors.inherit())] as const;
      const waiting: (ParkedCall | null)[] = [null, null];
      for (const program of programs) furnish(program);
      for (const {
        who,
        call: [name, values],
        afterwards,
        settles,
      } of steps) {
        if (waiting[who]?.isOver) waiting[who] = null;
        const before = waiting[who];
        // A thread that waits makes no calls.
        if (before) {
          if (afterwards === 'signal') before.cancel('signal');
          if (afterwards === 'time') rig.advance(100);
          continue;
        }
        const handler = rig.handlers[name]!;
        const result = programs[who]!.start(name, ...values.slice(0, Math.max(handler.length - 1, values.length)));
        if (typeof result === 'number') {
          expect(Number.isSafeInteger(result)).toBe(true);
          expect(result).toBeGreaterThanOrEqual(-4095);
          if (result >= 0) successes += 1;
        } else {
          parkings += 1;
          waiting[who] = result;
        }
        if (settles) rig.settle();
        if (afterwards === 'time' && settles) rig.console.type('typed');
      }
      for (const each of waiting) {
        if (each !== null && each.answer !== null) expect(each.answer).toBeGreaterThanOrEqual(-4095);
      }
      for (const [index, program] of programs.entries()) program.die(...(waiting[index] ? [waiting[index]] : []));
      rig.settle();
      // A close that lingers goes on by itself until its time is over, and that may be years.
      rig.advance(2 ** 33 * 1000);
      expect(rig.census()).toEqual(nothing);
    }),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 150, examples: found.map((steps): [StepValue[]] => [steps]) },
  );
  // It is no test of refusals alone.
  expect(parkings).toBeGreaterThan(20);
  expect(successes).toBeGreaterThan(500);
});
