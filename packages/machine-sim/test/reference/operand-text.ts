import type { Instruction } from '../../src/cpu/decode/decode.js';
import type { OperandForm } from '../../src/cpu/instruction-form.js';
import { type Address, slot, type Width } from '../../src/cpu/ir.js';

// Operands as plain text, from what was decoded and from what objdump writes: so that the two can be compared.

const legacy = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const bytes = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];
const highBytes = ['ah', 'ch', 'dh', 'bh'];
const segments = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];
const suffix = { 8: 'b', 16: 'w', 32: 'd', 64: '' } as const;

function registerName(number: number, width: Width, hasRex = true): string {
  if (number >= 8) return `r${number}${suffix[width]}`;
  if (width === 8) return (!hasRex && number >= 4 ? highBytes[number - 4] : bytes[number]) as string;
  return `${{ 16: '', 32: 'e', 64: 'r' }[width]}${legacy[number]}`;
}

interface Terms {
  readonly base: string;
  readonly index: string;
  readonly displacement: bigint;
  readonly segment: string;
}

const termsText = ({ base, index, displacement, segment }: Terms): string =>
  `${segment}[${base},${index},${BigInt.asIntN(64, displacement)}]`;

const memoryText = (address: Address, isWhole: boolean): string => {
  const name = (number: number): string => (number < 0 ? '' : registerName(number, address.is32 ? 32 : 64));
  const displacement = (BigInt(address.high) << 32n) | BigInt(address.low >>> 0);
  return termsText({
    base: name(address.base),
    index: address.index < 0 ? '' : `${name(address.index)}*${address.scale}`,
    displacement: address.is32 && isWhole ? BigInt.asUintN(32, displacement) : displacement,
    segment: address.segment === slot.fsBase ? 'fs' : address.segment === slot.gsBase ? 'gs' : '',
  });
};

const widths: Readonly<Record<string, Width>> = { b: 8, w: 16, d: 32, q: 64, L: 8 };

function operandText(decoded: Instruction, operand: OperandForm): string {
  const own = widths[operand.slice(1)] ?? decoded.width;
  // MOVSXD to 16 bits reads no more.
  const width = operand === 'Ed' && decoded.width === 16 ? 16 : own;
  switch (operand.charAt(0)) {
    case 'G':
      return registerName(decoded.reg, width, decoded.rex !== 0);
    case 'Z':
      return registerName(decoded.inOpcode, width, decoded.rex !== 0);
    case 'S':
      return segments[decoded.reg & 7] ?? '?';
    case 'A':
    case 'r':
      return registerName(0, width);
    case 'C':
      return 'cl';
    case 'o':
      return '1';
    case 'J':
      return `${BigInt.asIntN(64, BigInt(decoded.target))}`;
    case 'I':
      if (operand === 'Ib' && decoded.form.operands[0] === 'Iw') return `${decoded.second}`;
      return `${BigInt.asIntN(operand === 'Ib' ? 8 : operand === 'Iw' ? 64 : width, (BigInt(decoded.high) << 32n) | BigInt(decoded.low >>> 0))}`;
  }
  if (decoded.address === null) return registerName(decoded.rm, width, decoded.rex !== 0);
  return memoryText(decoded.address, decoded.address.base < 0 && decoded.address.index < 0);
}

/** The operands of a decoded instruction. */
export const operandsOf = (decoded: Instruction): readonly string[] =>
  decoded.form.operands.map((operand) => operandText(decoded, operand));

/** An operand of objdump. `width` is that of constants, `end` where the instruction ends, for RIP. */
function parseOperand(text: string, width: Width, end: number): string {
  const plain = text.replace(/^(?:[A-Z]+ PTR )/, '').replace(/ ?#.*$/, '');
  const memory = /^(?:([c-gs]s):)?(?:\[(.*)\]|(0x[0-9a-f]+))$/.exec(plain);
  if (memory === null || (memory[1] === undefined && memory[2] === undefined)) {
    return /^(?:0x)?[0-9a-f]+$/.test(plain) && !/^[a-f]/.test(plain) ? `${BigInt.asIntN(width, BigInt(plain))}` : plain;
  }
  const [, prefix = '', inside = memory[3] ?? ''] = memory;
  let base = '';
  let index = '';
  let displacement = 0n;
  let is32 = false;
  for (const term of inside.replaceAll('-', '+-').split('+')) {
    if (term === '' || term.startsWith('eiz') || term.startsWith('riz')) continue;
    if (term === 'rip' || term === 'eip') {
      displacement += BigInt(end);
      is32 = term === 'eip';
    } else if (term.startsWith('-')) displacement -= BigInt(term.slice(1));
    else if (term.startsWith('0x')) displacement += BigInt.asIntN(64, BigInt(term));
    else if (term.includes('*')) index = term;
    else base = term;
  }
  const segment = prefix === 'fs' || prefix === 'gs' ? prefix : '';
  return termsText({ base, index, displacement: is32 ? BigInt.asUintN(32, displacement) : displacement, segment });
}

/** The operands that objdump writes behind a mnemonic, in the order of the row's. */
export function operandsFrom(text: string, decoded: Instruction, end: number): readonly string[] {
  return text
    .slice(text.indexOf(' ') + 1)
    .split(',')
    .map((operand, number) => {
      const form = decoded.form.operands[number];
      const width = form === 'Ib' ? 8 : form?.startsWith('J') || form === 'Iw' ? 64 : decoded.width;
      return parseOperand(operand, width, end);
    });
}
