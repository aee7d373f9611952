import { assert, FRAME_BYTES, type Machine } from '@synos/interfaces';
import type { InitProgram, KernelLimits, KernelOptions } from './options.js';

/** Standard input, output and error: the least that `init` begins with. */
const LEAST_DESCRIPTORS = 3;

/**
 * Names the option that is wrong, before the machine is touched. Many who call have no types, and a limit that is no
 * number limits nothing.
 *
 * @throws an assertion
 */
export function checkOptions(options: KernelOptions): void {
  assert(typeof options === 'object' && options !== null, 'createKernel takes an object with machine and init');
  const { machine, init, sockets = [], limits = {}, networkMemory = {}, timeSliceMs = 1, hostName = '' } = options;
  checkMachine(machine);
  checkInit(init);
  assert(Array.isArray(sockets), 'sockets is an array of network factories');
  sockets.forEach((factory, index) => {
    assert(typeof factory === 'function', `sockets[${index}] is a function that makes a network`);
  });
  assert(timeSliceMs > 0, `timeSliceMs is more than 0, not ${timeSliceMs}`);
  checkLimits(limits);
  for (const [name, value] of Object.entries(networkMemory)) {
    assert(isCount(value, 0), `networkMemory.${name} is an integer, 0 or more, not ${value}`);
  }
  assert(typeof hostName === 'string', 'hostName is a string');
  for (const name of ['log', 'trace'] as const) {
    const sink = options[name];
    assert(sink === undefined || typeof sink === 'function', `${name} is a function that takes a line`);
  }
}

function checkMachine(machine: Machine): void {
  const isMachine = typeof machine?.run === 'function' && Array.isArray(machine.memoryMap);
  assert(isMachine, 'machine is a Machine, such as createSimulatedPc makes');
}

function checkInit(init: InitProgram | string): void {
  const { path, argv = [], env = {} } = typeof init === 'string' ? { path: init } : (init ?? {});
  const isPath = typeof path === 'string' && path !== '';
  assert(isPath, "init is the name of a boot module, or { path, argv, env }: the first program's");
  const isList = Array.isArray(argv) && argv.every((argument) => typeof argument === 'string');
  assert(isList, 'init.argv is an array of strings');
  const isRecord = !Array.isArray(env) && Object.values(env).every((value) => typeof value === 'string');
  assert(isRecord, 'init.env is an object of strings: { NAME: value }');
}

function checkLimits({ processes = 1, descriptors = LEAST_DESCRIPTORS, stackBytes = FRAME_BYTES }: KernelLimits): void {
  assert(isCount(processes, 1), `limits.processes is an integer, 1 or more, not ${processes}`);
  assert(
    isCount(descriptors, LEAST_DESCRIPTORS),
    `limits.descriptors is an integer, ${LEAST_DESCRIPTORS} or more, not ${descriptors}`,
  );
  assert(
    isCount(stackBytes, FRAME_BYTES) && stackBytes % FRAME_BYTES === 0,
    `limits.stackBytes is a multiple of ${FRAME_BYTES}, not ${stackBytes}`,
  );
}

function isCount(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least;
}
