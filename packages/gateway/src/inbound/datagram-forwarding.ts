import { createSocket, type Socket as HostDatagrams, type RemoteInfo } from 'node:dgram';
import type { EventLoop, SocketAddress } from '@synos/interfaces';
import type { Sockets } from '@synos/socket';
import { createScratch, GuestDatagrams } from '../guest-datagrams.js';
import { type IdleEntry, IdleTable } from '../idle-table.js';

/** Bytes that may wait in the host's socket; what comes when more do is dropped. */
const hostQueueBytes = 1 << 20;

/** What a forwarding of datagrams has done so far. */
export interface DatagramForwardingStats {
  /** Flows that were opened, one for each place that sent to the host's port. */
  readonly flows: number;
  /** Of these, those that are open now. */
  readonly active: number;
  /** Flows that made room for others. */
  readonly evicted: number;
  readonly toGuest: number;
  readonly toHost: number;
  /** Datagrams for which there was no room, or no way. */
  readonly dropped: number;
}

/** A host UDP port whose datagrams go to a guest, and the guest's answers back. */
export interface DatagramForwarding {
  /** Where the host listens. */
  readonly host: string;
  /** The port it listens on: the one asked for, or the one found for 0. */
  readonly port: number;
  /** The numbers of this moment. */
  readonly stats: DatagramForwardingStats;
  /** Stops listening and ends every flow; resolves when the port is free. Idempotent. */
  close(): Promise<void>;
}

/** What a {@link DatagramPortForwarding} is made of. */
export interface DatagramPortForwardingOptions {
  readonly sockets: Sockets;
  readonly loop: EventLoop;
  readonly guest: SocketAddress;
  readonly maxFlows: number;
  readonly idleMs: number;
}

interface Flow extends IdleEntry {
  readonly key: string;
  readonly guest: GuestDatagrams;
}

/** Listens on a host UDP port; each place that sends there gets a port of our stack to talk to the guest from. */
export class DatagramPortForwarding implements DatagramForwarding {
  host: string;
  port: number;
  readonly #options: DatagramPortForwardingOptions;
  readonly #socket: HostDatagrams;
  readonly #scratch: Buffer;
  readonly #flows: Map<string, Flow>;
  readonly #table: IdleTable<Flow>;
  #opened: number;
  #evicted: number;
  #toGuest: number;
  #toHost: number;
  #dropped: number;
  #closed: Promise<void> | null;

  constructor(options: DatagramPortForwardingOptions) {
    const { loop, maxFlows, idleMs } = options;
    this.host = '';
    this.port = 0;
    this.#options = options;
    this.#socket = createSocket('udp4');
    this.#scratch = createScratch();
    this.#flows = new Map();
    this.#table = new IdleTable({ loop, idleMs, limit: maxFlows, ownerLimit: maxFlows });
    this.#opened = 0;
    this.#evicted = 0;
    this.#toGuest = 0;
    this.#toHost = 0;
    this.#dropped = 0;
    this.#closed = null;
  }

  get stats(): DatagramForwardingStats {
    return {
      flows: this.#opened,
      active: this.#table.size,
      evicted: this.#evicted,
      toGuest: this.#toGuest,
      toHost: this.#toHost,
      dropped: this.#dropped,
    };
  }

  /** Begins to listen; rejects with Node's error when the port cannot be had. */
  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', reject);
        // An answer that did not get through is one datagram's misfortune.
        socket.on('error', () => {
          this.#dropped += 1;
        });
        socket.on('message', (bytes, from) => this.#toTheGuest(bytes, from));
        const place = socket.address();
        this.host = place.address;
        this.port = place.port;
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      for (const flow of this.#table.clear()) flow.guest.close();
      this.#flows.clear();
      this.#socket.close(() => resolve());
    });
    return this.#closed;
  }

  #toTheGuest(bytes: Buffer, { address, port }: RemoteInfo): void {
    if (this.#closed !== null) return;
    const key = `${address}:${port}`;
    const flow = this.#flows.get(key) ?? this.#open(key, address, port);
    if (flow === null) {
      this.#dropped += 1;
      return;
    }
    flow.usedMs = this.#options.loop.now();
    if (flow.guest.send(bytes)) this.#toGuest += 1;
    else this.#dropped += 1;
  }

  #open(key: string, address: string, port: number): Flow | null {
    const { sockets, guest: peer, loop } = this.#options;
    const guest = GuestDatagrams.open({
      sockets,
      scratch: this.#scratch,
      peer,
      onDatagram: (bytes) => {
        flow.usedMs = loop.now();
        this.#toTheHost(bytes, address, port);
      },
    });
    if (typeof guest === 'number') return null;
    const flow: Flow = {
      key,
      owner: '',
      guest,
      usedMs: loop.now(),
      expired: (why) => {
        if (why === 'evicted') this.#evicted += 1;
        this.#flows.delete(key);
        guest.close();
      },
    };
    this.#opened += 1;
    this.#flows.set(key, flow);
    this.#table.add(flow);
    return flow;
  }

  #toTheHost(bytes: Buffer, address: string, port: number): void {
    if (this.#closed !== null || this.#socket.getSendQueueSize() > hostQueueBytes) {
      this.#dropped += 1;
      return;
    }
    this.#toHost += 1;
    this.#socket.send(bytes, port, address, (error) => {
      if (error !== null) this.#dropped += 1;
    });
  }
}
