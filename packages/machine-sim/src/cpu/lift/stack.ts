import { rflag } from '@synos/trap';
import { STATUS_FLAGS, type Step, slot } from '../ir.js';
import {
  behind,
  type Meaning,
  type Meanings,
  memoryOf,
  moveStack,
  onStack,
  read,
  register,
  registerOf,
  temporary,
} from './operands.js';

const rbp = register(slot.rbp);
const rsp = register(slot.rsp);

/** What POPF changes in ring 3 with IOPL 0 (SDM vol. 2, POPF). RF stays clear: no instruction leaves it set. */
const POPF_MASK =
  STATUS_FLAGS | rflag.trap | rflag.direction | rflag.nestedTask | rflag.alignmentCheck | rflag.identification;

const push: Meaning = (instruction, steps) => {
  const { width } = instruction;
  const from = read(instruction, 0, steps, temporary(0));
  steps.push({ op: 'store', width, address: onStack(-width / 8), from }, moveStack(-width / 8));
};

const pop: Meaning = (instruction, steps) => {
  const { width } = instruction;
  const bytes = width / 8;
  const to = registerOf(instruction, 0);
  if (to === null) {
    // The address counts with RSP as it is afterwards.
    const found = memoryOf(instruction);
    const address = found.base === slot.rsp ? behind(found, bytes) : found;
    steps.push(
      { op: 'load', width, to: temporary(0), address: onStack(0), forWrite: false },
      { op: 'store', width, address, from: temporary(0) },
      moveStack(bytes),
    );
    return;
  }
  if (to.slot !== slot.rsp) {
    steps.push({ op: 'load', width, to, address: onStack(0), forWrite: false }, moveStack(bytes));
    return;
  }
  // What is popped goes into RSP last: all of it, or its lower 16 bits.
  steps.push({ op: 'load', width, to: temporary(0), address: onStack(0), forWrite: false }, moveStack(bytes), {
    op: 'move',
    width,
    to: rsp,
    from: temporary(0),
  });
};

const pushFlags: Meaning = ({ width }, steps) => {
  steps.push(
    { op: 'load-flags', to: temporary(0) },
    { op: 'store', width, address: onStack(-width / 8), from: temporary(0) },
    moveStack(-width / 8),
  );
};

const popFlags: Meaning = ({ width }, steps) => {
  steps.push({ op: 'load', width, to: temporary(0), address: onStack(0), forWrite: false }, moveStack(width / 8), {
    op: 'store-flags',
    from: temporary(0),
    mask: width === 16 ? POPF_MASK & 0xffff : POPF_MASK,
  });
};

const leave: Meaning = ({ width }, steps) => {
  steps.push(
    { op: 'load', width, to: temporary(0), address: onStack(0, slot.rbp), forWrite: false },
    { op: 'lea', width: 64, to: rsp, address: onStack(width / 8, slot.rbp) },
    { op: 'move', width, to: rbp, from: temporary(0) },
  );
};

/** Asks whether a place may be read or written, and faults if not. */
const probe = (offset: number, base: number, forWrite: boolean, width: 16 | 64): Step => ({
  op: 'load',
  width,
  to: temporary(0),
  address: onStack(offset, base),
  forWrite,
});

/**
 * ENTER. With a level it copies frame pointers, which may meet a page that is not there halfway. So the first and the
 * last place of what is read, and the last of what is written, are asked for beforehand: each range lies within two pages,
 * and the first place that is written comes before anything is visible. The last write that would be
 * possible at the new RSP is asked for as well (SDM vol. 2, ENTER).
 */
const enter: Meaning = ({ width, low: size, second }, steps) => {
  const level = second & 31;
  const word = width === 16 ? 16 : 64;
  const bytes = word / 8;
  const frame = temporary(1);
  const stored = level === 0 ? 1 : level + 1;
  if (level > 1) {
    steps.push(probe(-bytes, slot.rbp, false, word), probe(-bytes * (level - 1), slot.rbp, false, word));
  }
  if (level > 0) steps.push(probe(-bytes * stored, slot.rsp, true, word));
  if (size > 0) steps.push(probe(-bytes * stored - size, slot.rsp, true, word));
  steps.push({ op: 'store', width, address: onStack(-bytes), from: rbp });
  steps.push({ op: 'lea', width: 64, to: frame, address: onStack(-bytes) });
  for (let number = 1; number < level; number++) {
    const from = temporary(0);
    steps.push({ op: 'load', width, to: from, address: onStack(-bytes * number, slot.rbp), forWrite: false });
    steps.push({ op: 'store', width, address: onStack(-bytes * (number + 1)), from });
  }
  if (level > 0) steps.push({ op: 'store', width, address: onStack(-bytes * stored), from: frame });
  steps.push({ op: 'move', width, to: rbp, from: frame });
  steps.push({ op: 'lea', width: 64, to: rsp, address: onStack(-bytes * stored - size) });
};

/** The stack (SDM vol. 1, 7.3.1.5 and 6.6). */
export const stack: Meanings = { push, pop, pushf: pushFlags, popf: popFlags, leave, enter };
