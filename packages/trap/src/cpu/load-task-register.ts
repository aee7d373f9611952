import { selectorErrorCode } from '../error-code.js';
import { readTssDescriptor, TSS_DESCRIPTOR_BYTES } from '../segments/tss-descriptor.js';
import type { CpuFault, LinearMemory, TableRegister, TaskRegister } from './cpu-state.js';
import { cpuFault, isCanonicalRange, isNull, pageFault, within } from './descriptor-fetch.js';

/**
 * What LTR does in 64-bit mode (SDM vol. 2): reads the sixteen bytes of the descriptor, wants an available TSS that is
 * present, marks it busy in memory, and keeps what it said.
 *
 * @param memory - its `write` gets the first eight bytes of the descriptor, as ring 0
 *
 * @example
 * ```ts
 * import { type LinearMemory, loadTaskRegister, type TableRegister } from '@synos/trap';
 *
 * const load = (gdt: TableRegister, memory: LinearMemory): string => {
 *   const result = loadTaskRegister(0x28, gdt, memory);
 *   return 'reason' in result ? result.reason : `TSS of ${result.limit + 1} bytes`;
 * };
 * ```
 */
export function loadTaskRegister(selector: number, gdt: TableRegister, memory: LinearMemory): TaskRegister | CpuFault {
  if (isNull(selector)) return cpuFault('generalProtection', 0, 'LTR of no segment');
  const errorCode = selectorErrorCode(selector, false);
  const offset = selector & 0xfff8;
  if ((selector & 4) !== 0 || !within(gdt, offset, TSS_DESCRIPTOR_BYTES)) {
    return cpuFault('generalProtection', errorCode, 'selector beyond the table');
  }
  const address = gdt.base + offset;
  if (!isCanonicalRange(address, TSS_DESCRIPTOR_BYTES)) {
    return cpuFault('generalProtection', errorCode, 'GDT at no canonical address');
  }
  const unread = memory.read(address, TSS_DESCRIPTOR_BYTES);
  if (unread !== null) return pageFault(unread, 'page fault at the GDT');
  const tss = readTssDescriptor(memory.scratch, 0);
  if (tss.kind === 'other' || tss.busy) return cpuFault('generalProtection', errorCode, 'no available TSS');
  if (!tss.present) return cpuFault('segmentNotPresent', errorCode, 'TSS not present');
  if (!isCanonicalRange(tss.base, 1)) return cpuFault('generalProtection', errorCode, 'TSS at no canonical address');
  // Of all the bits only B changes: the rest may hold what this reader does not keep.
  memory.scratch.setUint8(5, memory.scratch.getUint8(5) | 2);
  const unwritten = memory.write(address, false);
  if (unwritten !== null) return pageFault(unwritten, 'page fault at the GDT');
  const limit = tss.granular ? tss.limit * 4096 + 4095 : tss.limit;
  return { selector: selector & 0xffff, base: tss.base, limit };
}
