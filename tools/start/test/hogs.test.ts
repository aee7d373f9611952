import type { NetworkFactory } from '@synos/kernel';
import { createTestEntropy } from '@synos/netsim';
import { expect, test } from 'vitest';
import { ourNetwork } from '../system/network.js';
import { ScriptedClient } from '../system/scripted-client.js';
import { Assembly } from './support/assembly.js';
import { tinyElf } from './support/tiny-elf.js';
import { createWorld, type World } from './world.js';

// Programs that use all they get, beside a server that waits most of the time: everybody advances.

const never = { name: 'never', bytes: tinyElf(new Assembly().label('here').jump('here')) };

function clientOf(world: World): ScriptedClient {
  const { clock } = world.machine;
  const entropy = createTestEntropy(9);
  return new ScriptedClient({ clock, entropy, device: world.far, address: '10.0.0.1/24', path: '/' });
}

const ranTicks = (world: World, name: string): number[] =>
  world.kernel.processes.filter((each) => each.name === name).map((each) => each.ranTicks);

/** The last number of rounds that each hog said. */
function rounds(world: World): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, pid = '', count] of world.console().matchAll(/hog (\d+): (\d+) rounds/g)) found.set(pid, Number(count));
  return found;
}

test('two hogs and a web server: the page comes, and the hogs advance alike', () => {
  const world = createWorld({ program: 'hog', args: ['+', 'hog', '+', 'httpd'] });
  expect(world.run({ limitMs: 600 })).toBe('limit');
  const before = rounds(world);
  expect(before.size).toBe(2);

  const client = clientOf(world);
  expect(world.run({ until: () => client.response !== null, limitMs: 5000, others: [client] })).toBe('until');
  expect(client.response).toContain('This page came from a C program in ring 3');

  world.run({ limitMs: 600, others: [client] });
  for (const [pid, count] of rounds(world)) expect(count).toBeGreaterThan(before.get(pid) ?? Infinity);
  const [first = 0, second = 0] = ranTicks(world, 'hog');
  expect(Math.max(first, second) / Math.min(first, second)).toBeLessThan(1.1);
  // Nothing of the machine's time is lost to nobody.
  expect((first + second) / world.machine.rdtsc()).toBeGreaterThan(0.9);
  expect(world.panics).toEqual([]);
  client.stack.dispose();
});

test('a program that never calls is interrupted again and again, and the server serves', () => {
  const world = createWorld({ program: 'never', args: ['+', 'never', '+', 'httpd'], files: [never] });
  const client = clientOf(world);
  expect(world.run({ until: () => client.response !== null, limitMs: 5000, others: [client] })).toBe('until');
  expect(client.response).toContain('This page came from a C program in ring 3');
  const [first = 0, second = 0] = ranTicks(world, 'never');
  expect(Math.min(first, second)).toBeGreaterThan(0);
  world.run({ limitMs: 100 });
  const later = ranTicks(world, 'never');
  expect(later[0]).toBeGreaterThan(first);
  expect(later[1]).toBeGreaterThan(second);
  expect(world.panics).toEqual([]);
  client.stack.dispose();
});

test('ten hogs beside a program that comes to its end', () => {
  const hogs = Array.from({ length: 9 }, () => ['never', '+']).flat();
  const world = createWorld({ program: 'never', args: ['+', ...hogs, 'hello'], files: [never] });
  expect(world.run({ limitMs: 3000 })).toBe('off');
  expect(world.kernel.exitStatus).toBe(0);
  expect(world.panics).toEqual([]);
});

test('a network that wants to be polled at a time that is over, every time: programs run, and are interrupted', () => {
  let polls = 0;
  const place = { address: '10.0.0.2/24', gateway: '10.0.0.1' };
  const impatient: NetworkFactory = (host) => {
    const network = ourNetwork(place)(host);
    const poll = (): boolean => {
      polls += 1;
      return false;
    };
    const pollable = { poll, nextDeadline: () => 1, onWork: null };
    return { ...network, pollable };
  };
  const world = createWorld({ program: 'never', args: ['+', 'never'], files: [never], sockets: [impatient] });
  expect(world.run({ limitMs: 100 })).toBe('limit');
  const [first = 0, second = 0] = ranTicks(world, 'never');
  expect(Math.min(first, second)).toBeGreaterThan(0);
  expect(polls).toBeGreaterThan(10);
});
