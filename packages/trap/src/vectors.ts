import { SYSCALL_VECTOR } from '@synos/interfaces';

/**
 * How an event relates to the instruction it interrupts: a `fault` is reported before it, with its address saved, so
 * that it can be tried again; a `trap` after it; an `abort` says nothing exact; an `interrupt` comes between two.
 */
export type VectorKind = 'fault' | 'trap' | 'fault-or-trap' | 'abort' | 'interrupt';

/** What is known of a vector. */
export interface VectorInfo {
  readonly vector: number;
  /** As manuals write it, `#PF`; `null` where they have none. */
  readonly mnemonic: string | null;
  readonly kind: VectorKind;
  /** Whether the CPU pushes an error code with it. */
  readonly hasErrorCode: boolean;
  /** In a few words. */
  readonly title: string;
}

/** The exceptions of the CPU (SDM vol. 3, table 6-1). Those below 32 that are missing here are reserved. */
export const vectors = {
  divideError: { vector: 0, mnemonic: '#DE', kind: 'fault', hasErrorCode: false, title: 'divide error' },
  debug: { vector: 1, mnemonic: '#DB', kind: 'fault-or-trap', hasErrorCode: false, title: 'debug exception' },
  nmi: { vector: 2, mnemonic: null, kind: 'interrupt', hasErrorCode: false, title: 'non-maskable interrupt' },
  breakpoint: { vector: 3, mnemonic: '#BP', kind: 'trap', hasErrorCode: false, title: 'breakpoint' },
  overflow: { vector: 4, mnemonic: '#OF', kind: 'trap', hasErrorCode: false, title: 'overflow' },
  boundRange: { vector: 5, mnemonic: '#BR', kind: 'fault', hasErrorCode: false, title: 'BOUND range exceeded' },
  invalidOpcode: { vector: 6, mnemonic: '#UD', kind: 'fault', hasErrorCode: false, title: 'invalid opcode' },
  deviceNotAvailable: { vector: 7, mnemonic: '#NM', kind: 'fault', hasErrorCode: false, title: 'no FPU' },
  doubleFault: { vector: 8, mnemonic: '#DF', kind: 'abort', hasErrorCode: true, title: 'double fault' },
  coprocessorOverrun: {
    vector: 9,
    mnemonic: null,
    kind: 'fault',
    hasErrorCode: false,
    title: 'coprocessor segment overrun',
  },
  invalidTss: { vector: 10, mnemonic: '#TS', kind: 'fault', hasErrorCode: true, title: 'invalid TSS' },
  segmentNotPresent: { vector: 11, mnemonic: '#NP', kind: 'fault', hasErrorCode: true, title: 'segment not present' },
  stackFault: { vector: 12, mnemonic: '#SS', kind: 'fault', hasErrorCode: true, title: 'stack fault' },
  generalProtection: { vector: 13, mnemonic: '#GP', kind: 'fault', hasErrorCode: true, title: 'general protection' },
  pageFault: { vector: 14, mnemonic: '#PF', kind: 'fault', hasErrorCode: true, title: 'page fault' },
  x87FloatingPoint: { vector: 16, mnemonic: '#MF', kind: 'fault', hasErrorCode: false, title: 'x87 exception' },
  alignmentCheck: { vector: 17, mnemonic: '#AC', kind: 'fault', hasErrorCode: true, title: 'alignment check' },
  machineCheck: { vector: 18, mnemonic: '#MC', kind: 'abort', hasErrorCode: false, title: 'machine check' },
  simdFloatingPoint: { vector: 19, mnemonic: '#XM', kind: 'fault', hasErrorCode: false, title: 'SIMD exception' },
  virtualization: { vector: 20, mnemonic: '#VE', kind: 'fault', hasErrorCode: false, title: 'virtualization' },
  controlProtection: { vector: 21, mnemonic: '#CP', kind: 'fault', hasErrorCode: true, title: 'control protection' },
} as const satisfies Record<string, VectorInfo>;

/** A name of {@link vectors}. */
export type VectorName = keyof typeof vectors;

/** Names of the vectors whose handlers get an error code. */
export type VectorNameWithErrorCode = {
  [Name in VectorName]: (typeof vectors)[Name]['hasErrorCode'] extends true ? Name : never;
}[VectorName];

/** The name of an exception's vector; `null` for reserved ones, interrupts, system calls and any other number. */
export function vectorName(vector: number): VectorName | null {
  for (const name of Object.keys(vectors) as VectorName[]) if (vectors[name].vector === vector) return name;
  return null;
}

/** What is known of any number as a vector. */
export function vectorInfo(vector: number): VectorInfo {
  const name = vectorName(vector);
  if (name !== null) return vectors[name];
  return { vector, mnemonic: null, kind: 'interrupt', hasErrorCode: false, title: titleOf(vector) };
}

function titleOf(vector: number): string {
  if (vector === SYSCALL_VECTOR) return 'SYSCALL';
  if (!Number.isInteger(vector) || vector < 0 || vector > SYSCALL_VECTOR) return `no vector: ${vector}`;
  return vector < 32 ? `reserved vector ${vector}` : `interrupt ${vector}`;
}
