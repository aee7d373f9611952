import { type Address, addressEquals, assert, type KeyedHash } from '@synos/interfaces';
import type { Flow } from './flow.js';

/**
 * Finds flows by four-tuple: open addressing with linear probes on typed arrays. Deletion shifts the cluster back, so
 * there are no tombstones and a table that lived long is as fast as a new one.
 */
export class Demux {
  /** How many flows are in it. */
  count: number;
  /** By id; free ids hold null. */
  readonly flows: (Flow | null)[];
  readonly hash: KeyedHash;
  private readonly freeIds: number[];
  /** `id + 1`, 0 where empty. */
  private slots: Int32Array;
  private hashes: Int32Array;
  private mask: number;
  /** Segments come in trains: most look-ups want the flow of the one before. */
  private last: Flow | null;

  constructor(hash: KeyedHash) {
    this.count = 0;
    this.flows = [];
    this.hash = hash;
    this.freeIds = [];
    this.slots = new Int32Array(16);
    this.hashes = new Int32Array(16);
    this.mask = 15;
    this.last = null;
  }

  find(local: Address, localPort: number, remote: Address, remotePort: number): Flow | null {
    const last = this.last;
    if (last !== null && matches(last, local, localPort, remote, remotePort)) return last;
    const { slots, hashes, mask, flows } = this;
    const hash = this.hash.ofFlow(local, localPort, remote, remotePort, 0);
    for (let at = hash & mask; slots[at] !== 0; at = (at + 1) & mask) {
      if (hashes[at] !== hash) continue;
      const flow = flows[slots[at]! - 1]!;
      if (matches(flow, local, localPort, remote, remotePort)) {
        this.last = flow;
        return flow;
      }
    }
    return null;
  }

  /** Adds a flow whose four-tuple is not in the table and gives it an id. */
  insert(flow: Flow): void {
    assert(flow.id < 0, 'flow is registered');
    if ((this.count + 1) * 2 > this.mask + 1) this.grow();
    flow.hash = this.hash.ofFlow(flow.local, flow.localPort, flow.remote, flow.remotePort, 0);
    const id = this.freeIds.pop() ?? this.flows.length;
    this.flows[id] = flow;
    flow.id = id;
    this.place(id + 1, flow.hash);
    this.count++;
  }

  remove(flow: Flow): void {
    const { slots, hashes, mask } = this;
    assert(flow.id >= 0 && this.flows[flow.id] === flow, 'flow is not registered');
    let hole = flow.hash & mask;
    while (slots[hole] !== flow.id + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      // An entry may move back into the hole unless that is before its home slot.
      const home = hashes[at]! & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        slots[hole] = slots[at]!;
        hashes[hole] = hashes[at]!;
        hole = at;
      }
    }
    slots[hole] = 0;
    this.flows[flow.id] = null;
    this.freeIds.push(flow.id);
    flow.id = -1;
    this.count--;
    if (this.last === flow) this.last = null;
  }

  /** Puts `next` in the place of `flow`: the same four-tuple, id and timer entry. */
  replace(flow: Flow, next: Flow): void {
    assert(flow.id >= 0, 'flow is not registered');
    assert(next.id < 0, 'flow is registered');
    next.id = flow.id;
    next.hash = flow.hash;
    this.flows[flow.id] = next;
    flow.id = -1;
    if (this.last === flow) this.last = next;
  }

  private place(value: number, hash: number): void {
    const { slots, mask } = this;
    let at = hash & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = value;
    this.hashes[at] = hash;
  }

  private grow(): void {
    const oldSlots = this.slots;
    const oldHashes = this.hashes;
    const size = (this.mask + 1) * 2;
    this.slots = new Int32Array(size);
    this.hashes = new Int32Array(size);
    this.mask = size - 1;
    for (let i = 0; i < oldSlots.length; i++) {
      if (oldSlots[i] !== 0) this.place(oldSlots[i]!, oldHashes[i]!);
    }
  }
}

function matches(flow: Flow, local: Address, localPort: number, remote: Address, remotePort: number): boolean {
  return (
    flow.remotePort === remotePort &&
    flow.localPort === localPort &&
    addressEquals(flow.remote, remote) &&
    addressEquals(flow.local, local)
  );
}
