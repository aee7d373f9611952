import { linuxProfile, synosProfile } from '@synos/abi';
import { trapFrame } from '@synos/interfaces';
import { expect, test } from 'vitest';
import { createDispatcher, type Handlers, type SystemCallTable } from '../src/index.js';
import { createFrame, FakeMemory, otherWords } from './fake-process.js';

// A call that echoes its number and six distinct arguments: a stub or a dispatcher that shifts them by one is found.

const signatures = {
  echo: {
    arguments: [
      { name: 'a', kind: 'ulong', type: 'unsigned long' },
      { name: 'b', kind: 'ulong', type: 'unsigned long' },
      { name: 'c', kind: 'ulong', type: 'unsigned long' },
      { name: 'd', kind: 'ulong', type: 'unsigned long' },
      { name: 'e', kind: 'ulong', type: 'unsigned long' },
      { name: 'into', kind: 'pointer', type: 'unsigned long *' },
    ],
    returns: 'int',
  },
} as const;

const number = 0x2000;

for (const vector of [synosProfile.vector, linuxProfile.vector]) {
  test(`vector ${vector}: number and six arguments arrive, through user memory, and every other register stays`, () => {
    const memory = new FakeMemory();
    const profile: SystemCallTable = { name: 'echo', vector, calls: [{ number, name: 'echo' }] };
    const frame = createFrame(vector);
    const handlers = createHandlers(() => frame.low(trapFrame.rax));
    const dispatcher = createDispatcher({ profile, signatures, handlers });
    // Every word has a value of its own, in both halves.
    for (let at = 0; at < 176; at += 8) frame.setHalves(at, 0x1000_0000 + at, 0x10_0000 + at);
    frame.set(trapFrame.vector, vector);
    frame.set(trapFrame.rax, number);
    const into = 0x1010;
    frame.set(trapFrame.r9, into);
    const before = otherWords(frame);

    expect(dispatcher.dispatch(frame, { memory })).toBe('answered');

    expect(frame.signed(trapFrame.rax)).toBe(56);
    expect(otherWords(frame)).toEqual(before);
    const told = Array.from({ length: 7 }, (_, index) => memory.view.getBigUint64(0x10 + 8 * index, true));
    const words = [trapFrame.rdi, trapFrame.rsi, trapFrame.rdx, trapFrame.r10, trapFrame.r8, trapFrame.r9];
    expect(told).toEqual([BigInt(number), ...words.map((at) => frame.view.getBigUint64(at, true))]);
  });
}

function createHandlers(numberOf: () => number): Handlers<{ memory: FakeMemory }, typeof signatures> {
  return {
    echo({ memory }, a, b, c, d, e, into) {
      const bytes = new Uint8Array(56);
      const view = new DataView(bytes.buffer);
      for (const [index, value] of [numberOf(), a, b, c, d, e, into].entries()) {
        view.setBigUint64(8 * index, BigInt(value), true);
      }
      return memory.copyOut(into, bytes) === 56 ? 56 : -14;
    },
  };
}
