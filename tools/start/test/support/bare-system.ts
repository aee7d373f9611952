import type { Machine } from '@synos/interfaces';
import { createKernel, type Kernel } from '@synos/kernel';
import { createSimulatedPc, type SimulatedPc } from '@synos/machine-sim';
import { createTestEntropy } from '@synos/netsim';
import { programs } from '@synos/userland/all';
import type { BootFile } from '../../system/system.js';

/** Where the kernel has its tables, as it told the CPU. */
export interface Tables {
  /** Addresses in physical memory. */
  gdt: number;
  idt: number;
  tssSelector: number;
}

/** Members of a machine that stand between the kernel and the real ones. */
export type Between = Partial<Machine>;

/** A PC and a kernel without a network, in virtual time. */
export interface BareSystem {
  readonly machine: SimulatedPc;
  readonly kernel: Kernel;
  readonly tables: Tables;
  readonly log: string[];
  readonly panics: string[];
  console(): string;
  /** Runs for so many milliseconds of virtual time, or until `until` holds. */
  run(limitMs: number, until?: () => boolean): 'off' | 'until' | 'limit';
}

const TURN_TICKS = 5000;

/** Boots `init`, which starts the programs named, with something put between kernel and machine. */
export function createBareSystem(options: {
  readonly argv: readonly string[];
  readonly files?: readonly BootFile[];
  readonly between?: (machine: SimulatedPc) => Between;
}): BareSystem {
  const { argv, files = [], between = () => ({}) } = options;
  const log: string[] = [];
  const panics: string[] = [];
  let text = '';
  const own = programs.filter(({ name }) => argv.includes(name) || name === 'init');
  const machine = createSimulatedPc({
    time: { mode: 'virtual' },
    entropy: createTestEntropy(1),
    memoryBytes: 16 << 20,
    bootModules: [...own.map((program) => ({ name: program.name, bytes: program.bytes() })), ...files],
    onConsole: (bytes) => {
      text += String.fromCharCode(...bytes);
    },
    onPanic: (words) => panics.push(words),
  });
  const tables: Tables = { gdt: 0, idt: 0, tssSelector: 0 };
  const noting: Between = {
    lgdt(base, limit) {
      tables.gdt = base - machine.directMapBase;
      machine.lgdt(base, limit);
    },
    lidt(base, limit) {
      tables.idt = base - machine.directMapBase;
      machine.lidt(base, limit);
    },
    ltr(selector) {
      tables.tssSelector = selector;
      machine.ltr(selector);
    },
    ...between(machine),
  };
  const kernel = createKernel({
    machine: standing(machine, noting),
    init: { path: '/boot/init', argv: ['init', ...argv] },
    log: (line) => log.push(line),
  });
  return {
    machine,
    kernel,
    tables,
    log,
    panics,
    console: () => text,
    run(limitMs, until = () => false) {
      const endMs = machine.clock.now() + limitMs;
      for (;;) {
        const state = kernel.step(TURN_TICKS);
        if (state === 'off') return 'off';
        if (until()) return 'until';
        if (machine.clock.now() >= endMs) return 'limit';
        if (state !== 'idle') continue;
        const vector = machine.idle(Math.min(kernel.nextDeadline(), (endMs * machine.tscHz) / 1000)) as number;
        if (vector >= 0) kernel.interrupt(vector);
      }
    },
  };
}

/** The machine with some of its members in the place of its own. */
function standing(machine: Machine, between: Between): Machine {
  const bound = new Map<PropertyKey, unknown>(Object.entries(between));
  return new Proxy(machine, {
    get(target, name) {
      if (bound.has(name)) return bound.get(name);
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method: unknown = value.bind(target);
      bound.set(name, method);
      return method;
    },
  });
}
