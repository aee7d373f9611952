import { type Address, failure, isIpv4Mapped, isUnspecified, type Result, type Route } from '@synos/interfaces';
import { ipv4FromWord } from '@synos/wire';
import type { Context } from '../context.js';
import { ethernetBytes } from '../ethernet/header.js';
import { type InterfaceTable, isLoopbackWord, isMulticastWord, ownLoopbackIndex } from '../interface-table.js';
import type { NetInterface } from '../net-interface.js';
import { CachedRoute, type RouteResolver } from './cached-route.js';
import { localKind } from './local-addresses.js';
import type { PathMtuCache } from './path-mtu.js';
import type { RouteRecord, RouteTable } from './route-table.js';

/** What of a {@link RouteRecord} matters on the way. */
type Way = Pick<RouteRecord, 'device'> & Partial<Pick<RouteRecord, 'gateway' | 'source'>>;

/** Finds ways and shares them: the same object for the same source and destination while the cache holds it. */
export class Router implements RouteResolver {
  readonly context: Context;
  private readonly interfaces: InterfaceTable;
  private readonly table: RouteTable;
  private readonly pathMtu: PathMtuCache;
  /** By destination, chained over sources. */
  private readonly cache: Map<number, CachedRoute>;
  /** The one used last is the last. */
  private readonly byUse: Set<CachedRoute>;
  private newest: CachedRoute | null;

  constructor(context: Context, interfaces: InterfaceTable, table: RouteTable, pathMtu: PathMtuCache) {
    this.context = context;
    this.interfaces = interfaces;
    this.table = table;
    this.pathMtu = pathMtu;
    this.cache = new Map();
    this.byUse = new Set();
    this.newest = null;
  }

  /** As `TransportHost.route`. */
  route(source: Address, destination: Address, device = 0): Route | Result {
    // IPv6 has its own table and router when it comes; until then nothing leads there.
    if (!isIpv4Mapped(destination)) return failure.networkUnreachable;
    if (isUnspecified(source)) return this.routeByWords(0, destination.w3, device);
    if (!isIpv4Mapped(source)) return failure.addressNotAvailable;
    return this.routeByWords(source.w3, destination.w3, device);
  }

  /** The route for two IPv4 addresses; source 0 selects one, device 0 is any. */
  routeByWords(source: number, destination: number, device = 0): CachedRoute | Result {
    const generation = this.context.generation;
    let found = this.cache.get(destination);
    if (source === 0) {
      while (found !== undefined && (found.chosenGeneration !== generation || found.boundDevice !== device)) {
        found = found.next;
      }
      if (found !== undefined) return found.failure !== 0 ? found.failure : this.touch(found);
      const chosen = this.selectSource(destination, device);
      if (typeof chosen === 'number') return chosen;
      const route = this.routeByWords(chosen.w3, destination, device);
      if (typeof route !== 'number') route.chosenGeneration = this.context.generation;
      return route;
    }
    while (found !== undefined && (found.sourceWord !== source || found.boundDevice !== device)) {
      found = found.next;
    }
    if (found === undefined) {
      const made = new CachedRoute(
        ipv4FromWord(source),
        ipv4FromWord(destination),
        device,
        this.interfaces.get(ownLoopbackIndex)!,
        this,
      );
      this.resolve(made);
      if (made.failure !== 0) return made.failure;
      this.insert(made);
      return made;
    }
    found.refresh();
    return found.failure !== 0 ? found.failure : this.touch(found);
  }

  /** Fills in the way of a route as things stand now. */
  resolve(route: CachedRoute): void {
    const destination = route.destinationWord;
    route.generation = this.context.generation;
    route.neighbour = null;
    route.needsNeighbour = false;
    route.local = false;
    route.group = false;
    route.macHigh = 0;
    route.macLow = 0;
    route.nextHop = destination;
    route.failure = this.resolveWay(route, destination, route.sourceWord);
    const device = route.on.device;
    const learned = route.local ? undefined : this.pathMtu.get(destination);
    route.pathMtuBytes = learned === undefined ? device.mtuBytes : Math.min(learned.bytes, device.mtuBytes);
    route.mtuIsLocked = learned?.isLocked === true;
    const features = device.features;
    route.superBytes = features.fillsChecksums
      ? Math.max(0, Math.min(65_535, features.superSegmentBytes - ethernetBytes))
      : 0;
  }

  /** Whether an address is ours: own, loopback, or a broadcast. */
  isLocal(word: number): boolean {
    return this.isOwn(word) || word === -1 || this.interfaces.local.kind(word) === localKind.broadcast;
  }

  isOwn(word: number): boolean {
    return this.interfaces.local.kind(word) === localKind.own || isLoopbackWord(word);
  }

  private resolveWay(route: CachedRoute, destination: number, source: number): Result {
    const bound = route.boundDevice;
    if (!this.isOwn(source) && !this.interfaces.accepts(source)) return failure.addressNotAvailable;
    if (destination === 0) return failure.networkUnreachable;
    const loopback = this.interfaces.loopback();
    if (this.isOwn(destination) && (bound === 0 || bound === loopback.index)) {
      route.local = true;
      route.on = loopback;
      return 0;
    }
    // 127/8 never leaves the host (RFC 1122 §3.2.1.3 (g)).
    if (isLoopbackWord(source)) return failure.addressNotAvailable;
    if (destination === -1) return this.toGroup(route, this.groupDevice(source, destination, bound), 0xffff, -1);
    if (isMulticastWord(destination)) {
      const on = this.groupDevice(source, destination, bound);
      // RFC 1112 §6.4: the low 23 bits under 01:00:5e.
      return this.toGroup(route, on, 0x0100, 0x5e000000 | (destination & 0x7fffff));
    }
    const way = this.wayTo(destination, bound);
    if (typeof way === 'number') return way;
    route.on = this.interfaces.get(way.device)!;
    for (const own of route.on.addresses) {
      if (own.broadcast === destination && own.broadcast !== own.word) return this.toGroup(route, route.on, 0xffff, -1);
    }
    if (route.on.isLoopback) return 0;
    if (way.gateway !== undefined) route.nextHop = way.gateway.w3;
    route.needsNeighbour = true;
    return 0;
  }

  /** Which device leads to a unicast address, by which gateway and from which source; over one device alone if it is given. */
  private wayTo(destination: number, bound: number): Way | Result {
    const record = this.table.lookup(destination, bound);
    if (typeof record !== 'number' || bound === 0) return record;
    const on = this.boundInterface(bound);
    if (typeof on === 'number') return on;
    // Who names a device says where the peer is: on its link (ip_route_output_key_hash_rcu). 127/8 is on none.
    return on.isLoopback || isLoopbackWord(destination) ? failure.networkUnreachable : { device: bound };
  }

  private boundInterface(bound: number): NetInterface | Result {
    const on = this.interfaces.get(bound);
    if (on === undefined) return failure.noSuchDevice;
    return on.isUp ? on : failure.networkDown;
  }

  private toGroup(route: CachedRoute, on: NetInterface | Result, macHigh: number, macLow: number): Result {
    if (typeof on === 'number') return on;
    route.on = on;
    route.group = true;
    route.macHigh = macHigh;
    route.macLow = macLow;
    return 0;
  }

  /** Where group packets leave: the device of the source address, else by the table, else the first that is up. */
  private groupDevice(source: number, destination: number, bound: number): NetInterface | Result {
    if (bound !== 0) return this.boundInterface(bound);
    let first: NetInterface | undefined;
    for (const one of this.interfaces.attached) {
      if (one.isLoopback || !one.isUp) continue;
      for (const own of one.addresses) if (own.word === source) return one;
      first ??= one;
    }
    const record = this.table.lookup(destination);
    if (typeof record !== 'number') return this.interfaces.get(record.device)!;
    return first ?? record;
  }

  /** The source for a destination (RFC 1122 §3.3.4.3, RFC 6724 in spirit), or why there is no way. */
  private selectSource(destination: number, bound: number): Address | Result {
    if (bound === 0 || bound === this.interfaces.loopback().index) {
      if (this.interfaces.local.kind(destination) === localKind.own) return ipv4FromWord(destination);
      if (isLoopbackWord(destination)) return ipv4FromWord(0x7f000001);
    }
    let nextHop = destination;
    let on: NetInterface | undefined;
    if (destination === -1 || isMulticastWord(destination)) {
      const group = this.groupDevice(0, destination, bound);
      if (typeof group === 'number') return group;
      on = group;
    } else {
      const way = this.wayTo(destination, bound);
      if (typeof way === 'number') return way;
      if (way.source !== undefined && this.isOwn(way.source.w3)) return way.source;
      on = this.interfaces.get(way.device)!;
      if (way.gateway !== undefined) nextHop = way.gateway.w3;
    }
    let best = on.addressFor(nextHop) ?? on.addresses[0];
    // An unnumbered device borrows an address of another (RFC 1812 §2.2.7).
    for (const one of this.interfaces.attached) if (!one.isLoopback) best ??= one.addresses[0];
    return best?.address ?? failure.addressNotAvailable;
  }

  private insert(route: CachedRoute): void {
    if (this.byUse.size >= this.context.limits.routeCacheLimit) this.evict();
    route.next = this.cache.get(route.destinationWord);
    this.cache.set(route.destinationWord, route);
    this.use(route);
  }

  private evict(): void {
    for (const victim of this.byUse) {
      this.byUse.delete(victim);
      this.context.counters.routeCacheEvicted++;
      const first = this.cache.get(victim.destinationWord)!;
      if (first !== victim) {
        let before = first;
        while (before.next !== victim) before = before.next!;
        before.next = victim.next;
      } else if (victim.next !== undefined) this.cache.set(victim.destinationWord, victim.next);
      else this.cache.delete(victim.destinationWord);
      victim.next = undefined;
      return;
    }
  }

  private touch(route: CachedRoute): CachedRoute {
    if (route !== this.newest) {
      this.byUse.delete(route);
      this.use(route);
    }
    return route;
  }

  private use(route: CachedRoute): void {
    this.byUse.add(route);
    this.newest = route;
  }
}
