import { type Address, addressEquals, assert, type KeyedHash } from '@synos/interfaces';
import type { Flow } from './flow.js';

/** Finds flows by four-tuple: a map by keyed hash, and chains of the flows whose 32 bits are the same. */
export class Demux {
  /** How many flows are in it. */
  count: number;
  /** By id; free ids hold null. */
  readonly flows: (Flow | null)[];
  readonly hash: KeyedHash;
  private readonly freeIds: number[];
  private readonly byHash: Map<number, Flow>;
  /** Segments come in trains: most look-ups want the flow of the one before. */
  private last: Flow | null;

  constructor(hash: KeyedHash) {
    this.count = 0;
    this.flows = [];
    this.hash = hash;
    this.freeIds = [];
    this.byHash = new Map();
    this.last = null;
  }

  find(local: Address, localPort: number, remote: Address, remotePort: number): Flow | null {
    const last = this.last;
    if (last !== null && matches(last, local, localPort, remote, remotePort)) return last;
    let flow = this.byHash.get(this.hash.ofFlow(local, localPort, remote, remotePort, 0)) ?? null;
    while (flow !== null && !matches(flow, local, localPort, remote, remotePort)) flow = flow.next;
    if (flow !== null) this.last = flow;
    return flow;
  }

  /** Adds a flow whose four-tuple is not in the table and gives it an id. */
  insert(flow: Flow): void {
    assert(flow.id < 0, 'flow is registered already');
    flow.hash = this.hash.ofFlow(flow.local, flow.localPort, flow.remote, flow.remotePort, 0);
    flow.id = this.freeIds.pop() ?? this.flows.length;
    this.flows[flow.id] = flow;
    flow.next = this.byHash.get(flow.hash) ?? null;
    this.byHash.set(flow.hash, flow);
    this.count++;
  }

  remove(flow: Flow): void {
    assert(flow.id >= 0 && this.flows[flow.id] === flow, 'flow is not registered');
    this.relink(flow, flow.next);
    this.flows[flow.id] = null;
    this.freeIds.push(flow.id);
    flow.id = -1;
    this.count--;
    if (this.last === flow) this.last = null;
  }

  /** Puts `next` in the place of `flow`: the same four-tuple, id and timer entry. */
  replace(flow: Flow, next: Flow): void {
    assert(flow.id >= 0 && next.id < 0, 'replace wants a registered flow and a new one');
    next.id = flow.id;
    next.hash = flow.hash;
    next.next = flow.next;
    this.relink(flow, next);
    this.flows[flow.id] = next;
    flow.id = -1;
    if (this.last === flow) this.last = next;
  }

  /** Makes whatever leads to `flow` lead to another. */
  private relink(flow: Flow, other: Flow | null): void {
    let before = this.byHash.get(flow.hash)!;
    if (before !== flow) {
      while (before.next !== flow) before = before.next!;
      before.next = other;
    } else if (other !== null) this.byHash.set(flow.hash, other);
    else this.byHash.delete(flow.hash);
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
