import { type Addressing, addressingOf } from './addressing.js';
import { type Draft, rax, rdx } from './draft.js';
import { memoryOperandOf } from './encode.js';
import { anyValue, edgeValue } from './values.js';

const allRegisters: readonly number[] = Array.from({ length: 16 }, (_, i) => i);

/** Bytes that an operand has in memory. */
function sizeOf(operand: string, width: number): number {
  switch (operand.at(-1)) {
    case 'b':
      return 1;
    case 'w':
      return 2;
    case 'd':
      return width === 16 ? 2 : 4;
    case 'q':
      return 8;
    default:
      return width / 8;
  }
}

/**
 * The operand in memory: an address, a way to it, and something to find there.
 *
 * @param register - the operand in a register, which may say which bit of memory is meant
 * @param isFaulting - it is here that a fault is sought
 */
export function prepareMemory(draft: Draft, register: number, isFaulting: boolean): Addressing {
  const { chance, form, width } = draft;
  const { mnemonic } = form;
  const isPair = mnemonic === 'cmpxchg8b';
  const isTarget = form.kind === 'control';
  const size = isPair ? draft.bytes * 2 : sizeOf(memoryOperandOf(form)!, isTarget ? 64 : width);
  let at = draft.address(size, isFaulting);
  // CMPXCHG16B wants it, and so most have it.
  if (isPair && width === 64 && !chance.once(8)) at -= at % 16;
  const addressing = addressingOf(chance, at, allRegisters, false);
  for (const it of addressing.set) draft.keep(it.register, it.value);

  if (isTarget) draft.poke(at, 8, BigInt(draft.codeTarget()));
  else if (isPair) {
    const [lower, upper] = [edgeValue(chance), edgeValue(chance)];
    draft.poke(at, size, (upper << BigInt(width)) | BigInt.asUintN(width, lower));
    if (chance.once(2)) {
      draft.suggest(rax, lower);
      draft.suggest(rdx, upper);
    }
  } else if (!chance.once(3)) {
    const content = edgeValue(chance);
    draft.poke(at, size, content);
    if (mnemonic === 'cmpxchg' && chance.once(2)) draft.suggest(rax, content);
  }
  // A bit of memory may be 2^60 bytes away. Most are not, so that they are found.
  if (mnemonic.startsWith('bt') && form.operands.includes('Gv') && !chance.once(6)) {
    const bit = BigInt.asUintN(width, BigInt(chance.below(8000) - 4000));
    draft.suggest(register, (anyValue(chance) & ~((1n << BigInt(width)) - 1n)) | bit);
  }
  return addressing;
}
