import { type Address, addressEquals, assert, isIpv4Mapped, isUnspecified, type KeyedHash } from '@synos/interfaces';

/** What the demultiplexer needs of an endpoint. The four parts of the key do not change while it is in the table. */
export interface DemuxEntry {
  /** Where it is bound, unspecified for all. */
  readonly boundAddress: Address;
  readonly localPort: number;
  /** The peer; unspecified when there is none. */
  readonly peerAddress: Address;
  /** 0 when there is no peer. */
  readonly remotePort: number;
  /** The one device that it receives from, 0 for all. May change while it is in the table, as may {@link reusePort}. */
  readonly device: number;
  /** Whether it shares its port with others by the hash of flows. */
  readonly reusePort: boolean;
  /** Whether it is in a table. Written by the table. */
  isListed: boolean;
}

/** For {@link Demux.find}: a datagram of which nobody knows the device. */
export const anyDevice = -1;

/**
 * Which endpoint a datagram is for: those with a peer by the keyed hash of their flow, the others by their port, whose
 * few are looked through for the best. Several endpoints may have one key (SO_REUSEADDR); the one added last comes
 * first, as in Linux. If that one has SO_REUSEPORT, the hash of the flow chooses among its equals that have it too.
 */
export class Demux<Entry extends DemuxEntry> {
  private readonly hash: KeyedHash;
  private readonly byFlow: Map<number, Entry[]>;
  private readonly byPort: Map<number, Entry[]>;

  constructor(hash: KeyedHash) {
    this.hash = hash;
    this.byFlow = new Map();
    this.byPort = new Map();
  }

  /** Adds an endpoint under the key that it has now. */
  add(entry: Entry): void {
    assert(!entry.isListed, 'endpoint is listed already');
    const table = this.tableOf(entry);
    const key = this.keyOf(entry);
    const others = table.get(key);
    if (others === undefined) table.set(key, [entry]);
    else others.push(entry);
    entry.isListed = true;
  }

  /** Takes an endpoint out, before its key changes; one that is not in the table is left alone. */
  remove(entry: Entry): void {
    if (!entry.isListed) return;
    const table = this.tableOf(entry);
    const key = this.keyOf(entry);
    const entries = table.get(key) ?? [];
    const at = entries.indexOf(entry);
    assert(at >= 0, 'endpoint is not listed');
    entries.splice(at, 1);
    if (entries.length === 0) table.delete(key);
    entry.isListed = false;
  }

  /** Whose a unicast datagram is: the connected endpoint, else the most specific binding, else the wildcard. */
  find(local: Address, localPort: number, remote: Address, remotePort: number, device: number): Entry | null {
    const { byFlow } = this;
    if (byFlow.size > 0) {
      const entries = byFlow.get(this.hash.ofFlow(local, localPort, remote, remotePort, 0));
      for (let index = entries === undefined ? -1 : entries.length - 1; index >= 0; index -= 1) {
        const entry = (entries as Entry[])[index] as Entry;
        if (
          entry.localPort === localPort &&
          entry.remotePort === remotePort &&
          addressEquals(entry.boundAddress, local) &&
          addressEquals(entry.peerAddress, remote) &&
          mayReceive(entry, device)
        ) {
          return entry;
        }
      }
    }
    const entries = this.byPort.get(localPort);
    let best: Entry | null = null;
    let bestFit = 1;
    for (let index = 0; entries !== undefined && index < entries.length; index += 1) {
      const entry = entries[index] as Entry;
      const fit = fitOf(entry, local, device);
      if (fit < bestFit) continue;
      best = entry;
      bestFit = fit;
    }
    if (best === null || !best.reusePort) return best;
    const equals = (entries as Entry[]).filter((entry) => entry.reusePort && fitOf(entry, local, device) === bestFit);
    return equals[(this.hash.ofFlow(local, localPort, remote, remotePort, 0) >>> 0) % equals.length] as Entry;
  }

  /** Adds to `into` every endpoint that a datagram to a group address is for: bound to it, or to all, without a peer. */
  findGroup(local: Address, localPort: number, device: number, into: Entry[]): void {
    for (const entry of this.byPort.get(localPort) ?? []) if (fitOf(entry, local, device) > 0) into.push(entry);
  }

  private tableOf(entry: Entry): Map<number, Entry[]> {
    return entry.remotePort === 0 ? this.byPort : this.byFlow;
  }

  private keyOf({ boundAddress, localPort, peerAddress, remotePort }: Entry): number {
    return remotePort === 0 ? localPort : this.hash.ofFlow(boundAddress, localPort, peerAddress, remotePort, 0);
  }
}

function mayReceive(entry: DemuxEntry, device: number): boolean {
  return entry.device === 0 || entry.device === device || device === anyDevice;
}

/**
 * How well a binding fits an address and a device: 0 not at all, 1 as `::` (which takes IPv4 too, RFC 3493 §3.7), 2 as
 * 0.0.0.0, 8 exactly; 4 more for one bound to the very device (compute_score of net/ipv4/udp.c).
 */
function fitOf(entry: DemuxEntry, local: Address, device: number): number {
  const { boundAddress } = entry;
  if (!mayReceive(entry, device)) return 0;
  const chosen = entry.device === 0 ? 0 : 4;
  if (addressEquals(boundAddress, local)) return chosen + 8;
  if (!isUnspecified(boundAddress)) return 0;
  if (!isIpv4Mapped(boundAddress)) return chosen + 1;
  return isIpv4Mapped(local) ? chosen + 2 : 0;
}
