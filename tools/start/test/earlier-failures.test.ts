import { ENOSYS, synosProfile } from '@synos/abi';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Assembly, condition, register } from './support/assembly.js';
import { createBareSystem } from './support/bare-system.js';
import { CaseRunner, Runners } from './support/case-runner.js';
import { tinyElf } from './support/tiny-elf.js';
import { leavesOf, type UserLeaf } from './support/user-leaves.js';
import { createWorld } from './world.js';

// What the first attempt at this design got wrong, found by running it: each is a test here, of the whole system, from
// ring 3. Memory, page tables, the registers of a call, and the way between the rings; sockets have tests of their own.

const { numbers } = synosProfile;
const { rax, rbx, rsp } = register;
const PAGE = 4096;

/** The lines of the C programs that test from inside, by program. */
const said = new Map<string, string[]>();
const exits = new Map<string, unknown>();

beforeAll(() => {
  const runner = new CaseRunner({ looks: 100_000 });
  for (const program of ['mem-check', 'faults', 'abi-check']) {
    const from = runner.world.console().length;
    exits.set(program, runner.start(program).end);
    runner.expectNothingLeft();
    said.set(program, runner.world.console().slice(from).split(/\r?\n/));
  }
}, 120_000);

test.each(['mem-check', 'faults', 'abi-check'])(
  '%s, of which lines are looked at below: all of them are ok',
  (program) => {
    expect((said.get(program) ?? []).filter((line) => line.startsWith('not ok'))).toEqual([]);
    expect(exits.get(program)).toEqual({ how: 'exited', code: 0 });
  },
);

describe('1: mmap gave equal addresses to equal lengths, mapped nothing, munmap took anything, brk echoed', () => {
  test.each([
    'equal lengths are given different addresses',
    'what is mapped does not overlap',
    'what was written is read',
    'and the other mapping is another',
    'munmap inside of a page',
    'munmap of no bytes',
    "munmap of the kernel's memory",
    'munmap of the page in the middle',
    'read-unmapped',
    'the heap grows',
    'by as much as was asked for',
    'a terabyte of heap',
    'and the end is where it was',
  ])('%s', (line) => {
    expect(said.get('mem-check')).toContain(`ok ${line}`);
  });
});

describe('2: leaves a level too high, USER missing on the way, NX lost, frame 0 given out, double frees', () => {
  let leaves: UserLeaf[][];

  beforeAll(() => {
    // Three programs at once, their tables read as they lie in memory while they run.
    const world = createWorld({ program: 'hog', args: ['+', 'hog', '+', 'hog'] });
    const roots = new Set<number>();
    const note = (): boolean => {
      roots.add(world.machine.readControl('cr3'));
      return false;
    };
    expect(world.run({ until: note, limitMs: 300 })).toBe('limit');
    leaves = [...roots].map((root) => leavesOf(world.machine, root)).filter((list) => list.length > 0);
  });

  test('every way to a page of a program has USER on all four levels', () => {
    expect(leaves.length).toBeGreaterThanOrEqual(3);
    for (const leaf of leaves.flat()) expect(leaf.isUserAllTheWay).toBe(true);
  });

  test('no page is written and executed; code is executed, and data is not', () => {
    for (const list of leaves) {
      expect(list.filter(({ isExecutable, isWritable }) => isExecutable && isWritable)).toEqual([]);
      expect(list.filter(({ isExecutable }) => isExecutable).length).toBeGreaterThan(0);
      expect(list.filter(({ isWritable }) => isWritable).length).toBeGreaterThan(0);
    }
    expect(said.get('mem-check')).toEqual(expect.arrayContaining(['ok execute-data', 'ok execute-after-mprotect']));
    expect(said.get('faults')).toEqual(expect.arrayContaining(['ok jump-stack', 'ok jump-data', 'ok write-code']));
  });

  test('frame 0 belongs to nobody, and no frame to two', () => {
    const frames = leaves.flat().map(({ frame }) => frame);
    expect(frames).not.toContain(0);
    expect(new Set(frames).size).toBe(frames.length);
  });

  test('nothing of the kernel half is for ring 3', () => {
    expect(said.get('faults')).toEqual(
      expect.arrayContaining(['ok read-kernel', 'ok write-kernel', 'ok jump-kernel', 'ok stack-in-kernel']),
    );
  });

  test('what a page fault gives is there: each page of a mapping is touched, once and again', () => {
    const pages = 200;
    const code = new Assembly().call(numbers.mmap, 0, pages * PAGE, 3, 0x22, -1, 0);
    code.raw(0x48, 0x89, 0xc3); // mov rbx, rax
    for (let page = 0; page < pages; page++) {
      code.raw(0x48, 0x83, 0x3b, 0x00).jumpIf(condition.notEqual, 'wrong'); // cmp qword [rbx], 0
      code.raw(0x48, 0x89, 0x1b); // mov [rbx], rbx
      code.raw(0x48, 0x39, 0x1b).jumpIf(condition.notEqual, 'wrong'); // cmp [rbx], rbx
      code.raw(0x48, 0x81, 0xc3, 0, 0x10, 0, 0); // add rbx, 4096
    }
    code.call(numbers.exit, 0).label('wrong').call(numbers.exit, 1);
    expect(new CaseRunner().run(tinyElf(code)).end).toEqual({ how: 'exited', code: 0 });
  });
});

describe('3: the entry code shifted every argument by one', () => {
  const runners = new Runners();
  const words = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

  /** Sets all registers but RSP, traps, and ends with the number of the first that is another afterwards, or 0. */
  function trap(values: readonly bigint[], number: number, check: (code: Assembly) => void): number {
    const code = new Assembly();
    values.forEach((value, index) => {
      if (index !== rsp) code.set(index, value);
    });
    code.set(rax, number).raw(0xcd, 0x80);
    check(code);
    values.forEach((_, index) => {
      if (index !== rsp && index !== rax)
        code.compareWith(index, `value${index}`).jumpIf(condition.notEqual, `x${index}`);
    });
    code.call(numbers.exit, 0);
    values.forEach((_, index) => {
      code.label(`x${index}`).call(numbers.exit, 100 + index);
    });
    code.label('wrong').call(numbers.exit, 1).align(8);
    values.forEach((value, index) => {
      code.label(`value${index}`).quad(value);
    });
    code.label('buffer').raw(...new Uint8Array(56));
    const { end } = runners.use((runner) => runner.run(tinyElf(code)));
    return end?.how === 'exited' ? end.code : -1;
  }

  test('echo: the number and six arguments come as they went, and every other register stays', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 16, maxLength: 16 }), (values) => {
        const { rdi, rsi, rdx, r8, r9, r10 } = register;
        const code = new Assembly();
        values.forEach((value, index) => {
          if (index !== rsp) code.set(index, value);
        });
        code.call(numbers.echo, 'buffer').testAnswer().jumpIf(condition.notEqual, 'wrong');
        const argumentsInOrder = [rsi, rdx, r10, r8, r9];
        code.load(rbx, 'number').compareWith(rbx, 'buffer').jumpIf(condition.notEqual, 'wrong');
        code.compareWith(rdi, 'argument1').jumpIf(condition.notEqual, 'wrong');
        argumentsInOrder.forEach((each, index) => {
          code.compareWith(each, `argument${index + 2}`).jumpIf(condition.notEqual, 'wrong');
          code
            .load(rbx, `value${each}`)
            .compareWith(rbx, `argument${index + 2}`)
            .jumpIf(condition.notEqual, 'wrong');
        });
        code.call(numbers.exit, 0).label('wrong').call(numbers.exit, 1).align(8).label('number').quad(numbers.echo);
        values.forEach((value, index) => {
          code.label(`value${index}`).quad(value);
        });
        code.label('buffer').quad(0);
        for (let index = 1; index <= 6; index++) code.label(`argument${index}`).quad(0);
        const { end } = runners.use((runner) => runner.run(tinyElf(code)));
        expect(end).toEqual({ how: 'exited', code: 0 });
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('a call changes RAX and nothing else, whatever lies in the registers', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 16, maxLength: 16 }), fc.boolean(), (values, isKnown) => {
        const number = isKnown ? numbers.getppid : 48;
        const answer = isKnown ? 2 : -ENOSYS;
        const check = (code: Assembly): void => {
          code.compareAnswer(answer).jumpIf(condition.notEqual, 'wrong');
        };
        expect(trap(values, number, check)).toBe(0);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('and the C program sees the same', () => {
    const lines = said.get('abi-check') ?? [];
    for (const name of ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9']) {
      expect(lines.find((line) => line.startsWith('ok argument') && line.endsWith(name))).toBeDefined();
    }
    expect(lines.filter((line) => line.startsWith('not ok'))).toEqual([]);
  });
});

describe('4: no user segments, no RSP0: ring 3 could not be entered; vectors other than four were absent', () => {
  const system = createBareSystem({ argv: ['hog'] });
  system.run(20);
  const { machine, tables } = system;
  const view = new DataView(machine.mem(0x1000, 8).buffer);

  test('there are segments for ring 3: code and data, present, DPL 3', () => {
    // Access bytes (SDM vol. 3, 3.4.5): P, DPL 3, S, and writable data or readable code; accessed or not.
    expect(view.getUint8(tables.gdt + 0x18 + 5) | 1).toBe(0xf3);
    expect(view.getUint8(tables.gdt + 0x20 + 5) | 1).toBe(0xfb);
  });

  test('all 256 gates are there, and a program may call three of them', () => {
    const gates = Array.from({ length: 256 }, (_, vector) => view.getUint8(tables.idt + 16 * vector + 5));
    expect(gates.every((access) => (access & 0x80) !== 0)).toBe(true);
    const open = gates.flatMap((access, vector) => (((access >> 5) & 3) === 3 ? [vector] : []));
    expect(open).toEqual([3, 4, 0x80]);
  });

  test('RSP0 points behind the registers of the thread that runs', () => {
    const at = tables.gdt + 0x28;
    const tss = (view.getUint16(at + 2, true) | (view.getUint8(at + 4) << 16) | (view.getUint8(at + 7) << 24)) >>> 0;
    const rsp0 = view.getInt32(tss + 8, true) * 2 ** 32 + view.getUint32(tss + 4, true);
    const frame = rsp0 - machine.directMapBase - 176;
    // Its CS and SS are those of ring 3, its RIP is in the program.
    expect([view.getUint16(frame + 144, true), view.getUint16(frame + 168, true)]).toEqual([0x23, 0x1b]);
    expect(view.getUint32(frame + 140, true)).toBe(0);
  });

  test.each([
    'divide-by-zero',
    'single-step',
    'breakpoint',
    'overflow',
    'undefined',
    'int-timer',
    'int-page-fault',
    'int-last',
    'read-null',
    'stack-overflow',
    'interrupt-return-to-ring-0',
  ])('%s', (line) => {
    expect(said.get('faults')).toContain(`ok ${line}`);
  });
});
