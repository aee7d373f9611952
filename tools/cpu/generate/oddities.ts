import { instructionForms } from '@synos/machine-sim/testing';
import { CODE, CODE_END, DATA, DATA_END, FENCED_CODE_END } from '../layout.js';
import { combinationsOf, isCompared } from './combination.js';
import { fixedFlags, type MadeCase, makeCase, settableFlags } from './make-case.js';
import type { Chance } from './random.js';
import { edgeValue } from './values.js';

/** Cases of one kind, by what is odd about them. */
export interface Oddity {
  readonly name: string;
  readonly cases: readonly MadeCase[];
}

const trap = 0x100;

/** A case of bytes that are told, with any registers. */
export function caseOfBytes(chance: Chance, code: readonly number[], ip = CODE + 0x400): MadeCase {
  const values = new BigInt64Array(16);
  for (let i = 0; i < 16; i++) values[i] = edgeValue(chance);
  return {
    registers: new Int32Array(values.buffer),
    flags: fixedFlags | (chance.bits() & settableFlags),
    ip,
    code: Uint8Array.from(code),
    pokes: [],
    undefinedFlags: 0,
    undefinedFlagsAtFault: 0,
    scanned: -1,
    hasFreeFault: false,
    mnemonic: 'bytes',
  };
}

/** What is no instruction in 64-bit mode, on any CPU (SDM vol. 2, appendix A). */
const invalid: readonly (readonly number[])[] = [
  ...[0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0xce, 0xd6].map((opcode) => [
    opcode,
  ]),
  [0x82, 0xc0, 1],
  [0x9a, 0, 0, 0, 0, 0x33, 0],
  [0xea, 0, 0, 0, 0, 0x33, 0],
  [0xd4, 10],
  [0xd5, 10],
  // LEA, CMPXCHG8B, far CALL and JMP of a register; holes in the groups.
  [0x8d, 0xc1],
  [0x0f, 0xc7, 0xc9],
  [0xff, 0xd8],
  [0xff, 0xe8],
  [0xff, 0xf8],
  [0xff, 0x38],
  ...[2, 3, 4, 5, 6, 7].flatMap((reg) => [
    [0xfe, 0xc0 | (reg << 3)],
    [0xfe, reg << 3],
  ]),
  ...[1, 2, 3, 4, 5, 6].flatMap((reg) => [
    [0xc6, 0xc0 | (reg << 3), 0],
    [0xc7, reg << 3, 0, 0, 0, 0],
  ]),
  ...[0, 1, 2, 3].flatMap((reg) => [
    [0x0f, 0xba, 0xc0 | (reg << 3), 0],
    [0x0f, 0xba, reg << 3, 0],
  ]),
  [0x0f, 0x04],
  [0x0f, 0x0a],
  [0x0f, 0x0c],
  [0x0f, 0x24, 0xc0],
  [0x0f, 0x26, 0xc0],
  [0x0f, 0x36],
  [0x0f, 0x39],
  [0x0f, 0x3b],
  [0x0f, 0xa6, 0xc0],
];

/** Instructions whose meaning a prefix changes (SDM vol. 2, table A-3), or of which it makes another. */
const changedByRepeat = new Set([
  'popcnt',
  'tzcnt',
  'lzcnt',
  'bsf',
  'bsr',
  'cmpxchg8b',
  'nop',
  'lfence',
  'mfence',
  'sfence',
  'pause',
]);

/** What compilers do not make, and the CPU answers all the same. */
export function makeOddities(chance: Chance, rounds: number): Oddity[] {
  const combinations = instructionForms
    .filter((form) => isCompared(form) && !form.isPrivileged)
    .flatMap(combinationsOf);
  const plain = combinations.filter(({ form }) => form.kind !== 'trap');
  const still = plain.filter(({ form }) => form.kind !== 'control');
  const make = (
    among: typeof plain,
    change: (made: MadeCase, at: (typeof plain)[number]) => MadeCase | null,
  ): MadeCase[] =>
    among.flatMap((combination) =>
      Array.from({ length: rounds }, () => change(makeCase(chance, combination, false), combination)).filter(
        (it) => it !== null,
      ),
    );
  const before = (made: MadeCase, ...bytes: number[]): MadeCase | null => {
    const code = Uint8Array.from([...bytes, ...made.code]);
    return code.length > 15 ? null : { ...made, code };
  };

  return [
    {
      name: 'no instruction',
      cases: Array.from({ length: 3 }, () => invalid.map((bytes) => caseOfBytes(chance, bytes))).flat(),
    },
    {
      name: 'LOCK where it may not be',
      cases: make(
        plain.filter(({ form, place, modifier }) => modifier !== 'lock' && !(form.canLock && place === 'memory')),
        (made) => before(made, 0xf0),
      ),
    },
    {
      name: 'the end of executable memory in the instruction',
      cases: make(still, (made) =>
        moved(made, chance.pick([CODE_END, FENCED_CODE_END]) - 1 - chance.below(made.code.length)),
      ),
    },
    {
      name: 'the end of executable memory behind the instruction',
      cases: make(still, (made) => moved(made, chance.pick([CODE_END, FENCED_CODE_END]) - made.code.length)),
    },
    {
      name: 'a REX prefix before another prefix',
      cases: make(still, (made) =>
        isLegacyPrefix(made.code[0]!)
          ? before(made, 0x40 | chance.below(16))
          : before(made, 0x40 | chance.below(16), 0x3e),
      ),
    },
    {
      name: '66 where it means nothing',
      cases: make(
        still.filter(({ form, width }) => width === 8 && form.map === 0),
        (made) => before(made, 0x66),
      ),
    },
    {
      name: 'REX.W and 66',
      cases: make(
        still.filter(({ form, width }) => width === 64 && form.kind === 'plain' && form.widths.length > 1),
        (made) => before(made, 0x66),
      ),
    },
    {
      name: 'F2 and F3 where they mean nothing, or one after the other',
      cases: make(
        still.filter(({ form }) => !changedByRepeat.has(form.mnemonic) && form.operands[0] !== 'Zv'),
        (made) => before(made, chance.pick([0xf2, 0xf3])),
      ),
    },
    {
      name: 'several segments',
      cases: make(still, (made) =>
        before(made, chance.pick([0x64, 0x65, 0x26, 0x36]), chance.pick([0x26, 0x2e, 0x36, 0x3e, 0x64])),
      ),
    },
    {
      name: 'fourteen, fifteen and sixteen bytes',
      cases: make(still, (made) => {
        const filled = chance.pick([14, 15, 16, 17]) - made.code.length;
        return filled < 0 ? null : { ...made, code: Uint8Array.from([...Array(filled).fill(0x3e), ...made.code]) };
      }),
    },
    {
      name: 'a single step',
      cases: make(plain, (made) => ({ ...made, flags: made.flags | trap })),
    },
    {
      name: 'no executable memory',
      cases: [DATA, DATA + 0xfff, DATA_END - 8, DATA_END, CODE_END, 0x1001_8000, 0, 2 ** 47 - 1].map((ip) =>
        caseOfBytes(chance, [0x90], ip),
      ),
    },
  ];

  function moved(made: MadeCase, ip: number): MadeCase {
    return { ...made, ip };
  }
}

const isLegacyPrefix = (byte: number): boolean =>
  [0xf0, 0xf2, 0xf3, 0x66, 0x67, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65].includes(byte);
