import { type Address, failure, type Result, type TransportEndpoint, type TransportProtocol } from '@synos/interfaces';
import { protocolNumber } from '@synos/wire';
import { armAt, earliestDue, type TcpCore } from './core.js';
import { Embryo } from './embryo.js';
import { TcpEndpoint } from './endpoint.js';
import type { EndpointOptions } from './endpoint-options.js';
import type { EndpointState } from './endpoint-state.js';
import { flag } from './flag.js';
import { type Flow, flowKind } from './flow.js';
import { endConnection, endEmbryo, endTimeWait } from './lifecycle.js';
import { ListenState } from './listen-state.js';
import { PortHold, type SharingOptions } from './port-hold.js';
import { Tcp } from './protocol.js';
import { captureConnection, captureFields, rebuildConnection, restoreFields, type Scalars } from './snapshot-fields.js';
import type { Tcb } from './tcb.js';
import { TimeWait } from './time-wait.js';
import { unlisten } from './user-calls/open.js';

/** A connection as plain data. */
export interface ConnectionSnapshot {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  readonly options: EndpointOptions;
  /** Place in {@link TcpSnapshot.endpoints} of whose it is, or -1. */
  readonly owner: number;
  /** Place in {@link TcpSnapshot.holds}, or -1. */
  readonly hold: number;
  /** Whether segments reach it. */
  readonly registered: boolean;
  readonly fields: Scalars;
  readonly congestion: Readonly<Record<string, number>>;
  /** Bytes not acknowledged or not sent, from `snd.una` on. */
  readonly sendText: readonly number[];
  /** Bytes not read, then whatever lies out of order behind them. */
  readonly receiveText: readonly number[];
  readonly records: readonly (readonly number[])[];
  readonly outOfOrder: readonly (readonly number[])[];
}

/** A half-open connection or one in TIME-WAIT as plain data. */
export interface RecordSnapshot {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** Half-open: the listener's place in {@link TcpSnapshot.endpoints}. TIME-WAIT: place in `holds`. */
  readonly parent: number;
  /** TIME-WAIT: place in {@link TcpSnapshot.connections} of what the user has not closed, or -1. */
  readonly connection: number;
  readonly fields: Scalars;
}

/** An endpoint as plain data. */
export interface EndpointSnapshot {
  readonly options: EndpointOptions;
  readonly hold: number;
  /** Place in {@link TcpSnapshot.connections}, or -1. */
  readonly connection: number;
  /** While listening: the backlog and who waits for `accept`, oldest first. */
  readonly listening: { readonly backlog: number; readonly accepting: readonly number[] } | null;
}

/** Endpoints of a TCP and all that belongs to them, as plain data that JSON can carry. */
export interface TcpSnapshot {
  /** The host's time. */
  readonly nowMs: number;
  readonly epochMs: number;
  /** The secret that sequence numbers are made with. */
  readonly sequenceKey: readonly [number, number];
  readonly holds: readonly (SharingOptions & {
    readonly local: Address;
    readonly port: number;
    readonly autobound: boolean;
  })[];
  readonly endpoints: readonly (EndpointSnapshot | null)[];
  readonly connections: readonly ConnectionSnapshot[];
  readonly halfOpen: readonly RecordSnapshot[];
  readonly timeWaits: readonly RecordSnapshot[];
}

/**
 * An endpoint, its connection, its queues and its TIME-WAIT as plain data.
 *
 * @param endpoint - of a transport made by `createTcp`; a closed one gives an empty snapshot
 * @throws TypeError when the endpoint is not a TCP endpoint of ours
 * @example
 * ```ts
 * const text = JSON.stringify(snapshot(endpoint));
 * ```
 */
export function snapshot(endpoint: TransportEndpoint): TcpSnapshot {
  if (!(endpoint instanceof TcpEndpoint)) throw new TypeError('snapshot takes an endpoint of createTcp');
  endpoint.core.enter();
  return new Capture(endpoint.core, [endpoint.index < 0 ? null : endpoint], false).result();
}

/**
 * Everything in a TCP, connections without an endpoint included.
 *
 * @param endpoints - in the order that their places shall have; closed ones as null
 */
export function snapshotAll(core: TcpCore, endpoints: readonly (TcpEndpoint | null)[]): TcpSnapshot {
  return new Capture(core, endpoints, true).result();
}

/**
 * Brings a snapshot to life in a TCP whose host has the same addresses and whose clock goes on from the snapshot's
 * time. From then on it behaves as the original would.
 *
 * @param transport - made by `createTcp`, with the settings that the original had
 * @returns the endpoints in the order of the snapshot, or a failure (a port is taken, no route, no memory), in which
 *   case nothing has changed
 */
export function restore(transport: TransportProtocol, data: TcpSnapshot): (TransportEndpoint | null)[] | Result {
  if (!(transport instanceof Tcp)) throw new TypeError('restore takes a transport of createTcp');
  transport.core.enter();
  const result = restoreAll(transport.core, data);
  transport.core.host.wake();
  return result;
}

class Capture {
  private readonly core: TcpCore;
  private readonly endpoints: readonly (EndpointState | null)[];
  private readonly holds: PortHold[] = [];
  private readonly connections: Tcb[] = [];
  private readonly halfOpen: Embryo[] = [];
  private readonly timeWaits: TimeWait[] = [];

  constructor(core: TcpCore, endpoints: readonly (EndpointState | null)[], everything: boolean) {
    this.core = core;
    this.endpoints = endpoints;
    for (const endpoint of endpoints) if (endpoint !== null) this.addEndpoint(endpoint);
    for (const flow of core.demux.flows) if (flow !== null) this.addFlow(flow, everything);
  }

  result(): TcpSnapshot {
    const { core } = this;
    const endpoints = this.endpoints.map((endpoint): EndpointSnapshot | null => {
      if (endpoint === null) return null;
      const { options, listening } = endpoint;
      return {
        options,
        hold: this.holdIndex(endpoint.hold),
        connection: endpoint.tcb === null ? -1 : this.connections.indexOf(endpoint.tcb),
        listening: listening && {
          backlog: listening.backlog,
          accepting: listening.accepting.map((tcb) => this.connections.indexOf(tcb)),
        },
      };
    });
    const connections = this.connections.map((tcb) => ({
      ...endsOf(tcb),
      options: tcb.options,
      owner: this.endpoints.indexOf(tcb.owner),
      hold: this.holdIndex(tcb.hold),
      registered: tcb.id >= 0,
      ...captureConnection(tcb),
    }));
    const halfOpen = this.halfOpen.map((embryo) => ({
      ...endsOf(embryo),
      parent: this.endpoints.indexOf(embryo.listening.endpoint),
      connection: -1,
      fields: captureFields(embryo),
    }));
    const timeWaits = this.timeWaits.map((record) => ({
      ...endsOf(record),
      parent: this.holdIndex(record.hold),
      connection: record.tcb === null ? -1 : this.connections.indexOf(record.tcb),
      fields: captureFields(record),
    }));
    return {
      nowMs: core.host.now,
      epochMs: core.epochMs,
      sequenceKey: [core.sequenceHash.key0, core.sequenceHash.key1],
      holds: this.holds.map(({ local, port, reuseAddress, reusePort, device, autobound }) => {
        return { local, port, reuseAddress, reusePort, device, autobound };
      }),
      endpoints,
      connections,
      halfOpen,
      timeWaits,
    };
  }

  private addEndpoint(endpoint: EndpointState): void {
    if (endpoint.tcb !== null) this.connections.push(endpoint.tcb);
    const { listening } = endpoint;
    if (listening === null) return;
    this.connections.push(...listening.accepting);
    for (let embryo = listening.oldest; embryo !== null; embryo = embryo.newer) this.halfOpen.push(embryo);
  }

  private addFlow(flow: Flow, everything: boolean): void {
    if (flow.kind === flowKind.timeWait) {
      const record = flow as TimeWait;
      if (everything || (record.tcb !== null && this.connections.includes(record.tcb))) this.timeWaits.push(record);
    } else if (flow.kind === flowKind.connection && everything && !this.connections.includes(flow as Tcb)) {
      this.connections.push(flow as Tcb);
    }
  }

  private holdIndex(hold: PortHold | null): number {
    if (hold === null) return -1;
    const known = this.holds.indexOf(hold);
    return known >= 0 ? known : this.holds.push(hold) - 1;
  }
}

function endsOf(flow: Flow): Pick<ConnectionSnapshot, 'local' | 'localPort' | 'remote' | 'remotePort'> {
  const { local, localPort, remote, remotePort } = flow;
  return { local: { ...local }, localPort, remote: { ...remote }, remotePort };
}

/** {@link restore} without the checks of its arguments. */
export function restoreAll(core: TcpCore, data: TcpSnapshot): (TcpEndpoint | null)[] | Result {
  return new Restoration(core, data).run();
}

/**
 * How much later than in a TCP of another epoch our ticks are: not at all where nothing has been counted yet, for then we
 * count from that epoch too.
 */
function shiftTo(core: TcpCore, epochMs: number): number {
  if (core.demux.count > 0 || core.wheel.time > 0) return epochMs - core.epochMs;
  core.epochMs = epochMs;
  // Another time, and this one again: what is known of it was counted from the old epoch.
  core.setNow(-1);
  core.setNow(core.host.now);
  return 0;
}

class Restoration {
  private readonly core: TcpCore;
  private readonly data: TcpSnapshot;
  /** How much later (or earlier) our ticks are than the snapshot's. */
  private readonly shiftMs: number;
  private readonly holds: PortHold[] = [];
  private readonly endpoints: (TcpEndpoint | null)[] = [];
  private readonly flows: Flow[] = [];
  private readonly connections: Tcb[] = [];

  constructor(core: TcpCore, data: TcpSnapshot) {
    this.core = core;
    this.data = data;
    this.shiftMs = shiftTo(core, data.epochMs);
  }

  run(): (TcpEndpoint | null)[] | Result {
    const result = this.build();
    if (result < 0) this.undo();
    // The restoration's own use of the ports ends: endpoints, connections and records hold them now.
    for (const hold of this.holds) hold.drop(this.core.host.ports);
    return result < 0 ? result : this.endpoints;
  }

  private build(): Result {
    const { core, data } = this;
    core.sequenceHash = core.sequenceHash.withKey(data.sequenceKey[0], data.sequenceKey[1]);
    for (const held of data.holds) {
      const hold = new PortHold(held.local, held, held.autobound);
      const result = hold.claim(core.host.ports, held.port);
      if (result < 0) return result;
      this.holds.push(hold);
    }
    for (const one of data.endpoints) {
      const result = this.addEndpoint(one);
      if (result < 0) return result;
    }
    for (const one of data.connections) {
      const result = this.addConnection(one);
      if (result < 0) return result;
    }
    data.endpoints.forEach((one, index) => {
      const endpoint = this.endpoints[index] ?? null;
      if (one === null || endpoint === null) return;
      endpoint.tcb = one.connection < 0 ? null : this.connections[one.connection]!;
      for (const waiting of one.listening?.accepting ?? []) {
        const tcb = this.connections[waiting]!;
        tcb.waitsAt = endpoint.listening;
        endpoint.listening!.accepting.push(tcb);
      }
    });
    for (const one of data.halfOpen) {
      const result = this.addHalfOpen(one);
      if (result < 0) return result;
    }
    for (const one of data.timeWaits) {
      const result = this.addTimeWait(one);
      if (result < 0) return result;
    }
    return 0;
  }

  private addEndpoint(one: EndpointSnapshot | null): Result {
    const { core } = this;
    if (one === null) {
      this.endpoints.push(null);
      return 0;
    }
    const endpoint = new TcpEndpoint(core);
    this.endpoints.push(endpoint);
    endpoint.options = one.options;
    endpoint.hold = this.sharedHold(one.hold);
    const { hold } = endpoint;
    if (one.listening === null || hold === null) return 0;
    const result = core.host.ports.mayListen(protocolNumber.tcp, hold.local, hold.port, hold);
    if (result < 0) return result;
    hold.listening = true;
    endpoint.listening = new ListenState(endpoint, hold, one.listening.backlog);
    const others = core.listeners.get(hold.port);
    if (others === undefined) core.listeners.set(hold.port, [endpoint.listening]);
    else others.push(endpoint.listening);
    return 0;
  }

  private addConnection(one: ConnectionSnapshot): Result {
    const { core } = this;
    const route = core.host.route(one.local, one.remote, one.fields.device as number);
    if (typeof route === 'number') return route;
    const tcb = rebuildConnection(core, route, one, this.shiftMs);
    if (tcb === null) return failure.noBuffers;
    tcb.owner = one.owner < 0 ? null : (this.endpoints[one.owner] ?? null);
    tcb.hold = this.sharedHold(one.hold);
    this.connections.push(tcb);
    if (!one.registered) return 0;
    const result = this.register(tcb);
    if (result === 0) armAt(core, tcb, earliestDue(tcb));
    // Taken in the middle of a poll: what was owed at its end is owed at the end of the next.
    if ((tcb.flags & flag.ackOwed) !== 0) core.owedAcks[core.owedAckCount++] = tcb;
    return result;
  }

  private addHalfOpen(one: RecordSnapshot): Result {
    const { core } = this;
    const route = core.host.route(one.local, one.remote, one.fields.device as number);
    if (typeof route === 'number') return route;
    const { listening } = this.endpoints[one.parent]!;
    const embryo = new Embryo(listening!, route, one.localPort, one.remotePort);
    restoreFields(embryo, one.fields, this.shiftMs);
    const result = this.register(embryo);
    if (result < 0) return result;
    listening!.add(embryo);
    armAt(core, embryo, embryo.dueMs);
    return 0;
  }

  private addTimeWait(one: RecordSnapshot): Result {
    const { core } = this;
    const route = core.host.route(one.local, one.remote, one.fields.device as number);
    if (typeof route === 'number') return route;
    const tcb = one.connection < 0 ? null : this.connections[one.connection]!;
    const record = new TimeWait(route, one.localPort, one.remotePort, 0, core.options.send, this.holds[one.parent]!);
    restoreFields(record, one.fields, this.shiftMs);
    record.tcb = tcb;
    const result = this.register(record);
    if (result < 0) return result;
    record.hold.share();
    core.timeWaits++;
    armAt(core, record, record.dueMs);
    return 0;
  }

  private register(flow: Flow): Result {
    const { demux } = this.core;
    if (demux.find(flow.local, flow.localPort, flow.remote, flow.remotePort) !== null) return failure.addressInUse;
    demux.insert(flow);
    this.flows.push(flow);
    return 0;
  }

  private sharedHold(index: number): PortHold | null {
    if (index < 0) return null;
    const hold = this.holds[index]!;
    hold.share();
    return hold;
  }

  private undo(): void {
    const { core } = this;
    for (const endpoint of this.endpoints) {
      if (endpoint === null) continue;
      endpoint.tcb = null;
      if (endpoint.listening !== null) unlisten(core, endpoint);
      endpoint.close();
    }
    for (const tcb of this.connections) {
      tcb.owner = null;
      tcb.waitsAt = null;
      endConnection(core, tcb, 0);
    }
    for (const flow of this.flows) {
      if (flow.id < 0) continue;
      if (flow.kind === flowKind.embryo) endEmbryo(core, flow as Embryo);
      else endTimeWait(core, flow as TimeWait);
    }
  }
}
