// Random calls on descriptors, made here and on the Linux underneath: the same numbers and the same errnos.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linuxInput, linuxScript, type Outcome, runOurs, type Step } from './calls-script.js';

// Not 0 to 2: what they are is python's. Up to beyond the limit, which is 32.
const fd = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 3, max: 9 }) }, fc.constantFrom(-1, 30, 31, 32, 33));
const room = fc.constant({ room: 48 } as const);
const event = fc.constantFrom({ event: 1 }, { event: 5 }, { event: 0x80000004 }, { event: 0x40000004 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    ['socket', 2, 0o4001, 0],
    ['socket', 2, 0o4002, 0],
    ['socket', 2, 0o2004002, 0],
    ['epoll_create1', 0],
    ['epoll_create1', 0o2000000],
    ['open', { text: '/dev/null' }, 2, 0],
    ['open', { text: '/dev/zero' }, 0o2000000, 0],
  ),
  fc.tuple(fc.constant('dup'), fd),
  fc.tuple(fc.constant('dup2'), fd, fd),
  fc.tuple(fc.constant('dup3'), fd, fd, fc.constantFrom(0, 0o2000000, 1)),
  fc.tuple(fc.constant('close'), fd),
  fc.tuple(fc.constant('fcntl'), fd, fc.constantFrom(0, 1030), fd),
  fc.tuple(fc.constant('fcntl'), fd, fc.constantFrom(1, 3), fc.constant(0)),
  fc.tuple(fc.constant('fcntl'), fd, fc.constant(2), fc.nat(3)),
  fc.tuple(fc.constant('fcntl'), fd, fc.constant(4), fc.constantFrom(0o4000, 0o6000)),
  fc.tuple(fc.constant('lseek'), fd, fc.integer({ min: -1, max: 9 }), fc.integer({ min: -1, max: 2 })),
  fc.tuple(fc.constant('read'), fd, room, fc.constantFrom(0, 4)),
  fc.tuple(fc.constant('pread64'), fd, room, fc.constantFrom(0, 4), fc.integer({ min: -1, max: 4 })),
  fc.tuple(fc.constant('readv'), fd, fc.constant({ iov: [{ room: 4 }, { room: 4 }] }), fc.integer({ min: -1, max: 2 })),
  fc.tuple(fc.constant('ioctl'), fd, fc.constantFrom(0x5451, 0x5450, 0x5401), fc.constantFrom({ int: 1 }, { int: 0 })),
  // FIONBIO, never off: the next read would wait for ever.
  fc.tuple(fc.constant('ioctl'), fd, fc.constant(0x5421), fc.constant({ int: 1 })),
  fc.tuple(fc.constant('listen'), fd, fc.integer({ min: -1, max: 9 })),
  fc.tuple(fc.constant('accept4'), fd, fc.constant(0), fc.constant(0), fc.constantFrom(0, 0o4000)),
  fc.tuple(fc.constant('shutdown'), fd, fc.integer({ min: -1, max: 3 })),
  fc.tuple(fc.constant('getpeername'), fd, room, fc.constant({ int: 16 })),
  fc.tuple(fc.constant('recv'), fd, room, fc.constantFrom(0, 4), fc.constantFrom(0x40, 0x42)),
  fc.tuple(fc.constant('send'), fd, room, fc.constantFrom(0, 4), fc.constant(0x4040)),
  fc.tuple(fc.constant('epoll_ctl'), fd, fc.integer({ min: 0, max: 4 }), fd, event),
  fc.tuple(
    fc.constant('epoll_wait'),
    fd,
    fc.constant({ room: 48, shown: true }),
    fc.integer({ min: 0, max: 1 }),
    fc.constant(0),
  ),
  fc.tuple(
    fc.constant('poll'),
    fd.map((each) => ({ polls: [[each, 0x45]] as const })),
    fc.constant(1),
    fc.constant(0),
  ),
);

const rows = fc.sample(fc.array(step, { minLength: 20, maxLength: 40, size: 'max' }), {
  seed: process.env.SYNOS_LONG ? Math.floor(Math.random() * 2 ** 31) : 20,
  numRuns: process.env.SYNOS_LONG ? 3000 : 150,
});

const python = spawnSync('python3', ['-c', linuxScript], {
  input: linuxInput(rows),
  encoding: 'utf8',
  timeout: 120_000,
  maxBuffer: 1 << 28,
});
const isMissing = (python.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
const reason = isMissing ? '(skipped: no python3)' : process.platform !== 'linux' ? '(skipped: no Linux)' : '';

/**
 * A difference that is known: Linux answers ENOTCONN to SHUT_RD of a socket without a peer, and shuts it all the same
 * (inet_shutdown), so that it reads an end from then on. What comes after that in a row is not compared.
 */
function knownDifference(steps: readonly Step[], theirs: readonly Outcome[]): number {
  const at = steps.findIndex(
    ([call, , how], of) => call === 'shutdown' && (how === 0 || how === 2) && theirs[of] === 'ENOTCONN',
  );
  return at < 0 ? steps.length : at + 1;
}

describe.skipIf(reason !== '')(`random calls, here and on Linux ${reason}`, () => {
  test('have the same answers', () => {
    expect(python.error).toBeUndefined();
    expect(python.stderr).toBe('');
    const outcomes: Outcome[][] = JSON.parse(python.stdout);
    for (const [index, steps] of rows.entries()) {
      const ours = runOurs(steps).slice(0, knownDifference(steps, outcomes[index]!));
      const at = ours.findIndex((outcome, of) => JSON.stringify(outcome) !== JSON.stringify(outcomes[index]![of]));
      if (at < 0) continue;
      expect({ steps: steps.slice(0, at + 1), answer: ours[at] }).toEqual({
        steps: steps.slice(0, at + 1),
        answer: outcomes[index]![at],
      });
    }
  });
});
