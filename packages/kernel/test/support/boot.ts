import { createKernel, type Kernel, type KernelOptions } from '../../src/index.js';
import type { Program } from './fake-cpu.js';
import { FakeMachine, type FakeMachineOptions } from './fake-machine.js';

export interface TestKernel {
  readonly machine: FakeMachine;
  readonly kernel: Kernel;
  readonly log: string[];
  readonly trace: string[];
}

export interface BootOptions extends Partial<Omit<KernelOptions, 'machine'>> {
  readonly machine?: Omit<FakeMachineOptions, 'programs'>;
}

/** Boots `init`, one of the programs, on a machine of its own. */
export function bootTest(programs: Readonly<Record<string, Program>>, options: BootOptions = {}): TestKernel {
  const log: string[] = [];
  const trace: string[] = [];
  const { machine: machineOptions, ...kernelOptions } = options;
  const machine = new FakeMachine({ programs, ...machineOptions });
  const kernel = createKernel({
    machine,
    init: 'init',
    log: (line) => void log.push(line),
    trace: (line) => void trace.push(line),
    limits: { stackBytes: 64 << 10 },
    ...kernelOptions,
  });
  return { machine, kernel, log, trace };
}

/** Steps until it is true; an error after so many steps. */
export function stepUntil({ kernel, machine }: TestKernel, isSo: () => boolean, maxSteps = 2000): void {
  for (let step = 0; step < maxSteps; step++) {
    if (isSo()) return;
    const state = kernel.step(100);
    if (state === 'off') break;
    if (state !== 'idle') continue;
    if (isSo()) return;
    const vector = machine.idle(kernel.nextDeadline());
    if (vector >= 0) kernel.interrupt(vector);
  }
  if (!isSo()) throw new Error(`it never came to that. ${kernel.panicText ?? ''}`);
}
