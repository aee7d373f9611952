import type { Address } from '@synos/interfaces';
import { LeaseTable } from './lease-table.js';
import { addressOption, type DhcpMessage, dhcpOption, dhcpType, emitDhcp, parseDhcp, wordsOption } from './message.js';

/** How long an offer is kept for its client. */
const offerMs = 30_000;
/** How long an address that somebody was found to use is left alone. */
const declinedMs = 600_000;
const shortestLeaseSeconds = 60;
/** Leases of one hardware address: a boot loader and a system call themselves by different names. */
const leasesPerStation = 2;

/** What a server has counted. */
export type DhcpCounters = {
  discovers: number;
  offers: number;
  requests: number;
  acks: number;
  naks: number;
  declines: number;
  releases: number;
  informs: number;
  /** Clients for whom no address was left. */
  exhausted: number;
  /** Bytes that are no message of a client. */
  malformed: number;
  /** Messages by way of a relay, for another server, or about leases that nobody knows of. */
  ignored: number;
};

/** What a {@link DhcpServer} gives. Addresses are 32-bit words. */
export interface DhcpServerOptions {
  /** The server's address. */
  readonly server: number;
  readonly mask: number;
  readonly router: number;
  /** `null`: none. */
  readonly nameServer: number | null;
  readonly first: number;
  readonly last: number;
  readonly leaseSeconds: number;
  /** Whether somebody else than a station has an address already. */
  readonly isTaken?: ((address: number, station: string) => boolean) | undefined;
}

/** An answer and where it goes. */
export interface DhcpReply {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The client's address; -1 (255.255.255.255) while it has none. */
  readonly to: number;
}

/** A DHCP server (RFC 2131) without a socket: a message and the time in, an answer out. */
export class DhcpServer {
  readonly counters: DhcpCounters;
  readonly leases: LeaseTable;
  readonly #options: DhcpServerOptions;

  constructor(options: DhcpServerOptions) {
    const { first, last, server, router, isTaken } = options;
    this.counters = {
      discovers: 0,
      offers: 0,
      requests: 0,
      acks: 0,
      naks: 0,
      declines: 0,
      releases: 0,
      informs: 0,
      exhausted: 0,
      malformed: 0,
      ignored: 0,
    };
    this.leases = new LeaseTable({
      first: first >>> 0,
      last: last >>> 0,
      leasesPerStation,
      isTaken: (address, station) => address === server || address === router || isTaken?.(address, station) === true,
    });
    this.#options = options;
  }

  /** Takes the bytes of a datagram to port 67. Never throws. */
  receive(bytes: Uint8Array, nowMs: number): DhcpReply | null {
    const message = parseDhcp(bytes);
    if ('error' in message || message.op !== 1) {
      this.counters.malformed += 1;
      return null;
    }
    // There is no relay on a network that is one switch.
    if (message.giaddr !== 0) return this.#ignore();
    switch (message.type) {
      case dhcpType.discover:
        return this.#discover(message, nowMs);
      case dhcpType.request:
        return this.#request(message, nowMs);
      case dhcpType.decline:
        return this.#decline(message, nowMs);
      case dhcpType.release:
        return this.#release(message, nowMs);
      case dhcpType.inform:
        return this.#inform(message);
      default:
        return this.#ignore();
    }
  }

  #discover(message: DhcpMessage, nowMs: number): DhcpReply | null {
    const { counters, leases } = this;
    counters.discovers += 1;
    const [client, station] = identityOf(message);
    const wanted = addressOption(message, dhcpOption.requestedAddress);
    const address = leases.choose(client, station, wanted, nowMs);
    if (address === null) {
      counters.exhausted += 1;
      return null;
    }
    // A client that only looks round keeps the lease it has.
    const own = leases.of(client);
    const isItsOwn = own?.address === address && own.state === 'bound' && own.expiresMs > nowMs;
    if (!isItsOwn) leases.give(address, client, station, 'offered', nowMs + offerMs);
    counters.offers += 1;
    return this.#reply(message, dhcpType.offer, address, this.#leaseSeconds(message));
  }

  /** RFC 2131 §4.3.2: what a request means follows from what it names. */
  #request(message: DhcpMessage, nowMs: number): DhcpReply | null {
    const { counters, leases } = this;
    counters.requests += 1;
    const { server } = this.#options;
    const [client, station] = identityOf(message);
    const chosen = addressOption(message, dhcpOption.serverIdentifier);
    const requested = addressOption(message, dhcpOption.requestedAddress);
    const lease = leases.of(client);
    if (chosen !== 0) {
      // SELECTING.
      if (chosen !== server) {
        if (lease?.state === 'offered') leases.free(lease, nowMs);
        return this.#ignore();
      }
      const isOffered =
        lease !== undefined && lease.address === requested && leases.isFreeFor(requested, client, station, nowMs);
      return isOffered && lease.state !== 'free' ? this.#bind(message, requested, nowMs) : this.#nak(message);
    }
    if (message.ciaddr === 0) {
      // INIT-REBOOT: wrong networks are told so; of what is unknown, another server may know.
      if (requested === 0) return this.#ignore();
      if (!this.#isOnNetwork(requested)) return this.#nak(message);
      if (lease === undefined) return this.#ignore();
      const isHis = lease.address === requested && leases.isFreeFor(requested, client, station, nowMs);
      return isHis ? this.#bind(message, requested, nowMs) : this.#nak(message);
    }
    // RENEWING or REBINDING. A server that was started anew knows of no lease; this one has nobody beside it.
    const isFree = leases.isFreeFor(message.ciaddr, client, station, nowMs);
    return isFree ? this.#bind(message, message.ciaddr, nowMs) : this.#nak(message);
  }

  #decline(message: DhcpMessage, nowMs: number): null {
    this.counters.declines += 1;
    const [client, station] = identityOf(message);
    const lease = this.leases.of(client);
    const declined = addressOption(message, dhcpOption.requestedAddress);
    if (addressOption(message, dhcpOption.serverIdentifier) !== this.#options.server || lease?.address !== declined) {
      return this.#ignore();
    }
    // Kept under the station's own name, so that it counts among the few that a station has.
    this.leases.give(declined, `declined ${declined}`, station, 'declined', nowMs + declinedMs);
    return null;
  }

  #release(message: DhcpMessage, nowMs: number): null {
    this.counters.releases += 1;
    const [client] = identityOf(message);
    const lease = this.leases.of(client);
    if (lease === undefined || lease.address !== message.ciaddr) return this.#ignore();
    this.leases.free(lease, nowMs);
    return null;
  }

  /** RFC 2131 §4.3.5: parameters for who has an address already; no lease. */
  #inform(message: DhcpMessage): DhcpReply | null {
    this.counters.informs += 1;
    if (!this.#isOnNetwork(message.ciaddr)) return this.#ignore();
    this.counters.acks += 1;
    return this.#reply(message, dhcpType.ack, 0, null);
  }

  #bind(message: DhcpMessage, address: number, nowMs: number): DhcpReply {
    const [client, station] = identityOf(message);
    const seconds = this.#leaseSeconds(message);
    this.leases.give(address, client, station, 'bound', nowMs + seconds * 1000);
    this.counters.acks += 1;
    return this.#reply(message, dhcpType.ack, address, seconds);
  }

  #nak(message: DhcpMessage): DhcpReply {
    this.counters.naks += 1;
    return this.#reply(message, dhcpType.nak, 0, null);
  }

  #ignore(): null {
    this.counters.ignored += 1;
    return null;
  }

  #reply(request: DhcpMessage, type: number, yiaddr: number, leaseSeconds: number | null): DhcpReply {
    const { server, mask, router, nameServer } = this.#options;
    const isNak = type === dhcpType.nak;
    const options = new Map([[dhcpOption.serverIdentifier as number, wordsOption(server)]]);
    if (leaseSeconds !== null) options.set(dhcpOption.leaseTime, wordsOption(leaseSeconds));
    if (!isNak) {
      // The mask before the router (RFC 2132 §3.3).
      options.set(dhcpOption.subnetMask, wordsOption(mask));
      options.set(dhcpOption.router, wordsOption(router));
      options.set(dhcpOption.broadcastAddress, wordsOption(server | ~mask));
      if (nameServer !== null) options.set(dhcpOption.domainNameServer, wordsOption(nameServer));
    }
    // RFC 6842 §3: the client knows itself again by its identifier.
    const identifier = request.options.get(dhcpOption.clientIdentifier);
    if (identifier !== undefined) options.set(dhcpOption.clientIdentifier, identifier);
    const ciaddr = type === dhcpType.ack ? request.ciaddr : 0;
    const { xid, broadcast, chaddr } = request;
    const message = { op: 2, type, xid, secs: 0, broadcast, ciaddr, yiaddr, giaddr: 0, chaddr, options } as const;
    // RFC 2131 §4.1: to the address that the client has; who has none, or is to lose it, hears broadcasts.
    return { bytes: emitDhcp(message), to: ciaddr === 0 ? -1 : ciaddr };
  }

  #leaseSeconds(message: DhcpMessage): number {
    const { leaseSeconds } = this.#options;
    const wanted = addressOption(message, dhcpOption.leaseTime) >>> 0;
    return wanted === 0
      ? leaseSeconds
      : Math.min(Math.max(wanted, Math.min(shortestLeaseSeconds, leaseSeconds)), leaseSeconds);
  }

  #isOnNetwork(address: number): boolean {
    const { server, mask } = this.#options;
    return ((address ^ server) & mask) === 0;
  }
}

/** Who a message is from: its client and its station. */
function identityOf(message: DhcpMessage): readonly [client: string, station: string] {
  const station = hex(message.chaddr);
  const identifier = message.options.get(dhcpOption.clientIdentifier);
  // RFC 2132 §9.14: two bytes at least.
  return [identifier !== undefined && identifier.length >= 2 ? `id ${hex(identifier)}` : `mac ${station}`, station];
}

/** Bytes as people write hardware addresses, without the colons. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** A word as an address. */
export function addressOfWord(word: number): Address {
  return { w0: 0, w1: 0, w2: 0xffff, w3: word | 0 };
}
