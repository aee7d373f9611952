import { type Address, failure, isIpv4Mapped, type NetDevice, type Result } from '@synos/interfaces';
import type { Context } from '../context.js';
import { type InterfaceTable, isPrefix, isUnicastWord, maskOf } from '../interface-table.js';
import type { NetInterface } from '../net-interface.js';
import { localKind } from './local-addresses.js';

/** A way to a network, as its owner states it. */
export interface RouteSpecification {
  /** The network; bits beyond `bits` must be 0. */
  readonly prefix: Address;
  /** Prefix length of 128: 96 for all of IPv4, 120 for an IPv4 /24. */
  readonly bits: number;
  /** The next hop; without it the network is on the link. */
  readonly gateway?: Address;
  /** Index or device; may be left out where the gateway tells it. */
  readonly device?: number | NetDevice;
  /** Among equal prefixes the least wins. 0 by default. */
  readonly metric?: number;
  /** The source address for unbound sockets; the device's best by default. */
  readonly source?: Address;
}

/** A route as the table has it. */
export interface RouteRecord {
  readonly prefix: Address;
  readonly bits: number;
  readonly gateway: Address | undefined;
  readonly device: number;
  readonly metric: number;
  readonly source: Address | undefined;
}

/**
 * Longest-prefix match (RFC 1812 §5.2.4.3): a map per prefix length in use, so that a lookup is at most 33 probes
 * whatever the number of routes. Its answers are cached by route objects; it is not asked per packet.
 */
export class RouteTable {
  private readonly context: Context;
  private readonly interfaces: InterfaceTable;
  /** By prefix length 0 to 32: records by network, each list in the order of metric. */
  private readonly byLength: Map<number, RouteRecord[]>[];
  private count: number;

  constructor(context: Context, interfaces: InterfaceTable) {
    this.context = context;
    this.interfaces = interfaces;
    this.byLength = [];
    while (this.byLength.length <= 32) this.byLength.push(new Map());
    this.count = 0;
  }

  /** 0, or `invalid`, `networkUnreachable` (the gateway is on no link of ours), `addressInUse` (the same is there), `noBuffers`. */
  add(specification: RouteSpecification): Result {
    const record = this.resolve(specification);
    if (typeof record === 'number') return record;
    if (this.count >= this.context.limits.routeLimit) return failure.noBuffers;
    const networks = this.byLength[record.bits - 96]!;
    const records = networks.get(record.prefix.w3) ?? [];
    if (records.some((other) => sameRoute(other, record))) return failure.addressInUse;
    records.push(record);
    // Stable: of equal metrics the older stays in front.
    records.sort((a, b) => a.metric - b.metric);
    networks.set(record.prefix.w3, records);
    this.count++;
    this.context.generation++;
    return 0;
  }

  /** Removes the first route that fits all that is stated; `networkUnreachable` when there is none. */
  remove(specification: RouteSpecification): Result {
    const { prefix, bits, gateway, metric, device } = specification;
    const on = device === undefined ? undefined : this.interfaces.find(device);
    const records = (isIpv4Mapped(prefix) && this.byLength[bits - 96]?.get(prefix.w3)) || [];
    const at = records.findIndex(
      (record) =>
        (gateway === undefined || record.gateway?.w3 === gateway.w3) &&
        (device === undefined || record.device === on?.index) &&
        (metric === undefined || record.metric === metric),
    );
    if (at < 0) return failure.networkUnreachable;
    this.drop(records, at);
    return 0;
  }

  removeDevice(device: number): void {
    for (const networks of this.byLength) {
      for (const records of [...networks.values()]) {
        for (let at = records.length - 1; at >= 0; at--) {
          if (records[at]!.device === device) this.drop(records, at);
        }
      }
    }
  }

  /** The best route over a device whose link is up (over one device alone, if it is given), or `networkDown` if only links that are down lead there. */
  lookup(word: number, device = 0): RouteRecord | Result {
    let down = false;
    for (let length = 32; length >= 0; length--) {
      const networks = this.byLength[length]!;
      if (networks.size === 0) continue;
      const records = networks.get(word & maskOf(length));
      if (records === undefined) continue;
      for (let i = 0; i < records.length; i++) {
        const record = records[i]!;
        if (device !== 0 && record.device !== device) continue;
        if (this.interfaces.get(record.device)?.isUp === true) return record;
        down = true;
      }
    }
    return down ? failure.networkDown : failure.networkUnreachable;
  }

  /** All routes, longest prefix first. */
  all(): RouteRecord[] {
    return [...this.byLength].reverse().flatMap((networks) => [...networks.values()].flat());
  }

  private drop(records: RouteRecord[], at: number): void {
    const { prefix, bits } = records[at]!;
    records.splice(at, 1);
    if (records.length === 0) this.byLength[bits - 96]!.delete(prefix.w3);
    this.count--;
    this.context.generation++;
  }

  private resolve(specification: RouteSpecification): RouteRecord | Result {
    const { prefix, bits, gateway, device, metric = 0, source } = specification;
    if (!isPrefix(prefix, bits)) return failure.invalid;
    if ((prefix.w3 & ~maskOf(bits - 96)) !== 0 || !Number.isInteger(metric) || metric < 0) return failure.invalid;
    if (gateway !== undefined && (!isIpv4Mapped(gateway) || !isUnicastWord(gateway.w3))) return failure.invalid;
    if (gateway !== undefined && this.interfaces.local.kind(gateway.w3) !== localKind.foreign) return failure.invalid;
    if (source !== undefined && !isIpv4Mapped(source)) return failure.invalid;
    let on: NetInterface | undefined;
    if (device !== undefined) on = this.interfaces.find(device);
    else if (gateway !== undefined) on = this.linkOf(gateway.w3);
    if (on === undefined) return gateway === undefined ? failure.invalid : failure.networkUnreachable;
    return { prefix, bits, gateway, device: on.index, metric, source };
  }

  /** The device on whose most specific network an address is. */
  private linkOf(word: number): NetInterface | undefined {
    let best: NetInterface | undefined;
    let bestBits = -1;
    for (const one of this.interfaces.attached) {
      const bits = one.addressFor(word)?.bits ?? -1;
      if (bits <= bestBits) continue;
      best = one;
      bestBits = bits;
    }
    return best;
  }
}

function sameRoute(a: RouteRecord, b: RouteRecord): boolean {
  return a.metric === b.metric && a.device === b.device && a.gateway?.w3 === b.gateway?.w3;
}
