import { type ArgumentKind, EFAULT, ENOSYS, linuxProfile, type SystemCallSignature, synosProfile } from '@synos/abi';
import { type TrapFrame, trapFrame } from '@synos/interfaces';
import { describe, expect, test, vi } from 'vitest';
import { createDispatcher, type Signatures, unanswered } from '../src/index.js';
import { createFrame, FakeMemory, fill, otherWords } from './fake-process.js';

const caller = { memory: new FakeMemory() };

const taking = (...kinds: ArgumentKind[]): SystemCallSignature => ({
  arguments: kinds.map((kind, index) => ({ name: `a${index}`, kind, type: 'long' })),
  returns: 'int',
});

/** Signatures of six words for every call of both profiles. */
const six: Signatures = Object.fromEntries(
  [...linuxProfile.calls, ...synosProfile.calls].map(({ name }) => [
    name,
    taking('ulong', 'ulong', 'ulong', 'ulong', 'ulong', 'ulong'),
  ]),
);

const answerOf = (frame: TrapFrame): number => frame.signed(trapFrame.rax);

describe.each([linuxProfile, synosProfile])('$name', (profile) => {
  test('every number from 0 to 0x3000 reaches its own handler, or none and ENOSYS', () => {
    const names = new Map<number, string>(profile.calls.map(({ number, name }) => [number, name]));
    const called: string[] = [];
    const handlers = Object.fromEntries(
      profile.calls.map(({ name }) => [
        name,
        (_: unknown, ...values: readonly number[]) => called.push(`${name} ${values}`),
      ]),
    );
    const { dispatch } = createDispatcher({ profile, signatures: six, handlers });
    const frame = createFrame(profile.vector);
    for (let number = 0; number < 0x3000; number++) {
      fill(frame, number, 11, 12, 13, 14, 15, 16);
      called.length = 0;
      expect(dispatch(frame, caller)).toBe('answered');
      const name = names.get(number);
      expect(called).toEqual(name === undefined ? [] : [`${name} 11,12,13,14,15,16`]);
      expect(answerOf(frame)).toBe(name === undefined ? -ENOSYS : 1);
    }
  });

  test('a frame of the other profile is never looked up here', () => {
    const { dispatch } = createDispatcher({ profile, signatures: six, handlers: {} });
    const other = profile === linuxProfile ? synosProfile : linuxProfile;
    const frame = createFrame(other.vector);
    fill(frame, 39);
    expect(() => dispatch(frame, caller)).toThrow('another vector');
    expect(answerOf(frame)).toBe(39);
  });

  test('eax is the number: what lies above it is not looked at, as in Linux', () => {
    const { dispatch } = createDispatcher({ profile, signatures: six, handlers: { getpid: () => 7 } });
    const frame = createFrame(profile.vector);
    for (const high of [0, 1, 0x8000_0000, 0xffff_ffff]) {
      frame.setHalves(trapFrame.rax, 39, high);
      dispatch(frame, caller);
      expect(answerOf(frame)).toBe(7);
    }
    for (const low of [0x8000_0027, 0x4000_0027, 0xffff_ffff]) {
      frame.setHalves(trapFrame.rax, low, 0);
      dispatch(frame, caller);
      expect(answerOf(frame)).toBe(-ENOSYS);
    }
  });
});

test('44 is send with four arguments in synos, and sendto in linux; 45 likewise', () => {
  const seen: unknown[] = [];
  const handlers = {
    send: (_: unknown, ...values: readonly number[]) => seen.push(['send', ...values]),
    recv: (_: unknown, ...values: readonly number[]) => seen.push(['recv', ...values]),
    sendto: (_: unknown, ...values: readonly number[]) => seen.push(['sendto', ...values]),
  };
  const four = taking('fd', 'pointer', 'size', 'flags');
  const signatures = { ...six, send: four, recv: four };
  const synos = createDispatcher({ profile: synosProfile, signatures, handlers });
  const frame = createFrame(synosProfile.vector);
  for (const number of [44, 45, 0x102c]) {
    fill(frame, number, 1, 2, 3, 4, 5, 6);
    synos.dispatch(frame, caller);
  }
  expect(seen).toEqual([
    ['send', 1, 2, 3, 4],
    ['recv', 1, 2, 3, 4],
    ['sendto', 1, 2, 3, 4, 5, 6],
  ]);
  fill(frame, 48);
  synos.dispatch(frame, caller);
  expect(answerOf(frame)).toBe(-ENOSYS);
});

/** What a handler gets of a register with these halves. */
function readAs(kind: ArgumentKind, low: number, high: number): number[] {
  const got: number[] = [];
  const { dispatch } = createDispatcher({
    profile: linuxProfile,
    signatures: { getpid: taking(kind) },
    handlers: { getpid: (_, ...values) => got.push(...values) },
  });
  const frame = createFrame(256);
  fill(frame, 39);
  frame.setHalves(trapFrame.rdi, low, high);
  dispatch(frame, caller);
  return got;
}

test.each([
  ['int', -2],
  ['fd', -2],
  ['pid', -2],
  ['signal', -2],
  ['unsigned', 0xffff_fffe],
  ['mode', 0xffff_fffe],
  ['flags', 0xffff_fffe],
  ['long', 0x5_ffff_fffe],
  ['offset', 0x5_ffff_fffe],
  ['size', 0x5_ffff_fffe],
  ['ulong', 0x5_ffff_fffe],
  ['lflags', 0x5_ffff_fffe],
  ['address', 0x5_ffff_fffe],
  ['pointer', 0x5_ffff_fffe],
  ['string-in', 0x5_ffff_fffe],
] as const)('%s: the half or the whole of the register', (kind, value) => {
  expect(readAs(kind, 0xffff_fffe, 5)).toEqual([value]);
});

test.each([
  ['size', 2 ** 64],
  ['ulong', 2 ** 64],
  ['lflags', 2 ** 64],
  ['long', -1],
  ['offset', -1],
  ['address', -1],
  ['string-in', -1],
  ['int', -1],
  ['flags', 0xffff_ffff],
] as const)('%s: all bits set', (kind, value) => {
  expect(readAs(kind, 0xffff_ffff, 0xffff_ffff)).toEqual([value]);
});

test.each([0, 1, 2, 3, 4, 5, 6])('%i arguments: so many are read, from their own registers', (count) => {
  const got: number[][] = [];
  const kinds = ['ulong', 'ulong', 'ulong', 'ulong', 'ulong', 'ulong'] as const;
  const { dispatch } = createDispatcher({
    profile: linuxProfile,
    signatures: { getpid: taking(...kinds.slice(0, count)) },
    handlers: { getpid: (_, ...values) => got.push([...values]) },
  });
  const frame = createFrame(256);
  const set = vi.spyOn(frame, 'unsigned');
  fill(frame, 39, 1, 2, 3, 4, 5, 6);
  dispatch(frame, caller);
  expect(got).toEqual([[1, 2, 3, 4, 5, 6].slice(0, count)]);
  expect(set).toHaveBeenCalledTimes(count);
});

test.each([0, 1, -EFAULT, -4095, 0x7fff_ffff_f000, 2 ** 53 - 1, -(2 ** 47)])('%i comes back in rax', (answer) => {
  const { dispatch } = createDispatcher({ profile: linuxProfile, signatures: six, handlers: { getpid: () => answer } });
  const frame = createFrame(256);
  fill(frame, 39, 1, 2, 3, 4, 5, 6);
  const before = otherWords(frame);
  expect(dispatch(frame, caller)).toBe('answered');
  expect(frame.view.getBigInt64(trapFrame.rax, true)).toBe(BigInt(answer));
  expect(otherWords(frame)).toEqual(before);
});

test('what is no answer leaves the frame alone', () => {
  const { dispatch } = createDispatcher({
    profile: linuxProfile,
    signatures: six,
    handlers: { exit: () => unanswered },
  });
  const frame = createFrame(256);
  fill(frame, 60, 3);
  expect(dispatch(frame, caller)).toBe(unanswered);
  expect(answerOf(frame)).toBe(60);
});

test('the caller is handed through as it is', () => {
  const thread = { memory: new FakeMemory(), id: 5 };
  const { dispatch } = createDispatcher({
    profile: linuxProfile,
    signatures: six,
    handlers: { gettid: ({ id }: typeof thread) => id },
  });
  const frame = createFrame(256);
  fill(frame, 186);
  dispatch(frame, thread);
  expect(answerOf(frame)).toBe(5);
});

describe('what is wrong with a table or a handler asserts', () => {
  const profile = { name: 'own', vector: 0x80, calls: [{ number: 1, name: 'a' }] };
  const a = taking();

  test.each([NaN, 0.5, Infinity, 2 ** 53])('an answer of %d', (answer) => {
    const { dispatch } = createDispatcher({ profile, signatures: { a }, handlers: { a: () => answer } });
    const frame = createFrame(0x80);
    fill(frame, 1);
    expect(() => dispatch(frame, caller)).toThrow('a: a handler answers an integer');
  });

  test.each([undefined, null, true, 'x', {}, Promise.resolve(0)])('an answer that is none: %s', (answer) => {
    const { dispatch } = createDispatcher({ profile, signatures: { a }, handlers: { a: () => answer as number } });
    const frame = createFrame(0x80);
    fill(frame, 1);
    expect(() => dispatch(frame, caller)).toThrow('a: a handler answers an integer');
  });

  test('a handler without a signature, or for no call', () => {
    const signatures: Signatures = {};
    expect(() => createDispatcher({ profile, signatures, handlers: { a: () => 0 } })).toThrow('without a signature');
    expect(() => createDispatcher({ profile, signatures: { a }, handlers: { b: () => 0 } as object })).toThrow(
      'no such call',
    );
  });

  test.each([-1, 0.5, 2 ** 31])('a number of %d', (number) => {
    const wrong = { ...profile, calls: [{ number, name: 'a' }] };
    expect(() => createDispatcher({ profile: wrong, signatures: { a }, handlers: {} })).toThrow('0 to 2^31 - 1');
  });

  test('one number for two, seven arguments', () => {
    const calls = [...profile.calls, { number: 1, name: 'b' }];
    expect(() => createDispatcher({ profile: { ...profile, calls }, signatures: {}, handlers: {} })).toThrow(
      'is taken',
    );
    const seven = taking('int', 'int', 'int', 'int', 'int', 'int', 'int');
    expect(() => createDispatcher({ profile, signatures: { a: seven }, handlers: {} })).toThrow('six arguments');
  });

  test('names of Object.prototype are names of no call', () => {
    const odd = { ...profile, calls: [{ number: 1, name: 'toString' }] };
    const { dispatch } = createDispatcher({ profile: odd, signatures: {}, handlers: {} });
    const frame = createFrame(0x80);
    fill(frame, 1);
    dispatch(frame, caller);
    expect(answerOf(frame)).toBe(-ENOSYS);
  });
});

test('handlers are typed by the count of their arguments', () => {
  const signatures = { a: { arguments: [{ name: 'x', kind: 'int', type: 'int' }], returns: 'int' } } as const;
  const profile = { name: 'own', vector: 0x80, calls: [{ number: 1, name: 'a' }] };
  createDispatcher({ profile, signatures, handlers: { a: (_, x) => x } });
  // @ts-expect-error there is one argument
  createDispatcher({ profile, signatures, handlers: { a: (_, _x, y) => y } });
});
