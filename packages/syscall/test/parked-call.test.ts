import { EINTR, ENOMEM } from '@synos/abi';
import { trapFrame } from '@synos/interfaces';
import { expect, test, vi } from 'vitest';
import { type Answer, createDispatcher, type ParkedCall, type ParkedPlan, park } from '../src/index.js';
import { createFrame, FakeMemory, fill, otherWords } from './fake-process.js';

const profile = { name: 'own', vector: 0x80, calls: [{ number: 34, name: 'pause' }] };
const signatures = { pause: { arguments: [], returns: 'int' } } as const;

function setup(pause: () => Answer, maxParkedCalls?: number) {
  const answered = vi.fn();
  const handler = vi.fn(pause);
  const dispatcher = createDispatcher({
    profile,
    signatures,
    handlers: { pause: handler },
    onAnswered: answered,
    ...(maxParkedCalls === undefined ? {} : { maxParkedCalls }),
  });
  const frame = createFrame(0x80);
  fill(frame, 34, 1, 2, 3, 4, 5, 6);
  const caller = { memory: new FakeMemory() };
  return { answered, handler, dispatcher, frame, caller, rax: () => frame.signed(trapFrame.rax) };
}

/** Dispatches a call with a plan and answers it, parked. */
function parkedWith(plan: ParkedPlan) {
  const rig = setup(() => park(plan));
  const call = rig.dispatcher.dispatch(rig.frame, rig.caller);
  if (typeof call === 'string') throw new Error('not parked');
  return { ...rig, call };
}

test('rax is written when the call is completed, nothing else is, and the kernel is told', () => {
  const cancel = vi.fn();
  const { call, frame, answered, dispatcher, caller, handler, rax } = parkedWith({ cancel });
  const before = otherWords(frame);
  expect([rax(), call.isOver, call.answer, dispatcher.parkedCalls]).toEqual([34, false, null, 1]);
  answered.mockImplementation(() => expect(rax()).toBe(9));
  expect(call.complete(9)).toBe(true);
  expect([rax(), call.isOver, call.answer, dispatcher.parkedCalls]).toEqual([9, true, 9, 0]);
  expect(otherWords(frame)).toEqual(before);
  expect(answered.mock.calls).toEqual([[caller]]);
  expect(cancel).not.toHaveBeenCalled();
  expect(handler).toHaveBeenCalledTimes(1);
});

test('once over, it stays as it is', () => {
  const cancel = vi.fn();
  const resume = vi.fn(() => 5);
  const { call, answered, rax } = parkedWith({ cancel, resume });
  call.complete(-11);
  expect([call.complete(1), call.wake(), call.cancel('signal'), call.cancel('death')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([rax(), call.answer]).toEqual([-11, -11]);
  expect(answered).toHaveBeenCalledTimes(1);
  expect(cancel).not.toHaveBeenCalled();
  expect(resume).not.toHaveBeenCalled();
});

test('a signal answers EINTR, or what was done by then', () => {
  const reasons: string[] = [];
  const first = parkedWith({
    cancel(reason) {
      reasons.push(reason);
      return undefined;
    },
  });
  expect(first.call.cancel('signal')).toBe(true);
  expect([first.rax(), first.answered.mock.calls.length, first.dispatcher.parkedCalls]).toEqual([-EINTR, 1, 0]);
  const second = parkedWith({ cancel: () => 100 });
  second.call.cancel('signal');
  expect(second.rax()).toBe(100);
  expect(second.call.cancel('death')).toBe(false);
  expect(reasons).toEqual(['signal']);
});

test('death answers nothing: the frame is left alone and nobody is queued', () => {
  const cancel = vi.fn(() => 100);
  const { call, answered, dispatcher, frame } = parkedWith({ cancel });
  const before = frame.view.buffer.slice(0);
  expect(call.cancel('death')).toBe(true);
  expect(frame.view.buffer).toEqual(before);
  expect([call.isOver, call.answer, dispatcher.parkedCalls]).toEqual([true, null, 0]);
  expect(cancel.mock.calls).toEqual([['death']]);
  expect(answered).not.toHaveBeenCalled();
  expect(call.complete(3)).toBe(false);
});

test('resume goes on until there is an answer; the handler is not called again', () => {
  const answers = [undefined, undefined, 7, 8];
  const { call, handler, rax, answered } = parkedWith({ resume: () => answers.shift(), cancel: () => undefined });
  expect([call.wake(), call.wake(), rax()]).toEqual([false, false, 34]);
  expect([call.wake(), rax(), call.wake()]).toEqual([true, 7, false]);
  expect(answers).toEqual([8]);
  expect(handler).toHaveBeenCalledTimes(1);
  expect(answered).toHaveBeenCalledTimes(1);
});

test('without a resume, to wake does nothing', () => {
  const { call, rax } = parkedWith({ cancel: () => undefined });
  expect([call.wake(), call.isOver, rax()]).toEqual([false, false, 34]);
});

test('a resume that wakes or completes its own call', () => {
  let call: ParkedCall | null = null;
  let runs = 0;
  const rig = parkedWith({
    resume() {
      runs += 1;
      expect(call?.wake()).toBe(false);
      call?.complete(3);
      return 4;
    },
    cancel: () => undefined,
  });
  call = rig.call;
  expect(call.wake()).toBe(false);
  expect([runs, rig.rax(), rig.answered.mock.calls.length]).toEqual([1, 3, 1]);
});

test('a resume whose call is cancelled meanwhile', () => {
  let call: ParkedCall | null = null;
  const rig = parkedWith({
    resume() {
      call?.cancel('death');
      return 4;
    },
    cancel: () => undefined,
  });
  call = rig.call;
  expect([call.wake(), rig.rax(), call.answer]).toEqual([false, 34, null]);
});

test('a cancel that sets off the completion finds it over', () => {
  let call: ParkedCall | null = null;
  const rig = parkedWith({
    cancel() {
      expect(call?.complete(5)).toBe(false);
      return undefined;
    },
  });
  call = rig.call;
  call.cancel('signal');
  expect(rig.rax()).toBe(-EINTR);
});

test('cancel and resume are called as members of their plan', () => {
  const plan = {
    bytes: 12,
    resume(): number | undefined {
      return this.bytes > 20 ? this.bytes : undefined;
    },
    cancel(): number {
      return this.bytes;
    },
  };
  const { call, rax } = parkedWith(plan);
  expect(call.wake()).toBe(false);
  call.cancel('signal');
  expect(rax()).toBe(12);
});

test('what is completed before its handler returns it never parked', () => {
  const { dispatcher, frame, caller, answered, rax } = setup(() => {
    const call = park({ cancel: () => undefined });
    call.complete(6);
    return call;
  });
  expect(dispatcher.dispatch(frame, caller)).toBe('answered');
  expect([rax(), dispatcher.parkedCalls]).toEqual([6, 0]);
  expect(answered).not.toHaveBeenCalled();
});

test('what died before its handler returns it leaves the frame alone', () => {
  const { dispatcher, frame, caller, rax } = setup(() => {
    const call = park({ cancel: () => undefined });
    call.cancel('death');
    return call;
  });
  expect(dispatcher.dispatch(frame, caller)).toBe('unanswered');
  expect(rax()).toBe(34);
});

test('one parked call answers one system call', () => {
  const call = park({ cancel: () => undefined });
  const { dispatcher, frame, caller } = setup(() => call);
  dispatcher.dispatch(frame, caller);
  expect(() => dispatcher.dispatch(frame, caller)).toThrow('answers one system call');
  call.complete(0);
  fill(frame, 34);
  expect(() => dispatcher.dispatch(frame, caller)).toThrow('answers one system call');
});

test('at the bound a call is cancelled and answers ENOMEM; there is room again when one is over', () => {
  const cancel = vi.fn(() => undefined);
  const { dispatcher, caller, answered } = setup(() => park({ cancel }), 2);
  const frames = [0, 1, 2, 3].map(() => createFrame(0x80));
  const dispatch = (index: number) => {
    fill(frames[index]!, 34);
    return dispatcher.dispatch(frames[index]!, caller);
  };
  const first = dispatch(0);
  dispatch(1);
  expect(dispatch(2)).toBe('answered');
  expect(frames[2]!.signed(trapFrame.rax)).toBe(-ENOMEM);
  expect(cancel.mock.calls).toEqual([['full']]);
  expect(dispatcher.parkedCalls).toBe(2);
  expect(answered).not.toHaveBeenCalled();
  if (typeof first !== 'string') first.complete(0);
  expect(typeof dispatch(3)).toBe('object');
});

test.each([NaN, 0.5])('an answer of %d asserts, and the call still waits', (answer) => {
  const { call } = parkedWith({ cancel: () => undefined });
  expect(() => call.complete(answer)).toThrow('answers an integer');
  expect(call.isOver).toBe(false);
});
