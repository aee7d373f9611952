import { failure, networkErrorKind, type Packet, type Result } from '@synos/interfaces';
import { etherType } from '@synos/wire';
import type { Context } from '../context.js';
import { writeEthernet } from '../ethernet/header.js';
import type { InterfaceTable } from '../interface-table.js';
import type { NetInterface } from '../net-interface.js';
import type { Transports } from '../transports.js';
import { type ArpOutput, retryMs } from './arp-output.js';
import { Neighbour, neighbourState } from './neighbour.js';

const attempts = 3;
/** How long a stale entry in use waits for a transport to confirm it before it is asked (RFC 4861 DELAY_FIRST_PROBE_TIME). */
const delayMs = 5000;

/**
 * The ARP cache (RFC 826, RFC 1122 §2.3.2): who sits where on which device. Entries come from questions of our own;
 * it has a bound, and what waits for answers has two.
 */
export class NeighbourTable {
  private readonly context: Context;
  private readonly interfaces: InterfaceTable;
  private readonly arp: ArpOutput;
  private readonly transports: Transports;
  /** Entries with a question open or due. Oldest first. */
  private readonly pending: Set<Neighbour>;
  private total: number;
  private permanent: number;
  private waitingTotal: number;
  deadlineMs: number;

  constructor(context: Context, interfaces: InterfaceTable, arp: ArpOutput, transports: Transports) {
    this.context = context;
    this.interfaces = interfaces;
    this.arp = arp;
    this.transports = transports;
    this.pending = new Set();
    this.total = 0;
    this.permanent = 0;
    this.waitingTotal = 0;
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  find(on: NetInterface, word: number): Neighbour | undefined {
    return on.neighbourEntries.get(word);
  }

  /** The entry for an address, made when there is none (which makes room if need be). */
  obtain(on: NetInterface, word: number): Neighbour {
    return this.find(on, word) ?? this.create(on, word);
  }

  /** Sends a packet (`start` at its IPv4 header) to a neighbour, or lets it wait for the answer. */
  send(to: Neighbour, packet: Packet): Result {
    const now = this.context.now;
    to.lastUsedMs = now;
    if (to.state === neighbourState.incomplete) return this.wait(to, packet);
    if (to.state === neighbourState.reachable && now >= to.reachableUntilMs)
      this.arm(to, neighbourState.delay, now + delayMs);
    writeEthernet(packet, to.on, to.macHigh, to.macLow, etherType.ipv4);
    return to.on.queue.send(packet);
  }

  /** An answer to a question of ours, or a request that we answered: the entry is good for a while. */
  confirm(entry: Neighbour, macHigh: number, macLow: number): void {
    entry.macHigh = macHigh;
    entry.macLow = macLow;
    this.refresh(entry);
    for (let i = 0; i < entry.waiting.length; i++) {
      const packet = entry.waiting[i]!;
      writeEthernet(packet, entry.on, macHigh, macLow, etherType.ipv4);
      entry.on.queue.send(packet);
    }
    this.waitingTotal -= entry.waiting.length;
    entry.waiting.length = 0;
  }

  /** A transport heard from behind this neighbour (RFC 1122 §2.3.2.1): good for a known address, none teaches it. */
  confirmForward(entry: Neighbour): void {
    if (entry.state !== neighbourState.incomplete) this.refresh(entry);
  }

  private refresh(entry: Neighbour): void {
    if (entry.state >= neighbourState.permanent) return;
    if (entry.state !== neighbourState.reachable) this.pending.delete(entry);
    entry.state = neighbourState.reachable;
    entry.reachableUntilMs = this.context.now + this.context.limits.neighbourReachableMs;
    entry.deadlineMs = Number.POSITIVE_INFINITY;
    entry.asked = 0;
  }

  /** Somebody contradicts what is known: it is not believed, but the entry is asked about at its next use. */
  doubt(entry: Neighbour): void {
    if (entry.state === neighbourState.reachable) entry.reachableUntilMs = this.context.now;
  }

  /**
   * The entry of somebody who asked us, made only where it costs nobody else's place: at most half of the table is
   * learned this way.
   */
  learn(on: NetInterface, word: number): Neighbour | null {
    const known = this.find(on, word);
    if (known !== undefined) return known;
    if (this.total * 2 >= this.context.limits.neighbourLimit) {
      this.context.counters.arpTableFull++;
      return null;
    }
    return this.insert(on, word);
  }

  /** 0, or `noBuffers` when half of the table is static already: the other half stays for those who are asked. */
  setPermanent(on: NetInterface, word: number, macHigh: number, macLow: number): Result {
    const known = this.find(on, word);
    if (known?.state !== neighbourState.permanent) {
      if (this.permanent * 2 >= this.context.limits.neighbourLimit) return failure.noBuffers;
      this.permanent++;
    }
    const entry = known ?? this.create(on, word);
    this.confirm(entry, macHigh, macLow);
    entry.state = neighbourState.permanent;
    entry.reachableUntilMs = Number.POSITIVE_INFINITY;
    return 0;
  }

  /** Forgets an entry; what waits for it is dropped. */
  remove(entry: Neighbour): void {
    this.dropWaiting(entry);
    this.forget(entry);
  }

  /** Forgets all of a device, static entries only when it goes for good. */
  flush(on: NetInterface, permanentToo: boolean): void {
    for (const entry of [...on.neighbourEntries.values()]) {
      if (permanentToo || entry.state !== neighbourState.permanent) this.remove(entry);
    }
  }

  all(): Neighbour[] {
    return this.interfaces.attached.flatMap((one) => [...one.neighbourEntries.values()]);
  }

  /** Asks again, or gives up and says so to the transports whose packets waited. */
  advance(): void {
    const now = this.context.now;
    if (now < this.deadlineMs) return;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    // A copy: giving up makes transports act, which may open new questions.
    for (const entry of [...this.pending]) {
      if (entry.deadlineMs <= now && this.pending.has(entry)) this.ask(entry);
      if (this.pending.has(entry)) this.deadlineMs = Math.min(this.deadlineMs, entry.deadlineMs);
    }
  }

  private ask(entry: Neighbour): void {
    if (entry.state === neighbourState.delay) {
      entry.state = neighbourState.probe;
      entry.asked = 0;
    }
    if (entry.asked >= attempts) {
      this.giveUp(entry);
      return;
    }
    entry.asked++;
    entry.deadlineMs = this.context.now + retryMs;
    this.isDueAt(entry.deadlineMs);
    this.arp.request(entry);
  }

  private wait(entry: Neighbour, packet: Packet): Result {
    const limits = this.context.limits;
    if (entry.waiting.length >= limits.neighbourQueuePackets) {
      this.dropOldest(entry);
    } else if (this.waitingTotal >= limits.neighbourQueueTotal) {
      if (entry.waiting.length === 0) {
        // Nor is it asked about: a flood of destinations costs neither entries nor a storm of questions.
        if (entry.asked === 0) this.forget(entry);
        this.context.counters.neighbourQueueDropped++;
        packet.pool.release(packet);
        return failure.noBuffers;
      }
      this.dropOldest(entry);
    }
    entry.waiting.push(packet);
    this.waitingTotal++;
    if (entry.asked === 0) {
      this.pending.add(entry);
      this.ask(entry);
    }
    return 0;
  }

  private dropOldest(entry: Neighbour): void {
    const oldest = entry.waiting.shift()!;
    this.waitingTotal--;
    this.context.counters.neighbourQueueDropped++;
    oldest.pool.release(oldest);
  }

  private giveUp(entry: Neighbour): void {
    this.context.counters.neighbourUnreachable++;
    const packets = entry.waiting.splice(0);
    this.waitingTotal -= packets.length;
    this.forget(entry);
    for (const packet of packets) {
      if (this.context.forwarder?.hopIsSilent(packet) !== true) {
        this.transports.report(networkErrorKind.neighbourUnreachable, packet.memory.view, packet.start, packet.end, 0);
      }
      packet.pool.release(packet);
    }
  }

  private dropWaiting(entry: Neighbour): void {
    this.context.counters.neighbourFlushedPackets += entry.waiting.length;
    this.waitingTotal -= entry.waiting.length;
    for (const packet of entry.waiting.splice(0)) packet.pool.release(packet);
  }

  private arm(entry: Neighbour, state: number, deadlineMs: number): void {
    entry.state = state;
    entry.deadlineMs = deadlineMs;
    this.pending.add(entry);
    this.isDueAt(deadlineMs);
  }

  private isDueAt(deadlineMs: number): void {
    if (deadlineMs < this.deadlineMs) this.deadlineMs = deadlineMs;
    this.context.isDueAt(deadlineMs);
  }

  private create(on: NetInterface, word: number): Neighbour {
    if (this.total >= this.context.limits.neighbourLimit) this.evict();
    return this.insert(on, word);
  }

  private insert(on: NetInterface, word: number): Neighbour {
    const entry = new Neighbour(on, word);
    on.neighbourEntries.set(word, entry);
    this.total++;
    return entry;
  }

  private forget(entry: Neighbour): void {
    if (entry.state === neighbourState.dead) return;
    if (entry.state === neighbourState.permanent) this.permanent--;
    entry.state = neighbourState.dead;
    this.pending.delete(entry);
    entry.on.neighbourEntries.delete(entry.word);
    this.total--;
  }

  /** Makes room: unanswered questions go first, so that a scan or a flood cannot displace who is really there. */
  private evict(): void {
    let victim: Neighbour | undefined;
    for (const entry of this.pending) {
      if (entry.state === neighbourState.incomplete) {
        victim = entry;
        break;
      }
    }
    if (victim === undefined) {
      for (const one of this.interfaces.attached) {
        for (const entry of one.neighbourEntries.values()) {
          if (entry.state === neighbourState.permanent) continue;
          if (victim === undefined || entry.lastUsedMs < victim.lastUsedMs) victim = entry;
        }
      }
    }
    if (victim === undefined) return;
    this.context.counters.neighbourEvicted++;
    this.remove(victim);
  }
}
