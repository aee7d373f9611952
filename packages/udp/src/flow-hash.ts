import type { Address, Entropy } from '@synos/interfaces';

/**
 * HalfSipHash-1-3 of a flow, under a key that nobody knows: senders cannot choose addresses and ports that crowd one
 * place of the demultiplexer.
 */
export class FlowHash {
  private readonly key0: number;
  private readonly key1: number;
  private v0: number;
  private v1: number;
  private v2: number;
  private v3: number;

  constructor(entropy: Entropy) {
    const bytes = new Uint8Array(8);
    entropy.fill(bytes);
    const view = new DataView(bytes.buffer);
    this.key0 = view.getInt32(0);
    this.key1 = view.getInt32(4);
    this.v0 = 0;
    this.v1 = 0;
    this.v2 = 0;
    this.v3 = 0;
  }

  /** 32 bits as int32. */
  of(local: Address, localPort: number, remote: Address, remotePort: number): number {
    this.v0 = this.key0;
    this.v1 = this.key1;
    this.v2 = 0x6c796765 ^ this.key0;
    this.v3 = 0x74656462 ^ this.key1;
    this.absorb((localPort << 16) | remotePort);
    this.absorb(local.w3);
    this.absorb(remote.w3);
    // Mapped IPv4 addresses differ in their last word alone: three words are all there is to them.
    if ((local.w2 | remote.w2) !== 0xffff || (local.w0 | local.w1 | remote.w0 | remote.w1) !== 0) {
      this.absorb(local.w0);
      this.absorb(local.w1);
      this.absorb(local.w2);
      this.absorb(remote.w0);
      this.absorb(remote.w1);
      this.absorb(remote.w2);
    }
    this.v2 ^= 0xff;
    this.round();
    this.round();
    this.round();
    return this.v1 ^ this.v3;
  }

  private absorb(word: number): void {
    this.v3 ^= word;
    this.round();
    this.v0 ^= word;
  }

  private round(): void {
    let { v0, v1, v2, v3 } = this;
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
    this.v0 = v0;
    this.v1 = v1;
    this.v2 = v2;
    this.v3 = v3;
  }
}
