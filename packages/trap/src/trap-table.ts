import { assert, SYSCALL_VECTOR, type TrapFrame, trapFrame } from '@synos/interfaces';
import { describeErrorCode } from './error-code.js';
import {
  type VectorInfo,
  type VectorName,
  type VectorNameWithErrorCode,
  vectorInfo,
  vectorName,
  vectors,
} from './vectors.js';

/** A handler of a vector with which the CPU pushes an error code. */
export type ErrorCodeHandler = (frame: TrapFrame, errorCode: number) => void;

/** A handler of a vector without one. */
export type PlainHandler = (frame: TrapFrame) => void;

/** The handler that a named vector takes: the compiler knows whether there is an error code. */
export type VectorHandler<Name extends VectorName> = Name extends VectorNameWithErrorCode
  ? ErrorCodeHandler
  : PlainHandler;

/** A trap that nobody handled. */
export interface UnhandledTrap extends VectorInfo {
  readonly name: VectorName | null;
  /** `null` where the CPU pushes none with this vector. */
  readonly errorCode: number | null;
  /** The ring that was interrupted, 0 to 3. */
  readonly cpl: number;
  /** For a person: `#GP general protection (gate 0x21) in ring 3`. */
  readonly words: string;
}

/** Handlers by vector. */
export interface TrapTable {
  /** Handles an exception by its name. A second handler for the same vector is an assertion. */
  on<Name extends VectorName>(name: Name, handler: VectorHandler<Name>): void;
  /**
   * Handles an interrupt by its number: 32 to 255, `SYSCALL_VECTOR`, or a reserved one. Exceptions go by name
   * (asserted): only so is the handler's type right.
   */
  onVector(vector: number, handler: PlainHandler): void;
  /**
   * Calls the handler of a frame's vector. Any frame will do: what has no handler, or no vector at all, is described
   * and nothing happened.
   *
   * @returns `null` when it was handled
   */
  dispatch(frame: TrapFrame): UnhandledTrap | null;
}

/**
 * Makes an empty table of handlers.
 *
 * @example
 * ```ts
 * import { trapFrame } from '@synos/interfaces';
 * import { createTrapTable, SYSTEM_CALL_VECTOR } from '@synos/trap';
 *
 * const table = createTrapTable();
 * table.on('pageFault', (frame, errorCode) => console.log(errorCode, frame.signed(trapFrame.rip)));
 * table.on('breakpoint', (frame) => console.log(frame.signed(trapFrame.rip)));
 * table.onVector(SYSTEM_CALL_VECTOR, (frame) => frame.set(trapFrame.rax, -38));
 * ```
 */
export function createTrapTable(): TrapTable {
  // Both kinds in one list: the error code is handed to all that the CPU pushes one for.
  const handlers = new Array<ErrorCodeHandler | undefined>(SYSCALL_VECTOR + 1).fill(undefined);
  const withErrorCode = new Uint8Array(SYSCALL_VECTOR + 1);
  for (const info of Object.values(vectors)) withErrorCode[info.vector] = info.hasErrorCode ? 1 : 0;

  const add = (vector: number, handler: ErrorCodeHandler): void => {
    assert(handlers[vector] === undefined, `vector ${vector} has a handler`);
    handlers[vector] = handler;
  };
  return {
    on(name, handler): void {
      assert(Object.hasOwn(vectors, name), `no exception is named ${name}`);
      add(vectors[name].vector, handler as ErrorCodeHandler);
    },
    onVector(vector, handler): void {
      assert(Number.isInteger(vector) && vector >= 0 && vector <= SYSCALL_VECTOR, `no vector: ${vector}`);
      assert(vectorName(vector) === null, `vector ${vector} is handled by its name`);
      add(vector, handler);
    },
    dispatch(frame): UnhandledTrap | null {
      const vector = vectorOf(frame);
      const handler = handlers[vector];
      if (handler === undefined) return describeUnhandled(frame, vector);
      if (withErrorCode[vector] === 1) handler(frame, frame.low(trapFrame.error));
      else (handler as PlainHandler)(frame);
      return null;
    },
  };
}

/** Exact or beyond all vectors: a word with bits above 32 is no vector. */
function vectorOf(frame: TrapFrame): number {
  return frame.unsigned(trapFrame.vector);
}

function describeUnhandled(frame: TrapFrame, vector: number): UnhandledTrap {
  const info = vectorInfo(vector);
  const errorCode = info.hasErrorCode ? frame.low(trapFrame.error) : null;
  const cpl = frame.low(trapFrame.cs) & 3;
  const mnemonic = info.mnemonic === null ? '' : `${info.mnemonic} `;
  const code = errorCode === null ? '' : ` (${describeErrorCode(vector, errorCode)})`;
  return { ...info, name: vectorName(vector), errorCode, cpl, words: `${mnemonic}${info.title}${code} in ring ${cpl}` };
}
