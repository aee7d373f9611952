import { synosProfile, writeWaitStatus } from '@synos/abi';
import { trapFrame } from '@synos/interfaces';
import { expect, test } from 'vitest';
import { driveKernel, runKernel } from '../src/index.js';
import { bootTest, stepUntil } from './support/boot.js';
import type { Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';

const hello: Program = function* (cpu) {
  yield* cpu.text(DATA, 'hello');
  yield* cpu.call('write', 1, DATA, 5);
  yield* cpu.call('exit_group', 7);
};

test('boots, runs init, sends what the console has, and is off with its status', () => {
  const { machine, kernel, log, trace } = bootTest({ init: hello });
  expect(log.map((line) => line.slice(0, 15))).toEqual(log.map(() => '[    0.000000] '));
  expect(log.map((line) => line.slice(15).split(':')[0])).toEqual([
    'memory',
    'page tables',
    'cpu',
    'interrupts',
    'clock',
    'console',
    'pci',
    'network',
    'memory',
    'init',
  ]);
  expect(kernel.exitStatus).toBe(null);
  expect(runKernel(kernel, machine)).toBe(writeWaitStatus({ how: 'exited', code: 7 }));
  expect(machine.output).toBe('hello');
  expect(machine.isOff).toBe(true);
  expect(kernel.step(100)).toBe('off');
  expect(kernel.nextDeadline()).toBe(Infinity);
  expect(trace.map((line) => line.replace(/ +=/, ' ='))).toEqual([
    '[pid 1] write(1, "hello", 5) = 5',
    '[pid 1] exit_group(7) = ?',
  ]);
  expect(log.at(-1)).toContain('init ended: exit status 7');
});

test('a host that shares its thread gets it back', async () => {
  let yields = 0;
  const { machine, kernel } = bootTest({
    init: function* (cpu) {
      yield* cpu.work(20_000);
      yield* cpu.call('exit', 1);
    },
  });
  const status = await driveKernel(kernel, machine, {
    budgetMs: 1,
    yield: async () => {
      yields += 1;
    },
  });
  expect(status).toBe(0x100);
  expect(yields).toBeGreaterThanOrEqual(19);
});

test.each([
  ['nothing', 'ENOENT', 'nothing'],
  ['noise', 'not an ELF file', '/boot/noise'],
  ['a device', 'EACCES', '/dev/null'],
])('no init: %s', async (_name, why, path) => {
  const { machine, kernel } = bootTest({}, { init: path, machine: { files: { noise: Uint8Array.of(1, 2, 3) } } });
  expect(kernel.panicText).toContain(why);
  expect(machine.panics).toEqual([kernel.panicText]);
  expect(kernel.exitStatus).toBe(null);
  expect(() => runKernel(kernel, machine)).toThrow('no init');
  await expect(driveKernel(kernel, machine, { yield: () => Promise.resolve() })).rejects.toMatchObject({
    code: 'ERR_KERNEL_PANIC',
  });
});

test('a program finds its arguments where the System V ABI says', () => {
  const seen: Record<string, unknown> = {};
  const { machine, kernel } = bootTest(
    {
      init: function* (cpu) {
        const { rsp } = cpu;
        seen.aligned = rsp % 16;
        const argc = yield* cpu.loadWord(rsp);
        const texts: string[] = [];
        let at = rsp + 8;
        for (let index = 0; index < argc; index++, at += 8) texts.push(yield* cpu.loadText(yield* cpu.loadWord(at)));
        seen.argv = texts;
        seen.end = yield* cpu.loadWord(at);
        const environment: string[] = [];
        for (at += 8; ; at += 8) {
          const pointer = yield* cpu.loadWord(at);
          if (pointer === 0) break;
          environment.push(yield* cpu.loadText(pointer));
        }
        seen.envp = environment;
        const auxiliary = new Map<number, number>();
        for (at += 8; ; at += 16) {
          const key = yield* cpu.loadWord(at);
          if (key === 0) break;
          auxiliary.set(key, yield* cpu.loadWord(at + 8));
        }
        seen.pageBytes = auxiliary.get(6);
        seen.entry = auxiliary.get(9);
        seen.headers = [auxiliary.get(4), auxiliary.get(5)];
        seen.file = yield* cpu.loadText(auxiliary.get(31) as number);
        seen.random = (yield* cpu.load(auxiliary.get(25) as number, 16)).some((byte) => byte !== 0);
        seen.data = [...(yield* cpu.load(DATA, 5))];
        seen.secure = auxiliary.get(23);
      },
    },
    { init: { path: '/boot/init', argv: ['init', 'übung', ''], env: { HOME: '/', N: '1' } } },
  );
  expect(runKernel(kernel, machine)).toBe(0);
  expect(seen).toEqual({
    aligned: 0,
    argv: ['init', '\xc3\xbcbung', ''],
    end: 0,
    envp: ['HOME=/', 'N=1'],
    pageBytes: 4096,
    entry: 0x40_0000,
    headers: [56, 2],
    file: '/boot/init',
    random: true,
    data: [1, 2, 3, 0, 0],
    secure: 0,
  });
});

test('echo: the number and six distinct arguments of 64 bits arrive, and no other register changes', () => {
  const numbers: bigint[] = [];
  const kept: string[] = [];
  const { kernel, machine } = bootTest({
    init: function* (cpu) {
      const { frame } = cpu;
      const others = ['r15', 'r14', 'r13', 'r12', 'r11', 'rbp', 'rbx', 'rcx'] as const;
      for (const [index, word] of others.entries()) frame.setHalves(trapFrame[word], index + 1, 0x8000_0000 + index);
      frame.set(trapFrame.rax, synosProfile.numbers.echo);
      frame.set(trapFrame.rdi, DATA);
      for (const [index, word] of (['rsi', 'rdx', 'r10', 'r8', 'r9'] as const).entries())
        frame.setHalves(trapFrame[word], 0x1111_1111 * (index + 2), 0xfedc_0000 + index);
      expect(yield* cpu.int80()).toBe(0);
      const bytes = yield* cpu.load(DATA, 56);
      numbers.push(...new BigUint64Array(bytes.buffer));
      for (const [index, word] of others.entries()) {
        if (frame.low(trapFrame[word]) !== index + 1 || frame.high(trapFrame[word]) !== 0x8000_0000 + index)
          kept.push(word);
      }
    },
  });
  expect(runKernel(kernel, machine)).toBe(0);
  expect(numbers).toEqual([
    0x2000n,
    BigInt(DATA),
    ...[0, 1, 2, 3, 4].map((index) => (BigInt(0xfedc_0000 + index) << 32n) + BigInt(0x1111_1111 * (index + 2))),
  ]);
  expect(kept).toEqual([]);
});

test('the two tables of numbers do not meet', () => {
  const answers: number[] = [];
  const { kernel, machine, trace } = bootTest({
    init: function* (cpu) {
      answers.push(yield* cpu.call(45, -1, 0, 0, 0)); // recv: EBADF
      answers.push(yield* cpu.linux(45, -1, 0, 0, 0)); // recvfrom: EBADF
      answers.push(yield* cpu.call(48, 0, 0)); // nothing: ENOSYS
      answers.push(yield* cpu.linux(48, -1, 0)); // shutdown: EBADF
      answers.push(yield* cpu.linux(0x2000, DATA), yield* cpu.linux(0x2001, 0, 0, 0)); // ours: ENOSYS
      answers.push(yield* cpu.linux(39), yield* cpu.call(39)); // getpid
      answers.push(yield* cpu.call(57), yield* cpu.call(99_999)); // fork, and no number of anybody's
    },
  });
  expect(runKernel(kernel, machine)).toBe(0);
  expect(answers).toEqual([-9, -9, -38, -9, -38, -38, 1, 1, -38, -38]);
  const names = trace.map((line) => line.slice(8).split('(')[0]);
  expect(names.slice(0, 4)).toEqual(['recv', 'recvfrom', 'syscall_0x30', 'shutdown']);
  expect(names.slice(8, 10)).toEqual(['fork', 'syscall_0x1869f']);
});

test('typed bytes come in, and end an idle machine', () => {
  const seen: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      seen.push(yield* cpu.call('read', 0, DATA, 10));
      seen.push(...(yield* cpu.load(DATA, 2)));
    },
  });
  expect(t.kernel.step(1000)).toBe('idle');
  expect(t.kernel.nextDeadline()).toBe(Infinity);
  t.machine.ports.type([104, 105]);
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(seen).toEqual([2, 104, 105]);
});

test('interrupts that are nobody’s are counted, spurious ones too', () => {
  const t = bootTest({
    init: function* (cpu) {
      for (let round = 0; round < 6; round++) yield* cpu.work(10);
    },
  });
  t.machine.vectors.push(0x27, 0x90, 0x2b, 255);
  t.kernel.interrupt(0x99);
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(t.kernel.counters()).toMatchObject({ unknownInterrupts: 4, spurious: 1 });
});

test('time passes for sleepers as it should, and the clock says so', () => {
  const seen: Record<string, number> = {};
  const { kernel, machine } = bootTest({
    init: function* (cpu) {
      const before = machine.ticks;
      yield* cpu.words(DATA, 0, 2_500_000);
      seen.answer = yield* cpu.call('nanosleep', DATA, 0);
      seen.slept = machine.ticks - before;
      yield* cpu.call('clock_gettime', 1, DATA + 32);
      seen.clock = (yield* cpu.loadWord(DATA + 40)) / 1000 - (machine.ticks % 1e6);
      yield* cpu.words(DATA, 1, 500);
      seen.absolute = yield* cpu.call('clock_nanosleep', 1, 1, DATA, 0);
      seen.at = machine.ticks;
      yield* cpu.words(DATA, 0, 1_000_000_000);
      seen.invalid = yield* cpu.call('nanosleep', DATA, 0);
      seen.fault = yield* cpu.call('nanosleep', 16, 0);
      seen.kind = yield* cpu.call('clock_nanosleep', 4, 0, DATA, 0);
      seen.none = yield* cpu.call('clock_gettime', 77, DATA);
      seen.real = yield* cpu.call('time', 0);
      yield* cpu.call('gettimeofday', DATA, DATA + 64);
      seen.seconds = yield* cpu.loadWord(DATA);
      yield* cpu.work(3000);
      yield* cpu.call('clock_gettime', 2, DATA);
      seen.ran = (yield* cpu.loadWord(DATA + 8)) / 1000;
    },
  });
  expect(runKernel(kernel, machine)).toBe(0);
  const { slept, clock, at, ran, ...rest } = seen as Record<string, number>;
  expect(slept).toBeGreaterThanOrEqual(2500);
  expect(slept).toBeLessThan(2600);
  expect(Math.abs(clock as number)).toBeLessThan(10);
  expect(at).toBeGreaterThanOrEqual(1_000_001);
  expect(at).toBeLessThan(1_000_100);
  expect(ran).toBeGreaterThanOrEqual(3000);
  expect(ran).toBeLessThan(3200);
  expect(rest).toEqual({
    answer: 0,
    absolute: 0,
    invalid: -22,
    fault: -14,
    kind: -95,
    none: -22,
    real: 1_700_000_001,
    seconds: 1_700_000_001,
  });
});

test('calls about the system and its memory', () => {
  const answers: number[] = [];
  const texts: string[] = [];
  const { kernel, machine } = bootTest(
    {
      init: function* (cpu) {
        answers.push(yield* cpu.call('uname', DATA), yield* cpu.linux('uname', DATA + 0x1000));
        texts.push(yield* cpu.loadText(DATA), yield* cpu.loadText(DATA + 65), yield* cpu.loadText(DATA + 0x1000));
        answers.push(yield* cpu.call('getrandom', DATA, 300, 0), yield* cpu.call('getrandom', DATA, 10, 99));
        answers.push(yield* cpu.call('getrandom', 8, 10, 0), yield* cpu.call('getrandom', DATA + 0x3f00, 1000, 0));
        answers.push(yield* cpu.call('arch_prctl', 0x1002, 0x1234), yield* cpu.call('arch_prctl', 0x1003, DATA));
        answers.push(yield* cpu.loadWord(DATA), yield* cpu.call('arch_prctl', 0x1002, -1));
        answers.push(yield* cpu.call('mmap', 0, 4096, 3, 0x22, -1, 5), yield* cpu.call('mmap', 0, 4096, 3, 2, 77, 0));
        answers.push(yield* cpu.call('mmap', 0, 4096, 3, 2, 1, 0), yield* cpu.call('mmap', 0, 2 ** 30, 3, 0x22, -1, 0));
        const one = yield* cpu.call('mmap', 0, 4096, 3, 0x22, -1, 0);
        const two = yield* cpu.call('mmap', 0, 4096, 3, 0x22, -1, 0);
        answers.push(one === two ? 1 : 0, yield* cpu.call('munmap', one, 4096));
        const heap = yield* cpu.call('brk', 0);
        answers.push((yield* cpu.call('brk', heap + 100)) - heap);
        yield* cpu.store(heap, Uint8Array.of(9));
        answers.push(yield* cpu.call('getppid'), yield* cpu.call('gettid'), yield* cpu.call('geteuid'));
      },
    },
    { hostName: 'box' },
  );
  expect(runKernel(kernel, machine)).toBe(0);
  expect(texts).toEqual(['SynOS', 'box', 'Linux']);
  expect(answers).toEqual([0, 0, 300, -22, -14, 256, 0, 0, 0x1234, -1, -22, -9, -19, -12, 0, 0, 100, 0, 1, 0]);
});

test('a program that never yields is preempted, and nobody is forgotten', () => {
  const counts = [0, 0, 0];
  const hog = (index: number): Program =>
    function* (cpu) {
      for (;;) {
        yield* cpu.work(500);
        counts[index] = (counts[index] as number) + 500;
      }
    };
  const t = bootTest({
    init: function* (cpu) {
      for (const name of ['a', 'b', 'c']) yield* cpu.call('spawn', yield* cpu.text(DATA, name), 0, 0);
      // Sleeps for 300 ms and comes back in spite of them.
      yield* cpu.words(DATA, 0, 300_000_000);
      yield* cpu.call('nanosleep', DATA, 0);
    },
    a: hog(0),
    b: hog(1),
    c: hog(2),
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(t.machine.ticks).toBeGreaterThanOrEqual(300_000);
  // A turn of each of three before it was init's again.
  expect(t.machine.ticks).toBeLessThan(340_000);
  for (const count of counts) expect(Math.abs(count - 100_000)).toBeLessThan(15_000);
});

test('a step takes about as long as it may', () => {
  const t = bootTest({
    init: function* (cpu) {
      for (;;) yield* cpu.work(1_000_000);
    },
  });
  for (const budget of [100, 1000, 3000, 50_000]) {
    const before = t.machine.ticks;
    expect(t.kernel.step(budget)).toBe('runnable');
    const took = t.machine.ticks - before;
    expect(took).toBeGreaterThanOrEqual(budget);
    expect(took).toBeLessThan(budget + 20);
  }
});

test('who yields lets all others go first', () => {
  const order: string[] = [];
  const polite = (name: string): Program =>
    function* (cpu) {
      for (let round = 0; round < 3; round++) {
        order.push(name);
        yield* cpu.call('sched_yield');
      }
    };
  const t = bootTest({
    init: function* (cpu) {
      for (const name of ['a', 'b']) yield* cpu.call('spawn', yield* cpu.text(DATA, name), 0, 0);
      for (let round = 0; round < 2; round++) yield* cpu.call('wait4', -1, 0, 0, 0);
    },
    a: polite('a'),
    b: polite('b'),
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(order.join('')).toBe('ababab');
});

test('what is in use is the same after a hundred processes', () => {
  const t = bootTest({
    init: function* (cpu) {
      const spawnOne = function* () {
        yield* cpu.call('spawn', yield* cpu.text(DATA, 'child'), 0, 0);
        return yield* cpu.call('wait4', -1, 0, 0, 0);
      };
      yield* spawnOne();
      const before = t.kernel.census();
      for (let round = 0; round < 100; round++) yield* spawnOne();
      expect(t.kernel.census()).toEqual(before);
      expect(yield* spawnOne()).toBe(103);
    },
    child: function* (cpu) {
      yield* cpu.call('mmap', 0, 40_960, 3, 0x22, -1, 0);
      yield* cpu.call('dup', 1);
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(t.kernel.census()).toMatchObject({ processes: 0, reservedFrames: 0, files: { openFiles: 0 } });
});

test('out of processes is EAGAIN, out of memory ENOMEM, and neither leaves anything', () => {
  const answers: number[] = [];
  const programs: Record<string, Program> = {
    init: function* (cpu) {
      yield* cpu.text(DATA, 'sleeper');
      for (let round = 0; round < 4; round++) answers.push(yield* cpu.call('spawn', DATA, 0, 0));
    },
    sleeper: function* (cpu) {
      yield* cpu.words(DATA, 1000, 0);
      yield* cpu.call('nanosleep', DATA, 0);
    },
  };
  const few = bootTest(programs, { limits: { processes: 3, stackBytes: 64 << 10 } });
  expect(runKernel(few.kernel, few.machine)).toBe(0);
  expect(answers).toEqual([2, 3, -11, -11]);
  answers.length = 0;
  const small = bootTest(programs, { limits: { stackBytes: 1 << 20 }, machine: { memoryBytes: 4 << 20 } });
  const free = (): number => small.kernel.census().usedFrames + small.kernel.census().reservedFrames;
  stepUntil(small, () => answers.length === 4 || small.kernel.exitStatus !== null);
  expect(answers.filter((answer) => answer === -12).length).toBeGreaterThan(0);
  expect(runKernel(small.kernel, small.machine)).toBe(0);
  expect(free()).toBeLessThan(20);
});

test('spawn answers as execve does, and starts nothing then', () => {
  const answers: number[] = [];
  const t = bootTest(
    {
      init: function* (cpu) {
        const spawn = function* (path: number, argv = 0, envp = 0) {
          answers.push(yield* cpu.call('spawn', path, argv, envp));
        };
        yield* spawn(0); // EFAULT
        yield* spawn(yield* cpu.text(DATA, '')); // ENOENT
        yield* spawn(yield* cpu.text(DATA, 'nobody')); // ENOENT
        yield* spawn(yield* cpu.text(DATA, '/boot/init/x')); // ENOTDIR
        yield* spawn(yield* cpu.text(DATA, '/dev/null')); // EACCES
        yield* spawn(yield* cpu.text(DATA, 'noise')); // ENOEXEC
        yield* spawn(yield* cpu.text(DATA, 'init'), 8); // EFAULT
        yield* spawn(yield* cpu.text(DATA, 'init'), 0, -4096); // EFAULT
        yield* cpu.store(DATA + 0x1000, new Uint8Array(0x2000).fill(65));
        yield* cpu.words(DATA + 0x3000, ...Array(8).fill(DATA + 0x1000), 0);
        yield* spawn(DATA, DATA + 0x3000); // E2BIG: eight times 8 KB of a stack of 64 KB
      },
    },
    { machine: { files: { noise: new Uint8Array(100) } } },
  );
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(answers).toEqual([-14, -2, -2, -20, -13, -8, -14, -14, -7]);
});

test('time that the host takes between two steps is nobody’s turn', () => {
  const turns: string[] = [];
  const hog = (name: string): Program =>
    function* (cpu) {
      for (;;) {
        yield* cpu.work(500);
        if (turns.at(-1) !== name) turns.push(name);
      }
    };
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'a'), 0, 0);
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'b'), 0, 0);
      yield* cpu.call('wait4', -1, 0, 0, 0);
    },
    a: hog('a'),
    b: hog('b'),
  });
  for (let step = 0; step < 40; step++) {
    expect(t.kernel.step(1000)).toBe('runnable');
    t.machine.ticks += 20_000;
  }
  // 40 ms of work in turns of 10.
  expect(turns.length).toBeGreaterThanOrEqual(3);
  expect(turns.length).toBeLessThanOrEqual(5);
  const ran = t.kernel.processes.reduce((sum, { ranTicks }) => sum + ranTicks, 0);
  expect(ran).toBeGreaterThan(39_000);
  expect(ran).toBeLessThan(42_000);
});
