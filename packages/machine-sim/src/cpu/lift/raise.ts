import type { End } from '../ir.js';

type Raise = Extract<End, { op: 'raise' }>;

/** Exceptions that an instruction may be (SDM vol. 3, table 6-1). */
export const raise = {
  invalidOpcode: { op: 'raise', vector: 6, errorCode: null },
  generalProtection: { op: 'raise', vector: 13, errorCode: 0 },
} as const satisfies Record<string, Raise>;
