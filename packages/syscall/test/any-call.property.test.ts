import { fc, test } from '@fast-check/vitest';
import { ENOSYS, linuxProfile, type SystemCallSignature, synosProfile, systemCallSignatures } from '@synos/abi';
import { trapFrame } from '@synos/interfaces';
import { expect } from 'vitest';
import * as syscall from '../src/index.js';
import {
  type Answer,
  createDispatcher,
  createTrace,
  describeTable,
  type Handlers,
  tableMarkdown,
} from '../src/index.js';
import { createFrame, FakeMemory, otherWords } from './fake-process.js';

// Any number, any registers, any memory: an errno or an answer, and a line of trace; never an exception.

const words = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const;

/** Reads or writes what an argument's kind says, as a kernel might. */
function touch(memory: FakeMemory, signature: SystemCallSignature, values: readonly number[]): number {
  let sum = 0;
  for (const [index, { kind, length }] of signature.arguments.entries()) {
    const at = values[index]!;
    const count = length === undefined ? 0 : values[length]!;
    const result = reading(memory, kind, at, count, values[index + 1] ?? 0);
    if (typeof result === 'number' && result < 0) return result;
    sum += 1;
  }
  return sum;
}

function reading(memory: FakeMemory, kind: string, at: number, count: number, next: number): unknown {
  switch (kind) {
    case 'string-in':
      return syscall.copyInPath(memory, at);
    case 'strings-in':
      return syscall.copyInStrings(memory, at);
    case 'sockaddr-in':
      return syscall.copyInSockaddr(memory, at, count);
    case 'sockaddr-out':
      return syscall.copyOutSockaddr(memory, at, next, { family: 2, port: 80, address: 1 });
    case 'bytes-in': {
      const piece = syscall.messageBuffer(at, count);
      return typeof piece === 'number' ? piece : syscall.gather(memory, [piece], new Uint8Array(64));
    }
    case 'bytes-out': {
      const piece = syscall.readWriteBuffer(at, count);
      return typeof piece === 'number' ? piece : syscall.scatter(memory, [piece], new Uint8Array(64));
    }
    case 'iovec-in':
    case 'iovec-out':
      return syscall.copyInIovecs(memory, at, count);
    case 'msghdr-in':
      return syscall.copyInMessage(memory, at);
    case 'msghdr-inout': {
      const message = syscall.copyInMessageToFill(memory, at);
      if (typeof message === 'number') return message;
      return syscall.copyOutMessage(memory, at, message, { name: null, control: [], flags: 0 });
    }
    case 'pollfds-inout':
      return syscall.copyInPollfds(memory, at, count, 1024);
    case 'epoll-event-in':
      return syscall.copyInEpollEvent(memory, at);
    case 'epoll-events-out':
      return syscall.checkEpollRoom(at, count);
    case 'timespec-in':
      return syscall.copyInTimespec(memory, at);
    case 'timeval-in':
      return syscall.copyInTimeval(memory, at);
    case 'int-out':
      return syscall.copyOutInts(memory, at, 5);
    default:
      return 0;
  }
}

const caller = { memory: new FakeMemory() };
const lines: string[] = [];
const dispatchers = [linuxProfile, synosProfile].map((profile) => {
  const handlers: Record<string, (of: typeof caller, ...values: readonly number[]) => Answer> = {};
  for (const { name } of profile.calls) {
    handlers[name] = ({ memory }, ...values) => touch(memory, systemCallSignatures[name], values);
  }
  const dispatcher = createDispatcher<typeof caller, typeof systemCallSignatures>({
    profile,
    signatures: systemCallSignatures,
    handlers: handlers as Handlers<typeof caller, typeof systemCallSignatures>,
    observer: createTrace((line) => lines.push(line)),
  });
  return { profile, dispatcher, numbers: profile.calls.map(({ number }) => number) };
});

const half = fc.oneof(
  fc.nat(0x3000),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const register = fc.oneof(
  { weight: 3, arbitrary: fc.record({ low: fc.integer({ min: 0xff0, max: 0x2010 }), high: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ low: fc.nat(70), high: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ low: half, high: half }) },
);
/** Memory full of what looks like addresses within it, small lengths and anything. */
const content = fc.array(
  fc.oneof(
    fc.integer({ min: 0x1000, max: 0x2000 }).map(BigInt),
    fc.nat(64).map(BigInt),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  ),
  { maxLength: 24 },
);

for (const { profile, dispatcher, numbers } of dispatchers) {
  const number = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...numbers) }, { weight: 1, arbitrary: half });
  test.prop([number, half, fc.tuple(register, register, register, register, register, register), content], {
    numRuns: process.env.SYNOS_LONG ? 200_000 : 3000,
  })(`${profile.name}: any number with any registers over any memory`, (low, high, registers, memory) => {
    caller.memory.bytes.fill(0x41);
    for (const [index, word] of memory.entries()) caller.memory.view.setBigUint64(8 * index, word, true);
    const frame = createFrame(profile.vector);
    frame.setHalves(trapFrame.rax, low, high);
    for (const [index, word] of words.entries())
      frame.setHalves(trapFrame[word], registers[index]!.low, registers[index]!.high);
    const before = otherWords(frame);
    lines.length = 0;

    expect(dispatcher.dispatch(frame, caller)).toBe('answered');

    expect(otherWords(frame)).toEqual(before);
    const answer = frame.signed(trapFrame.rax);
    expect(answer).toBeGreaterThanOrEqual(-4095);
    if (!numbers.includes(low)) expect(answer).toBe(-ENOSYS);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\w+\(.*\) *= (-?\d+|-1 E\w+ \(.+\)|0x[0-9a-f]+|\d+ \(.+\))$/s);
  });
}

test('every call of both profiles has a signature, a handler of its own and a line of documentation', () => {
  for (const { profile } of dispatchers) {
    const table = describeTable(profile, systemCallSignatures, {});
    expect(tableMarkdown(table).split('\n')).toHaveLength(profile.calls.length + 3);
    expect(table.calls.every(({ returns, parameters }) => returns !== '' && parameters !== '')).toBe(true);
  }
});
