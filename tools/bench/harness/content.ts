/** Bytes of a write and of a hashed piece, on both sides. */
export const chunkBytes = 65_536;

/** What bulk senders send, over and over: pseudo-random bytes (xorshift32), a multiple of {@link chunkBytes}. */
export function createContent(bytes = 4 * chunkBytes): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(bytes / 4);
  let state = 0x2545f491;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer);
}

/**
 * Collects a byte stream into chunks and hashes each byte of it: four polynomials side by side over sums of four words.
 * It must cost little beside a copy, and see what goes wrong in transport: a flipped bit, bytes missing or twice,
 * segments in the wrong order. The same code on both sides.
 */
export class HashedChunks {
  /** The chunk that is being filled. */
  readonly bytes = new Uint8Array(chunkBytes);
  /** How much of it is full. */
  fill = 0;
  /** All bytes so far. */
  received = 0;
  private readonly words = new Int32Array(this.bytes.buffer);
  private readonly lanes = new Int32Array(4);

  /** `count` more bytes stand in {@link bytes} from {@link fill} on. */
  advance(count: number): void {
    this.fill += count;
    this.received += count;
    if (this.fill === chunkBytes) {
      this.fill = 0;
      hashWords(this.words, this.lanes);
    }
  }

  /** Bytes that lie somewhere else. */
  append(from: Uint8Array): void {
    for (let at = 0; at < from.length; ) {
      const count = Math.min(chunkBytes - this.fill, from.length - at);
      this.bytes.set(at === 0 && count === from.length ? from : from.subarray(at, at + count), this.fill);
      this.advance(count);
      at += count;
    }
  }

  /** Begins a new stream; the place of {@link bytes} stays. */
  reset(): void {
    this.fill = 0;
    this.received = 0;
    this.lanes.fill(0);
  }

  /** The hash of all whole chunks. */
  digest(): string {
    return Array.from(this.lanes, (lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** The digest that {@link HashedChunks} must come to when `totalBytes` of `content` were sent in a circle. */
export function expectedDigest(content: Uint8Array, totalBytes: number): string {
  const hashed = new HashedChunks();
  for (let at = 0; at < totalBytes; at += chunkBytes) {
    const start = at % content.length;
    hashed.append(content.subarray(start, start + Math.min(chunkBytes, totalBytes - at)));
  }
  return hashed.digest();
}

/** {@link expectedDigest} that remembers: rounds are as long as their predecessors. */
export class ExpectedDigests {
  private readonly content: Uint8Array;
  private readonly known = new Map<number, string>();

  constructor(content: Uint8Array) {
    this.content = content;
  }

  of(totalBytes: number): string {
    const digest = this.known.get(totalBytes) ?? expectedDigest(this.content, totalBytes);
    this.known.set(totalBytes, digest);
    return digest;
  }
}

function hashWords(words: Int32Array, lanes: Int32Array): void {
  let a = lanes[0]!;
  let b = lanes[1]!;
  let c = lanes[2]!;
  let d = lanes[3]!;
  // A multiplication costs three additions; one for four words halves the whole.
  for (let i = 0; i < words.length; i += 16) {
    a = (Math.imul(a, 0x01000193) + words[i]! + words[i + 4]! + words[i + 8]! + words[i + 12]!) | 0;
    b = (Math.imul(b, 0x01000193) + words[i + 1]! + words[i + 5]! + words[i + 9]! + words[i + 13]!) | 0;
    c = (Math.imul(c, 0x01000193) + words[i + 2]! + words[i + 6]! + words[i + 10]! + words[i + 14]!) | 0;
    d = (Math.imul(d, 0x01000193) + words[i + 3]! + words[i + 7]! + words[i + 11]! + words[i + 15]!) | 0;
  }
  lanes[0] = a;
  lanes[1] = b;
  lanes[2] = c;
  lanes[3] = d;
}

/** The next multiple of a chunk, one at least. */
export function wholeChunks(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / chunkBytes)) * chunkBytes;
}
