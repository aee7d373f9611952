import {
  type Address,
  addressEquals,
  assert,
  type Entropy,
  failure,
  isUnspecified,
  type PortOwner,
  type PortTable,
  type Result,
} from '@synos/interfaces';
import { ipv6Any } from '@synos/wire';

/** What {@link createPortTable} takes. */
export interface PortTableOptions {
  readonly entropy: Entropy;
  /** First and last ephemeral port; Linux's 32768 to 60999 by default. */
  readonly ephemeralRange?: readonly [first: number, last: number];
}

/**
 * The table of local ports, for all transports of a host.
 *
 * @example
 * const ports = createPortTable({ entropy });
 * ports.claim(6, ipv4Any, 80, endpoint); // 0, or failure.addressInUse
 */
export function createPortTable(options: PortTableOptions): PortTable {
  const [first, last] = options.ephemeralRange ?? [32_768, 60_999];
  const isRange = Number.isInteger(first) && Number.isInteger(last) && first > 0 && first <= last && last < 65_536;
  assert(isRange, 'no range of ports');
  return new Ports(options.entropy, first, last);
}

/**
 * How many holds there are on the ports of a table that {@link createPortTable} made: for a census. A function, so that who
 * asks for none has none in his bundle.
 *
 * @returns the count; -1 for a table from elsewhere
 */
export function heldPorts(table: PortTable): number {
  if (!(table instanceof Ports)) return -1;
  let count = 0;
  for (const first of table.claims.values()) {
    for (let held: Claim | null = first; held !== null; held = held.next) count += 1;
  }
  return count;
}

/** One owner's hold on a port. Holds of the same protocol and port form a list. */
interface Claim {
  readonly local: Address;
  readonly owner: PortOwner;
  next: Claim | null;
}

class Ports implements PortTable {
  private readonly entropy: Entropy;
  private readonly first: number;
  private readonly last: number;
  /** @internal */
  readonly claims: Map<number, Claim>;
  private readonly random: Uint16Array<ArrayBuffer>;
  private readonly randomBytes: Uint8Array<ArrayBuffer>;
  private randomAt: number;
  private lastLocal: Address;

  constructor(entropy: Entropy, first: number, last: number) {
    this.entropy = entropy;
    this.first = first;
    this.last = last;
    this.claims = new Map();
    this.random = new Uint16Array(256);
    this.randomBytes = new Uint8Array(this.random.buffer);
    this.randomAt = this.random.length;
    this.lastLocal = ipv6Any;
  }

  claim(protocol: number, local: Address, port: number, owner: PortOwner): Result {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) return failure.invalid;
    const first = this.claims.get(keyOf(protocol, port)) ?? null;
    for (let held = first; held !== null; held = held.next) {
      if (collide(held, local, owner) && !mayShare(held.owner, owner)) return failure.addressInUse;
    }
    this.insert(protocol, port, local, owner, first);
    return 0;
  }

  ephemeral(protocol: number, local: Address, owner: PortOwner): Result {
    const count = this.last - this.first + 1;
    // RFC 6056 §3.3.1: a random start, then the next ones; the walk ends after every port was looked at once.
    let offset = this.randomBelow(count);
    for (let tried = 0; tried < count; tried++) {
      const port = this.first + offset;
      const first = this.claims.get(keyOf(protocol, port)) ?? null;
      if (isFreeFor(first, local, owner) && owner.acceptsPort(port)) {
        this.insert(protocol, port, local, owner, first);
        return port;
      }
      offset = offset + 1 === count ? 0 : offset + 1;
    }
    return failure.addressInUse;
  }

  mayListen(protocol: number, local: Address, port: number, owner: PortOwner): Result {
    for (let held = this.claims.get(keyOf(protocol, port)) ?? null; held !== null; held = held.next) {
      if (held.owner !== owner && collide(held, local, owner) && !mayShare(held.owner, owner)) {
        return failure.addressInUse;
      }
    }
    return 0;
  }

  release(protocol: number, local: Address, port: number, owner: PortOwner): void {
    const key = keyOf(protocol, port);
    let before: Claim | null = null;
    let held = this.claims.get(key) ?? null;
    while (held !== null && (held.owner !== owner || !addressEquals(held.local, local))) {
      before = held;
      held = held.next;
    }
    assert(held !== null, 'port is not claimed');
    if (before !== null) before.next = held.next;
    else if (held.next !== null) this.claims.set(key, held.next);
    else this.claims.delete(key);
  }

  private insert(protocol: number, port: number, local: Address, owner: PortOwner, first: Claim | null): void {
    // Most claims are for the address of the one before: they share a copy.
    if (!addressEquals(this.lastLocal, local)) this.lastLocal = { ...local };
    this.claims.set(keyOf(protocol, port), { local: this.lastLocal, owner, next: first });
  }

  /** Uniform, by refusing the uneven rest. */
  private randomBelow(count: number): number {
    const even = 65_536 - (65_536 % count);
    for (;;) {
      if (this.randomAt === this.random.length) {
        this.entropy.fill(this.randomBytes);
        this.randomAt = 0;
      }
      const word = this.random[this.randomAt++]!;
      if (word < even) return word % count;
    }
  }
}

function keyOf(protocol: number, port: number): number {
  return protocol * 65_536 + port;
}

/**
 * Exact and wildcard addresses collide; `::` and `0.0.0.0` are one wildcard, as for Linux's dual-stack sockets. Owners on
 * two devices never meet.
 */
function collide(held: Claim, local: Address, { device }: PortOwner): boolean {
  const other = held.owner.device;
  if (device && other && device !== other) return false;
  return isUnspecified(held.local) || isUnspecified(local) || addressEquals(held.local, local);
}

/** inet_bind_conflict of Linux, for bind and listen: both want SO_REUSEPORT, or SO_REUSEADDR beside one that does not listen. */
function mayShare(held: PortOwner, owner: PortOwner): boolean {
  return (
    (held.reusePort === true && owner.reusePort === true) ||
    (held.reuseAddress && owner.reuseAddress && !held.listening)
  );
}

/** For a chosen port: nobody collides, or all who do were chosen by `connect` too and flows may differ. */
function isFreeFor(first: Claim | null, local: Address, owner: PortOwner): boolean {
  for (let held = first; held !== null; held = held.next) {
    if (collide(held, local, owner) && !(held.owner.autobound && owner.autobound)) return false;
  }
  return true;
}
