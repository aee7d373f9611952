import { assert, type Machine } from '@synos/interfaces';
import type { Kernel } from './kernel.js';

/** How {@link driveKernel} shares its thread. */
export interface DriveKernelOptions {
  /** How long the kernel runs before others have their turn; default 5. */
  readonly budgetMs?: number;
  /** Lets the rest of the thread do what it has to: input, timers. Settles soon: `setImmediate`, a message channel. */
  readonly yield: () => Promise<void>;
}

const DEFAULT_BUDGET_MS = 5;

/**
 * Runs a kernel until it is off, on a machine that shares its thread with others.
 *
 * @returns init's wait status
 * @throws an Error whose `code` is `ERR_KERNEL_PANIC` when the kernel could not go on
 * @example
 * ```ts
 * import type { Machine } from '@synos/interfaces';
 * import { createKernel, driveKernel } from '@synos/kernel';
 *
 * // In Node: () => new Promise((done) => setImmediate(done)). A promise that is settled already lets no timer run.
 * const boot = (machine: Machine, nextTurn: () => Promise<void>): Promise<number> =>
 *   driveKernel(createKernel({ machine, init: 'hello' }), machine, { yield: nextTurn });
 * ```
 */
export async function driveKernel(kernel: Kernel, machine: Machine, options: DriveKernelOptions): Promise<number> {
  assert(
    typeof options?.yield === 'function',
    'driveKernel takes { yield }: a function that lets others have the thread',
  );
  const budgetTicks = ticksOf(machine, options.budgetMs);
  for (;;) {
    const state = kernel.step(budgetTicks);
    if (state === 'off') return endOf(kernel);
    if (state === 'idle') {
      const vector = machine.idle(kernel.nextDeadline());
      // A machine that never makes anybody wait (virtual time) must not keep the thread either.
      if (typeof vector === 'number') take(kernel, vector);
      else {
        take(kernel, await vector);
        continue;
      }
    }
    await options.yield();
  }
}

/**
 * As {@link driveKernel}, on a machine whose `idle` waits itself: a real one, or one in virtual time.
 *
 * @throws besides, an assertion where `idle` answers a promise
 */
export function runKernel(kernel: Kernel, machine: Machine, options: { readonly budgetMs?: number } = {}): number {
  const budgetTicks = ticksOf(machine, options.budgetMs);
  for (;;) {
    const state = kernel.step(budgetTicks);
    if (state === 'off') return endOf(kernel);
    if (state === 'runnable') continue;
    const vector = machine.idle(kernel.nextDeadline());
    assert(typeof vector === 'number', 'a machine that cannot wait by itself: driveKernel is for it');
    take(kernel, vector);
  }
}

function ticksOf(machine: Machine, budgetMs: number = DEFAULT_BUDGET_MS): number {
  return (budgetMs * machine.tscHz) / 1000;
}

function take(kernel: Kernel, vector: number): void {
  if (vector >= 0) kernel.interrupt(vector);
}

function endOf({ exitStatus, panicText }: Kernel): number {
  if (exitStatus !== null) return exitStatus;
  throw Object.assign(new Error(panicText ?? 'the kernel is off'), { code: 'ERR_KERNEL_PANIC' });
}
