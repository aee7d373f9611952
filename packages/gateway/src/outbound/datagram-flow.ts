import { createSocket, type Socket as HostDatagrams } from 'node:dgram';
import type { EventLoop } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { GuestDatagrams } from '../guest-datagrams.js';
import type { IdleEntry } from '../idle-table.js';
import { verdictOf } from './attempt.js';
import type { HostPlace } from './destinations.js';
import type { HeldPacket } from './held-packet.js';

/** Bytes that may wait in a host's socket; what comes when more do is dropped. */
const hostQueueBytes = 1 << 20;

/** Who keeps a flow. */
export interface DatagramFlowOwner {
  readonly stack: Netstack;
  readonly loop: EventLoop;
  readonly scratch: Buffer;
  toHost: number;
  toGuest: number;
  dropped: number;
  unreachable: number;
  flowEnded(flow: DatagramFlow, why: 'idle' | 'evicted'): void;
}

/** A guest's datagrams to one place and back: an endpoint of our stack in that place's name, and a socket of the host. */
export class DatagramFlow implements IdleEntry {
  readonly owner: string;
  usedMs: number;
  readonly #keeper: DatagramFlowOwner;
  readonly #guest: GuestDatagrams;
  readonly #host: HostDatagrams;
  readonly #held: HeldPacket;
  #isClosed: boolean;

  private constructor(keeper: DatagramFlowOwner, owner: string, held: HeldPacket, guest: GuestDatagrams) {
    this.owner = owner;
    this.usedMs = keeper.loop.now();
    this.#keeper = keeper;
    this.#held = held;
    this.#guest = guest;
    this.#host = createSocket('udp4');
    this.#isClosed = false;
  }

  /**
   * Opens both sides.
   *
   * @param held - the first datagram's headers; ports are the guest's and its destination's
   * @returns the flow, or a negative errno of our stack
   */
  static open(
    keeper: DatagramFlowOwner,
    owner: string,
    held: HeldPacket,
    guestPort: number,
    destinationPort: number,
    place: HostPlace,
  ): DatagramFlow | number {
    const { source, destination } = held.arrival;
    let flow: DatagramFlow | null = null;
    const guest = GuestDatagrams.open({
      sockets: keeper.stack.sockets,
      scratch: keeper.scratch,
      local: { address: destination, port: destinationPort },
      // Several flows have one destination, each with a guest of its own.
      isShared: true,
      peer: { address: source, port: guestPort },
      // Datagrams wait in the stack, in their bounded queue, until the host's socket can send.
      paused: true,
      onDatagram: (bytes) => flow?.toHost(bytes),
    });
    if (typeof guest === 'number') return guest;
    flow = new DatagramFlow(keeper, owner, held, guest);
    flow.#start(place);
    return flow;
  }

  toHost(bytes: Buffer): void {
    this.usedMs = this.#keeper.loop.now();
    if (this.#host.getSendQueueSize() > hostQueueBytes) {
      this.#keeper.dropped += 1;
      return;
    }
    this.#keeper.toHost += 1;
    this.#host.send(bytes, (error) => {
      if (error !== null) this.#hostFailed((error as NodeJS.ErrnoException).code);
    });
  }

  expired(why: 'idle' | 'evicted'): void {
    this.close();
    this.#keeper.flowEnded(this, why);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#guest.close();
    this.#host.close();
  }

  #start({ address, port }: HostPlace): void {
    const host = this.#host;
    host.on('message', (bytes) => this.#toGuest(bytes));
    host.on('error', (error: NodeJS.ErrnoException) => this.#hostFailed(error.code));
    // A connected socket hears its peer alone, and of its refusals.
    host.connect(port, address, (error?: Error) => {
      if (this.#isClosed) return;
      if (error) this.#hostFailed((error as NodeJS.ErrnoException).code);
      else this.#guest.resume();
    });
  }

  #toGuest(bytes: Buffer): void {
    if (this.#isClosed) return;
    this.usedMs = this.#keeper.loop.now();
    if (this.#guest.send(bytes)) this.#keeper.toGuest += 1;
    else this.#keeper.dropped += 1;
  }

  /** The host's word that nobody is there, passed on about the flow's first datagram. */
  #hostFailed(code: string | undefined): void {
    if (this.#isClosed) return;
    const verdict = verdictOf(code);
    if (verdict === 'silence') return;
    const { stack } = this.#keeper;
    this.#keeper.unreachable += 1;
    const packet = this.#held.revive(stack.memory.packets);
    if (packet === null) return;
    stack.ip.unreachable(packet, this.#held.arrival, verdict === 'reset' ? 'port' : verdict);
    packet.pool.release(packet);
  }
}
