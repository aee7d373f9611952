import {
  type TcpConnectionConfig,
  type TcpHandle,
  type TcpListenRequest,
  type TcpOpenRequest,
  type TcpTargetError,
  type TcpTargetEvent,
  tcpTargetErrorOf,
} from '@synos/compliance';
import { type Address, direction, failure, readiness, type TcpState, type TransportEndpoint } from '@synos/interfaces';
import { configure, type TcpSettings } from '@synos/tcp';
import { parseAddress } from '@synos/wire';
import type { Machine } from './machine.js';

const defaultBacklog = 16;

/** What this level obeys: everything. */
export const honours: readonly (keyof TcpConnectionConfig)[] = [
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

/** A connection or listener, and what the tester was told of it. */
interface Handle {
  readonly endpoint: TransportEndpoint;
  readonly isListener: boolean;
  isConnected: boolean;
  hasEnded: boolean;
  /** CLOSE was said. */
  isClosing: boolean;
  /** Nothing more will be told. */
  isOver: boolean;
  error: TcpTargetError | null;
}

/** The *wire* level: the transport's own endpoints, without sockets above them. */
export class WireLevel {
  private readonly machine: Machine;
  private readonly address: Address;
  private readonly handles: Handle[] = [];
  private told: TcpTargetEvent[] = [];

  constructor(machine: Machine, address: Address) {
    this.machine = machine;
    this.address = address;
  }

  open(request: TcpOpenRequest): TcpHandle | TcpTargetError {
    const remote = parseAddress(request.remoteAddress);
    if (remote === undefined) return 'invalid';
    const endpoint = this.configured(request);
    if (typeof endpoint === 'string') return endpoint;
    if (request.localPort !== undefined) {
      const bound = endpoint.bind({ address: this.address, port: request.localPort });
      if (bound < 0) return refused(endpoint, bound);
    }
    const result = endpoint.connect({ address: remote, port: request.remotePort });
    if (result < 0 && result !== failure.inProgress) return refused(endpoint, result);
    return this.add(endpoint, false, false);
  }

  listen(request: TcpListenRequest): TcpHandle | TcpTargetError {
    const endpoint = this.configured(request);
    if (typeof endpoint === 'string') return endpoint;
    const bound = endpoint.bind({ address: this.address, port: request.localPort });
    if (bound < 0) return refused(endpoint, bound);
    const result = endpoint.listen(request.backlog ?? defaultBacklog);
    if (result < 0) return refused(endpoint, result);
    return this.add(endpoint, true, false);
  }

  accept(listener: TcpHandle): TcpHandle | TcpTargetError {
    const handle = this.handles[listener];
    if (handle === undefined || !handle.isListener) return 'invalid';
    if (handle.error !== null) return handle.error;
    const accepted = handle.endpoint.accept();
    return accepted === null ? 'would-block' : this.add(accepted, false, true);
  }

  send(connection: TcpHandle, bytes: Uint8Array): number | TcpTargetError {
    const handle = this.handles[connection];
    if (handle === undefined || handle.isListener) return 'invalid';
    if (handle.error !== null) return handle.error;
    if (handle.isClosing) return 'closing';
    if (!handle.isConnected) return 'not-connected';
    const result = handle.endpoint.send(bytes, 0, bytes.length, 0, null);
    this.machine.settle();
    return result < 0 ? tcpTargetErrorOf(result) : result;
  }

  receive(connection: TcpHandle, maximumBytes: number): Uint8Array | TcpTargetError {
    const handle = this.handles[connection];
    if (handle === undefined || handle.isListener) return 'invalid';
    const { endpoint, error } = handle;
    const readable = Math.max(0, endpoint.getOption('readableBytes'));
    if (error !== null && readable === 0) return error;
    const into = new Uint8Array(Math.max(0, Math.min(maximumBytes, readable)));
    // With nothing to read, a byte of room tells the end from what is still to come.
    const room = readable === 0 ? new Uint8Array(1) : into;
    const result = endpoint.receive(room, 0, room.length, 0, null);
    this.machine.settle();
    return result < 0 ? tcpTargetErrorOf(result) : into.subarray(0, result);
  }

  close(connection: TcpHandle): 0 | TcpTargetError {
    const handle = this.handles[connection];
    if (handle === undefined) return 'invalid';
    if (handle.error !== null) return handle.error;
    if (handle.isClosing) return 'closing';
    const { endpoint } = handle;
    if (handle.isListener || stateOf(endpoint) === 'SYN_SENT') {
      endpoint.close();
      handle.isOver = true;
      handle.error = 'closed';
    } else {
      const result = endpoint.shutdown(direction.send);
      if (result < 0) return tcpTargetErrorOf(result);
      handle.isClosing = true;
    }
    this.machine.settle();
    return 0;
  }

  abort(connection: TcpHandle): 0 | TcpTargetError {
    const handle = this.handles[connection];
    if (handle === undefined) return 'invalid';
    if (handle.error !== null) return handle.error;
    handle.endpoint.abort();
    handle.isOver = true;
    handle.error = 'aborted';
    this.machine.settle();
    return 0;
  }

  events(): TcpTargetEvent[] {
    const { told } = this;
    this.told = [];
    return told;
  }

  /** Tells what has happened since the last look. */
  observe(): void {
    for (let index = 0; index < this.handles.length; index += 1) {
      const handle = this.handles[index]!;
      if (!handle.isOver) this.look(handle, index);
    }
  }

  private look(handle: Handle, index: TcpHandle): void {
    const { endpoint } = handle;
    const timeMs = this.machine.now();
    const state = stateOf(endpoint);
    if (!handle.isConnected && hasShakenHands(state, handle.isClosing)) {
      handle.isConnected = true;
      this.told.push({ timeMs, handle: index, kind: 'connected' });
    }
    if (!handle.hasEnded && statesAfterFin.includes(state)) {
      handle.hasEnded = true;
      this.told.push({ timeMs, handle: index, kind: 'end' });
    }
    if (state !== 'CLOSED') return;
    handle.isOver = true;
    if ((endpoint.readiness() & readiness.error) === 0) {
      handle.error = 'closed';
      this.told.push({ timeMs, handle: index, kind: 'closed' });
    } else {
      const error = endpoint.takeError();
      // A broken pipe is what a peer's reset leaves behind where its FIN had come before.
      handle.error = error === failure.brokenPipe ? 'reset' : tcpTargetErrorOf(error);
      this.told.push({ timeMs, handle: index, kind: 'failed', error: handle.error });
    }
  }

  private add(endpoint: TransportEndpoint, isListener: boolean, isConnected: boolean): TcpHandle {
    const handle = { endpoint, isListener, isConnected, hasEnded: false, isClosing: false, error: null };
    const index = this.handles.push({ ...handle, isOver: isListener }) - 1;
    if (isConnected) this.told.push({ timeMs: this.machine.now(), handle: index, kind: 'connected' });
    this.machine.settle();
    return index;
  }

  /** An endpoint as it is wished for. What is no option of one connection holds for the whole stack from now on. */
  private configured(config: TcpConnectionConfig): TransportEndpoint | TcpTargetError {
    const { tcp } = this.machine;
    configure(tcp, settingsOf(config));
    const endpoint = tcp.open();
    if (typeof endpoint === 'number') return 'no-resources';
    const { noDelay, keepAliveIdleMs: idleMs } = config;
    if (config.mssBytes !== undefined) endpoint.setOption('maximumSegmentBytes', config.mssBytes);
    if (config.receiveBufferBytes !== undefined) endpoint.setOption('receiveBufferBytes', config.receiveBufferBytes);
    if (config.sendBufferBytes !== undefined) endpoint.setOption('sendBufferBytes', config.sendBufferBytes);
    if (noDelay !== undefined) endpoint.setOption('noDelay', noDelay ? 1 : 0);
    if (config.userTimeoutMs !== undefined) endpoint.setOption('userTimeoutMs', config.userTimeoutMs);
    if (idleMs !== undefined) {
      endpoint.setOption('keepAlive', idleMs > 0 ? 1 : 0);
      if (idleMs > 0) endpoint.setOption('keepAliveIdleMs', idleMs);
    }
    return endpoint;
  }
}

const statesAfterFin: readonly TcpState[] = ['CLOSE_WAIT', 'LAST_ACK', 'CLOSING', 'TIME_WAIT'];

/** RFC 9293 §3.10.4: a CLOSE leads from SYN-RECEIVED to FIN-WAIT-1 as well, where the handshake goes on. */
function hasShakenHands(state: TcpState, isClosing: boolean): boolean {
  if (state === 'SYN_SENT' || state === 'SYN_RECEIVED' || state === 'CLOSED') return false;
  return state !== 'FIN_WAIT_1' || !isClosing;
}

function stateOf(endpoint: TransportEndpoint): TcpState {
  return endpoint.info()?.state ?? 'CLOSED';
}

function settingsOf({
  iss,
  timestamps,
  sackPermitted,
  windowScale,
  delayedAckMs,
  mslMs,
}: TcpConnectionConfig): Partial<TcpSettings> {
  return {
    ...(iss !== undefined && { initialSequence: iss }),
    ...(timestamps !== undefined && { timestamps }),
    ...(sackPermitted !== undefined && { selectiveAcknowledgements: sackPermitted }),
    ...(windowScale !== undefined && {
      windowScaling: windowScale >= 0,
      windowScale: windowScale >= 0 ? windowScale : null,
    }),
    ...(delayedAckMs !== undefined && { delayedAckMs }),
    ...(mslMs !== undefined && { timeWaitMs: 2 * mslMs }),
  };
}

function refused(endpoint: TransportEndpoint, result: number): TcpTargetError {
  endpoint.close();
  return tcpTargetErrorOf(result);
}
