import type { Instruction } from '../decode/decode.js';
import { flag, flagSet } from '../decode/flag-names.js';
import type { Address, FlagMask, Register, Step } from '../ir.js';
import {
  certainRegister,
  immediate,
  type Meaning,
  type Meanings,
  memoryOf,
  modifyAt,
  read,
  registerOf,
  temporary,
} from './operands.js';

type BitTest = Extract<Step, { op: 'bit-test' }>['what'];
type Scan = Extract<Step, { op: 'scan' }>['what'];

/** A register as the index of bits in memory: it is signed and reaches beyond the word at the address. */
function addressOfBit(instruction: Instruction, steps: Step[]): Address {
  const { width } = instruction;
  const address = memoryOf(instruction);
  const start = temporary(1);
  const word = temporary(2);
  const index = certainRegister(instruction, 1);
  const bytes = (width >> 3) as 2 | 4 | 8;
  steps.push({ op: 'lea', width: 64, to: start, address: { ...address, segment: -1 } });
  if (width !== 64) steps.push({ op: 'extend', isSigned: true, fromWidth: width, width: 64, to: word, from: index });
  steps.push({
    op: 'shift',
    what: 'sar',
    width: 64,
    to: word,
    from: width === 64 ? index : word,
    count: immediate(Math.log2(width)),
    flags: 0,
  });
  return { ...address, base: start.slot, index: word.slot, scale: bytes, low: 0, high: 0 };
}

const bitTest =
  (what: BitTest): Meaning =>
  (instruction, steps) => {
    const { width } = instruction;
    const place: Register | Address =
      registerOf(instruction, 0) ??
      (instruction.form.operands[1] === 'Gv' ? addressOfBit(instruction, steps) : memoryOf(instruction));
    const index = read(instruction, 1, steps, temporary(1));
    if (what !== 'bt') {
      modifyAt(place, width, steps, (to) => ({ op: 'bit-test', what, width, to, from: to, index, flags: flag.c }));
      return;
    }
    const from = 'kind' in place ? place : temporary(0);
    if (!('kind' in place)) steps.push({ op: 'load', width, to: temporary(0), address: place, forWrite: false });
    steps.push({ op: 'bit-test', what, width, to: null, from, index, flags: flag.c });
  };

const scan =
  (what: Scan, flags: FlagMask): Meaning =>
  (instruction, steps) => {
    const from = read(instruction, 1, steps, temporary(0));
    steps.push({ op: 'scan', what, width: instruction.width, to: certainRegister(instruction, 0), from, flags });
  };

const swapBytes: Meaning = (instruction, steps) => {
  const { width } = instruction;
  const to = certainRegister(instruction, 0);
  // Undefined by the manual; CPUs clear the 16 bits.
  if (instruction.hasOperandSize && width === 32) steps.push({ op: 'move', width: 16, to, from: immediate(0) });
  else steps.push({ op: 'swap-bytes', width: width === 64 ? 64 : 32, to, from: to });
};

/** Bits and bytes (SDM vol. 1, 7.3.7). */
export const bits: Meanings = {
  bt: bitTest('bt'),
  bts: bitTest('bts'),
  btr: bitTest('btr'),
  btc: bitTest('btc'),
  bsf: scan('bsf', flag.z),
  bsr: scan('bsr', flag.z),
  tzcnt: scan('tzcnt', flag.c | flag.z),
  lzcnt: scan('lzcnt', flag.c | flag.z),
  popcnt: scan('popcnt', flagSet.all),
  bswap: swapBytes,
};
