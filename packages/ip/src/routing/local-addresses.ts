import type { NetInterface } from '../net-interface.js';

/** What an address is to this host. */
export const localKind = { foreign: 0, own: 1, broadcast: 2 } as const;

/** Which addresses are ours or a broadcast on one of our networks: made anew on the rare change. */
export class LocalAddresses {
  private readonly kinds: Map<number, number>;

  constructor() {
    this.kinds = new Map();
  }

  /** One of {@link localKind}. */
  kind(word: number): number {
    return this.kinds.get(word) ?? localKind.foreign;
  }

  rebuild(interfaces: readonly NetInterface[]): void {
    const { kinds } = this;
    kinds.clear();
    for (const one of interfaces) {
      for (const { broadcast } of one.addresses) kinds.set(broadcast, localKind.broadcast);
    }
    // Own addresses go last: where one network's broadcast is another's host, it is ours.
    for (const one of interfaces) {
      for (const { word } of one.addresses) kinds.set(word, localKind.own);
    }
  }
}
