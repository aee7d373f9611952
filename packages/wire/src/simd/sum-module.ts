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
  i32Sub,
  i32x4Add,
  i32x4ExtaddPairwiseI16x8U,
  i32x4ExtractLane,
  ifTrue,
  localGet,
  localSet,
  moduleOf,
  v128,
  v128Load,
  whileTrue,
} from './assembly.js';

// Parameters.
const at = 0;
const end = 1;
// Further locals.
const sum = 2;
const last = 3;
const even = 4;
const odd = 5;

const advance = (bytes: number): Code => [localGet(at), i32Const(bytes), i32Add, localSet(at)];
const addVector = (into: number, offset: number): Code => [
  [localGet(at), v128Load(offset), i32x4ExtaddPairwiseI16x8U],
  [localGet(into), i32x4Add, localSet(into)],
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

/**
 * `run(at, end)`: the sum of RFC 1071 over a range of at most 1 MB, at any alignment. Words are taken as little-endian, as
 * WebAssembly has them, and the sum's bytes are swapped in the end (§2.B).
 */
export function sumModule(): Uint8Array<ArrayBuffer> {
  return moduleOf({
    parameters: [i32, i32],
    result: i32,
    locals: [i32, i32, v128, v128],
    body: [
      [localGet(end), i32Const(31), i32Sub, localSet(last)],
      whileTrue([localGet(at), localGet(last), i32LtS], [addVector(even, 0), addVector(odd, 16), advance(32)]),
      [addLanes(even), addLanes(odd)],
      [localGet(end), i32Const(1), i32Sub, localSet(last)],
      whileTrue(
        [localGet(at), localGet(last), i32LtS],
        [localGet(sum), localGet(at), i32Load16U, i32Add, localSet(sum), advance(2)],
      ),
      [localGet(at), localGet(end), i32LtS],
      ifTrue([localGet(sum), localGet(at), i32Load8U, i32Add, localSet(sum)]),
      [fold, fold],
      [localGet(sum), i32Const(0xff), i32And, i32Const(8), i32Shl],
      [localGet(sum), i32Const(8), i32ShrU, i32Or],
    ],
  });
}
