import {
  type Code,
  i32,
  i32Add,
  i32And,
  i32Const,
  i32Load8U,
  i32Load16U,
  i32LtS,
  i32Or,
  i32Shl,
  i32ShrU,
  i32Store8,
  i32Store16,
  i32Sub,
  i32x4Add,
  i32x4ExtaddPairwiseI16x8U,
  i32x4ExtractLane,
  ifTrue,
  localGet,
  localSet,
  localTee,
  memoryCopy,
  moduleOf,
  v128,
  v128Load,
  v128Store,
  whileTrue,
} from './assembly.js';

// Locals of `sum` and `copy`, the parameters first. `sum` does not use `to`.
const at = 0;
const end = 1;
const to = 2;
const sum = 3;
const last = 4;
const word = 5;
const vector = 6;
const even = 7;
const odd = 8;
const types = [i32, i32, i32, i32, i32, i32, v128, v128, v128];

/** Adds what lies at `at`, and stores it at `to` as well if it is to be copied. */
const takeVector = (into: number, offset: number, copies: boolean): Code => [
  [localGet(at), v128Load(offset), localSet(vector)],
  copies ? [localGet(to), localGet(vector), v128Store(offset)] : [],
  [localGet(vector), i32x4ExtaddPairwiseI16x8U, localGet(into), i32x4Add, localSet(into)],
];
const takeWord = (load: Code, store: Code, copies: boolean): Code => [
  copies ? localGet(to) : [],
  [localGet(at), load, localTee(word)],
  copies ? [store, localGet(word)] : [],
  [localGet(sum), i32Add, localSet(sum)],
];
const advance = (bytes: number, copies: boolean): Code => [
  [localGet(at), i32Const(bytes), i32Add, localSet(at)],
  copies ? [localGet(to), i32Const(bytes), i32Add, localSet(to)] : [],
];
/** While so many bytes are left. */
const whileLeft = (bytes: number, code: Code): Code => [
  [localGet(end), i32Const(bytes - 1), i32Sub, localSet(last)],
  whileTrue([localGet(at), localGet(last), i32LtS], code),
];
/** All four lanes. A lane had at most 16 bits and the carries of 2^15 turns, so it is folded before it is added. */
const addLanes = (from: number): Code =>
  [0, 1, 2, 3].map((lane) => [
    [localGet(sum), localGet(from), i32x4ExtractLane(lane), i32Const(0xffff), i32And, i32Add],
    [localGet(from), i32x4ExtractLane(lane), i32Const(16), i32ShrU, i32Add, localSet(sum)],
  ]);
const fold: Code = [
  [localGet(sum), i32Const(0xffff), i32And],
  [localGet(sum), i32Const(16), i32ShrU, i32Add, localSet(sum)],
];

const body = (copies: boolean): Code => [
  whileLeft(32, [takeVector(even, 0, copies), takeVector(odd, 16, copies), advance(32, copies)]),
  [addLanes(even), addLanes(odd)],
  whileLeft(2, [takeWord(i32Load16U, i32Store16, copies), advance(2, copies)]),
  [localGet(at), localGet(end), i32LtS],
  ifTrue(takeWord(i32Load8U, i32Store8, copies)),
  [fold, fold],
  [localGet(sum), i32Const(0xff), i32And, i32Const(8), i32Shl],
  [localGet(sum), i32Const(8), i32ShrU, i32Or],
];

/**
 * `sum(at, end)`: the sum of RFC 1071 over a range of at most 1 MB, at any alignment. Words are taken as little-endian, as
 * WebAssembly has them, and the sum's bytes are swapped in the end (§2.B). `copy(at, end, to)`: the same, and copies the
 * range: it costs no more than the copy. `move(at, end, to)`: copies without a sum.
 */
export function sumModule(): Uint8Array<ArrayBuffer> {
  const parameters = types.slice(0, to + 1);
  const locals = types.slice(to + 1);
  return moduleOf([
    { name: 'sum', parameters: types.slice(0, to), result: i32, locals: types.slice(to), body: body(false) },
    { name: 'copy', parameters, result: i32, locals, body: body(true) },
    {
      name: 'move',
      parameters,
      result: i32,
      locals: [],
      body: [localGet(to), localGet(at), localGet(end), localGet(at), i32Sub, memoryCopy, localGet(end)],
    },
  ]);
}
