import type { Address, ByteMemory } from '@synos/interfaces';

/** From this many bytes on the set-up of the word loop costs less than it saves. Most headers are shorter. */
const longSumBytes = 32;
/** From here on a memory's own way gains more than its call costs. */
const leastFastSumBytes = 256;
/** What it takes at most. */
const longestFastSumBytes = 1 << 20;

const littleEndian = /* @__PURE__ */ isLittleEndian();

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
}

/**
 * Folds a sum to 16 bits by adding the carries back in (RFC 1071 §4.1).
 *
 * @param sum - an integer from 0 to 2^53 - 1
 * @returns 0 only for 0; otherwise 1 to 0xffff
 */
export function foldSum(sum: number): number {
  const low = sum >>> 0;
  return fold32((low & 0xffff) + (low >>> 16) + (sum - low) / 0x1_0000_0000);
}

/** @internal As {@link foldSum}, for sums below 2^32. */
export function fold32(sum: number): number {
  return halves(halves(sum));
}

/** Adds two folded sums: their 16-bit ones' complement sum. */
export function addSums(a: number, b: number): number {
  return fold32(a + b);
}

/** The ones' complement of a folded sum: what goes into a checksum field. */
export function invertSum(sum: number): number {
  return ~sum & 0xffff;
}

/**
 * The ones' complement sum of bytes as big-endian 16-bit words, folded to 16 bits, not inverted (RFC 1071). An odd
 * last byte counts as if a zero followed. Over data that holds its own checksum the sum is 0xffff.
 *
 * @param memory - where the bytes are
 * @param start - offset of the first byte, any alignment
 * @param end - one past the last byte; at most 8 MB from `start`, where sums of words are still exact in a float64
 */
export function sumBytes(memory: ByteMemory, start: number, end: number): number {
  const { view, words } = memory;
  let sum = 0;
  let at = start;
  let isSwapped = 0;
  if (end - start >= longSumBytes) {
    if (end - start >= leastFastSumBytes && memory.fast && end - start <= longestFastSumBytes) {
      return memory.fast.sum(start, end);
    }
    // From an odd start the sum is taken as of the even address below; its bytes are swapped in the end (RFC 1071 §2.B).
    isSwapped = at & 1;
    if (isSwapped) sum = view.getUint8(at++);
    if (at & 2) {
      sum += view.getUint16(at);
      at += 2;
    }
    // In floating point there are no carries to look after, and with two accumulators the additions overlap.
    let a = 0;
    let b = 0;
    let i = at >>> 2;
    const last = end >>> 2;
    for (const unrolled = last - 7; i < unrolled; i += 8) {
      a += words[i]! + words[i + 1]! + words[i + 2]! + words[i + 3]!;
      b += words[i + 4]! + words[i + 5]! + words[i + 6]! + words[i + 7]!;
    }
    for (; i < last; i++) a += words[i]!;
    const wordSum = foldSum(a + b);
    sum += littleEndian ? swapBytes(wordSum) : wordSum;
    at = last * 4;
  }
  for (const even = end - 1; at < even; at += 2) sum += view.getUint16(at);
  if (at < end) sum += view.getUint8(at) << 8;
  sum = fold32(sum);
  return isSwapped ? swapBytes(sum) : sum;
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}

/**
 * The sum of the pseudo-header of TCP and UDP, folded, not inverted. One function for IPv4 (RFC 9293 §3.1) and IPv6
 * (RFC 8200 §8.1): what an IPv4-mapped address holds besides the address is 0xffff, which is zero in ones' complement.
 *
 * @param length - bytes of transport header and payload
 */
export function pseudoHeaderSum(source: Address, destination: Address, protocol: number, length: number): number {
  return fold32(protocol + halves(length) + addressSum(source, destination));
}

/** The sum of two addresses, folded: what the pseudo-headers of all packets between them have in common. */
export function addressSum(source: Address, destination: Address): number {
  return fold32(wordsSum(source) + wordsSum(destination));
}

function wordsSum(a: Address): number {
  return halves(a.w0) + halves(a.w1) + halves(a.w2) + halves(a.w3);
}

/** @internal The sum of a word's two 16-bit halves. */
export function halves(word: number): number {
  return (word & 0xffff) + (word >>> 16);
}

/**
 * The checksum field after a 16-bit word under it changed (RFC 1624 §3, equation 3).
 *
 * @param checksum - the field as it stands
 * @param oldWord - the word before
 * @param newWord - the word now
 */
export function updateSum16(checksum: number, oldWord: number, newWord: number): number {
  return invertSum(fold32(invertSum(checksum) + invertSum(oldWord) + newWord));
}
