import { synosProfile } from '@synos/abi';
import type { Pollable } from '@synos/interfaces';
import { driveKernel } from '@synos/kernel';
import { createTestEntropy } from '@synos/netsim';
import { expect, test } from 'vitest';
import { ScriptedClient } from '../system/scripted-client.js';
import type { SystemOptions } from '../system/system.js';
import { Assembly } from './support/assembly.js';
import { createHostLoop, type HostLoop } from './support/host-loop.js';
import { tinyElf } from './support/tiny-elf.js';
import { createWorld, type World } from './world.js';

// The machine as `npm start` has it: its counter is the host's clock, `idle` is a promise, and the thread is shared.

const { numbers } = synosProfile;
const BUDGET_MS = 5;
const never = { name: 'never', bytes: tinyElf(new Assembly().label('here').jump('here')) };
const NAPS = 3;
const NAP_MS = 25;
const napCode = new Assembly();
for (let nap = 0; nap < NAPS; nap++) napCode.call(numbers.nanosleep, 'nap', 0);
napCode
  .call(numbers.exit, 0)
  .align(8)
  .label('nap')
  .quad(0)
  .quad(NAP_MS * 1_000_000);
const napper = { name: 'napper', bytes: tinyElf(napCode) };
const reader = {
  name: 'reader',
  bytes: tinyElf(new Assembly().call(numbers.read, 0, 'byte', 1).call(numbers.exit, 7).align(8).label('byte').quad(0)),
};

interface Hosted {
  readonly world: World;
  readonly loop: HostLoop;
  readonly turns: number[];
  readonly ended: () => number | null;
  /** Lets the host's time pass, a millisecond at a time, until it is so; answers how many passed. */
  pass(until: () => boolean, limitMs: number): Promise<number>;
}

function createHosted(options: Partial<SystemOptions> & Pick<SystemOptions, 'program'>): Hosted {
  const loop = createHostLoop();
  const time = { mode: 'host', loop, wallTimeMs: () => 1_700_000_000_000 + loop.now() } as const;
  const world = createWorld({
    time,
    files: [never, napper, reader],
    memoryBytes: 16 << 20,
    sliceInstructions: 2000,
    ...options,
  });
  const turns: number[] = [];
  let status: number | null = null;
  const giveWay = async (): Promise<void> => {
    turns.push(loop.now());
  };
  void driveKernel(world.kernel, world.machine, { budgetMs: BUDGET_MS, yield: giveWay }).then((end) => {
    status = end;
  });
  return {
    world,
    loop,
    turns,
    ended: () => status,
    async pass(until, limitMs) {
      const begin = loop.now();
      while (!until() && loop.now() - begin < limitMs) {
        loop.advance(1);
        for (let turn = 0; turn < 8; turn++) await null;
      }
      return loop.now() - begin;
    },
  };
}

test('programs that never wait get turns alike, sleepers wake, and the thread is given back', async () => {
  const { world, turns, ended, pass } = createHosted({ program: 'never', args: ['+', 'never', '+', 'napper'] });
  let ran: number[] = [];
  const isOver = (): boolean => {
    const hogs = world.kernel.processes.filter(({ name }) => name === 'never');
    if (hogs.length > 0) ran = hogs.map(({ ranTicks }) => ranTicks);
    return ended() !== null;
  };
  // Each nap ends behind a slice of 10 ms of each hog at worst.
  const took = await pass(isOver, NAPS * (NAP_MS + 2 * 10) + 400);
  expect(ended()).toBe(0);
  expect(took).toBeGreaterThan(NAPS * NAP_MS);
  const [first = 0, second = 0] = ran;
  expect(Math.min(first, second)).toBeGreaterThan(0.3 * took * 1e6);
  expect(Math.abs(first - second)).toBeLessThan(21e6);
  const gaps = turns.slice(1).map((at, index) => at - (turns[index] as number));
  expect(turns.length).toBeGreaterThan(10);
  // Eight of the kernel's turns may come between two of the test's.
  for (const gap of gaps) expect(gap).toBeLessThan(BUDGET_MS + 4);
  expect(world.panics).toEqual([]);
});

test('an idle machine takes no time of the thread, and wakes when a sleep is over', async () => {
  const { turns, ended, pass } = createHosted({ program: 'napper' });
  const took = await pass(() => ended() !== null, 1000);
  expect(ended()).toBe(0);
  expect(took).toBeGreaterThanOrEqual(NAPS * NAP_MS);
  expect(took).toBeLessThan(NAPS * NAP_MS + 30);
  expect(turns.length).toBeLessThan(10);
});

test('an idle machine is woken by a frame, and the page comes', async () => {
  const { world, pass } = createHosted({ program: 'httpd' });
  await pass(() => false, 60);
  const { clock } = world.machine;
  const client = new ScriptedClient({
    clock,
    entropy: createTestEntropy(9),
    device: world.far,
    address: '10.0.0.1/24',
    path: '/',
  });
  const isAnswered = (): boolean => {
    client.poll();
    return client.response !== null;
  };
  expect(await pass(isAnswered, 2000)).toBeLessThan(500);
  expect(client.response).toContain('This page came from a C program in ring 3');
  client.stack.dispose();
});

test('an idle machine is woken by a key, by a network of the host, and by nothing else', async () => {
  let polls = 0;
  const pollable: Pollable = {
    onWork: null,
    poll() {
      polls += 1;
      return false;
    },
    nextDeadline: () => Number.POSITIVE_INFINITY,
  };
  const provider = { name: 'host', supports: () => false, open: () => -1, lacks: [] };
  const { world, loop, ended, pass } = createHosted({ program: 'reader', sockets: [() => ({ provider, pollable })] });
  await pass(() => false, 50);
  const before = polls;
  expect(world.kernel.processes.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  await pass(() => false, 1000);
  expect(polls).toBe(before);

  pollable.onWork?.();
  expect(await pass(() => polls > before, 100)).toBeLessThan(10);

  world.machine.type(Uint8Array.of(65));
  await pass(() => ended() !== null, 100);
  expect(ended()).toBe(7 << 8);
  expect(loop.waiting).toBe(0);
});
