/** An address and who has it. */
export interface Lease {
  /** A 32-bit word. */
  readonly address: number;
  /** Who: its identifier, or hardware address where it tells none (RFC 2131 §4.2). */
  readonly client: string;
  /** The hardware address that it spoke from. */
  readonly station: string;
  /**
   * `offered`: for a short while, until it is requested. `bound`: in use. `declined`: somebody else was found to use it.
   * `free`: given back, remembered for when the client returns.
   */
  state: 'offered' | 'bound' | 'declined' | 'free';
  /** Until when the state holds; afterwards the address may go to another. */
  expiresMs: number;
}

/** Options of {@link LeaseTable}. */
export interface LeaseTableOptions {
  /** First and last address that may be given, as unsigned numbers. */
  readonly first: number;
  readonly last: number;
  /** Addresses in between that are somebody's already. */
  readonly isTaken: (address: number, station: string) => boolean;
  /** Leases that one hardware address has at most; a further one takes its oldest. */
  readonly leasesPerStation: number;
}

/** Which addresses are whose. As many leases as addresses in the pool, at most. */
export class LeaseTable {
  readonly #options: LeaseTableOptions;
  readonly #byAddress: Map<number, Lease>;
  readonly #byClient: Map<string, Lease>;

  constructor(options: LeaseTableOptions) {
    this.#options = options;
    this.#byAddress = new Map();
    this.#byClient = new Map();
  }

  /** How many addresses are in use now. */
  bound(nowMs: number): number {
    let count = 0;
    for (const { state, expiresMs } of this.#byAddress.values()) if (state === 'bound' && expiresMs > nowMs) count += 1;
    return count;
  }

  /** What a client has or had. */
  of(client: string): Lease | undefined {
    return this.#byClient.get(client);
  }

  /** Whether an address is one of the pool. */
  holds(address: number): boolean {
    const unsigned = address >>> 0;
    return unsigned >= this.#options.first && unsigned <= this.#options.last;
  }

  /** Whether a client could have this very address. */
  isFreeFor(address: number, client: string, station: string, nowMs: number): boolean {
    if (!this.holds(address) || this.#options.isTaken(address, station)) return false;
    const lease = this.#byAddress.get(address | 0);
    if (lease === undefined) return true;
    if (lease.client === client) return lease.state !== 'declined' || lease.expiresMs <= nowMs;
    return lease.state === 'free' || lease.expiresMs <= nowMs;
  }

  /**
   * An address for a client, in the order of RFC 2131 §4.3.1: the one it has or had, the one it asks for, any.
   *
   * @param wanted - what it asks for, 0 for nothing
   * @returns `null` when there is none
   */
  choose(client: string, station: string, wanted: number, nowMs: number): number | null {
    const own = this.#byClient.get(client);
    if (own !== undefined && this.isFreeFor(own.address, client, station, nowMs)) return own.address;
    if (wanted !== 0 && this.isFreeFor(wanted, client, station, nowMs)) return wanted | 0;
    const { first, last, isTaken } = this.#options;
    for (let address = first; address <= last; address += 1) {
      if (!this.#byAddress.has(address | 0) && !isTaken(address | 0, station)) return address | 0;
    }
    // What was given back or has run out, the longest first: who had it may come again.
    let oldest: Lease | null = null;
    for (const lease of this.#byAddress.values()) {
      if (oldest !== null && lease.expiresMs >= oldest.expiresMs) continue;
      if (this.isFreeFor(lease.address, client, station, nowMs)) oldest = lease;
    }
    return oldest?.address ?? null;
  }

  /** Gives an address that {@link isFreeFor} a client to it; it loses the one it had. */
  give(
    address: number,
    client: string,
    station: string,
    state: 'offered' | 'bound' | 'declined',
    expiresMs: number,
  ): void {
    const before = this.#byClient.get(client);
    if (before !== undefined) this.#remove(before);
    const holder = this.#byAddress.get(address | 0);
    if (holder !== undefined) this.#remove(holder);
    this.#makeRoom(station);
    const lease: Lease = { address: address | 0, client, station, state, expiresMs };
    this.#byAddress.set(lease.address, lease);
    this.#byClient.set(client, lease);
  }

  /** A lease ends; the address stays the client's as long as nobody else needs it. */
  free(lease: Lease, nowMs: number): void {
    lease.state = 'free';
    lease.expiresMs = nowMs;
  }

  /** A station that calls itself by many names has a few leases all the same. */
  #makeRoom(station: string): void {
    let count = 0;
    let oldest: Lease | null = null;
    for (const lease of this.#byAddress.values()) {
      if (lease.station !== station) continue;
      count += 1;
      if (oldest === null || lease.expiresMs < oldest.expiresMs) oldest = lease;
    }
    if (count >= this.#options.leasesPerStation && oldest !== null) this.#remove(oldest);
  }

  #remove(lease: Lease): void {
    this.#byAddress.delete(lease.address);
    this.#byClient.delete(lease.client);
  }
}
