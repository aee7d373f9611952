import type { Address, Result, Route } from '@synos/interfaces';
import { addressSum } from '@synos/wire';
import type { Context } from '../context.js';
import type { Neighbour } from '../neighbour/neighbour.js';
import type { NetInterface } from '../net-interface.js';

/** Who finds a route's way again when something has changed. */
export interface RouteResolver {
  readonly context: Context;
  resolve(route: CachedRoute): void;
}

/**
 * The route object that transports hold. It is good for ever: each access compares one number, and finds its way
 * again when addresses, routes, links or the path MTU have changed since.
 */
export class CachedRoute implements Route {
  readonly source: Address;
  readonly destination: Address;
  /** The one device that it may leave by, 0 for any. */
  readonly boundDevice: number;
  readonly headerBytes: number;
  readonly addressSum: number;
  readonly sourceWord: number;
  readonly destinationWord: number;
  /** The context's generation this was resolved at. */
  generation: number;
  /** The generation at which this was the choice for an unspecified source. */
  chosenGeneration: number;
  /** 0, or why nothing can be sent. */
  failure: Result;
  /** The last way, kept when there is none any more. */
  on: NetInterface;
  nextHop: number;
  /** Set at the first packet to a neighbour. */
  neighbour: Neighbour | null;
  /** The link address of a group, or zeros for local packets; meaningful while `needsNeighbour` is false. */
  macHigh: number;
  macLow: number;
  needsNeighbour: boolean;
  local: boolean;
  group: boolean;
  pathMtuBytes: number;
  /** RFC 1191 asks for 68 at least; below our own minimum, fragments are allowed instead. */
  mtuIsLocked: boolean;
  superBytes: number;
  /** The next route object for the same destination, another source or device. */
  next: CachedRoute | undefined;
  private readonly resolver: RouteResolver;
  private readonly context: Context;

  constructor(source: Address, destination: Address, boundDevice: number, on: NetInterface, resolver: RouteResolver) {
    this.source = source;
    this.destination = destination;
    this.boundDevice = boundDevice;
    this.headerBytes = 20;
    this.addressSum = addressSum(source, destination);
    this.sourceWord = source.w3;
    this.destinationWord = destination.w3;
    this.generation = 0;
    this.chosenGeneration = 0;
    this.failure = 0;
    this.on = on;
    this.nextHop = 0;
    this.neighbour = null;
    this.macHigh = 0;
    this.macLow = 0;
    this.needsNeighbour = false;
    this.local = false;
    this.group = false;
    this.pathMtuBytes = 0;
    this.mtuIsLocked = false;
    this.superBytes = 0;
    this.next = undefined;
    this.resolver = resolver;
    this.context = resolver.context;
  }

  /** Finds the way again if anything changed. */
  refresh(): void {
    if (this.generation !== this.context.generation) this.resolver.resolve(this);
  }

  get device(): number {
    this.refresh();
    return this.on.index;
  }

  get isLocal(): boolean {
    this.refresh();
    return this.local;
  }

  get isGroup(): boolean {
    this.refresh();
    return this.group;
  }

  get mtuBytes(): number {
    this.refresh();
    return this.pathMtuBytes;
  }

  get deviceMtuBytes(): number {
    this.refresh();
    return this.on.device.mtuBytes;
  }

  get superSegmentBytes(): number {
    this.refresh();
    return this.superBytes;
  }

  get hasRoom(): boolean {
    this.refresh();
    return this.on.queue.hasRoom;
  }
}
