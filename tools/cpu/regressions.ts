import { parseCase } from './case-text.js';
import type { MadeCase } from './generate/make-case.js';

interface Regression {
  readonly text: string;
  readonly undefinedFlags: number;
}

/** Cases that once differed, as `report` of harness.ts prints them. */
const kept: readonly Regression[] = [
  // F3 90 is PAUSE, but with REX.B it is XCHG with R8.
  { text: 'f34590 ip=10010ac3 flags=a12 rax=c2934b6cc14ac46e r8=ffffffffffffffd3', undefinedFlags: 0 },
  // POPF may set NT.
  { text: '9d ip=10010941 flags=6d7 rsp=10001082 [10001082]=4146000000000000', undefinedFlags: 0 },
  // CMPXCHG8B whose upper half begins where addresses are not canonical: #GP, whatever is mapped below.
  { text: '410fc74acd ip=100108fb flags=a42 r10=80000000002d', undefinedFlags: 0 },
];

export const regressions: readonly MadeCase[] = kept.map(({ text, undefinedFlags }) => ({
  ...parseCase(text),
  undefinedFlags,
  undefinedFlagsAtFault: 0,
  scanned: -1,
  hasFreeFault: false,
  mnemonic: 'regression',
}));
