import { synosProfile } from '@synos/abi';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../kernel/exit-code.js';
import { Assembly, condition, register } from './support/assembly.js';
import { type BareSystem, createBareSystem } from './support/bare-system.js';
import { tinyElf } from './support/tiny-elf.js';

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
const PAGE = 4096;
/** More than are told one by one, and few enough to be remembered all at once. */
const MANY = 100;
const LAST = (MANY - 1) * PAGE;

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

/** Maps many pages, writes to all, gives them back or makes them read-only, and stores into the last one. */
function manyPages(take: (code: Assembly) => Assembly): Uint8Array<ArrayBuffer> {
  const { numbers } = synosProfile;
  const code = new Assembly().call(numbers.mmap, 0, MANY * PAGE, 3, 0x22, -1, 0);
  code.set(register.rdi, 'address').raw(0x48, 0x89, 0x07); // mov [rdi], rax
  code.set(register.rcx, MANY).label('touch').raw(0x48, 0x89, 0x00); // mov [rax], rax
  code.raw(0x48, 0x05, 0, 0x10, 0, 0, 0x48, 0xff, 0xc9).jumpIf(condition.notEqual, 'touch'); // add rax, 4096; dec rcx
  take(code.load(register.rdi, 'address')).raw(0xcd, 0x80);
  code.load(register.rax, 'address').raw(0x48, 0x89, 0x80, ...[0, 0xf0 & (LAST >> 8), LAST >> 16, 0]); // mov [rax + LAST], rax
  return tinyElf(code.call(numbers.exit, SURVIVED).align(8).label('address').quad(0));
}

test.each([
  ['munmap', manyPages((code) => code.set(register.rsi, MANY * PAGE).set(register.rax, synosProfile.numbers.munmap))],
  [
    'mprotect',
    manyPages((code) =>
      code
        .set(register.rsi, MANY * PAGE)
        .set(register.rdx, 1)
        .set(register.rax, synosProfile.numbers.mprotect),
    ),
  ],
])('%s of many pages at once is told by a flush, and nothing else', (_, bytes) => {
  const end = (isLost: boolean): { code: number; flushes: number } => {
    let flushes = 0;
    const system = createBareSystem({
      argv: ['many'],
      files: [{ name: 'many', bytes }],
      between: (machine) => ({
        flush() {
          flushes += 1;
          if (!isLost) machine.flush();
        },
      }),
    });
    expect(system.run(2000)).toBe('off');
    return { code: exitCodeOf(system.kernel.exitStatus), flushes };
  };
  expect(end(false)).toMatchObject({ code: KILLED });
  expect(end(false).flushes).toBeGreaterThan(0);
  expect(end(true)).toMatchObject({ code: SURVIVED });
});
