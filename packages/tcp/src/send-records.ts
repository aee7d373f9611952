/** What is known of a segment that was sent: bits of {@link SendRecords.flags}. */
export const recordFlag = {
  /** Selectively acknowledged. Kept up for SACK-based sending, which is not built: nothing reads it yet. */
  sacked: 1,
  /** Believed lost and not sent again since. */
  lost: 2,
  /** Sent more than once: no round trip is measured from it (Karn). */
  retransmitted: 4,
} as const;

const wordsPerRecord = 3;
const initialCapacity = 16;

/**
 * What was sent and is not acknowledged: one record per packet handed to the network, in order of sequence numbers,
 * in a ring of numbers. Modern loss detection (RACK, SACK-based recovery) finds all that it needs here.
 */
export class SendRecords {
  /** How many records there are. */
  count: number;
  /** Sequence numbers in records that are lost and not sent again. */
  lostBytes: number;
  /** When the oldest record that the last {@link acknowledge} covered was sent, -1 if one of them was sent twice. */
  sampleSentMs: number;
  private head: number;
  private mask: number;
  /** Sequence number, length, flags. */
  private words: Int32Array;
  private times: Float64Array;
  /** No record before this index is lost. */
  private lostFrom: number;

  constructor() {
    this.count = 0;
    this.lostBytes = 0;
    this.sampleSentMs = -1;
    this.head = 0;
    this.mask = initialCapacity - 1;
    this.words = new Int32Array(initialCapacity * wordsPerRecord);
    this.times = new Float64Array(initialCapacity);
    this.lostFrom = 0;
  }

  sequence(index: number): number {
    return this.words[this.at(index)]!;
  }

  /** Sequence numbers it covers, SYN and FIN included. */
  length(index: number): number {
    return this.words[this.at(index) + 1]!;
  }

  flags(index: number): number {
    return this.words[this.at(index) + 2]!;
  }

  sentMs(index: number): number {
    return this.times[(this.head + index) & this.mask]!;
  }

  push(sequence: number, length: number, nowMs: number): void {
    if (this.count > this.mask) this.grow();
    this.write(this.count, sequence, length, 0, nowMs);
    this.count++;
  }

  /** Forgets what is acknowledged; a record covered in part is cut. Sets {@link sampleSentMs}. */
  acknowledge(una: number): void {
    let sample = -2;
    while (this.count > 0) {
      const at = this.at(0);
      const { words } = this;
      const covered = (una - words[at]!) | 0;
      if (covered <= 0) break;
      const flags = words[at + 2]!;
      if ((flags & recordFlag.retransmitted) !== 0) sample = -1;
      else if (sample === -2) sample = this.times[this.head]!;
      if (covered < words[at + 1]!) {
        words[at] = una;
        words[at + 1] = words[at + 1]! - covered;
        if ((flags & recordFlag.lost) !== 0) this.lostBytes -= covered;
        break;
      }
      if ((flags & recordFlag.lost) !== 0) this.lostBytes -= words[at + 1]!;
      this.head = (this.head + 1) & this.mask;
      this.count--;
      if (this.lostFrom > 0) this.lostFrom--;
    }
    this.sampleSentMs = sample === -2 ? -1 : sample;
  }

  /** Marks one record lost. */
  markLost(index: number): void {
    const at = this.at(index);
    if ((this.words[at + 2]! & recordFlag.lost) !== 0) return;
    this.words[at + 2] = this.words[at + 2]! | recordFlag.lost;
    this.lostBytes += this.words[at + 1]!;
    if (index < this.lostFrom) this.lostFrom = index;
  }

  /** Marks all that begins at or after a sequence number lost. */
  markLostFrom(sequence: number): void {
    for (let i = 0; i < this.count; i++) {
      if (((this.sequence(i) - sequence) | 0) >= 0) this.markLost(i);
    }
  }

  /** The first record that is lost and not sent again, -1 if none is. */
  firstLost(): number {
    if (this.lostBytes === 0) return -1;
    for (let i = this.lostFrom; i < this.count; i++) {
      if ((this.flags(i) & recordFlag.lost) !== 0) {
        this.lostFrom = i;
        return i;
      }
    }
    return -1;
  }

  /** A record goes out again: no longer lost, and no measure of the round trip. */
  resent(index: number, nowMs: number): void {
    const at = this.at(index);
    const flags = this.words[at + 2]!;
    if ((flags & recordFlag.lost) !== 0) this.lostBytes -= this.words[at + 1]!;
    this.words[at + 2] = (flags & ~recordFlag.lost) | recordFlag.retransmitted;
    this.times[(this.head + index) & this.mask] = nowMs;
  }

  /** Cuts a record in two: the first keeps `length`. */
  split(index: number, length: number): void {
    if (this.count > this.mask) this.grow();
    for (let i = this.count; i > index + 1; i--) this.copy(i - 1, i);
    this.count++;
    const at = this.at(index);
    const { words } = this;
    this.write(index + 1, (words[at]! + length) | 0, words[at + 1]! - length, words[at + 2]!, this.sentMs(index));
    words[at + 1] = length;
  }

  /** Joins a record with the one after it, if that is lost too and both fit `maxLength`. Answers whether it did. */
  joinNext(index: number, maxLength: number): boolean {
    if (index + 1 >= this.count) return false;
    const at = this.at(index);
    const after = this.at(index + 1);
    const { words } = this;
    if ((words[at + 2]! & words[after + 2]! & recordFlag.lost) === 0) return false;
    if (words[at + 1]! + words[after + 1]! > maxLength) return false;
    words[at + 1] = words[at + 1]! + words[after + 1]!;
    words[at + 2] = words[at + 2]! | words[after + 2]!;
    for (let i = index + 1; i + 1 < this.count; i++) this.copy(i + 1, i);
    this.count--;
    return true;
  }

  clear(): void {
    this.count = 0;
    this.lostBytes = 0;
    this.head = 0;
    this.lostFrom = 0;
  }

  private at(index: number): number {
    return ((this.head + index) & this.mask) * wordsPerRecord;
  }

  private write(index: number, sequence: number, length: number, flags: number, nowMs: number): void {
    const at = this.at(index);
    this.words[at] = sequence;
    this.words[at + 1] = length;
    this.words[at + 2] = flags;
    this.times[(this.head + index) & this.mask] = nowMs;
  }

  private copy(from: number, to: number): void {
    this.write(to, this.sequence(from), this.length(from), this.flags(from), this.sentMs(from));
  }

  private grow(): void {
    const size = (this.mask + 1) * 2;
    const words = new Int32Array(size * wordsPerRecord);
    const times = new Float64Array(size);
    for (let i = 0; i < this.count; i++) {
      const at = this.at(i);
      words[i * wordsPerRecord] = this.words[at]!;
      words[i * wordsPerRecord + 1] = this.words[at + 1]!;
      words[i * wordsPerRecord + 2] = this.words[at + 2]!;
      times[i] = this.sentMs(i);
    }
    this.words = words;
    this.times = times;
    this.head = 0;
    this.mask = size - 1;
  }
}
