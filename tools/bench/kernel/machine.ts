import type { NetDevice } from '@synos/interfaces';
import { createKernel, type Kernel } from '@synos/kernel';
import { createSimulatedPc, type SimulatedPc } from '@synos/machine-sim';
import { createNetstack } from '@synos/netstack';
import { init } from '@synos/userland/init';
import { HonestyError } from '../harness/honesty.js';
import { entropy } from '../ours/hosts.js';

/** A booted kernel whose time is its own: no round waits for a clock of this machine. */
export interface BootedKernel {
  readonly machine: SimulatedPc;
  readonly kernel: Kernel;
  /** What the programs wrote. */
  readonly console: () => string;
  /** A turn of the kernel, and a leap to the next event where it has nothing to do. False when it is off. */
  turn(): boolean;
}

/** Ticks of a turn. */
const turnTicks = 200_000;

/** Boots a kernel with one program, and a card where it has one. */
export function bootKernel(
  program: { name: string; bytes(): Uint8Array },
  args: readonly string[],
  device?: NetDevice,
): BootedKernel {
  let text = '';
  const machine = createSimulatedPc({
    time: { mode: 'virtual' },
    entropy,
    bootModules: [init, program].map((each) => ({ name: each.name, bytes: each.bytes() })),
    network: device === undefined ? [] : [device],
    onConsole: (bytes) => {
      text += String.fromCharCode(...bytes);
    },
    onPanic: (words) => {
      throw new HonestyError(words);
    },
  });
  const kernel = createKernel({
    machine,
    init: { path: '/boot/init', argv: ['init', program.name, ...args] },
    sockets: [
      ({ clock, entropy: own, devices: [card], memory }) => {
        const interfaces = card === undefined ? [] : [{ device: card, addresses: ['10.0.0.2/24'] }];
        const stack = createNetstack({ clock, entropy: own, memory, interfaces });
        return { provider: stack, pollable: stack, dispose: () => stack.dispose() };
      },
    ],
  });
  return {
    machine,
    kernel,
    console: () => text,
    turn() {
      const state = kernel.step(turnTicks);
      if (state === 'idle') {
        // No further than a millisecond: somebody at the other end of the cable lives in the time of this machine.
        const tsc = Math.min(kernel.nextDeadline(), machine.rdtsc() + machine.tscHz / 1000);
        const vector = machine.idle(tsc) as number;
        if (vector >= 0) kernel.interrupt(vector);
      }
      return state !== 'off';
    },
  };
}
