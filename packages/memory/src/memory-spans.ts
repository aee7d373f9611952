import { assert, type PhysicalAddress } from '@synos/interfaces';

/** A stretch of physical memory in bytes, `end` behind its last one. */
export interface Span {
  readonly start: PhysicalAddress;
  readonly end: PhysicalAddress;
}

/** A stretch as a memory map has it. */
export interface Stretch {
  readonly address: PhysicalAddress;
  readonly byteLength: number;
}

const PHYSICAL_END = 2 ** 52;

/**
 * Stretches in ascending order, those that touch or overlap made one. Firmware hands out maps that are neither sorted
 * nor free of overlaps, so both are taken. Asserts where a stretch is no stretch of physical memory.
 */
export function spansOf(stretches: readonly Stretch[]): Span[] {
  const sorted = stretches
    .map(({ address, byteLength }) => {
      const isSpan = Number.isInteger(address) && address >= 0 && Number.isInteger(byteLength) && byteLength >= 0;
      assert(
        isSpan && address + byteLength <= PHYSICAL_END,
        `no range of physical memory: ${byteLength} bytes at ${address}`,
      );
      return { start: address, end: address + byteLength };
    })
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start);
  const merged: { start: PhysicalAddress; end: PhysicalAddress }[] = [];
  for (const span of sorted) {
    const last = merged[merged.length - 1];
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else merged.push(span);
  }
  return merged;
}
