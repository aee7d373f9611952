/** Bytes of a round trip, each way. */
export const messageBytes = 64;

/** Datagrams under way at most: as many as no receive buffer of either side loses. */
export const datagramsAtOnce = 64;

const messageWords = messageBytes / 4;
/** From word to word. */
const step = 0x0100_0193;

/** A buffer whose first 64 bytes are a message: the number of its round trip, in every word another way. */
export class Message {
  readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly words: Int32Array;

  /** @param roomBytes - how long the buffer is: a reader wants room for more than there should be */
  constructor(roomBytes = messageBytes) {
    this.bytes = new Uint8Array(roomBytes);
    this.words = new Int32Array(this.bytes.buffer);
  }

  write(ordinal: number): void {
    const { words } = this;
    let word = ordinal | 0;
    for (let index = 0; index < messageWords; index += 1) {
      words[index] = word;
      word = (word + step) | 0;
    }
  }

  /** Whether it is the one of that round trip. Every byte is looked at, so that a stale or foreign answer is seen. */
  is(ordinal: number): boolean {
    const { words } = this;
    let difference = 0;
    let word = ordinal | 0;
    for (let index = 0; index < messageWords; index += 1) {
      difference |= words[index]! ^ word;
      word = (word + step) | 0;
    }
    return difference === 0;
  }
}
