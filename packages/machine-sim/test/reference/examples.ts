import { slot, type Width } from '../../src/cpu/ir.js';
import { createReferenceState, type Outcome, type ReferenceState } from './evaluator.js';
import { createReferenceMemory } from './memory.js';
import { bytesOf, runInstruction } from './run-instruction.js';

/** Where examples have their data and their stack; the pages around are missing. */
export const DATA = 0x1100n;
export const STACK = 0x2800n;

/** Registers by name, memory as `width@address` in hexadecimal, flags by letters that are set. */
export type Values = Readonly<Record<string, bigint | string>>;

const letters = { C: 0x001, P: 0x004, A: 0x010, Z: 0x040, S: 0x080, T: 0x100, D: 0x400, O: 0x800 } as const;
const isRegister = (name: string): name is keyof typeof slot => name in slot;

const place = (name: string): { readonly width: Width; readonly address: bigint } => {
  const [width = '', address = ''] = name.split('@');
  return { width: Number(width) as Width, address: BigInt(`0x${address}`) };
};

function set(state: ReferenceState, name: string, value: bigint | string): void {
  if (typeof value === 'string') {
    for (const letter of value) state.flags |= letters[letter as keyof typeof letters];
  } else if (isRegister(name)) state.registers[slot[name]] = value;
  else {
    const { width, address } = place(name);
    for (let at = 0; at < width / 8; at++)
      state.memory.writeByte(address + BigInt(at), Number((value >> BigInt(8 * at)) & 0xffn));
  }
}

function get(state: ReferenceState, name: string): bigint | string {
  if (name === 'flags') {
    return Object.entries(letters)
      .filter(([, bit]) => (state.flags & bit & ~state.undefinedFlags) !== 0)
      .map(([letter]) => letter)
      .join('');
  }
  if (isRegister(name)) return state.registers[slot[name]] as bigint;
  const { width, address } = place(name);
  let value = 0n;
  for (let at = width / 8 - 1; at >= 0; at--)
    value = (value << 8n) | BigInt(state.memory.readByte(address + BigInt(at)));
  return value;
}

/** A state in which RBX points to data, RSP to the stack, and the rest is zero. */
export function exampleState(before: Values): ReferenceState {
  const memory = createReferenceMemory();
  memory.map(0x1000n, 0x2000, true);
  const state = createReferenceState(memory);
  set(state, 'rbx', DATA);
  set(state, 'rsp', STACK);
  set(state, 'fsBase', 0x1800n);
  for (const [name, value] of Object.entries(before)) set(state, name, value);
  return state;
}

/** Runs the instruction at 0x400000 and reads what `after` names. */
export function tryExample(
  digits: string,
  before: Values,
  after: Values,
): { readonly outcome: Outcome; readonly found: Values } {
  const state = exampleState(before);
  const outcome = runInstruction(bytesOf(digits), state);
  return { outcome, found: Object.fromEntries(Object.keys(after).map((name) => [name, get(state, name)])) };
}
