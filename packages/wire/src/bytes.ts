import { assert, type ByteMemory, type FastBytes } from '@synos/interfaces';

/** Whether `start` (included) to `end` (not included) are integers that lie inside an array. */
export function isRange(bytes: Uint8Array, start: number, end: number): boolean {
  return Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= bytes.length;
}

/** Below this many bytes a loop beats the call of `copyWithin` (some 25 ns). */
const shortCopyBytes = 24;
/** The same for `set` (some 65 ns and a view of 100 bytes). */
const shortSetBytes = 80;

/**
 * Copies bytes, as fast as the engine can: the one copy of every hot path. The ranges may overlap when both arrays are
 * the same object; over two arrays of one buffer they must not.
 *
 * @param length - how many bytes; both ranges must lie inside their arrays
 */
export function copyBytes(
  target: Uint8Array,
  targetAt: number,
  source: Uint8Array,
  sourceAt: number,
  length: number,
): void {
  if (target === source ? length < shortCopyBytes && targetAt <= sourceAt : length < shortSetBytes) {
    let to = targetAt;
    let from = sourceAt;
    const end = sourceAt + length;
    // Eight a turn: half the time of one a turn.
    for (const last = end - 7; from < last; from += 8, to += 8) {
      target[to] = source[from]!;
      target[to + 1] = source[from + 1]!;
      target[to + 2] = source[from + 2]!;
      target[to + 3] = source[from + 3]!;
      target[to + 4] = source[from + 4]!;
      target[to + 5] = source[from + 5]!;
      target[to + 6] = source[from + 6]!;
      target[to + 7] = source[from + 7]!;
    }
    while (from < end) target[to++] = source[from++]!;
  } else if (target === source) {
    target.copyWithin(targetAt, sourceAt, sourceAt + length);
  } else if (sourceAt === 0 && length === source.length) {
    target.set(source, targetAt);
  } else {
    target.set(source.subarray(sourceAt, sourceAt + length), targetAt);
  }
}

/**
 * Copies a few words between places that do not overlap: up to some hundred bytes it takes less than a call of `set` or
 * `copyWithin`, and who reads them by words next does not wait for single bytes to reach the cache.
 */
export function copyWords(
  target: Uint32Array,
  targetAt: number,
  source: Uint32Array,
  sourceAt: number,
  count: number,
): void {
  let to = targetAt | 0;
  let from = sourceAt | 0;
  const end = (from + count) | 0;
  for (const last = (end - 3) | 0; from < last; from = (from + 4) | 0, to = (to + 4) | 0) {
    target[to] = source[from]!;
    target[(to + 1) | 0] = source[(from + 1) | 0]!;
    target[(to + 2) | 0] = source[(from + 2) | 0]!;
    target[(to + 3) | 0] = source[(from + 3) | 0]!;
  }
  for (; from < end; from = (from + 1) | 0, to = (to + 1) | 0) target[to] = source[from]!;
}

/**
 * The views over a buffer, made once and shared by all that lives in it.
 *
 * @param buffer - a plain ArrayBuffer: shared and resizable ones copy several times slower
 * @param offset - where the memory begins, a multiple of 8
 * @param length - how many bytes; the rest of the buffer if not given
 * @param fast - faster ways to sum and copy than {@link sumBytes} and `copyWithin` have; see `@synos/wire/simd`
 * @throws Error (`ERR_ASSERTION`) when the offset is not aligned; RangeError when the range is not inside the buffer
 * @example
 * ```ts
 * const memory = createMemory(new ArrayBuffer(65_536));
 * memory.view.setUint16(0, 0x0800);
 * ```
 */
export function createMemory(
  buffer: ArrayBuffer,
  offset = 0,
  length: number = buffer.byteLength - offset,
  fast: FastBytes | null = null,
): ByteMemory {
  assert(offset % 8 === 0, 'memory is not aligned');
  return {
    bytes: new Uint8Array(buffer, offset, length),
    view: new DataView(buffer, offset, length),
    words: new Uint32Array(buffer, offset, length >>> 2),
    fast,
  };
}
