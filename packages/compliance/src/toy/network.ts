import type { Address, Clock } from '@synos/interfaces';
import { toyHeaderBytes } from './header.js';
import { ToyHost } from './host.js';
import type { ToyFault } from './link.js';

/** How a toy network is to be. */
export interface ToyNetworkSettings {
  /** How many hosts. Default 2. */
  readonly hosts?: number;
  /** Time from host to host, in ms. Default 1. */
  readonly delayMs?: number;
  /** Bytes per ms that a host puts on the wire. Default `Infinity`: no queue ever forms. */
  readonly bytesPerMs?: number;
  /** How many packets may wait for the wire before routes say `hasRoom: false`. Default 256. */
  readonly queuePackets?: number;
  /** Longest packet with the 40-byte header. Default 1500. */
  readonly mtuBytes?: number;
  /** Longest super-segment a host takes whole, in bytes with the header; 0: none (they are cut). Default 0. */
  readonly superSegmentBytes?: number;
  /** Where the clock begins, in ms. Default 0. */
  readonly startMs?: number;
  /** Seed of the hosts' "entropy". Default 1. */
  readonly seed?: number;
  /** What befalls which packet. More can be added on the way. */
  readonly faults?: readonly ToyFault[];
  /** Small packets per host. Default 512. */
  readonly smallPackets?: number;
  /** Large packets per host. Default 8. */
  readonly largePackets?: number;
  /** Bytes for rings per host at first and at most. Default 4 MB. */
  readonly ringBytes?: number;
}

/** Hosts in one memory, joined by a wire, under a clock that only {@link ToyNetwork.run} moves. */
export interface ToyNetwork {
  readonly hosts: readonly ToyHost[];
  readonly clock: Clock;
  /** How many packets have been put on the wire: the ordinal of the next one. */
  readonly sent: number;
  /** Adds to the list of faults; ordinals that are past have no effect. */
  fault(...faults: readonly ToyFault[]): void;
  /** Asked for each packet put on the wire, besides the list: what befalls it. */
  plan: ((ordinal: number) => Omit<ToyFault, 'ordinal'> | undefined) | null;
  /** Called with a copy of each packet put on the wire, before its faults; for transcripts. */
  onPacket: ((bytes: Uint8Array, fromHost: number, ordinal: number) => void) | null;
  /** A smaller MTU somewhere on the way: longer packets are lost, and those that forbid fragments are complained about. */
  setPathMtu(mtuBytes: number): void;
  /** Polls every host until nothing is left to do at or before `untilMs`; the clock then stands there. */
  run(untilMs: number): void;
  /**
   * Like `run`, but stops as soon as `condition` holds.
   *
   * @returns whether it holds
   */
  runUntil(condition: () => boolean, limitMs: number): boolean;
  /** Ends all transports and hosts. */
  dispose(): void;
}

/** Polls without a step of time after which something is held to spin. */
const spinLimit = 200_000;

/**
 * A toy network layer with 128-bit addresses (not IPv4-mapped) for transports under test. It has a fixed header of its
 * own, no neighbour resolution and no fragments: packets that may be fragmented travel whole, up to 65,535 bytes of
 * payload. Host 0 is `fd53:594e:4f53::1`, host 1 `…::2`, and so on; `::1` is every host's loopback address;
 * {@link toyBroadcast} reaches all others.
 *
 * @example
 * ```ts
 * const network = toyNetwork({ delayMs: 5, faults: [{ ordinal: 3, action: 'drop' }] });
 * const [a, b] = network.hosts;
 * a.attach(createTransport(a.host));
 * b.attach(createTransport(b.host));
 * network.run(1000);
 * ```
 */
export function toyNetwork(settings: ToyNetworkSettings = {}): ToyNetwork {
  return new MemoryNetwork(settings);
}

/** What hosts see of the network they hang on. */
export interface ToyWire {
  readonly clock: Clock;
  readonly pathMtuBytes: number;
  hostAt(address: Address): ToyHost | undefined;
  /** Takes a packet at the time it leaves its host. */
  carry(bytes: Uint8Array<ArrayBuffer>, from: ToyHost, to: readonly ToyHost[], departureMs: number): void;
  readonly hosts: readonly ToyHost[];
}

class MemoryNetwork implements ToyNetwork, ToyWire {
  readonly hosts: ToyHost[];
  readonly clock: Clock;
  onPacket: ((bytes: Uint8Array, fromHost: number, ordinal: number) => void) | null;
  plan: ((ordinal: number) => Omit<ToyFault, 'ordinal'> | undefined) | null;
  sent: number;
  pathMtuBytes: number;
  private nowMs: number;
  private readonly delayMs: number;
  private readonly faults: Map<number, ToyFault[]>;

  constructor(settings: ToyNetworkSettings) {
    this.nowMs = settings.startMs ?? 0;
    this.clock = { now: () => this.nowMs };
    this.onPacket = null;
    this.plan = null;
    this.sent = 0;
    this.pathMtuBytes = Infinity;
    this.delayMs = settings.delayMs ?? 1;
    this.faults = new Map();
    this.fault(...(settings.faults ?? []));
    this.hosts = [];
    for (let index = 0; index < (settings.hosts ?? 2); index++) this.hosts.push(new ToyHost(this, index, settings));
  }

  fault(...faults: readonly ToyFault[]): void {
    for (const fault of faults) {
      const list = this.faults.get(fault.ordinal);
      if (list === undefined) this.faults.set(fault.ordinal, [fault]);
      else list.push(fault);
    }
  }

  setPathMtu(mtuBytes: number): void {
    this.pathMtuBytes = mtuBytes;
  }

  hostAt(address: Address): ToyHost | undefined {
    return this.hosts.find((host) => host.owns(address));
  }

  carry(bytes: Uint8Array<ArrayBuffer>, from: ToyHost, to: readonly ToyHost[], departureMs: number): void {
    const ordinal = this.sent++;
    this.onPacket?.(bytes.slice(), from.index, ordinal);
    let dueMs = departureMs + this.delayMs;
    let copies = 1;
    let copyDelayMs = 0;
    const planned = this.plan?.(ordinal);
    const listed = this.faults.get(ordinal) ?? [];
    for (const fault of planned === undefined ? listed : [...listed, planned]) {
      if (fault.action === 'drop') copies = 0;
      else if (fault.action === 'delay') dueMs += fault.delayMs ?? 0;
      else if (fault.action === 'corrupt') {
        const payload = bytes.length - toyHeaderBytes;
        if (payload > 0) bytes[toyHeaderBytes + ((fault.offset ?? 0) % payload)]! ^= 0xff;
      } else {
        copies = 2;
        copyDelayMs = fault.delayMs ?? 0;
      }
    }
    this.faults.delete(ordinal);
    for (const host of to) {
      if (copies > 0) host.arrive({ dueMs, bytes, isLocal: false });
      if (copies > 1) host.arrive({ dueMs: dueMs + copyDelayMs, bytes, isLocal: false });
    }
  }

  run(untilMs: number): void {
    this.runUntil(() => false, untilMs);
  }

  runUntil(condition: () => boolean, limitMs: number): boolean {
    let spins = 0;
    for (;;) {
      if (condition()) return true;
      let isBusy = false;
      for (const host of this.hosts) isBusy = host.poll(this.nowMs, 64) || isBusy;
      if (condition()) return true;
      let nextMs = Infinity;
      for (const host of this.hosts) nextMs = Math.min(nextMs, host.nextDeadline());
      if (isBusy || nextMs <= this.nowMs) {
        if (++spins > spinLimit)
          throw new Error(`toy network: still busy after ${spinLimit} polls at ${this.nowMs} ms`);
        continue;
      }
      spins = 0;
      if (nextMs > limitMs) {
        this.nowMs = Math.max(this.nowMs, limitMs);
        return condition();
      }
      this.nowMs = nextMs;
    }
  }

  dispose(): void {
    for (const host of this.hosts) host.disposeAll();
  }
}
