import type { Address, ByteMemory } from '@synos/interfaces';

/** Below this many bytes (headers) the set-up of the word loop costs more than it saves. */
const shortSumBytes = 64;

/** So many 32-bit words add up exactly in a float64: 2^20 * 2^32 is far below 2^53. */
const exactWords = 1 << 20;

const hostIsLittleEndian = /* @__PURE__ */ isLittleEndian();

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
  const high = ((sum - low) / 4_294_967_296) >>> 0;
  let folded = (low & 0xffff) + (low >>> 16) + (high & 0xffff) + (high >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return (folded & 0xffff) + (folded >>> 16);
}

/** Adds two folded sums: their 16-bit ones' complement sum. */
export function addSums(a: number, b: number): number {
  const sum = a + b;
  return (sum & 0xffff) + (sum >>> 16);
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
 * @param end - one past the last byte
 */
export function sumBytes(memory: ByteMemory, start: number, end: number): number {
  if (end - start < shortSumBytes) return sumShort(memory.view, start, end);
  const view = memory.view;
  let at = start;
  let sum = 0;
  // From an odd start the sum is taken as of the even address below; its bytes are swapped in the end (RFC 1071 §2.B).
  if (at & 1) sum = view.getUint8(at++);
  if (at & 2) {
    sum += view.getUint16(at);
    at += 2;
  }
  const lastWord = end >>> 2;
  let wordSum = 0;
  for (let word = at >>> 2; word < lastWord; word += exactWords) {
    wordSum += sumWords(memory.words, word, Math.min(lastWord, word + exactWords));
  }
  wordSum = foldSum(wordSum);
  sum += hostIsLittleEndian ? swapBytes(wordSum) : wordSum;
  at = lastWord * 4;
  if (end & 2) {
    sum += view.getUint16(at);
    at += 2;
  }
  if (end & 1) sum += view.getUint8(at) << 8;
  sum = foldSum(sum);
  return start & 1 ? swapBytes(sum) : sum;
}

function sumShort(view: DataView, start: number, end: number): number {
  let sum = 0;
  const even = end - 1;
  let at = start;
  for (; at < even; at += 2) sum += view.getUint16(at);
  if (at < end) sum += view.getUint8(at) << 8;
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/** Two accumulators in floating point: no carries to look after, and the additions overlap in the processor. */
function sumWords(words: Uint32Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let i = from;
  for (const unrolled = to - 7; i < unrolled; i += 8) {
    a += words[i]! + words[i + 1]! + words[i + 2]! + words[i + 3]!;
    b += words[i + 4]! + words[i + 5]! + words[i + 6]! + words[i + 7]!;
  }
  for (; i < to; i++) a += words[i]!;
  return a + b;
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
  let sum = protocol + (length & 0xffff) + (length >>> 16);
  sum += wordSum(source.w0) + wordSum(source.w1) + wordSum(source.w2) + wordSum(source.w3);
  sum += wordSum(destination.w0) + wordSum(destination.w1) + wordSum(destination.w2) + wordSum(destination.w3);
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

function wordSum(word: number): number {
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
  return invertSum(foldSum((~checksum & 0xffff) + (~oldWord & 0xffff) + (newWord & 0xffff)));
}
