import { SO_BROADCAST, SO_REUSEADDR, SOL_SOCKET } from '@synos/abi';
import type { Address, Clock } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { formatAddress, ipv4Any, parseAddress } from '@synos/wire';
import { createScratch, GuestDatagrams } from '../guest-datagrams.js';
import { addressOfWord, type DhcpCounters, DhcpServer } from './server.js';

const serverPort = 67;
const clientPort = 68;
/** Addresses that a pool has at most: a table of so many leases is searched from end to end. */
const largestPool = 4096;

/** Options of {@link Gateway.serveDhcp}. */
export interface DhcpOptions {
  /** The gateway's address on the network that is served, with its prefix: `'10.0.0.1/24'`. The stack must have it. */
  readonly address: string;
  /** First and last address to give; by default all of the network but the gateway's, 4,096 at most. */
  readonly pool?: { readonly first: string; readonly last: string };
  /** The way out that clients are told; the gateway by default. */
  readonly router?: string;
  /** The name server that clients are told; none by default. */
  readonly nameServer?: string;
  /** How long a lease lasts, in seconds, 1 or more; 3,600 by default. */
  readonly leaseSeconds?: number;
  /** Whether somebody else than the station (12 hexadecimal digits) is known to have an address: it is not given. */
  readonly isTaken?: (address: string, station: string) => boolean;
}

/** What the DHCP server has counted; see `DhcpCounters`. */
export interface DhcpStats extends Readonly<DhcpCounters> {
  /** Addresses in use now. */
  readonly leases: number;
  /** Addresses that there are to give. */
  readonly poolSize: number;
}

/** A running DHCP server. */
export interface DhcpService {
  readonly stats: DhcpStats;
  /** Stops answering. Idempotent. */
  close(): void;
}

/** Serves a network by way of a stack. */
export class DhcpOverStack implements DhcpService {
  readonly #server: DhcpServer;
  readonly #clock: Clock;
  /** Hears who broadcasts. */
  readonly #all: GuestDatagrams;
  /** Hears who knows us, and answers in the gateway's name. */
  readonly #own: GuestDatagrams;
  readonly #poolSize: number;

  /** @throws TypeError or RangeError for an option; Error when the stack's port 67 is taken */
  constructor(stack: Netstack, clock: Clock, options: DhcpOptions) {
    const { address, mask } = networkOf(options.address);
    const { router, nameServer, leaseSeconds = 3600, isTaken } = options;
    if (!(Number.isInteger(leaseSeconds) && leaseSeconds >= 1 && leaseSeconds < 0xffffffff)) {
      throw new RangeError(`leaseSeconds must be a whole number of 1 or more: ${leaseSeconds}`);
    }
    const { first, last } = poolOf(address, mask, options.pool);
    const ownUnsigned = address >>> 0;
    this.#poolSize = last - first + (ownUnsigned >= first && ownUnsigned <= last ? 0 : 1);
    this.#clock = clock;
    this.#server = new DhcpServer({
      server: address,
      mask,
      router: router === undefined ? address : wordOf(router),
      nameServer: nameServer === undefined ? null : wordOf(nameServer),
      first,
      last,
      leaseSeconds,
      isTaken: isTaken && ((word, station) => isTaken(formatAddress(addressOfWord(word)), station)),
    });
    const scratch = createScratch();
    const open = (local: Address, isShared: boolean): GuestDatagrams | number =>
      GuestDatagrams.open({
        sockets: stack.sockets,
        scratch,
        isShared,
        local: { address: local, port: serverPort },
        onDatagram: (bytes) => this.#receive(bytes),
      });
    const own = open(addressOfWord(address), false);
    if (typeof own === 'number') throw new Error(`the stack's port 67 cannot be had: errno ${-own}`);
    // The two share the port with one another, and with nobody else.
    own.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    const all = open(ipv4Any, true);
    if (typeof all === 'number') {
      own.close();
      throw new Error(`the stack's port 67 cannot be had: errno ${-all}`);
    }
    for (const { socket } of [own, all]) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 0);
    own.socket.setsockopt(SOL_SOCKET, SO_BROADCAST, 1);
    this.#own = own;
    this.#all = all;
  }

  get stats(): DhcpStats {
    const { counters, leases } = this.#server;
    return { ...counters, leases: leases.bound(this.#clock.now()), poolSize: this.#poolSize };
  }

  close(): void {
    this.#own.close();
    this.#all.close();
  }

  #receive(bytes: Uint8Array): void {
    const reply = this.#server.receive(bytes, this.#clock.now());
    if (reply !== null) this.#own.send(reply.bytes, { address: addressOfWord(reply.to), port: clientPort });
  }
}

function networkOf(text: string): { address: number; mask: number } {
  const [, address = '', bits = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  if (!(Number(bits) >= 1 && Number(bits) <= 30)) {
    throw new TypeError(`not an address of a network with room for others (like 10.0.0.1/24): ${text}`);
  }
  return { address: wordOf(address), mask: -1 << (32 - Number(bits)) };
}

function wordOf(text: string): number {
  const address = parseAddress(text);
  if (address === undefined || text.includes(':')) throw new TypeError(`not an address (like 10.0.0.1): ${text}`);
  return address.w3;
}

function poolOf(address: number, mask: number, pool: DhcpOptions['pool']): { first: number; last: number } {
  const network = (address & mask) >>> 0;
  const broadcast = (address | ~mask) >>> 0;
  const first = pool === undefined ? network + 1 : wordOf(pool.first) >>> 0;
  const last = pool === undefined ? Math.min(broadcast - 1, network + largestPool) : wordOf(pool.last) >>> 0;
  if (first <= network || last >= broadcast || first > last || last - first >= largestPool) {
    throw new RangeError(`a pool is 1 to ${largestPool} addresses of the network, first to last`);
  }
  return { first, last };
}
