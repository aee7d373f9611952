import { type Address, addressEquals, assert, isIpv4Mapped } from '@synos/interfaces';
import { ipv4Any, ipv6Any } from '@synos/wire';
import type { FlowHash } from './flow-hash.js';

/** What the demultiplexer needs of an endpoint. The four parts of the key do not change while it is in the table. */
export interface DemuxEntry {
  /** Where it is bound, unspecified for all. */
  readonly boundAddress: Address;
  readonly localPort: number;
  /** The peer; unspecified when there is none. */
  readonly peerAddress: Address;
  /** 0 when there is no peer. */
  readonly remotePort: number;
  /** Its place in the table's list, -1 when it is in none. Written by the table. */
  demuxIndex: number;
}

const initialSlots = 16;

/**
 * Which endpoint a datagram is for: open addressing with linear probing and backward-shift deletion (no tombstones)
 * over an Int32Array. Several endpoints may have one key (SO_REUSEADDR); the one added last comes first, as in Linux.
 */
export class Demux<Entry extends DemuxEntry> {
  private readonly hash: FlowHash;
  /** 0 = free, else 1 + an index of `entries`. */
  private slots: Int32Array;
  private mask: number;
  private readonly entries: (Entry | null)[];
  private readonly hashes: number[];
  private readonly ordinals: number[];
  private readonly free: number[];
  private count: number;
  private connectedCount: number;
  private nextOrdinal: number;

  constructor(hash: FlowHash) {
    this.hash = hash;
    this.slots = new Int32Array(initialSlots);
    this.mask = initialSlots - 1;
    this.entries = [];
    this.hashes = [];
    this.ordinals = [];
    this.free = [];
    this.count = 0;
    this.connectedCount = 0;
    this.nextOrdinal = 0;
  }

  /** How many endpoints are in it. */
  get size(): number {
    return this.count;
  }

  /** Adds an endpoint under the key that it has now. */
  add(entry: Entry): void {
    assert(entry.demuxIndex === -1, 'endpoint is in the demultiplexer already');
    // At most half full: probes stay short.
    if (2 * (this.count + 1) > this.slots.length) this.grow();
    const index = this.free.pop() ?? this.entries.length;
    this.entries[index] = entry;
    this.hashes[index] = this.hash.of(entry.boundAddress, entry.localPort, entry.peerAddress, entry.remotePort);
    this.ordinals[index] = this.nextOrdinal;
    this.nextOrdinal += 1;
    entry.demuxIndex = index;
    this.place(index);
    this.count += 1;
    if (entry.remotePort !== 0) this.connectedCount += 1;
  }

  /** Takes an endpoint out, before its key changes. */
  remove(entry: Entry): void {
    const index = entry.demuxIndex;
    assert(index >= 0 && this.entries[index] === entry, 'endpoint is not in the demultiplexer');
    const { slots, mask } = this;
    let hole = (this.hashes[index] as number) & mask;
    while (slots[hole] !== index + 1) hole = (hole + 1) & mask;
    // Backward shift: what stands behind the hole moves into it unless that would put it before its home.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.hashes[(slots[slot] as number) - 1] as number) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = slots[slot] as number;
        hole = slot;
      }
    }
    slots[hole] = 0;
    this.entries[index] = null;
    this.free.push(index);
    entry.demuxIndex = -1;
    this.count -= 1;
    if (entry.remotePort !== 0) this.connectedCount -= 1;
  }

  /** Whose a unicast datagram is: the connected endpoint, else the most specific binding, else the wildcard. */
  find(local: Address, localPort: number, remote: Address, remotePort: number): Entry | null {
    return this.findConnected(local, localPort, remote, remotePort) ?? this.findBound(local, localPort);
  }

  /** The endpoint that is connected to that peer. */
  findConnected(local: Address, localPort: number, remote: Address, remotePort: number): Entry | null {
    if (this.connectedCount === 0 || remotePort === 0) return null;
    return this.newest(local, localPort, remote, remotePort);
  }

  /** The endpoint without a peer that is bound there. */
  findBound(local: Address, localPort: number): Entry | null {
    const exact = this.newest(local, localPort, ipv6Any, 0);
    if (exact !== null) return exact;
    if (isIpv4Mapped(local)) {
      const wildcard = this.newest(ipv4Any, localPort, ipv6Any, 0);
      if (wildcard !== null) return wildcard;
    }
    // `::` takes IPv4 too (RFC 3493 §3.7).
    return this.newest(ipv6Any, localPort, ipv6Any, 0);
  }

  /** Adds to `into` every endpoint that a datagram to a group address is for: bound to it, or to all, without a peer. */
  findGroup(local: Address, localPort: number, into: Entry[]): void {
    this.collect(local, localPort, into);
    if (isIpv4Mapped(local)) this.collect(ipv4Any, localPort, into);
    this.collect(ipv6Any, localPort, into);
  }

  private newest(local: Address, localPort: number, remote: Address, remotePort: number): Entry | null {
    const { slots, mask } = this;
    const hash = this.hash.of(local, localPort, remote, remotePort);
    let best: Entry | null = null;
    let bestOrdinal = -1;
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1;
      if (this.hashes[index] !== hash) continue;
      const entry = this.entries[index] as Entry;
      const ordinal = this.ordinals[index] as number;
      if (ordinal > bestOrdinal && hasKey(entry, local, localPort, remote, remotePort)) {
        best = entry;
        bestOrdinal = ordinal;
      }
    }
    return best;
  }

  private collect(local: Address, localPort: number, into: Entry[]): void {
    const { slots, mask } = this;
    const hash = this.hash.of(local, localPort, ipv6Any, 0);
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.entries[(slots[slot] as number) - 1] as Entry;
      if (hasKey(entry, local, localPort, ipv6Any, 0)) into.push(entry);
    }
  }

  private place(index: number): void {
    const { slots, mask } = this;
    let slot = (this.hashes[index] as number) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = index + 1;
  }

  private grow(): void {
    this.slots = new Int32Array(2 * this.slots.length);
    this.mask = this.slots.length - 1;
    for (let index = 0; index < this.entries.length; index += 1) {
      if (this.entries[index] !== null) this.place(index);
    }
  }
}

function hasKey(entry: DemuxEntry, local: Address, localPort: number, remote: Address, remotePort: number): boolean {
  return (
    entry.localPort === localPort &&
    entry.remotePort === remotePort &&
    addressEquals(entry.boundAddress, local) &&
    addressEquals(entry.peerAddress, remote)
  );
}
