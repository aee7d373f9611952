import type { NetInterface } from '../net-interface.js';

/** What an address is to this host. */
export const localKind = { foreign: 0, own: 1, broadcast: 2 } as const;

/**
 * Which addresses are ours or a broadcast on one of our networks: asked twice per received packet, so a small open
 * table of words, rebuilt on the rare change.
 */
export class LocalAddresses {
  private words: Int32Array;
  private kinds: Uint8Array;
  private mask: number;

  constructor() {
    this.words = new Int32Array(16);
    this.kinds = new Uint8Array(16);
    this.mask = 15;
  }

  /** One of {@link localKind}. */
  kind(word: number): number {
    let at = slot(word) & this.mask;
    while (this.kinds[at] !== 0) {
      if (this.words[at] === word) return this.kinds[at]!;
      at = (at + 1) & this.mask;
    }
    return localKind.foreign;
  }

  rebuild(interfaces: readonly (NetInterface | undefined)[]): void {
    let count = 0;
    for (const one of interfaces) count += one === undefined ? 0 : one.addresses.length * 2;
    let size = 16;
    while (size < count * 4) size *= 2;
    this.words = new Int32Array(size);
    this.kinds = new Uint8Array(size);
    this.mask = size - 1;
    // Own addresses go first: where one network's broadcast is another's host, it is ours.
    for (const one of interfaces) {
      for (const entry of one?.addresses ?? []) this.insert(entry.word, localKind.own);
    }
    for (const one of interfaces) {
      for (const entry of one?.addresses ?? []) {
        if (entry.broadcast !== entry.word) this.insert(entry.broadcast, localKind.broadcast);
      }
    }
  }

  private insert(word: number, kind: number): void {
    let at = slot(word) & this.mask;
    while (this.kinds[at] !== 0) {
      if (this.words[at] === word) return;
      at = (at + 1) & this.mask;
    }
    this.words[at] = word;
    this.kinds[at] = kind;
  }
}

function slot(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 8;
}
