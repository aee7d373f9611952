import type { VirtualAddress } from '@synos/interfaces';

/**
 * What leaves a block in its middle. One object for all, thrown: no stack is captured, nothing is made.
 */
export interface Signal {
  /** `fault`: an exception. `own-code`: a store met translated code; {@link frame} is to be dropped first. */
  kind: 'fault' | 'own-code';
  vector: number;
  /** -1 where there is none. */
  errorCode: number;
  cr2: VirtualAddress;
  frame: number;
}

/** Makes the one signal of a CPU. */
export function createSignal(): Signal {
  return { kind: 'fault', vector: 0, errorCode: -1, cr2: 0, frame: 0 };
}

/** Throws an exception of the CPU. */
export function raise(signal: Signal, vector: number, errorCode: number, cr2: VirtualAddress = 0): never {
  signal.kind = 'fault';
  signal.vector = vector;
  signal.errorCode = errorCode;
  signal.cr2 = cr2;
  throw signal;
}
