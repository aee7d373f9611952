import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../kernel/exit-code.js';
import { type BareSystem, createBareSystem } from './support/bare-system.js';

// The simulated TLB watches no store to a page table (SDM vol. 3, 4.10.4.2): a kernel that takes a page or a right away
// and says nothing is found out by the program, which goes on using it. If a TLB were made that forgets by itself, or one
// that remembers nothing, the second half of these tests would say so: the first half alone would look at nothing.

/** Ways to use what is gone, of the program mem-check: each is to end by SIGSEGV. */
const accesses = [
  'read-unmapped',
  'write-unmapped',
  'write-read-only',
  'read-without-rights',
  'execute-after-mprotect',
  'write-behind-the-heap',
] as const;
const KILLED = 128 + 11;
const SURVIVED = 1;

interface Forgetful {
  readonly system: BareSystem;
  /** What the kernel told, in order. */
  readonly told: number[];
}

/** Runs one access on a machine that does not hear the INVLPGs that `isLost` names, by their numbers. */
function run(access: string, isLost: (index: number) => boolean): Forgetful {
  const told: number[] = [];
  const system = createBareSystem({
    argv: ['mem-check', access],
    between: (machine) => ({
      invlpg(address) {
        const index = told.length;
        told.push(address);
        if (!isLost(index)) machine.invlpg(address);
      },
    }),
  });
  expect(system.run(2000)).toBe('off');
  expect(system.panics).toEqual([]);
  return { system, told };
}

describe.each(accesses)('mem-check %s', (access) => {
  test('is ended where the TLB is told, and survives where one INVLPG is left out', () => {
    const honest = run(access, () => false);
    expect(exitCodeOf(honest.system.kernel.exitStatus)).toBe(KILLED);
    expect(honest.told.length).toBeGreaterThan(0);

    // One at a time, the last first, which is the most likely to have been about that page.
    let survivor: BareSystem | null = null;
    for (let lost = honest.told.length - 1; lost >= 0 && survivor === null; lost--) {
      const { system } = run(access, (index) => index === lost);
      if (exitCodeOf(system.kernel.exitStatus) === SURVIVED) survivor = system;
    }
    expect(survivor?.console()).toContain(`survived ${access}`);
  });
});
