import { createSocket, type Socket as HostDatagrams } from 'node:dgram';
import type { Entropy, EventLoop, SocketAddress } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { formatAddress, parseAddress } from '@synos/wire';
import { createScratch, GuestDatagrams } from '../guest-datagrams.js';
import { type IdleEntry, IdleTable } from '../idle-table.js';
import type { HostPlace } from '../outbound/destinations.js';
import { failureFor, readQuery, readResponse, withId } from './messages.js';

export const dnsPort = 53;
/** Bytes that may wait in the host's socket; what comes when more do is dropped. */
const hostQueueBytes = 1 << 20;

/** Options of {@link Gateway.serveDns}. Counts are whole numbers of 1 or more. */
export interface DnsOptions {
  /** The gateway's address that guests ask; the stack must have it. */
  readonly address: string;
  /** The resolver on the host's side; port 53 unless told. */
  readonly resolver: { readonly address: string; readonly port?: number };
  /** Queries that may wait for an answer, 1,024 by default; beyond, one of the guest with most gives way. */
  readonly maxQueries?: number;
  /** Queries of one guest's address that may wait, 128 by default; beyond, its oldest gives way. */
  readonly maxQueriesPerGuest?: number;
  /** How long the resolver may take, 5,000 ms by default; then the query is forgotten. */
  readonly timeoutMs?: number;
}

/** What became of guests' queries. */
export interface DnsStats {
  readonly queries: number;
  readonly answers: number;
  /** Queries that wait now. */
  readonly waiting: number;
  readonly timedOut: number;
  /** Queries that gave way to others. */
  readonly evicted: number;
  /** Queries answered with a failure, because the resolver could not be asked. */
  readonly failed: number;
  /** What guests sent that was no query. */
  readonly malformed: number;
  /** What came from the resolver and answers nothing that waits. */
  readonly unexpected: number;
}

/** A running forwarder. */
export interface DnsService {
  readonly stats: DnsStats;
  /** Stops answering. Idempotent. */
  close(): void;
}

interface Query extends IdleEntry {
  /** The identifier towards the resolver, a secret from those who would answer in its place. */
  readonly id: number;
  readonly guestId: number;
  readonly question: string;
  readonly from: SocketAddress;
  readonly bytes: Buffer;
}

/** Passes guests' queries on to a resolver, and its answers back. */
export class DnsForwarder implements DnsService {
  readonly #loop: EventLoop;
  readonly #entropy: Entropy;
  readonly #guests: GuestDatagrams;
  readonly #host: HostDatagrams;
  readonly #queries: Map<number, Query>;
  readonly #table: IdleTable<Query>;
  readonly #random: Uint8Array<ArrayBuffer>;
  #queryCount: number;
  #answers: number;
  #timedOut: number;
  #evicted: number;
  #failed: number;
  #malformed: number;
  #unexpected: number;
  #isClosed: boolean;

  /** @throws TypeError for an address; RangeError for a number; Error when the stack's port is taken */
  constructor(stack: Netstack, loop: EventLoop, entropy: Entropy, options: DnsOptions) {
    const { maxQueries = 1024, maxQueriesPerGuest = 128, timeoutMs = 5000 } = options;
    for (const [name, value] of Object.entries({ maxQueries, maxQueriesPerGuest, timeoutMs })) {
      const most = name === 'maxQueries' ? 16_384 : Number.MAX_SAFE_INTEGER;
      if (!(Number.isInteger(value) && value >= 1 && value <= most)) throw new RangeError(`${name}: ${value}`);
    }
    const address = parseAddress(options.address);
    if (address === undefined) throw new TypeError(`not an address (like 10.0.0.1): ${options.address}`);
    const resolver = placeOfResolver(options);
    this.#loop = loop;
    this.#entropy = entropy;
    this.#queries = new Map();
    this.#table = new IdleTable({ loop, idleMs: timeoutMs, limit: maxQueries, ownerLimit: maxQueriesPerGuest });
    this.#random = new Uint8Array(2);
    this.#queryCount = 0;
    this.#answers = 0;
    this.#timedOut = 0;
    this.#evicted = 0;
    this.#failed = 0;
    this.#malformed = 0;
    this.#unexpected = 0;
    this.#isClosed = false;
    const guests = GuestDatagrams.open({
      sockets: stack.sockets,
      scratch: createScratch(),
      local: { address, port: dnsPort },
      paused: true,
      onDatagram: (bytes, from) => this.#ask(bytes, { address: { ...from.address }, port: from.port }),
    });
    if (typeof guests === 'number') throw new Error(`the stack's port 53 cannot be had: errno ${-guests}`);
    this.#guests = guests;
    this.#host = createSocket(resolver.address.includes(':') ? 'udp6' : 'udp4');
    this.#host.on('message', (bytes) => this.#answer(bytes));
    this.#host.on('error', () => this.#failAll());
    // A connected socket hears the resolver alone.
    this.#host.connect(resolver.port, resolver.address, (error?: Error) => {
      if (this.#isClosed || error) return;
      this.#guests.resume();
    });
  }

  get stats(): DnsStats {
    return {
      queries: this.#queryCount,
      answers: this.#answers,
      waiting: this.#table.size,
      timedOut: this.#timedOut,
      evicted: this.#evicted,
      failed: this.#failed,
      malformed: this.#malformed,
      unexpected: this.#unexpected,
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#table.clear();
    this.#queries.clear();
    this.#guests.close();
    this.#host.close();
  }

  #ask(bytes: Buffer, from: SocketAddress): void {
    const summary = readQuery(bytes);
    if (summary === null) {
      this.#malformed += 1;
      return;
    }
    const id = this.#freeId();
    const query: Query = {
      id,
      guestId: summary.id,
      question: summary.question,
      from,
      bytes,
      owner: formatAddress(from.address),
      usedMs: this.#loop.now(),
      expired: (why) => {
        if (why === 'idle') this.#timedOut += 1;
        else this.#evicted += 1;
        this.#queries.delete(id);
      },
    };
    this.#queryCount += 1;
    this.#queries.set(id, query);
    this.#table.add(query);
    if (this.#host.getSendQueueSize() > hostQueueBytes) {
      this.#fail(query);
      return;
    }
    this.#host.send(withId(bytes, id), (error) => {
      if (error !== null && this.#queries.get(id) === query) this.#fail(query);
    });
  }

  #answer(bytes: Buffer): void {
    if (this.#isClosed) return;
    const summary = readResponse(bytes);
    const query = summary === null ? undefined : this.#queries.get(summary.id);
    if (query === undefined || query.question !== summary?.question) {
      this.#unexpected += 1;
      return;
    }
    this.#forget(query);
    this.#answers += 1;
    this.#guests.send(withId(bytes, query.guestId), query.from);
  }

  /** The host says that nobody listens at the resolver: those who wait need not. */
  #failAll(): void {
    if (this.#isClosed) return;
    for (const query of [...this.#queries.values()]) this.#fail(query);
  }

  #fail(query: Query): void {
    this.#forget(query);
    this.#failed += 1;
    const failure = failureFor(query.bytes);
    if (failure !== null) this.#guests.send(failure, query.from);
  }

  #forget(query: Query): void {
    this.#queries.delete(query.id);
    this.#table.delete(query);
  }

  /** Random, so that nobody else can guess it (RFC 5452 §9.2); a quarter of all are in use at most. */
  #freeId(): number {
    for (;;) {
      this.#entropy.fill(this.#random);
      const id = ((this.#random[0] as number) << 8) | (this.#random[1] as number);
      if (!this.#queries.has(id)) return id;
    }
  }
}

/** Where the resolver is. */
export function placeOfResolver({ resolver }: Pick<DnsOptions, 'resolver'>): HostPlace {
  const { address, port = dnsPort } = resolver;
  if (parseAddress(address) === undefined) throw new TypeError(`not an address (like 192.0.2.53): ${address}`);
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) throw new RangeError(`port out of range: ${port}`);
  return { address, port };
}
