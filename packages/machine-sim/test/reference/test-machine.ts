import type { EventLoop } from '@synos/interfaces';
import { SimulatedMachine } from '../../src/machine.js';
import type { SimulatedPcOptions } from '../../src/simulated-pc.js';
import { createMiniKernel, type MiniKernel } from './mini-kernel.js';
import { ScriptedCpu } from './scripted-cpu.js';

/** Not unpredictable at all. */
export const entropy = { fill: (bytes: Uint8Array): void => void bytes.fill(7) };

/** A machine around a CPU that does what the test says. */
export interface ScriptedPc {
  readonly machine: SimulatedMachine;
  readonly cpu: ScriptedCpu;
  readonly kernel: MiniKernel;
}

/** Makes a machine in virtual time with 4 MB, small pages, and a mini kernel on it. */
export function createScriptedPc(options: Partial<SimulatedPcOptions> = {}): ScriptedPc {
  let cpu: ScriptedCpu | undefined;
  const machine = new SimulatedMachine(
    { time: { mode: 'virtual' }, entropy, memoryBytes: 4 << 20, ...options },
    (cpuOptions) => {
      cpu = new ScriptedCpu(cpuOptions);
      return cpu;
    },
  );
  if (cpu === undefined) throw new Error('no CPU was made');
  return { machine, cpu, kernel: createMiniKernel(machine, 4096) };
}

/** An event loop whose time is moved by hand. */
export interface ManualLoop extends EventLoop {
  /** Lets time pass, task by task. */
  advance(ms: number): void;
  readonly waiting: number;
}

export function createManualLoop(): ManualLoop {
  let nowMs = 0;
  let tasks: { at: number; task: () => void }[] = [];
  const add = (at: number, task: () => void): (() => void) => {
    const entry = { at, task };
    tasks.push(entry);
    return () => {
      tasks = tasks.filter((each) => each !== entry);
    };
  };
  return {
    now: () => nowMs,
    soon: (task) => void add(nowMs, task),
    at: add,
    get waiting() {
      return tasks.length;
    },
    advance(ms) {
      const end = nowMs + ms;
      for (;;) {
        const due = tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        tasks = tasks.filter((each) => each !== due);
        nowMs = Math.max(nowMs, due.at);
        due.task();
      }
      nowMs = end;
    },
  };
}
