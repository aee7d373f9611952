import { expect, test } from 'vitest';
import {
  createDescriptorTable,
  createKernel,
  driveKernel,
  type KernelOptions,
  parseElf,
  runKernel,
} from '../src/index.js';
import { bootTest } from './support/boot.js';
import { FakeMachine } from './support/fake-machine.js';

// Whoever has no types gets the name of the option that is wrong, before the machine is touched.

const rows: readonly (readonly [string, object, string])[] = [
  ['no machine', { machine: undefined }, 'machine is'],
  ['a machine that is none', { machine: {} }, 'machine is'],
  ['no init', { init: undefined }, 'init is the name'],
  ['an init without a name', { init: '' }, 'init is the name'],
  ['a program for init', { init: { name: 'hello', bytes: () => new Uint8Array(1) } }, 'init is the name'],
  ['bytes for init', { init: new Uint8Array(100) }, 'init is the name'],
  ['arguments in one string', { init: { path: 'init', argv: 'a b' } }, 'init.argv'],
  ['a number for an argument', { init: { path: 'init', argv: ['a', 1] } }, 'init.argv'],
  ['an environment as a list', { init: { path: 'init', env: ['A=1'] } }, 'init.env'],
  ['a number in the environment', { init: { path: 'init', env: { A: 1 } } }, 'init.env'],
  ['a network that is no list', { sockets: () => {} }, 'sockets is an array'],
  ['a network for its factory', { sockets: [{}] }, 'sockets[0] is a function'],
  ['no time slice', { timeSliceMs: 0 }, 'timeSliceMs'],
  ['a time slice that is none', { timeSliceMs: Number.NaN }, 'timeSliceMs'],
  ['no process', { limits: { processes: 0 } }, 'limits.processes'],
  ['any number of processes', { limits: { processes: Number.NaN } }, 'limits.processes'],
  ['too few descriptors', { limits: { descriptors: 2 } }, 'limits.descriptors'],
  ['half a descriptor', { limits: { descriptors: 16.5 } }, 'limits.descriptors'],
  ['no stack', { limits: { stackBytes: 0 } }, 'limits.stackBytes'],
  ['a stack in part of a page', { limits: { stackBytes: 5000 } }, 'limits.stackBytes'],
  ['fewer than no packets', { networkMemory: { smallPackets: -1 } }, 'networkMemory.smallPackets'],
  ['rings of no size', { networkMemory: { ringBytes: Number.NaN } }, 'networkMemory.ringBytes'],
  ['a number for a name', { hostName: 5 }, 'hostName'],
  ['a text for a log', { log: 'yes' }, 'log is a function'],
  ['a flag for a trace', { trace: true }, 'trace is a function'],
];

test.each(rows)('%s', (_name, wrong, words) => {
  const machine = new FakeMachine({ programs: {} });
  const create = () => createKernel({ machine, init: 'init', ...wrong } as KernelOptions);
  expect(create).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
  expect(create).toThrow(words);
});

test('no options at all', () => {
  expect(() => createKernel(undefined as unknown as KernelOptions)).toThrow('takes an object with machine and init');
});

test('a factory that makes no network is named', () => {
  const sockets = [() => ({})] as unknown as NonNullable<KernelOptions['sockets']>;
  const init = function* () {};
  expect(() => bootTest({ init }, { sockets })).toThrow('sockets[0] made no network');
});

test('where init is not found, there is what could have been', () => {
  const init = function* () {};
  expect(bootTest({ init, other: init }, { init: 'inti' }).kernel.panicText).toContain(
    'no init: inti: ENOENT; boot modules: init other',
  );
  expect(bootTest({}).kernel.panicText).toContain('no init: init: ENOENT; boot modules: none');
});

test('driveKernel without a way to let others run', async () => {
  const { kernel, machine } = bootTest({});
  await expect(driveKernel(kernel, machine, {} as never)).rejects.toThrow('takes { yield }');
});

test('a budget is a number, and a kernel survives one that is not', () => {
  const { kernel, machine } = bootTest({ init: function* () {} });
  for (const budget of [Number.NaN, undefined])
    expect(() => kernel.step(budget as number)).toThrow('step takes counts');
  expect(() => runKernel(kernel, machine, { budgetMs: Number.NaN })).toThrow('step takes counts');
  expect(kernel.panicText).toBe(null);
  expect(kernel.step(0)).not.toBe('off');
});

test('a table of descriptors has a limit, and numbers below it', () => {
  for (const limit of [0, -1, 1.5, Number.NaN, undefined]) {
    expect(() => createDescriptorTable(limit as number)).toThrow('limit is an integer');
  }
  const table = createDescriptorTable(2);
  const description = { kind: 'null', flags: 0, retain: () => {}, release: () => 0 } as const;
  for (const fd of [2, -1, Number.NaN]) expect(() => table.put(fd, description, false)).toThrow('no descriptor');
  expect(table.size).toBe(0);
});

test('a program file is bytes', () => {
  for (const file of [undefined, 'ELF', new ArrayBuffer(64)]) {
    expect(() => parseElf(file as unknown as Uint8Array)).toThrow('a program file is a Uint8Array');
  }
});
