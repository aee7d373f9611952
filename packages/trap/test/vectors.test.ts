import { SYSCALL_VECTOR, type TrapFrame, trapFrame, trapFrameTail } from '@synos/interfaces';
import { expect, expectTypeOf, test } from 'vitest';
import {
  createTrapFrame,
  createTrapTable,
  type ErrorCodeHandler,
  type PlainHandler,
  type VectorHandler,
  type VectorName,
  vectorInfo,
  vectorName,
  vectors,
} from '../src/index.js';

/** SDM vol. 3, table 6-1: mnemonic, F(ault) T(rap) A(bort) I(nterrupt) B(oth), and E where there is an error code. */
const table61 = `
0 #DE F; 1 #DB B; 2 - I; 3 #BP T; 4 #OF T; 5 #BR F; 6 #UD F; 7 #NM F; 8 #DF A E; 9 - F; 10 #TS F E; 11 #NP F E;
12 #SS F E; 13 #GP F E; 14 #PF F E; 16 #MF F; 17 #AC F E; 18 #MC A; 19 #XM F; 20 #VE F; 21 #CP F E`;
const kinds: Record<string, string> = { F: 'fault', T: 'trap', A: 'abort', I: 'interrupt', B: 'fault-or-trap' };

const frameOf = (vector: number, error = 0): TrapFrame => {
  const frame = createTrapFrame(new Uint8Array(trapFrameTail.end));
  frame.set(trapFrame.vector, vector);
  frame.set(trapFrame.error, error);
  frame.set(trapFrame.cs, 0x23);
  return frame;
};

test('SDM vol. 3, table 6-1: every exception of the table, none else', () => {
  const rows = table61
    .trim()
    .split(/;\s*/)
    .map((row) => row.split(' '));
  expect(rows).toHaveLength(Object.keys(vectors).length);
  for (const [number, mnemonic, kind, error] of rows) {
    const info = vectorInfo(Number(number));
    expect(info).toMatchObject({
      vector: Number(number),
      mnemonic: mnemonic === '-' ? null : mnemonic,
      kind: kinds[kind ?? ''],
      hasErrorCode: error === 'E',
    });
    const name = vectorName(Number(number));
    expect(name === null ? null : vectors[name]).toBe(info);
  }
});

test('the type of a handler says whether there is an error code', () => {
  expectTypeOf<VectorHandler<'pageFault'>>().toEqualTypeOf<ErrorCodeHandler>();
  expectTypeOf<VectorHandler<'doubleFault'>>().toEqualTypeOf<ErrorCodeHandler>();
  expectTypeOf<VectorHandler<'breakpoint'>>().toEqualTypeOf<PlainHandler>();
  const traps = createTrapTable();
  // @ts-expect-error: #BP has no error code.
  traps.on('breakpoint', (_frame: TrapFrame, _errorCode: number) => {});
  // @ts-expect-error: no such vector.
  expect(() => traps.on('teaTime', () => {})).toThrow('no exception is named teaTime');
});

test('failure 4: all 257 vectors can be handled, each by a handler of its own, with an error code where the CPU pushes one', () => {
  const traps = createTrapTable();
  const calls: unknown[][] = [];
  for (const name of Object.keys(vectors) as VectorName[]) {
    traps.on(name, ((...given: unknown[]) => calls.push([vectors[name].vector, ...given])) as PlainHandler);
  }
  for (let vector = 0; vector <= SYSCALL_VECTOR; vector++) {
    if (vectorName(vector) === null) traps.onVector(vector, (...given: unknown[]) => calls.push([vector, ...given]));
  }
  const errorCodes = [8, 10, 11, 12, 13, 14, 17, 21];
  for (let vector = 0; vector <= SYSCALL_VECTOR; vector++) {
    const frame = frameOf(vector, 0xffff_fff0);
    expect(traps.dispatch(frame)).toBeNull();
    const last = calls.pop();
    expect(last).toEqual(errorCodes.includes(vector) ? [vector, frame, 0xffff_fff0] : [vector, frame]);
    expect(calls).toEqual([]);
  }
});

test('a vector without a handler is described, and nothing is called', () => {
  const traps = createTrapTable();
  expect(traps.dispatch(frameOf(14, 6))).toEqual({
    ...vectors.pageFault,
    name: 'pageFault',
    errorCode: 6,
    cpl: 3,
    words: '#PF page fault (user write: no page) in ring 3',
  });
  expect(traps.dispatch(frameOf(13, 0x102))?.words).toBe('#GP general protection (gate 0x20) in ring 3');
  expect(traps.dispatch(frameOf(2, 6))).toMatchObject({ name: 'nmi', errorCode: null });
  expect(traps.dispatch(frameOf(33))).toMatchObject({ name: null, words: 'interrupt 33 in ring 3' });
  expect(traps.dispatch(frameOf(22))).toMatchObject({ name: null, words: 'reserved vector 22 in ring 3' });
  expect(traps.dispatch(frameOf(256))).toMatchObject({ words: 'SYSCALL in ring 3', errorCode: null });
  for (const vector of [257, -1, 2 ** 32 + 14, 2 ** 53]) {
    expect(traps.dispatch(frameOf(vector))).toMatchObject({ name: null, kind: 'interrupt', errorCode: null });
  }
});

test('a second handler, an exception by number and a number that is no vector are our own bugs', () => {
  const traps = createTrapTable();
  traps.on('pageFault', () => {});
  traps.onVector(0x80, () => {});
  expect(() => traps.on('pageFault', () => {})).toThrow('vector 14 has a handler');
  expect(() => traps.onVector(0x80, () => {})).toThrow('vector 128 has a handler');
  expect(() => traps.onVector(13, () => {})).toThrow('by its name');
  for (const bad of [-1, 257, 32.5, Number.NaN]) expect(() => traps.onVector(bad, () => {})).toThrow('no vector');
});

test('two tables know nothing of one another', () => {
  const one = createTrapTable();
  const other = createTrapTable();
  one.onVector(40, () => {});
  expect(one.dispatch(frameOf(40))).toBeNull();
  expect(other.dispatch(frameOf(40))).not.toBeNull();
});
