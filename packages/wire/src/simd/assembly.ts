/**
 * As much of WebAssembly's binary format as {@link ./sum-module.js} is written in (Core Specification 2.0, chapter 5).
 * Everything is a list of bytes; what is put together is a list of lists.
 */
export type Code = number | readonly Code[];

/** Numbers without a sign, seven bits a byte, the lowest first (§5.2.2). */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** Numbers with a sign: the last byte's sixth bit is it. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -0x40 || rest > 0x3f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest & 0x7f];
}

/** What is preceded by its length in bytes: sections and bodies of functions. */
function sized(...content: Code[]): number[] {
  const bytes = flat(content);
  return [...unsigned(bytes.length), ...bytes];
}

/** What is preceded by how many there are (§5.1.3). */
function vector(...elements: Code[]): Code[] {
  return [unsigned(elements.length), elements];
}

function flat(code: Code): number[] {
  return typeof code === 'number' ? [code] : code.flatMap(flat);
}

function name(text: string): Code {
  return vector(...Array.from(text, (letter) => letter.charCodeAt(0)));
}

/** Types of values (§5.3). */
export const i32 = 0x7f;
export const v128 = 0x7b;

// Instructions (§5.4). What they take stands on the stack; only what is part of the instruction is an argument here.

export const localGet = (index: number): Code => [0x20, unsigned(index)];
export const localSet = (index: number): Code => [0x21, unsigned(index)];
export const localTee = (index: number): Code => [0x22, unsigned(index)];
export const i32Const = (value: number): Code => [0x41, signed(value)];
export const i32Load16U: Code = [0x2f, 0, 0];
export const i32Load8U: Code = [0x2d, 0, 0];
export const i32Store16: Code = [0x3b, 0, 0];
export const i32Store8: Code = [0x3a, 0, 0];
export const i32Add = 0x6a;
export const i32Sub = 0x6b;
export const i32And = 0x71;
export const i32Or = 0x72;
export const i32Shl = 0x74;
export const i32ShrU = 0x76;
export const i32LtS = 0x48;

/** Does its code as long as there is something but 0 on the stack, asked before each turn. */
export const whileTrue = (condition: Code, code: Code): Code => [
  [0x02, 0x40], // block
  [0x03, 0x40], // loop
  [condition, 0x45 /* i32.eqz */, 0x0d /* br_if */, 1],
  [code, 0x0c /* br */, 0],
  [0x0b, 0x0b],
];
/** Does its code when there is something but 0 on the stack. */
export const ifTrue = (code: Code): Code => [0x04, 0x40, code, 0x0b];

/** Sixteen bytes from the address on the stack plus `offset`, of any alignment. */
export const v128Load = (offset: number): Code => [0xfd, 0x00, 0, unsigned(offset)];
export const v128Store = (offset: number): Code => [0xfd, 0x0b, 0, unsigned(offset)];
/** Copies within the memory: to, from and how many bytes are on the stack. */
export const memoryCopy: Code = [0xfc, 0x0a, 0, 0];
export const i32x4ExtractLane = (lane: number): Code => [0xfd, 0x1b, lane];
/** Four sums of two neighbours each, of eight 16-bit numbers. */
export const i32x4ExtaddPairwiseI16x8U: Code = [0xfd, 0x7f];
export const i32x4Add: Code = [0xfd, 0xae, 0x01];

/** One function of a module. */
export interface ModuleFunction {
  /** By which it is exported. */
  readonly name: string;
  /** Types of its parameters, locals 0 and up. */
  readonly parameters: readonly number[];
  readonly result: number;
  /** Types of its further locals, which begin as 0. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module that imports a memory, `env.memory`, and exports functions (§5.5). */
export function moduleOf(functions: readonly ModuleFunction[]): Uint8Array<ArrayBuffer> {
  const each = (encode: (one: ModuleFunction, index: number) => Code): Code => vector(...functions.map(encode));
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      [1, sized(each(({ parameters, result }) => [0x60, vector(...parameters), vector(result)]))],
      [2, sized(vector([name('env'), name('memory'), 0x02, 0x00, 0]))],
      [3, sized(each((_, index) => index))],
      [7, sized(each((one, index) => [name(one.name), 0x00, index]))],
      [10, sized(each(({ locals, body }) => sized(vector(...locals.map((type) => [1, type])), body, 0x0b)))],
    ]),
  );
}
