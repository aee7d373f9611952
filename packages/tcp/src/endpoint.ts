import {
  copyAddress,
  type Direction,
  direction,
  failure,
  type MutableSocketAddress,
  optionOf,
  type ReadinessListener,
  type ReceiveDetails,
  type Result,
  type SocketAddress,
  type TransportEndpoint,
  type TransportInfo,
  type TransportOption,
} from '@synos/interfaces';
import { ipv6Any, isRange } from '@synos/wire';
import { notify, type TcpCore } from './core.js';
import { type EndpointOptions, withTcpOption } from './endpoint-options.js';
import type { EndpointState } from './endpoint-state.js';
import { connectionInfo, listenerInfo } from './info.js';
import { armKeepAlive } from './lifecycle.js';
import type { ListenState } from './listen-state.js';
import { output } from './output.js';
import type { PortHold } from './port-hold.js';
import { rareForWriting } from './rare.js';
import { readinessOf } from './readiness.js';
import type { Tcb } from './tcb.js';
import { abortByUser } from './user-calls/abort.js';
import { closeByUser, shutReceiving, shutSending } from './user-calls/close.js';
import {
  acceptConnection,
  bindEndpoint,
  connectEndpoint,
  listenEndpoint,
  rerouteConnection,
  unlisten,
} from './user-calls/open.js';
import { receiveText } from './user-calls/receive.js';
import { sendText } from './user-calls/send.js';

/** The calls of a user on one endpoint. Each sets the time, acts, and lets the host know that something was done. */
export class TcpEndpoint implements TransportEndpoint, EndpointState {
  readonly core: TcpCore;
  index: number;
  options: EndpointOptions;
  hold: PortHold | null;
  tcb: Tcb | null;
  listening: ListenState | null;
  listener: ReadinessListener | null;
  queued: boolean;

  constructor(core: TcpCore) {
    this.core = core;
    this.index = core.endpoints.length;
    this.options = core.options;
    this.hold = null;
    this.tcb = null;
    this.listening = null;
    this.listener = null;
    this.queued = false;
    core.endpoints.push(this);
  }

  // The same for all: no word of each endpoint's memory.
  get kind(): 'stream' {
    return 'stream';
  }

  bind(local: SocketAddress): Result {
    if (this.index < 0) return failure.closed;
    this.core.enter();
    return bindEndpoint(this.core, this, local);
  }

  connect(remote: SocketAddress): Result {
    if (this.index < 0) return failure.closed;
    this.core.enter();
    const ownHold = this.hold === null;
    const result = connectEndpoint(this.core, this, remote);
    // A port that was chosen for a connect that did not come about goes back.
    if (result < 0 && result !== failure.inProgress && ownHold && this.hold !== null) this.dropHold();
    this.core.leave();
    return result;
  }

  listen(backlog: number): Result {
    if (this.index < 0) return failure.closed;
    this.core.enter();
    return listenEndpoint(this.core, this, backlog);
  }

  accept(): TransportEndpoint | null {
    if (this.listening === null) return null;
    this.core.enter();
    const tcb = acceptConnection(this.core, this.listening);
    if (tcb === null) return null;
    const endpoint = new TcpEndpoint(this.core);
    endpoint.options = tcb.options;
    endpoint.tcb = tcb;
    endpoint.hold = tcb.hold;
    tcb.hold?.share();
    tcb.owner = endpoint;
    this.core.leave();
    return endpoint;
  }

  send(bytes: Uint8Array, start: number, end: number, flags: number, to: SocketAddress | null): Result {
    if (this.index < 0) return failure.closed;
    if (!isRange(bytes, start, end)) return failure.invalid;
    if (this.tcb === null) return failure.notConnected;
    if (to !== null) return failure.alreadyConnected;
    this.core.enter();
    const result = sendText(this.core, this.tcb, bytes, start, end, flags);
    this.core.leave();
    return result;
  }

  receive(into: Uint8Array, start: number, end: number, flags: number, details: ReceiveDetails | null): Result {
    if (this.index < 0) return failure.closed;
    if (!isRange(into, start, end)) return failure.invalid;
    const { tcb } = this;
    if (tcb === null) return failure.notConnected;
    this.core.enter();
    if (details !== null) {
      copyAddress(details.from.address, tcb.remote);
      details.from.port = tcb.remotePort;
      details.truncated = false;
    }
    const result = receiveText(this.core, tcb, into, start, end, flags);
    this.core.leave();
    return result;
  }

  shutdown(how: Direction): Result {
    if (this.index < 0) return failure.closed;
    const { core, tcb } = this;
    if (how !== direction.receive && how !== direction.send && how !== direction.both) return failure.invalid;
    core.enter();
    if (this.listening !== null) {
      // As on Linux: a listener whose receiving side is shut listens no more.
      if ((how & direction.receive) !== 0) unlisten(core, this);
      core.leave();
      return 0;
    }
    if (tcb === null) return failure.notConnected;
    let result: Result = 0;
    if ((how & direction.receive) !== 0) result = shutReceiving(core, tcb);
    if ((how & direction.send) !== 0 && result >= 0) result = shutSending(core, tcb);
    core.leave();
    return result;
  }

  close(): void {
    this.end(closeByUser);
  }

  abort(): void {
    this.end(abortByUser);
  }

  localAddress(into: MutableSocketAddress): Result {
    if (this.index < 0) return failure.closed;
    const { tcb, hold } = this;
    copyAddress(into.address, tcb?.local ?? hold?.local ?? ipv6Any);
    into.port = tcb?.localPort ?? hold?.port ?? 0;
    return 0;
  }

  remoteAddress(into: MutableSocketAddress): Result {
    if (this.index < 0) return failure.closed;
    const { tcb } = this;
    if (tcb === null || !wasConnected(tcb)) return failure.notConnected;
    copyAddress(into.address, tcb.remote);
    into.port = tcb.remotePort;
    return 0;
  }

  readiness(): number {
    return this.index < 0 ? 0 : readinessOf(this.core, this);
  }

  listenReadiness(listener: ReadinessListener | null): void {
    if (this.index < 0) return;
    this.listener = listener;
    // What holds already is told as well.
    if (listener !== null && readinessOf(this.core, this) !== 0) {
      notify(this.core, this);
      this.core.leave();
    }
  }

  takeError(): Result {
    if (this.index < 0) return failure.closed;
    const { tcb } = this;
    if (tcb === null) return 0;
    const error = tcb.error !== 0 ? tcb.error : tcb.rare.softError;
    if (tcb.error !== 0) tcb.error = 0;
    else if (tcb.rare.softError !== 0) rareForWriting(tcb).softError = 0;
    return error;
  }

  takeResult(): Result {
    return this.index < 0 ? failure.closed : failure.invalid;
  }

  setOption(option: TransportOption, value: number): Result {
    if (this.index < 0) return failure.closed;
    const { core, tcb } = this;
    const options = withTcpOption(this.options, option, value);
    if (typeof options === 'number') return options;
    this.options = options;
    // A connection's device is not that of the listener that it came from, whose port it holds.
    if (option !== 'device' || tcb === null) this.hold?.follow(option, options);
    if (tcb === null) return 0;
    core.enter();
    tcb.options = options;
    if (option === 'device') rerouteConnection(core, tcb);
    if (option === 'keepAlive' || option === 'keepAliveIdleMs') armKeepAlive(core, tcb);
    // Less delay wanted: what was held back goes.
    if (option === 'noDelay' || option === 'cork') output(core, tcb);
    core.leave();
    return 0;
  }

  getOption(option: TransportOption): Result {
    if (this.index < 0) return failure.closed;
    switch (option) {
      case 'listening':
        return this.listening === null ? 0 : 1;
      case 'readableBytes':
        return this.tcb === null ? 0 : this.tcb.recvBytes;
      case 'unsentBytes':
        return this.tcb === null ? 0 : this.tcb.sendBytes;
      default:
        return optionOf(this.options, option);
    }
  }

  info(): TransportInfo | null {
    if (this.index < 0) return null;
    return this.tcb === null ? listenerInfo(this) : connectionInfo(this.core, this.tcb);
  }

  private end(endByUser: (core: TcpCore, tcb: Tcb) => void): void {
    if (this.index < 0) return;
    this.core.enter();
    const { tcb } = this;
    this.detach();
    if (tcb !== null) endByUser(this.core, tcb);
    this.dropHold();
    this.core.leave();
  }

  /** Out of the table: from here on every call answers `closed`. */
  private detach(): void {
    const { core } = this;
    if (this.listening !== null) unlisten(core, this);
    this.listener = null;
    const last = core.endpoints.pop()!;
    if (last !== this) {
      core.endpoints[this.index] = last;
      last.index = this.index;
    }
    this.index = -1;
    this.tcb = null;
  }

  private dropHold(): void {
    this.hold?.drop(this.core.host.ports);
    this.hold = null;
  }
}

/** Past the handshake; a reset connection's peer is not told any more, as on Linux. */
function wasConnected(tcb: Tcb): boolean {
  return tcb.state >= 4;
}
