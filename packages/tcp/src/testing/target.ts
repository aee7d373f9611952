import {
  performOn,
  type TcpConnectionConfig,
  type TcpFlow,
  type TcpHandle,
  type TcpListenRequest,
  type TcpOpenRequest,
  type TcpStateView,
  type TcpTarget,
  type TcpTargetError,
  type TcpTargetEvent,
  type TcpTargetInput,
  type TcpTargetOutputs,
  type TcpTargetPacket,
  type TcpTargetSettings,
  type TcpTargetSnapshot,
  type TcpTargetWithState,
  tcpTargetErrorOf,
} from '@synos/compliance';
import { type Address, direction, failure } from '@synos/interfaces';
import {
  checkIpv4,
  createMemory,
  ipv4Destination,
  ipv4Flag,
  ipv4FragmentOffsetBytes,
  ipv4FromWord,
  ipv4HeaderBytes,
  ipv4MinHeaderBytes,
  ipv4MoreFragments,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalBytes,
  parseAddress,
  protocolNumber,
  type StackMemoryOptions,
  writeIpv4,
} from '@synos/wire';
import { flowView } from '../connections.js';
import type { TcpEndpoint } from '../endpoint.js';
import { flag } from '../flag.js';
import { MiniHost } from '../mini-host.js';
import { findListener, Tcp } from '../protocol.js';
import { defaultSettings, type TcpSettings } from '../settings.js';
import { restoreAll, snapshotAll, type TcpSnapshot } from '../snapshot.js';
import { state, stateName } from '../state.js';
import { advance, deliver } from '../step.js';
import type { Tcb } from '../tcb.js';

const defaultAddress = '192.0.2.1';
const defaultBacklog = 16;
const honours: readonly (keyof TcpConnectionConfig)[] = [
  'iss',
  'mssBytes',
  'receiveBufferBytes',
  'sendBufferBytes',
  'windowScale',
  'timestamps',
  'sackPermitted',
  'noDelay',
  'delayedAckMs',
  'mslMs',
  'userTimeoutMs',
  'keepAliveIdleMs',
];

/** What the tester was told of a handle. */
interface Told {
  connected: boolean;
  end: boolean;
  over: boolean;
  error: TcpTargetError | null;
}

interface Handle {
  endpoint: TcpEndpoint | null;
  readonly told: Told;
}

/** Everything in a target, as plain data. */
interface TargetData {
  readonly settings: TcpTargetSettings;
  readonly tcpSettings: Omit<TcpSettings, 'congestionControl' | 'fastPath'>;
  readonly seed: number;
  readonly tcp: TcpSnapshot;
  readonly identification: number;
  readonly told: readonly Told[];
  readonly packets: readonly { readonly timeMs: number; readonly bytes: readonly number[] }[];
  readonly events: readonly TcpTargetEvent[];
}

/**
 * Our TCP as a {@link TcpTarget}: whole IPv4 packets in and out in virtual time, a look inside, and its whole condition
 * as plain data.
 *
 * `timestamps`, `sackPermitted`, `windowScale`, `iss`, `delayedAckMs` and `mslMs` hold for the whole target from the
 * call that names them on; all else for the connection.
 *
 * @param tcpSettings - what is to differ from the defaults; `congestionControl` and `fastPath` outlive no snapshot, so
 *   give them again
 * @param allocate - makes the memory of packets and rings; plain if not given
 * @example
 * ```ts
 * for (const c of tcpStateSuite(() => createTcpTarget())) test(c.name, c.run);
 * ```
 */
export function createTcpTarget(
  settings: TcpTargetSettings = {},
  tcpSettings: Partial<TcpSettings> = {},
  allocate?: StackMemoryOptions['allocate'],
): TcpTargetWithState {
  return new Target(settings, { ...defaultSettings, ...tcpSettings }, allocate);
}

class Target implements TcpTargetWithState {
  readonly name: string;
  readonly localAddress: string;
  readonly mtuBytes: number;
  readonly honours: readonly (keyof TcpConnectionConfig)[];
  private readonly settings: TcpTargetSettings;
  private readonly allocate: StackMemoryOptions['allocate'];
  private readonly address: Address;
  private tcpSettings: { -readonly [name in keyof TcpSettings]: TcpSettings[name] };
  private host: MiniHost;
  private tcp: Tcp;
  private handles: Handle[];
  private packets: TcpTargetPacket[];
  private told: TcpTargetEvent[];
  private identification: number;

  constructor(settings: TcpTargetSettings, tcpSettings: TcpSettings, allocate: StackMemoryOptions['allocate']) {
    this.allocate = allocate;
    this.name = '@synos/tcp';
    this.localAddress = settings.localAddress ?? defaultAddress;
    this.mtuBytes = settings.mtuBytes ?? 1500;
    this.honours = honours;
    this.settings = settings;
    const address = parseAddress(this.localAddress);
    if (address === undefined) throw new RangeError(`no address: ${this.localAddress}`);
    this.address = address;
    this.tcpSettings = { ...tcpSettings };
    this.host = this.freshHost(settings.startMs ?? 0, settings.seed ?? 1);
    this.tcp = new Tcp(this.host, this.tcpSettings);
    this.handles = [];
    this.packets = [];
    this.told = [];
    this.identification = 0;
  }

  open(request: TcpOpenRequest): TcpHandle | TcpTargetError {
    const remote = parseAddress(request.remoteAddress);
    if (remote === undefined) return 'invalid';
    const endpoint = this.configured(request);
    if (typeof endpoint === 'string') return endpoint;
    if (request.localPort !== undefined) {
      const bound = endpoint.bind({ address: this.address, port: request.localPort });
      if (bound < 0) return this.refused(endpoint, bound);
    }
    const result = endpoint.connect({ address: remote, port: request.remotePort });
    if (result < 0 && result !== failure.inProgress) return this.refused(endpoint, result);
    return this.add(endpoint);
  }

  listen(request: TcpListenRequest): TcpHandle | TcpTargetError {
    const endpoint = this.configured(request);
    if (typeof endpoint === 'string') return endpoint;
    const bound = endpoint.bind({ address: this.address, port: request.localPort });
    if (bound < 0) return this.refused(endpoint, bound);
    const result = endpoint.listen(request.backlog ?? defaultBacklog);
    if (result < 0) return this.refused(endpoint, result);
    return this.add(endpoint);
  }

  accept(listener: TcpHandle): TcpHandle | TcpTargetError {
    const endpoint = this.live(listener);
    if (typeof endpoint === 'string') return endpoint;
    if (endpoint.listening === null) return 'invalid';
    const accepted = endpoint.accept();
    return accepted === null ? 'would-block' : this.add(accepted as TcpEndpoint);
  }

  send(connection: TcpHandle, bytes: Uint8Array): number | TcpTargetError {
    const endpoint = this.live(connection);
    if (typeof endpoint === 'string') return endpoint;
    const { tcb } = endpoint;
    if (tcb === null) return 'invalid';
    const { told } = this.handles[connection]!;
    if (told.error !== null) return told.error;
    if ((tcb.flags & flag.finQueued) !== 0) return 'closing';
    if (tcb.state === state.synSent || tcb.state === state.synReceived) return 'not-connected';
    const result = endpoint.send(bytes, 0, bytes.length, 0, null);
    this.observe();
    return result < 0 ? tcpTargetErrorOf(result) : result;
  }

  receive(connection: TcpHandle, maximumBytes: number): Uint8Array | TcpTargetError {
    const endpoint = this.live(connection);
    if (typeof endpoint === 'string') return endpoint;
    if (endpoint.tcb === null) return 'invalid';
    const { told } = this.handles[connection]!;
    if (told.error !== null && endpoint.tcb.recvBytes === 0) return told.error;
    const into = new Uint8Array(Math.max(0, Math.min(maximumBytes, endpoint.tcb.recvBytes)));
    if (into.length === 0 && endpoint.tcb.recvBytes === 0) {
      const probe = endpoint.receive(new Uint8Array(1), 0, 1, 0, null);
      return probe < 0 ? tcpTargetErrorOf(probe) : new Uint8Array(0);
    }
    const result = endpoint.receive(into, 0, into.length, 0, null);
    this.observe();
    return result < 0 ? tcpTargetErrorOf(result) : into.subarray(0, result);
  }

  close(handle: TcpHandle): 0 | TcpTargetError {
    const endpoint = this.live(handle);
    if (typeof endpoint === 'string') return endpoint;
    const { told } = this.handles[handle]!;
    const { tcb } = endpoint;
    if (endpoint.listening !== null || tcb === null || tcb.state === state.synSent) {
      endpoint.close();
      told.over = true;
      told.error ??= 'closed';
      this.observe();
      return 0;
    }
    if (told.error !== null) return told.error;
    if (tcb.state === state.closed) return 'closed';
    if ((tcb.flags & flag.finQueued) !== 0) return 'closing';
    const result = endpoint.shutdown(direction.send);
    this.observe();
    return result < 0 ? tcpTargetErrorOf(result) : 0;
  }

  abort(handle: TcpHandle): 0 | TcpTargetError {
    const endpoint = this.live(handle);
    if (typeof endpoint === 'string') return endpoint;
    const { told } = this.handles[handle]!;
    if (told.error !== null) return told.error;
    endpoint.abort();
    told.over = true;
    told.error = 'aborted';
    this.observe();
    return 0;
  }

  deliver(bytes: Uint8Array): void {
    const padded = new ArrayBuffer((bytes.length + 11) & ~7);
    const memory = createMemory(padded);
    memory.bytes.set(bytes);
    const { view } = memory;
    if (checkIpv4(memory, 0, bytes.length, true) !== 0) return;
    if (ipv4Protocol(view, 0) !== protocolNumber.tcp) return;
    if (ipv4MoreFragments(view, 0) || ipv4FragmentOffsetBytes(view, 0) !== 0) return;
    if (ipv4Destination(view, 0) !== this.address.w3) return;
    const segment = memory.bytes.subarray(ipv4HeaderBytes(view, 0), ipv4TotalBytes(view, 0));
    deliver(this.tcp, this.host, segment, ipv4FromWord(ipv4Source(view, 0)), this.address);
    this.observe();
  }

  drain(): TcpTargetPacket[] {
    this.collect();
    const packets = this.packets;
    this.packets = [];
    return packets;
  }

  events(): TcpTargetEvent[] {
    const events = this.told;
    this.told = [];
    return events;
  }

  now(): number {
    return this.host.now;
  }

  nextDeadline(): number {
    return this.tcp.nextDeadline();
  }

  advanceTo(timeMs: number): void {
    while (this.tcp.nextDeadline() <= timeMs) {
      advance(this.tcp, this.host, Math.max(this.host.now, this.tcp.nextDeadline()));
      this.observe();
    }
    advance(this.tcp, this.host, timeMs);
    this.observe();
  }

  state(flow: TcpFlow): TcpStateView | null {
    const { core } = this.tcp;
    if (flow.remoteAddress === undefined) {
      return findListener(core, { destination: this.address, source: this.address, device: 0 }, flow.localPort, 0) ===
        null
        ? null
        : { state: 'LISTEN' };
    }
    const remote = parseAddress(flow.remoteAddress);
    if (remote === undefined) return null;
    const found = core.demux.find(this.address, flow.localPort, remote, flow.remotePort ?? 0);
    return found === null ? null : flowView(core, found);
  }

  snapshot(): TcpTargetSnapshot {
    this.collect();
    const { congestionControl: _, fastPath: __, ...tcpSettings } = this.tcpSettings;
    const data: TargetData = {
      settings: this.settings,
      tcpSettings,
      seed: this.host.seed,
      tcp: snapshotAll(
        this.tcp.core,
        this.handles.map(({ endpoint }) => (endpoint !== null && endpoint.index >= 0 ? endpoint : null)),
      ),
      identification: this.identification,
      told: this.handles.map(({ told }) => ({ ...told })),
      packets: this.packets.map(({ timeMs, bytes }) => ({ timeMs, bytes: Array.from(bytes) })),
      events: [...this.told],
    };
    return data;
  }

  restore(snapshot: TcpTargetSnapshot): void {
    const data = snapshot as TargetData;
    this.tcpSettings = { ...this.tcpSettings, ...data.tcpSettings };
    this.host = this.freshHost(data.tcp.nowMs, data.seed);
    this.tcp = new Tcp(this.host, this.tcpSettings);
    const endpoints = restoreAll(this.tcp.core, data.tcp);
    if (typeof endpoints === 'number') throw new RangeError(`the snapshot does not fit: ${endpoints}`);
    this.host.seed = data.seed;
    this.handles = endpoints.map((endpoint, index) => ({ endpoint, told: { ...data.told[index]! } }));
    this.packets = data.packets.map(({ timeMs, bytes }) => ({ timeMs, bytes: Uint8Array.from(bytes) }));
    this.told = [...data.events];
    this.identification = data.identification;
  }

  step(snapshot: TcpTargetSnapshot, input: TcpTargetInput): { snapshot: TcpTargetSnapshot; outputs: TcpTargetOutputs } {
    const other = new Target(this.settings, this.tcpSettings, this.allocate);
    other.restore(snapshot);
    other.drain();
    other.events();
    const outputs = performOn(other, input);
    return { snapshot: other.snapshot(), outputs };
  }

  private freshHost(nowMs: number, seed: number): MiniHost {
    const { address, mtuBytes, allocate } = this;
    return new MiniHost({ nowMs, address, mtuBytes, seed, ringBytes: 1 << 20, ...(allocate && { allocate }) });
  }

  private configured(config: TcpConnectionConfig): TcpEndpoint | TcpTargetError {
    const { tcpSettings } = this;
    if (config.iss !== undefined) tcpSettings.initialSequence = config.iss;
    if (config.timestamps !== undefined) tcpSettings.timestamps = config.timestamps;
    if (config.sackPermitted !== undefined) tcpSettings.selectiveAcknowledgements = config.sackPermitted;
    if (config.windowScale !== undefined) {
      tcpSettings.windowScaling = config.windowScale >= 0;
      tcpSettings.windowScale = config.windowScale >= 0 ? config.windowScale : null;
    }
    if (config.delayedAckMs !== undefined) tcpSettings.delayedAckMs = config.delayedAckMs;
    if (config.mslMs !== undefined) tcpSettings.timeWaitMs = 2 * config.mslMs;
    const endpoint = this.tcp.open() as TcpEndpoint | number;
    if (typeof endpoint === 'number') return 'no-resources';
    if (config.mssBytes !== undefined) endpoint.setOption('maximumSegmentBytes', config.mssBytes);
    if (config.receiveBufferBytes !== undefined) endpoint.setOption('receiveBufferBytes', config.receiveBufferBytes);
    if (config.sendBufferBytes !== undefined) endpoint.setOption('sendBufferBytes', config.sendBufferBytes);
    if (config.noDelay !== undefined) endpoint.setOption('noDelay', config.noDelay ? 1 : 0);
    if (config.userTimeoutMs !== undefined) endpoint.setOption('userTimeoutMs', config.userTimeoutMs);
    if (config.keepAliveIdleMs !== undefined) {
      endpoint.setOption('keepAlive', config.keepAliveIdleMs > 0 ? 1 : 0);
      if (config.keepAliveIdleMs > 0) endpoint.setOption('keepAliveIdleMs', config.keepAliveIdleMs);
    }
    return endpoint;
  }

  private refused(endpoint: TcpEndpoint, result: number): TcpTargetError {
    endpoint.close();
    return tcpTargetErrorOf(result);
  }

  private add(endpoint: TcpEndpoint): TcpHandle {
    const told: Told = { connected: false, end: false, over: endpoint.listening !== null, error: null };
    const handle = this.handles.push({ endpoint, told }) - 1;
    this.observe();
    return handle;
  }

  private live(handle: TcpHandle): TcpEndpoint | TcpTargetError {
    const one = this.handles[handle];
    if (one === undefined) return 'invalid';
    if (one.endpoint === null || one.endpoint.index < 0) return one.told.error ?? 'closed';
    return one.endpoint;
  }

  /** Tells what has happened since the last look. */
  private observe(): void {
    this.collect();
    this.handles.forEach(({ endpoint, told }, handle) => {
      if (told.over) return;
      const tcb = endpoint === null ? null : endpoint.tcb;
      if (tcb === null) return;
      const timeMs = this.host.now;
      if (!told.connected && reachedEstablished(tcb)) {
        told.connected = true;
        this.told.push({ timeMs, handle, kind: 'connected' });
      }
      if (!told.end && (tcb.flags & flag.finReceived) !== 0) {
        told.end = true;
        this.told.push({ timeMs, handle, kind: 'end' });
      }
      if (tcb.state !== state.closed) return;
      told.over = true;
      if (tcb.error === 0) {
        told.error = 'closed';
        this.told.push({ timeMs, handle, kind: 'closed' });
      } else {
        told.error = tcb.error === failure.brokenPipe ? 'reset' : tcpTargetErrorOf(tcb.error);
        this.told.push({ timeMs, handle, kind: 'failed', error: told.error });
      }
    });
    this.tcp.deliverEvents();
  }

  /** Puts what TCP has sent into packets. */
  private collect(): void {
    const { sent } = this.host;
    this.host.sent = [];
    for (const { timeMs, source, destination, options, bytes } of sent) {
      const length = ipv4MinHeaderBytes + bytes.length;
      const memory = createMemory(new ArrayBuffer((length + 7) & ~7));
      this.identification = (this.identification + 1) & 0xffff;
      writeIpv4(
        memory.view,
        0,
        length,
        this.identification,
        options.dontFragment ? ipv4Flag.dontFragment : 0,
        options.ttl,
        options.tos,
        protocolNumber.tcp,
        source.w3,
        destination.w3,
      );
      memory.bytes.set(bytes, ipv4MinHeaderBytes);
      this.packets.push({ timeMs, bytes: memory.bytes.slice(0, length) });
    }
  }
}

function reachedEstablished(tcb: Tcb): boolean {
  const name = stateName(tcb.state);
  if (name === 'CLOSED') return tcb.sndUna !== tcb.iss && tcb.irs !== 0;
  return name !== 'SYN_SENT' && name !== 'SYN_RECEIVED';
}
