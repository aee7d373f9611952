import { assert } from '@synos/interfaces';
import { createDecoder } from '../decode/decode.js';
import { instructionForms } from '../decode/instruction-forms.js';
import type { InstructionForm } from '../instruction-form.js';
import type { Lift, Step } from '../ir.js';
import { arithmetic } from './arithmetic.js';
import { bits } from './bits.js';
import { control } from './control.js';
import { moves } from './moves.js';
import type { Meaning } from './operands.js';
import { raise } from './raise.js';
import { stack } from './stack.js';
import { strings } from './strings.js';

const meanings = { ...arithmetic, ...bits, ...moves, ...stack, ...control, ...strings };

const isPrivileged: Meaning = (_, steps) => {
  steps.push(raise.generalProtection);
};

function meaningOf(form: InstructionForm): Meaning {
  const meaning = form.isPrivileged ? isPrivileged : meanings[form.mnemonic];
  assert(meaning !== undefined, `no meaning for ${form.mnemonic}`);
  return meaning;
}

/**
 * Makes a lifter: it finds an instruction by the table, takes it apart, and says in steps what it does. It keeps nothing
 * from one call to the next.
 *
 * @example
 * ```ts
 * import { createLifter } from '@synos/machine-sim/testing';
 *
 * const lift = createLifter();
 * // ADD EAX, EBX at 0x401000: one step.
 * const lifted = lift(Uint8Array.of(0x01, 0xd8), 0, 2, 0x401000);
 * ```
 */
export function createLifter(): Lift {
  const decode = createDecoder(instructionForms);
  const meaningOfForm = new Map(instructionForms.map((form) => [form, meaningOf(form)]));

  return (code, at, end, rip) => {
    const decoded = decode(code, at, end, rip);
    switch (decoded.kind) {
      case 'cut':
        return null;
      case 'too-long':
        return { byteLength: decoded.byteLength, steps: [raise.generalProtection] };
      case 'undefined':
        return { byteLength: decoded.byteLength, steps: [raise.invalidOpcode] };
    }
    const steps: Step[] = [];
    const meaning = meaningOfForm.get(decoded.form);
    assert(meaning !== undefined, 'every row has a meaning');
    meaning(decoded, steps);
    return { byteLength: decoded.byteLength, steps };
  };
}
