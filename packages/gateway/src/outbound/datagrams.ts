import type { Arrival, Claim, EventLoop, Packet } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { formatAddress, udpDestinationPort, udpSourcePort } from '@synos/wire';
import { createScratch } from '../guest-datagrams.js';
import { IdleTable } from '../idle-table.js';
import { DatagramFlow, type DatagramFlowOwner } from './datagram-flow.js';
import type { HostPlace } from './destinations.js';
import { HeldPacket } from './held-packet.js';

/** What guests' datagrams have come to. */
export interface DatagramStats {
  /** Flows that were opened: a guest's port and a destination's each. */
  readonly flows: number;
  /** Of these, those that are open now. */
  readonly active: number;
  /** Flows that ended because nothing came for long. */
  readonly idle: number;
  /** Flows that ended because their guest had too many. */
  readonly evicted: number;
  /** Flows that could not be opened. */
  readonly failed: number;
  readonly toHost: number;
  readonly toGuest: number;
  /** Datagrams for which there was no room, on either side. */
  readonly dropped: number;
  /** How often the host said that nobody is there. */
  readonly unreachable: number;
}

/** What {@link GuestFlows} is made of. */
export interface GuestFlowsOptions {
  readonly stack: Netstack;
  readonly loop: EventLoop;
  readonly maxFlows: number;
  readonly maxFlowsPerGuest: number;
  readonly idleMs: number;
}

/** Guests' UDP to the host's side, and the answers. */
export class GuestFlows implements DatagramFlowOwner {
  readonly stack: Netstack;
  readonly loop: EventLoop;
  readonly scratch: Buffer;
  flows: number;
  idle: number;
  evicted: number;
  failed: number;
  toHost: number;
  toGuest: number;
  dropped: number;
  unreachable: number;
  readonly #table: IdleTable<DatagramFlow>;

  constructor({ stack, loop, maxFlows, maxFlowsPerGuest, idleMs }: GuestFlowsOptions) {
    this.stack = stack;
    this.loop = loop;
    this.scratch = createScratch();
    this.flows = 0;
    this.idle = 0;
    this.evicted = 0;
    this.failed = 0;
    this.toHost = 0;
    this.toGuest = 0;
    this.dropped = 0;
    this.unreachable = 0;
    this.#table = new IdleTable({ loop, idleMs, limit: maxFlows, ownerLimit: maxFlowsPerGuest });
  }

  get stats(): DatagramStats {
    const { flows, idle, evicted, failed, toHost, toGuest, dropped, unreachable } = this;
    return { flows, active: this.#table.size, idle, evicted, failed, toHost, toGuest, dropped, unreachable };
  }

  /** What becomes of a datagram that no socket of the stack claims: it opens a flow, which then claims its like. */
  claim(packet: Packet, arrival: Arrival, place: HostPlace): Claim {
    const { view } = packet.memory;
    const guestPort = udpSourcePort(view, packet.start);
    const destinationPort = udpDestinationPort(view, packet.start);
    const owner = formatAddress(arrival.source);
    const held = new HeldPacket(packet, arrival);
    const flow = DatagramFlow.open(this, owner, held, guestPort, destinationPort, place);
    if (typeof flow === 'number') {
      this.failed += 1;
      return false;
    }
    this.flows += 1;
    this.#table.add(flow);
    return true;
  }

  /** @internal */
  flowEnded(_flow: DatagramFlow, why: 'idle' | 'evicted'): void {
    this[why] += 1;
  }

  close(): void {
    for (const flow of this.#table.clear()) flow.close();
  }
}
