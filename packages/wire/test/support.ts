import type { ByteMemory } from '@synos/interfaces';
import { createMemory } from '@synos/wire';
import fc from 'fast-check';

/** The value, or a failed test. */
export function valid<T extends object>(value: T): Exclude<T, { readonly error: string }> {
  if ('error' in value) throw new Error(`malformed: ${value.error}`);
  return value as Exclude<T, { readonly error: string }>;
}

/** Memory that holds bytes at an offset. */
export function memoryWith(bytes: Uint8Array, at = 0): ByteMemory {
  const memory = createMemory(new ArrayBuffer(at + bytes.length));
  memory.bytes.set(bytes, at);
  return memory;
}

/** RFC 1071 word by word, as the RFC states it: the reference. */
export function naiveSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

export const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
export const uint16 = fc.integer({ min: 0, max: 0xffff });
export const uint8 = fc.integer({ min: 0, max: 0xff });
export const payload = fc.uint8Array({ maxLength: 200 });
export const ipv4Address = int32.map((w3) => ({ w0: 0, w1: 0, w2: 0xffff, w3 }));
export const anyAddress = fc.oneof(
  ipv4Address,
  fc.record({ w0: int32, w1: int32, w2: int32, w3: int32 }),
  // Zeros in every place, for the shortened text forms.
  fc
    .array(fc.constantFrom(0, 1, 0x10000, -1, 0x20001), { minLength: 4, maxLength: 4 })
    .map(([w0, w1, w2, w3]) => ({ w0: w0!, w1: w1!, w2: w2!, w3: w3! })),
);

/** Comparing long arrays byte by byte in an assertion library takes seconds. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
