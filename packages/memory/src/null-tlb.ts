import type { Tlb } from '@synos/interfaces';

/**
 * A TLB that remembers nothing: for page tables that no CPU has loaded.
 *
 * @example
 * ```ts
 * import { nullTlb } from '@synos/memory';
 *
 * nullTlb().invlpg(0x1000); // nothing to forget
 * ```
 */
export function nullTlb(): Tlb {
  return { invlpg() {}, flush() {} };
}
