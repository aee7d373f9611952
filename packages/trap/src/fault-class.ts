/** How an event counts when another one comes while it is delivered (SDM vol. 3, interrupt 8). */
export type FaultClass = 'benign' | 'contributory' | 'page-fault' | 'double-fault';

/**
 * What the CPU makes of two events: `serial`: the second is delivered, the first comes again if it must; `double`: a
 * double fault instead of both; `triple`: the CPU stops.
 */
export type Combination = 'serial' | 'double' | 'triple';

/**
 * The class of an *exception* (SDM vol. 3, table 6-4). Interrupts, and INT n whatever its number, are benign.
 *
 * @example
 * ```ts
 * import { faultClass } from '@synos/trap';
 *
 * faultClass(13); // 'contributory'
 * ```
 */
export function faultClass(vector: number): FaultClass {
  switch (vector) {
    case 8:
      return 'double-fault';
    case 0: // #DE
    case 10: // #TS
    case 11: // #NP
    case 12: // #SS
    case 13: // #GP
    case 21: // #CP
      return 'contributory';
    case 14: // #PF
    case 20: // #VE
      return 'page-fault';
    default:
      return 'benign';
  }
}

/**
 * What comes of an event of class `second` while one of class `first` is delivered (SDM vol. 3, table 6-5).
 *
 * @example
 * ```ts
 * import { combine } from '@synos/trap';
 *
 * combine('contributory', 'page-fault'); // 'serial'
 * combine('page-fault', 'contributory'); // 'double'
 * combine('double-fault', 'contributory'); // 'triple'
 * ```
 */
export function combine(first: FaultClass, second: FaultClass): Combination {
  if (first === 'benign' || second === 'benign') return 'serial';
  if (first === 'double-fault') return 'triple';
  if (first === 'contributory' && second === 'page-fault') return 'serial';
  return 'double';
}
