import { expect, test } from 'vitest';
import type { Network, NetworkHost } from '../src/index.js';
import { runKernel } from '../src/index.js';
import { Networks } from '../src/network/networks.js';
import { bootTest } from './support/boot.js';
import type { Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';
import { memoryNetwork } from './support/networks.js';

const AF_INET = 2;
const SOCK_STREAM = 1;
/** 127.0.0.1:80 as a sockaddr_in. */
const address = Uint8Array.of(2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);

const server: Program = function* (cpu) {
  yield* cpu.store(DATA, address);
  const listener = yield* cpu.call('socket', AF_INET, SOCK_STREAM, 0);
  yield* cpu.call('bind', listener, DATA, 16);
  yield* cpu.call('listen', listener, 8);
  yield* cpu.call('spawn', yield* cpu.text(DATA + 64, 'client'), 0, 0);
  const connection = yield* cpu.call('accept', listener, 0, 0);
  const count = yield* cpu.call('read', connection, DATA + 128, 100);
  yield* cpu.call('write', connection, DATA + 128, count);
  yield* cpu.call('close', connection);
  yield* cpu.call('wait4', -1, DATA, 0, 0);
  yield* cpu.call('exit', (yield* cpu.loadInt(DATA)) >> 8);
};

const client: Program = function* (cpu) {
  yield* cpu.store(DATA, address);
  const socket = yield* cpu.call('socket', AF_INET, SOCK_STREAM, 0);
  if ((yield* cpu.call('connect', socket, DATA, 16)) !== 0) yield* cpu.call('exit', 1);
  yield* cpu.call('send', socket, yield* cpu.text(DATA + 64, 'ping'), 4, 0);
  const count = yield* cpu.call('recv', socket, DATA + 128, 100, 0);
  yield* cpu.call('exit', count === 4 ? 44 : 2);
};

test.each([false, true])('two programs talk through a network; completes later: %s', (completesLater) => {
  const t = bootTest({ init: server, client }, { sockets: [memoryNetwork(completesLater)] });
  expect(runKernel(t.kernel, t.machine)).toBe(44 << 8);
  expect(t.kernel.census()).toMatchObject({ files: { openFiles: 0 }, networks: [{ endpoints: 0 }], parkedCalls: 0 });
});

test('a process that dies while it waits in a call leaves no endpoint, waiter or parked call', () => {
  const t = bootTest(
    {
      init: function* (cpu) {
        const before = t.kernel.census();
        for (let round = 0; round < 3; round++) {
          const pid = yield* cpu.call('spawn', yield* cpu.text(DATA, 'waiter'), 0, 0);
          yield* cpu.words(DATA, 0, 1_000_000);
          yield* cpu.call('nanosleep', DATA, 0);
          expect(t.kernel.census()).toMatchObject({
            parkedCalls: 1,
            networks: [{ endpoints: 1 }],
            files: { openFiles: 2 },
          });
          yield* cpu.call('kill', pid, 9);
          yield* cpu.call('wait4', pid, 0, 0, 0);
          expect(t.kernel.census()).toEqual({
            ...before,
            usedFrames: expect.any(Number),
            reservedFrames: expect.any(Number),
          });
        }
      },
      waiter: function* (cpu) {
        yield* cpu.store(DATA, address);
        const listener = yield* cpu.call('socket', AF_INET, SOCK_STREAM, 0);
        yield* cpu.call('bind', listener, DATA, 16);
        yield* cpu.call('listen', listener, 8);
        yield* cpu.call('accept', listener, 0, 0);
      },
    },
    { sockets: [memoryNetwork()] },
  );
  expect(runKernel(t.kernel, t.machine)).toBe(0);
});

/** A network that always has work. */
function busyNetwork(onPoll: (nowMs: number, budget: number) => void): Network {
  return {
    provider: { name: 'busy', supports: () => false, open: () => -1, lacks: [] },
    pollable: {
      onWork: null,
      poll(nowMs, budget) {
        onPoll(nowMs, budget);
        return true;
      },
      nextDeadline: () => Infinity,
    },
  };
}

test('neither a busy network nor a busy program starves the other, nor the host', () => {
  let polls = 0;
  let rounds = 0;
  let latest = 0;
  let gap = 0;
  const t = bootTest(
    {
      init: function* (cpu) {
        for (;;) {
          yield* cpu.work(100);
          rounds += 1;
        }
      },
    },
    {
      sockets: [
        () =>
          busyNetwork((_now, budget) => {
            expect(budget).toBe(64);
            polls += 1;
            gap = Math.max(gap, t.machine.ticks - latest);
            latest = t.machine.ticks;
            // What 64 packets take.
            t.machine.ticks += 200;
          }),
      ],
    },
  );
  for (let step = 0; step < 20; step++) {
    const before = t.machine.ticks;
    expect(t.kernel.step(5000)).toBe('runnable');
    expect(t.machine.ticks - before).toBeLessThan(7000);
  }
  expect(polls).toBeGreaterThan(40);
  expect(rounds).toBeGreaterThan(500);
  expect(gap).toBeLessThan(2000);
});

test('with a busy network and nothing to run a step still ends', () => {
  const t = bootTest(
    {
      init: function* (cpu) {
        yield* cpu.call('read', 0, DATA, 1);
      },
    },
    {
      sockets: [
        () =>
          busyNetwork(() => {
            t.machine.ticks += 50;
          }),
      ],
    },
  );
  expect(t.kernel.step(1000)).toBe('runnable');
  expect(t.machine.ticks).toBeLessThan(1200);
});

test('with a busy network a step ends even where time stands still', () => {
  let polls = 0;
  const t = bootTest(
    {
      init: function* (cpu) {
        yield* cpu.call('read', 0, DATA, 1);
      },
    },
    {
      sockets: [
        () =>
          busyNetwork(() => {
            polls += 1;
          }),
      ],
    },
  );
  expect(t.kernel.step(1000)).toBe('runnable');
  expect(polls).toBeLessThan(1000);
});

test('networks get cards, time, chance and memory that cards reach; they are told their deadlines and the end', () => {
  let host: NetworkHost | null = null;
  const polled: number[] = [];
  let isDisposed = false;
  let work: (() => void) | null = null;
  const t = bootTest(
    {
      init: function* (cpu) {
        yield* cpu.words(DATA, 0, 20_000_000);
        yield* cpu.call('nanosleep', DATA, 0);
      },
    },
    {
      networkMemory: { smallPackets: 16, largePackets: 1, ringBytes: 65_536 },
      sockets: [
        (given) => {
          host = given;
          const pollable = {
            onWork: null as (() => void) | null,
            poll(nowMs: number) {
              polled.push(nowMs);
              work = pollable.onWork;
              return false;
            },
            nextDeadline: () => (polled.length < 4 ? polled.length * 5 : Infinity),
          };
          return {
            provider: { name: 'timed', supports: () => false, open: () => -1, lacks: [] },
            pollable,
            dispose: () => {
              isDisposed = true;
            },
          };
        },
      ],
    },
  );
  const { memory, devices } = host as unknown as NetworkHost;
  expect(devices).toEqual([]);
  expect(memory.packets.capacity).toBe(17);
  const packet = memory.packets.take(100, false);
  if (packet === null) throw new Error('no packet');
  packet.memory.bytes.set([1, 2, 3], packet.start);
  // The same bytes by their physical address.
  const { physicalBase } = memory.packets as unknown as { physicalBase: number };
  expect([...t.machine.mem(physicalBase + packet.start, 3)]).toEqual([1, 2, 3]);
  expect(t.kernel.census().packets).toBe(1);
  memory.packets.release(packet);
  const block = memory.blocks.take(5000);
  expect(block?.memory).toBe(packet.memory);
  expect(t.kernel.census().ringBytes).toBe(8192);

  expect(t.kernel.step(100)).toBe('idle');
  const kicks = t.machine.kicks;
  (work as unknown as () => void)();
  // From outside: an idle machine is woken, and the kernel has something to do.
  expect(t.machine.kicks).toBe(kicks + 1);
  expect(t.kernel.nextDeadline()).toBe(t.machine.ticks);
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(polled.length).toBe(4);
  for (const [index, due] of [0, 0, 10, 15].entries()) expect(polled[index]).toBeGreaterThanOrEqual(due);
  expect(polled[3]).toBeLessThan(15.5);
  expect(isDisposed).toBe(true);
});

test('work that a poll makes for an earlier network is not forgotten', () => {
  let first = 0;
  const pollable = (poll: () => void) => ({
    onWork: null as (() => void) | null,
    poll() {
      poll();
      return false;
    },
    nextDeadline: () => Infinity,
  });
  const a = pollable(() => {
    first += 1;
  });
  const b = pollable(() => {
    if (first === 1) a.onWork?.();
  });
  const provider = { name: '', supports: () => false, open: () => -1, lacks: [] };
  const networks = new Networks(
    [
      { provider, pollable: a },
      { provider, pollable: b },
    ],
    () => {},
  );
  networks.poll(0, 1);
  expect(networks.isWanted).toBe(true);
  networks.poll(0, 1);
  expect(first).toBe(2);
  expect(networks.isWanted).toBe(false);
});
