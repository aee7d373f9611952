import type { EventLoop, NetDevice } from '@synos/interfaces';
import { createCable } from '@synos/nic';
import { expect, test } from 'vitest';
import { createSimulatedPc, type SimulatedPcOptions } from '../src/index.js';
import { type Cpu, createCpu } from '../src/testing/index.js';

// Whoever has no types gets the name of the option that is wrong, at once: not a strange error inside of a kernel later.

const good = { time: { mode: 'virtual' }, entropy: { fill: () => {} }, memoryBytes: 2 << 20 };
const loop: EventLoop = { now: () => 0, at: () => () => {}, soon: () => {} };
const make = (options: unknown) => createSimulatedPc(options as SimulatedPcOptions);
const { a: device } = createCable();

test.each<readonly [string, unknown, string]>([
  ['no options', undefined, 'takes an object with time and entropy'],
  ['no time', { ...good, time: undefined }, 'time is { mode'],
  ['time by name alone', { ...good, time: 'virtual' }, 'time is { mode'],
  ['an unknown time', { ...good, time: { mode: 'real' } }, 'time is { mode'],
  ['host time without a loop', { ...good, time: { mode: 'host', wallTimeMs: () => 0 } }, 'time.loop'],
  [
    'a loop that cannot wait',
    { ...good, time: { mode: 'host', loop: { now: () => 0 }, wallTimeMs: () => 0 } },
    'time.loop',
  ],
  ['host time without a calendar', { ...good, time: { mode: 'host', loop } }, 'time.wallTimeMs'],
  ['no rate', { ...good, time: { mode: 'virtual', instructionsPerSecond: 0 } }, 'instructionsPerSecond'],
  ['half a rate', { ...good, time: { mode: 'virtual', instructionsPerSecond: 1000.5 } }, 'instructionsPerSecond'],
  ['a start that is none', { ...good, time: { mode: 'virtual', startWallTimeMs: Number.NaN } }, 'startWallTimeMs'],
  ['no entropy', { ...good, entropy: undefined }, 'entropy'],
  ['entropy as a function', { ...good, entropy: () => {} }, 'entropy'],
  ['a slice below zero', { ...good, sliceInstructions: -1 }, 'sliceInstructions'],
  ['memory in part of a frame', { ...good, memoryBytes: (2 << 20) + 1 }, 'memoryBytes'],
  ['memory as text', { ...good, memoryBytes: '4194304' }, 'memoryBytes'],
  ['modules that are no list', { ...good, bootModules: { name: 'x', bytes: new Uint8Array(1) } }, 'bootModules'],
  ['a module without a name', { ...good, bootModules: [{ bytes: new Uint8Array(1) }] }, 'bootModules[0].name'],
  // A program of @synos/userland has `bytes()`; it is forgotten easily.
  ['a function for bytes', { ...good, bootModules: [{ name: 'x', bytes: () => new Uint8Array(1) }] }, 'module x'],
  ['a buffer for bytes', { ...good, bootModules: [{ name: 'x', bytes: new ArrayBuffer(9) }] }, 'module x'],
  ['words for bytes', { ...good, bootModules: [{ name: 'x', bytes: new Uint16Array(9) }] }, 'module x'],
  [
    'a module larger than memory',
    { ...good, bootModules: [{ name: 'x', bytes: new Uint8Array(2 << 20) }] },
    'memory: x',
  ],
  ['a card that is no list', { ...good, network: device }, 'network is an array'],
  ['a whole cable', { ...good, network: [createCable()] }, 'network[0] is no NetDevice'],
  ['a device twice', { ...good, network: [device, device] }, 'network[1]'],
  ['more cards than slots', { ...good, network: Array.from({ length: 32 }, (): NetDevice => createCable().a) }, '31'],
])('%s', (_name, options, words) => {
  expect(() => make(options)).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
  expect(() => make(options)).toThrow(words);
});

test('what is right is taken, bytes of a view and of no length included', () => {
  const whole = new Uint8Array(20).fill(3);
  const bootModules = [
    { name: 'a', bytes: whole.subarray(4, 6) },
    { name: 'b', bytes: new Uint8Array(0) },
  ];
  const machine = make({ ...good, bootModules, network: [device] });
  expect(machine.bootModules.map(({ name, byteLength }) => [name, byteLength])).toEqual([
    ['a', 2],
    ['b', 0],
  ]);
  machine.dispose();
  make({ ...good, time: { mode: 'host', loop, wallTimeMs: () => 0 } }).dispose();
});

test('keys are bytes, and time moves to a time', () => {
  const machine = make(good);
  expect(() => machine.type('ls\n' as unknown as Uint8Array)).toThrow('Uint8Array');
  for (const tsc of [Infinity, Number.NaN]) expect(() => machine.advance(tsc)).toThrow('no count');
  expect(machine.rdtsc()).toBe(0);
});

test('a CPU alone wants all of its parts', () => {
  const create = createCpu as (options: object) => Cpu;
  const ram = new ArrayBuffer(4096);
  const parts = { ram, readTsc: () => 0, lift: () => null };
  for (const name of ['ram', 'readTsc', 'lift']) {
    expect(() => create({ ...parts, [name]: undefined })).toThrow('{ ram, readTsc, lift }');
  }
  expect(create(parts).instructions).toBe(0);
});
