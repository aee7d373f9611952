import { runCases, type TcpSyscallAnswer, type TcpSyscallOutcome, tcpSocketsSuite } from '@synos/compliance';
import { describe, expect, test } from 'vitest';
import { createStackTarget, type StackTarget } from '../src/ours/index.js';

// How the suite of the sockets level can fail: each of these targets must be found out by the case that is named.

type Plant = (target: StackTarget) => Partial<StackTarget>;

const afterwards =
  (change: (name: string, args: readonly unknown[], answer: TcpSyscallAnswer) => TcpSyscallAnswer): Plant =>
  (target) => ({ syscall: (name, args) => change(name, args, target.syscall(name, args)) });

const atTheEnd =
  (change: (outcome: TcpSyscallOutcome) => TcpSyscallOutcome): Plant =>
  (target) => ({
    completions: () => target.completions().map((one) => ({ ...one, outcome: change(one.outcome) })),
  });

const otherwise = (errno: string, instead: string) => (outcome: TcpSyscallAnswer) =>
  outcome.kind === 'errno' && outcome.errno === errno ? { kind: 'errno' as const, errno: instead } : outcome;

const bugs: Readonly<Record<string, { readonly plant: Plant; readonly killer: string }>> = {
  'descriptors are never used again': {
    plant: (target) => ({
      // What is closed stays taken: a new socket takes its place at once.
      syscall: (name, args) => {
        const answer = target.syscall(name, args);
        if (name === 'close' && answer.kind === 'result') target.syscall('socket', [2, 1, 0]);
        return answer;
      },
    }),
    killer: 'descriptors are the lowest free numbers',
  },
  'descriptors begin with 0': {
    plant: afterwards((name, _args, answer) =>
      name === 'socket' && answer.kind === 'result' ? { ...answer, value: answer.value - 3 } : answer,
    ),
    killer: 'descriptors are the lowest free numbers',
  },
  'an unknown call answers EINVAL': {
    plant: afterwards((_name, _args, answer) => otherwise('ENOSYS', 'EINVAL')(answer)),
    killer: 'a call that is not known',
  },
  'an unknown call throws': {
    plant: (target) => ({
      syscall: (name, args) => {
        const answer = target.syscall(name, args);
        if (answer.kind === 'errno' && answer.errno === 'ENOSYS') throw new Error(name);
        return answer;
      },
    }),
    killer: 'a call that is not known',
  },
  'what is not open answers EINVAL': {
    plant: afterwards((name, _args, answer) => (name === 'ioctl' ? otherwise('EBADF', 'EINVAL')(answer) : answer)),
    killer: 'ioctl of what is not open',
  },
  'errors have their aliases': {
    plant: afterwards((_name, _args, answer) => otherwise('EAGAIN', 'EWOULDBLOCK')(answer)),
    killer: 'a socket that waits for nobody',
  },
  'an option is not kept': {
    plant: (target) => ({
      syscall: (name, args) =>
        name === 'setsockopt' ? { kind: 'result', value: 0, output: {} } : target.syscall(name, args),
    }),
    killer: 'options are kept',
  },
  'a call answers pending though it has ended': {
    plant: (target) => {
      const ended: ReturnType<StackTarget['completions']> = [];
      return {
        syscall: (name, args) => {
          const answer = target.syscall(name, args);
          if (name !== 'recv' || answer.kind === 'pending') return answer;
          ended.push({ call: 9999, timeMs: target.now(), outcome: answer });
          return { kind: 'pending', call: 9999 };
        },
        completions: () => [...target.completions(), ...ended.splice(0)],
      };
    },
    killer: 'bytes come as they were sent',
  },
  'the end of a call is told with the time of the look': {
    plant: (target) => ({
      completions: () => target.completions().map((one) => ({ ...one, timeMs: target.now() })),
    }),
    killer: 'recv waits for bytes',
  },
  'the end of a call is told twice': {
    plant: (target) => {
      let last: ReturnType<StackTarget['completions']> = [];
      return {
        completions: () => {
          const told = [...last, ...target.completions()];
          last = last.length > 0 ? [] : told;
          return told;
        },
      };
    },
    killer: 'each end is told once',
  },
  'close leaves calls waiting': {
    plant: (target) => ({
      completions: () =>
        target.completions().filter(({ outcome }) => outcome.kind !== 'errno' || outcome.errno !== 'EBADF'),
    }),
    killer: 'close ends every call that waits',
  },
  'close ends calls with EINTR': {
    plant: atTheEnd((outcome) => otherwise('EBADF', 'EINTR')(outcome) as TcpSyscallOutcome),
    killer: 'close ends every call that waits',
  },
  'a refused connect ends with ECONNRESET': {
    plant: atTheEnd((outcome) => otherwise('ECONNREFUSED', 'ECONNRESET')(outcome) as TcpSyscallOutcome),
    killer: 'connect ends with ECONNREFUSED',
  },
  'received bytes are the whole buffer': {
    plant: afterwards((name, args, answer) =>
      name === 'read' && answer.kind === 'result'
        ? { ...answer, output: { bytes: new Uint8Array(args[1] as number) } }
        : answer,
    ),
    killer: 'bytes come as they were sent',
  },
  'accept tells nobody who came': {
    plant: afterwards((name, _args, answer) =>
      name === 'accept' && answer.kind === 'result' ? { ...answer, output: {} } : answer,
    ),
    killer: 'accept answers the lowest number and the peer',
  },
  'poll skips what is not open': {
    plant: (target) => ({
      syscall: (name, args) =>
        name === 'poll' && Array.isArray(args[0])
          ? target.syscall(name, [args[0].map((one) => (one?.fd > 10 ? { ...one, fd: -1 } : one)), args[1]!])
          : target.syscall(name, args),
    }),
    killer: 'what holds is told at once',
  },
  'epoll forgets the data': {
    plant: afterwards((name, _args, answer) =>
      name === 'epoll_wait' && answer.kind === 'result' && answer.value > 0
        ? { ...answer, output: { events: (answer.output.events ?? []).map((one) => ({ ...one, data: 0 })) } }
        : answer,
    ),
    killer: 'level-triggered',
  },
  'edges are levels': {
    plant: (target) => ({
      syscall: (name, args) =>
        name === 'epoll_ctl' && args[3] !== null && typeof args[3] === 'object' && 'events' in args[3]
          ? target.syscall(name, [
              args[0]!,
              args[1]!,
              args[2]!,
              { events: args[3].events & 0xffff, data: args[3].data },
            ])
          : target.syscall(name, args),
    }),
    killer: 'edge-triggered',
  },
  'every knob is set': {
    plant: () => ({ configure: () => 'done' }),
    killer: 'a knob that is not there',
  },
  'TCP_INFO has other names': {
    plant: (target) => ({
      tcpInfo: (fd) => {
        const info = target.tcpInfo(fd);
        if (typeof info === 'string') return info;
        return Object.fromEntries(Object.entries(info).map(([name, value]) => [name.slice(5), value]));
      },
    }),
    killer: 'tells the state',
  },
  'TCP_INFO of nothing is empty': {
    plant: (target) => ({
      tcpInfo: (fd) => {
        const info = target.tcpInfo(fd);
        return typeof info === 'string' ? {} : info;
      },
    }),
    killer: 'tells the state',
  },
  'connections leave listeners out': {
    plant: (target) => ({ connections: () => target.connections().filter(({ state }) => state !== 'LISTEN') }),
    killer: 'lists listeners and connections',
  },
  'connections leave half-open ones out': {
    plant: (target) => ({ connections: () => target.connections().filter(({ state }) => state !== 'SYN_RECEIVED') }),
    killer: 'lists what nobody has accepted',
  },
  'a listener has a peer': {
    plant: (target) => ({
      connections: () => target.connections().map((one) => ({ ...one, remotePort: one.remotePort ?? 0 })),
    }),
    killer: 'lists listeners and connections',
  },
};

/** The target with some of its members replaced. */
function planted(plant: Plant): StackTarget {
  const target = createStackTarget({ startMs: 1000 });
  const changed = plant(target);
  return new Proxy(target, {
    get(_, name) {
      const member = Reflect.get(name in changed ? changed : target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

describe('the sockets suite finds', () => {
  for (const [bug, { plant, killer }] of Object.entries(bugs)) {
    test(bug, async () => {
      const cases = tcpSocketsSuite(() => planted(plant)).filter(({ name }) => name.includes(killer));
      expect(cases.length, 'cases of that name').toBeGreaterThan(0);
      const failed = (await runCases(cases)).filter(({ error }) => error !== undefined);
      expect(failed.map(({ error }) => error?.name)).not.toEqual([]);
    });
  }

  test('nothing in what it is planted in', async () => {
    const results = await runCases(tcpSocketsSuite(() => planted(() => ({}))));
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  });
});
