import { failure, isUnspecified, type Result, type Route, type SocketAddress } from '@synos/interfaces';
import { ipv6Any, tcpFlag } from '@synos/wire';
import { notify, setRto, type TcpCore } from '../core.js';
import type { EndpointState } from '../endpoint-state.js';
import { flowKind } from '../flow.js';
import { initialSequence, timestampOffset } from '../isn.js';
import { endEmbryo, endTimeWait } from '../lifecycle.js';
import { ListenState } from '../listen-state.js';
import { PortHold } from '../port-hold.js';
import { scaleFor } from '../receive-window.js';
import { currentRto } from '../rtt.js';
import { refreshMss } from '../segment-size.js';
import { state } from '../state.js';
import { defaultMssBytes, Tcb } from '../tcb.js';
import type { TimeWait } from '../time-wait.js';
import { transmit } from '../transmit.js';
import { abortWaiting } from './abort.js';

/** How long a connection rests in TIME-WAIT before an active open may take its place, as on Linux. */
const reuseAfterMs = 1000;
const isnGap = 65_537;

/** Takes a local address and port. */
export function bindEndpoint(core: TcpCore, endpoint: EndpointState, local: SocketAddress): Result {
  if (endpoint.hold !== null || endpoint.tcb !== null) return failure.invalid;
  const { address, port } = local;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return failure.invalid;
  if (!isUnspecified(address) && !core.host.isLocalAddress(address)) return failure.addressNotAvailable;
  const hold = new PortHold({ ...address }, endpoint.options, false);
  const result = hold.claim(core.host.ports, port);
  if (result < 0) return result;
  endpoint.hold = hold;
  return 0;
}

/** Passive OPEN: RFC 9293 §3.10.1. */
export function listenEndpoint(core: TcpCore, endpoint: EndpointState, backlog: number): Result {
  // A negative backlog is the largest there is, as on Linux.
  const length = backlog < 0 ? core.settings.maxBacklog : Math.min(Math.floor(backlog), core.settings.maxBacklog);
  if (endpoint.listening !== null) {
    endpoint.listening.backlog = length;
    return 0;
  }
  if (endpoint.tcb !== null && endpoint.tcb.state !== state.closed) return failure.invalid;
  if (endpoint.hold === null) {
    const hold = new PortHold(ipv6Any, endpoint.options, false);
    const claimed = hold.claim(core.host.ports, 0);
    if (claimed < 0) return claimed;
    endpoint.hold = hold;
  }
  const { hold } = endpoint;
  const result = core.host.ports.mayListen(6, hold.local, hold.port, hold);
  if (result < 0) return result;
  endpoint.tcb = null;
  hold.listening = true;
  const listening = new ListenState(endpoint, hold, length);
  endpoint.listening = listening;
  const others = core.listeners.get(hold.port);
  if (others === undefined) core.listeners.set(hold.port, [listening]);
  else others.push(listening);
  return 0;
}

/** Ends listening: half-open connections are forgotten, waiting ones reset (as on Linux). */
export function unlisten(core: TcpCore, endpoint: EndpointState): void {
  const { listening } = endpoint;
  if (listening === null) return;
  endpoint.listening = null;
  listening.hold.listening = false;
  const others = core.listeners.get(listening.hold.port)!;
  others.splice(others.indexOf(listening), 1);
  if (others.length === 0) core.listeners.delete(listening.hold.port);
  while (listening.oldest !== null) endEmbryo(core, listening.oldest);
  for (const tcb of listening.accepting.splice(0)) abortWaiting(core, tcb);
}

/** Active OPEN: RFC 9293 §3.10.1. */
export function connectEndpoint(core: TcpCore, endpoint: EndpointState, remote: SocketAddress): Result {
  if (endpoint.listening !== null) return failure.invalid;
  const old = endpoint.tcb;
  if (old !== null && old.state !== state.closed) {
    return old.state === state.synSent || old.state === state.synReceived
      ? failure.alreadyInProgress
      : failure.alreadyConnected;
  }
  if (old !== null && old.error !== 0) {
    const { error } = old;
    old.error = 0;
    return error;
  }
  const { port } = remote;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return failure.invalid;
  if (port === 0) return failure.addressNotAvailable;
  const route = core.host.route(endpoint.hold?.local ?? ipv6Any, remote.address, endpoint.options.device);
  if (typeof route === 'number') return route;
  if (route.isGroup) return failure.networkUnreachable;
  const taken = takeFlow(core, endpoint, route, port);
  if (taken < 0) return taken;
  const hold = endpoint.hold!;
  const { settings } = core;
  const tcb = new Tcb(route, hold.port, port, endpoint.options, settings.congestionControl(defaultMssBytes));
  const { local, localPort, remote: peer, remotePort } = tcb;
  tcb.owner = endpoint;
  tcb.hold = hold;
  hold.share();
  let iss = initialSequence(core, local, localPort, peer, remotePort);
  const previous = core.demux.find(local, localPort, peer, remotePort);
  if (previous !== null) {
    // RFC 6191: the numbers go on beyond the old ones; timestamps of one flow never step back.
    const least = ((previous as TimeWait).sndNxt + isnGap) | 0;
    if (((iss - least) | 0) < 0) iss = least;
    core.counters.timeWaitReused++;
    endTimeWait(core, previous as TimeWait);
  }
  tcb.iss = iss;
  tcb.sndUna = iss;
  tcb.sndNxt = (iss + 1) | 0;
  tcb.rcvScale = settings.windowScaling ? (settings.windowScale ?? scaleFor(endpoint.options.receiveBufferBytes)) : 0;
  tcb.tsOffset = timestampOffset(core, local, localPort, peer, remotePort);
  tcb.rtoMs = settings.initialRtoMs;
  tcb.state = state.synSent;
  tcb.synSentMs = core.host.now - core.epochMs;
  tcb.lastSentMs = core.nowMs;
  core.demux.insert(tcb);
  endpoint.tcb = tcb;
  refreshMss(tcb);
  core.counters.activeOpens++;
  transmit(core, tcb, iss, 0, 0, tcpFlag.syn, tcb.mss);
  if (endpoint.tcb === tcb && tcb.state === state.synSent) {
    setRto(core, tcb, core.nextMs + currentRto(tcb, settings));
  }
  return failure.inProgress;
}

/** The connection's device is another one now: the next segment finds its way there, or goes on as before. */
export function rerouteConnection(core: TcpCore, tcb: Tcb): void {
  tcb.device = tcb.options.device;
  const route = core.host.route(tcb.local, tcb.remote, tcb.device);
  if (typeof route !== 'number') tcb.route = route;
}

/** Makes sure that the endpoint holds a port whose flow to the peer is free. */
function takeFlow(core: TcpCore, endpoint: EndpointState, route: Route, port: number): Result {
  const { hold } = endpoint;
  const { source, destination } = route;
  if (hold !== null) {
    const previous = core.demux.find(source, hold.port, destination, port);
    if (previous === null || mayReplace(core, previous)) return 0;
    return failure.addressNotAvailable;
  }
  const own = new PortHold(source, endpoint.options, true);
  const result = own.claimForFlow(core.host.ports, core.demux, source, destination, port);
  if (result < 0) return result;
  endpoint.hold = own;
  return 0;
}

function mayReplace(core: TcpCore, previous: { readonly kind: number }): boolean {
  if (previous.kind !== flowKind.timeWait) return false;
  const record = previous as TimeWait;
  return record.timestamps && core.nowMs - record.tsRecentMs > reuseAfterMs;
}

/** Takes the oldest established connection from a listener's queue, or null. */
export function acceptConnection(core: TcpCore, listening: ListenState): Tcb | null {
  const tcb = listening.accepting.shift() ?? null;
  if (tcb === null) return null;
  tcb.waitsAt = null;
  if (listening.accepting.length > 0) notify(core, listening.endpoint);
  return tcb;
}
