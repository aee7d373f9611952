import type { Step, StringAction } from '../ir.js';
import type { Meaning, Meanings } from './operands.js';

/** F3 and F2 alike repeat what does not compare; they differ where there is something to compare (SDM vol. 2, REP). */
function repetition(repeat: 0 | 0xf2 | 0xf3, compares: boolean): Extract<Step, { op: 'string' }>['repeat'] {
  if (repeat === 0) return 'none';
  if (!compares) return 'rep';
  return repeat === 0xf3 ? 'repe' : 'repne';
}

const string =
  (what: StringAction): Meaning =>
  ({ width, form, repeat, hasAddressSize, segment }, steps) => {
    // What goes to RDI goes by ES, which no prefix replaces.
    const hasSource = what === 'movs' || what === 'lods' || what === 'cmps';
    steps.push({
      op: 'string',
      what,
      width,
      repeat: repetition(repeat, form.repeats === 'compare'),
      is32: hasAddressSize,
      segment: hasSource ? segment : -1,
    });
  };

/** Strings (SDM vol. 1, 7.3.9). */
export const strings: Meanings = {
  movs: string('movs'),
  stos: string('stos'),
  lods: string('lods'),
  cmps: string('cmps'),
  scas: string('scas'),
};
