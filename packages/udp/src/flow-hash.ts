import type { Address, Entropy } from '@synos/interfaces';

/** Two addresses and a word of ports. */
const flowWords = 9;
const finishRounds = 3;

/**
 * HalfSipHash-1-3 of a flow, under a key that nobody knows: senders cannot choose addresses and ports that crowd one
 * place of the demultiplexer.
 */
export class FlowHash {
  private readonly key: Int32Array<ArrayBuffer>;
  /** What is absorbed, and as many zeros as there are rounds after it. */
  private readonly message: Int32Array<ArrayBuffer>;

  constructor(entropy: Entropy) {
    this.key = new Int32Array(2);
    entropy.fill(new Uint8Array(this.key.buffer));
    this.message = new Int32Array(flowWords + finishRounds);
  }

  /** 32 bits as int32. */
  of(local: Address, localPort: number, remote: Address, remotePort: number): number {
    const { message, key } = this;
    message[0] = local.w0;
    message[1] = local.w1;
    message[2] = local.w2;
    message[3] = local.w3;
    message[4] = remote.w0;
    message[5] = remote.w1;
    message[6] = remote.w2;
    message[7] = remote.w3;
    message[8] = (localPort << 16) | remotePort;
    let v0 = key[0] as number;
    let v1 = key[1] as number;
    let v2 = 0x6c796765 ^ v0;
    let v3 = 0x74656462 ^ v1;
    for (let at = 0; at < message.length; at += 1) {
      const word = message[at] as number;
      if (at === flowWords) v2 ^= 0xff;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    return v1 ^ v3;
  }
}
