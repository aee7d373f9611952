import { linuxProfile, synosProfile } from '@synos/abi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Assembly } from './support/assembly.js';
import { Runners } from './support/case-runner.js';
import { CODE_ADDRESS, tinyElf } from './support/tiny-elf.js';

// Whatever a program asks for, by both ways in: it gets an answer, waits, or ends. Never is it the kernel that ends, and
// when the program has ended nothing of it is left.

const factor = process.env.SYNOS_LONG ? 20 : 1;
const runners = new Runners();
const SPARE_BYTES = 0x4000;
/** The end of the program's memory, less what is before the last page. */
const END = Math.ceil((CODE_ADDRESS + 0x2000 + SPARE_BYTES) / 0x1000) * 0x1000;

interface Call {
  readonly isLinux: boolean;
  readonly number: number;
  readonly args: readonly bigint[];
}

/** All calls, and once more those that there are: most of Linux's are ENOSYS here. */
const all = [synosProfile.numbers, linuxProfile.numbers].flatMap((numbers) => Object.values(numbers));
const served = [
  ...(['read', 'write', 'open', 'openat', 'close', 'fstat', 'poll', 'ppoll', 'lseek', 'mmap', 'munmap'] as const),
  ...(['mprotect', 'brk', 'ioctl', 'pread64', 'pwrite64', 'readv', 'writev', 'sched_yield', 'dup', 'dup2'] as const),
  ...(['dup3', 'fcntl', 'nanosleep', 'clock_nanosleep', 'clock_gettime', 'clock_getres', 'gettimeofday'] as const),
  ...(['socket', 'connect', 'accept', 'accept4', 'bind', 'listen', 'shutdown', 'sendto', 'recvfrom'] as const),
  ...(['sendmsg', 'recvmsg', 'getsockname', 'getpeername', 'socketpair', 'setsockopt', 'getsockopt'] as const),
  ...(['wait4', 'uname', 'getrandom', 'arch_prctl', 'time', 'epoll_create', 'epoll_create1'] as const),
  ...(['epoll_ctl', 'epoll_wait', 'epoll_pwait'] as const),
];
const { spawn, echo, send, recv } = synosProfile.numbers;
const known = [
  ...served.flatMap((name) => [synosProfile.numbers[name], linuxProfile.numbers[name]]),
  ...[spawn, spawn, spawn, echo, send, recv],
];

/** What could end the programs beside it, as kill(2) may. */
const deadly = new Set(
  [synosProfile.numbers, linuxProfile.numbers].flatMap(({ kill, tkill, tgkill }) => [kill, tkill, tgkill]),
);

const numbers = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...known) },
  { weight: 2, arbitrary: fc.constantFrom(...all) },
  { weight: 2, arbitrary: fc.nat(0x3000) },
  { weight: 1, arbitrary: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) },
);

const args = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: -2n, max: 16n }) },
  { weight: 4, arbitrary: fc.nat(SPARE_BYTES).map((offset) => BigInt(CODE_ADDRESS + 0x1000 + offset)) },
  { weight: 2, arbitrary: fc.nat(64).map((before) => BigInt(END - before)) },
  { weight: 2, arbitrary: fc.constantFrom('path', 'pointers', 'address', 'numbers').map((name) => name as never) },
  { weight: 1, arbitrary: fc.nat(64).map((page) => BigInt(page * 0x1000)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      0xffff_8000_0000_0000n,
      0xffff_8000_0010_0000n,
      0xffff_ffff_ffff_ffffn,
      (1n << 47n) - 4096n,
      (1n << 47n) - 1n,
      1n << 47n,
      1n << 31n,
      1n << 32n,
      1n << 53n,
      1n << 63n,
    ),
  },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) },
);

const calls: fc.Arbitrary<Call> = fc
  .record({ isLinux: fc.boolean(), number: numbers, args: fc.array(args, { minLength: 6, maxLength: 6 }) })
  .filter(({ number }) => !deadly.has(number));

function programOf(list: readonly Call[]): Uint8Array<ArrayBuffer> {
  const code = new Assembly();
  for (const { isLinux, number, args: values } of list) {
    if (isLinux) code.linuxCall(number, ...values);
    else code.call(number, ...values);
  }
  code.call(synosProfile.numbers.exit, 7);
  code.align(8);
  // What pointers are likely to lead to, so that calls come further than to EFAULT.
  code.label('path').text('/boot/hello\0').align(8);
  code.label('pointers').quad('path').quad(16).quad('numbers').quad(8).quad(0).quad(0);
  code.label('address').raw(2, 0, 0x1f, 0x90, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  code.label('numbers').quad(3).quad(1).quad(0).quad(1_000_000);
  return tinyElf(code, SPARE_BYTES);
}

const none = [0n, 0n, 0n, 0n, 0n, 0n];
const plain: Call = { isLinux: false, number: synosProfile.numbers.getpid, args: none };
/** poll(2) on nothing, without a limit. */
const forEver: Call = { isLinux: true, number: linuxProfile.numbers.poll, args: [0n, 0n, -1n, 0n, 0n, 0n] };

const ends = new Map<string, number>();

test('programs of random system calls', () => {
  fc.assert(
    fc.property(fc.array(calls, { minLength: 1, maxLength: 40 }), (list) => {
      const { answer, end } = runners.use((runner) => runner.run(programOf(list)));
      expect(answer).toBeGreaterThan(0);
      expect(end).not.toBeNull();
      const how = end?.how === 'exited' ? `exited ${end.code === 7}` : `signal ${end?.how === 'killed' && end.signal}`;
      ends.set(how, (ends.get(how) ?? 0) + 1);
    }),
    { numRuns: 150 * factor, examples: [[[plain]], [[forEver]]] },
  );
  // To the end of their lists came some, the first example at least; others, as the second, waited until they were killed.
  expect(ends.get('exited true') ?? 0).toBeGreaterThan(0);
  expect(ends.get('signal 9') ?? 0).toBeGreaterThan(0);
}, 900_000);

test('each call by itself, with arguments of all kinds', () => {
  const kinds = [0n, -1n, 1n, 3n, BigInt(CODE_ADDRESS + 0x1000), BigInt(END - 3), 0xffff_8000_0000_0000n, 1n << 47n];
  const lists: Call[][] = [];
  for (const [profile, isLinux] of [
    [synosProfile, false],
    [linuxProfile, true],
  ] as const) {
    for (const number of Object.values(profile.numbers)) {
      // Those that end the caller or others, or that wait as they are told.
      if (deadly.has(number) || number === profile.numbers.exit || number === profile.numbers.exit_group) continue;
      lists.push(kinds.map((kind) => ({ isLinux, number, args: [kind, kind, kind, kind, kind, kind] })));
    }
  }
  // Many calls to a program, as long as none of them waits.
  for (let at = 0; at < lists.length; at += 8) {
    const { answer, end } = runners.use((runner) => runner.run(programOf(lists.slice(at, at + 8).flat())));
    expect(answer).toBeGreaterThan(0);
    expect(end).not.toBeNull();
  }
}, 900_000);

test('after all of that the web server serves', () => {
  runners.use((runner) => runner.expectServes());
}, 60_000);
