import {
  AF_INET,
  EAGAIN,
  EMFILE,
  ENOMEM,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
  SOCK_DGRAM,
  SOCK_STREAM,
  synosProfile,
} from '@synos/abi';
import { expect, test } from 'vitest';
import { Assembly, condition } from './support/assembly.js';
import { CaseRunner, type CaseRunnerOptions } from './support/case-runner.js';
import { tinyElf } from './support/tiny-elf.js';

// What runs out is said with an errno, by the call that asked for it; and when the program has ended everything is there
// again: the runner counts it.

const { numbers } = synosProfile;
const NEVER_KILLED = 1000;

const pageRights = PROT_READ | PROT_WRITE;
const anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
const map = (code: Assembly, byteLength: number): Assembly =>
  code.call(numbers.mmap, 0, byteLength, pageRights, anonymous, -1, 0);
const spawn = (code: Assembly, path: string): Assembly => code.call(numbers.spawn, path, 'nothing', 'nothing');

/** Does something until it fails. */
function untilItFails(code: Assembly, name: string, step: (code: Assembly) => Assembly): Assembly {
  return step(code.label(name)).testAnswer().jumpIf(condition.notNegative, name);
}

/** Ends with the errno of the last answer as its exit status. */
function ended(code: Assembly): Uint8Array<ArrayBuffer> {
  code.raw(0x48, 0x89, 0xc7, 0x48, 0xf7, 0xdf); // mov rdi, rax; neg rdi
  code.raw(0x48, 0xc7, 0xc0, numbers.exit, 0, 0, 0, 0xcd, 0x80); // mov rax, exit; int 0x80
  code.align(8).label('nothing').quad(0).label('nap').quad(0).quad(200_000_000);
  code.label('hello').text('/boot/hello\0').label('sleeper').text('/boot/sleeper\0');
  return tinyElf(code);
}

const sleeper = ended(new Assembly().call(numbers.nanosleep, 'nap', 0));

/** Runs a program to its end; answers its exit status and how many of its calls had an answer that was no error. */
function run(program: Uint8Array, call: string, options: CaseRunnerOptions = {}): { errno: number; done: number } {
  const runner = new CaseRunner({
    looks: NEVER_KILLED,
    isTraced: true,
    files: [{ name: 'sleeper', bytes: sleeper }],
    ...options,
  });
  const before = runner.world.trace.length;
  const { answer, end } = runner.run(program);
  const prefix = `[pid ${answer}] ${call}(`;
  const lines = runner.world.trace.slice(before).filter((line) => line.startsWith(prefix));
  expect(runner.world.log.filter((line) => line.includes('ended by signal'))).toEqual([]);
  // And the next one has what this one had.
  expect(runner.run(program)).toMatchObject({ end });
  runner.expectServes();
  if (end?.how !== 'exited') throw new Error(`it did not exit: ${JSON.stringify(end)}`);
  return { errno: end.code, done: lines.filter((line) => !/ = -/.test(line)).length };
}

test('memory by mmap: ENOMEM', () => {
  const { errno, done } = run(ended(untilItFails(new Assembly(), 'more', (code) => map(code, 1 << 20))), 'mmap');
  expect(errno).toBe(ENOMEM);
  expect(done).toBeGreaterThan(20);
  expect(done).toBeLessThan(64);
});

test('memory by brk: the end stays where it is', () => {
  // brk(2) never answers an error; a terabyte is not there.
  const code = new Assembly().call(numbers.brk, 0).raw(0x48, 0x89, 0xc3); // mov rbx, rax
  code.call(numbers.brk, 2 ** 40).raw(0x48, 0x29, 0xd8); // sub rax, rbx
  expect(run(ended(code), 'brk')).toEqual({ errno: 0, done: 2 });
});

test('a program that cannot be started for want of memory: ENOMEM, down to the last page', () => {
  const code = untilItFails(new Assembly(), 'more', (each) => map(each, 1 << 20));
  spawn(code, 'hello').compareAnswer(-ENOMEM).jumpIf(condition.notEqual, 'over');
  untilItFails(code, 'less', (each) => map(each, 4096));
  spawn(code, 'hello').label('over');
  expect(run(ended(code), 'spawn')).toEqual({ errno: ENOMEM, done: 0 });
});

test('many programs in little memory: ENOMEM', () => {
  const { errno, done } = run(ended(untilItFails(new Assembly(), 'more', (code) => spawn(code, 'sleeper'))), 'spawn');
  expect(errno).toBe(ENOMEM);
  expect(done).toBeGreaterThan(10);
});

test('many programs in much memory: EAGAIN', () => {
  const program = ended(untilItFails(new Assembly(), 'more', (code) => spawn(code, 'sleeper')));
  const { errno, done } = run(program, 'spawn', { memoryBytes: 512 << 20 });
  // 256 processes: init, the web server, the driver, and this one are there already.
  expect({ errno, done }).toEqual({ errno: EAGAIN, done: 256 - 4 });
});

test.each([
  ['dup', (code: Assembly) => code.call(numbers.dup, 0)],
  ['open', (code: Assembly) => code.call(numbers.open, 'hello', 0, 0)],
  ['epoll_create1', (code: Assembly) => code.call(numbers.epoll_create1, 0)],
  ['socket', (code: Assembly) => code.call(numbers.socket, AF_INET, SOCK_STREAM, 0)],
  ['socket', (code: Assembly) => code.call(numbers.socket, AF_INET, SOCK_DGRAM, 0)],
])('descriptors by %s: EMFILE', (name, call) => {
  // 1,024, three of which are the console.
  expect(run(ended(untilItFails(new Assembly(), 'more', call)), name)).toEqual({ errno: EMFILE, done: 1024 - 3 });
});
