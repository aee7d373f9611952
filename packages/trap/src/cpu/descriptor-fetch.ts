import { isCanonical } from '@synos/interfaces';
import { selectorErrorCode } from '../error-code.js';
import { type CodeDescriptor, readSegmentDescriptor, type SegmentDescriptor } from '../segments/segment-descriptor.js';
import { vectors } from '../vectors.js';
import type { CpuFault, LinearMemory, PageFault, TableRegister } from './cpu-state.js';

/** A fault that is not a page fault. */
export function cpuFault(
  name: 'invalidTss' | 'segmentNotPresent' | 'stackFault' | 'generalProtection',
  errorCode: number,
  reason: string,
): CpuFault {
  return { vector: vectors[name].vector, errorCode, reason, address: null };
}

/** A page fault while the CPU did what `reason` says. */
export function pageFault({ address, errorCode }: PageFault, reason: string): CpuFault {
  return { vector: vectors.pageFault.vector, errorCode, reason, address };
}

/** Whether an answer is a fault. */
export function isFault<T extends object>(value: T | CpuFault): value is CpuFault {
  return 'reason' in value;
}

/** Whether a selector is null: its RPL does not count (SDM vol. 3, 3.4.2). */
export function isNull(selector: number): boolean {
  return (selector & 0xfffc) === 0;
}

/** Whether `byteLength` bytes of a table that begin at `offset` lie within its limit. */
export function within(table: TableRegister, offset: number, byteLength: number): boolean {
  return offset + byteLength - 1 <= table.limit;
}

/** Whether both ends of what the CPU is about to touch are canonical. */
export function isCanonicalRange(address: number, byteLength: number): boolean {
  return isCanonical(address) && isCanonical(address + byteLength - 1);
}

/** Reads the descriptor that a selector names, or says why not: #GP with the selector, or a page fault. */
export function fetchDescriptor(
  memory: LinearMemory,
  gdt: TableRegister,
  selector: number,
  external: boolean,
): SegmentDescriptor | CpuFault {
  const offset = selector & 0xfff8;
  const localTable = (selector & 4) !== 0;
  if (localTable || !within(gdt, offset, 8)) {
    return cpuFault('generalProtection', selectorErrorCode(selector, external), 'selector beyond the table');
  }
  if (!isCanonicalRange(gdt.base + offset, 8)) {
    return cpuFault('generalProtection', selectorErrorCode(selector, external), 'GDT at no canonical address');
  }
  const fault = memory.read(gdt.base + offset, 8);
  if (fault !== null) return pageFault(fault, 'page fault at the GDT');
  return readSegmentDescriptor(memory.scratch, 0);
}

/** Whether a segment is of 64-bit code: L without D. With both it is of nothing (SDM vol. 3, 5.2.1). */
export function is64BitCode(descriptor: CodeDescriptor): boolean {
  return descriptor.long && !descriptor.big;
}
