import { type Address, addressEquals } from '@synos/interfaces';
import {
  emitIpv4,
  emitTcp,
  formatAddress,
  parseAddress,
  parseIpv4,
  parseTcp,
  type TcpOptions,
  type TcpSegment,
  tcpFlag,
} from '@synos/wire';
import type {
  TcpConnectionConfig,
  TcpFlow,
  TcpHandle,
  TcpListenRequest,
  TcpOpenRequest,
  TcpStateView,
  TcpTarget,
  TcpTargetError,
  TcpTargetEvent,
  TcpTargetInput,
  TcpTargetOutputs,
  TcpTargetPacket,
  TcpTargetSnapshot,
  TcpTargetState,
} from '../../src/index.js';

/** Planted bugs, by name: each must be found by the suite. */
export const tcpBugs = [
  'any sequence number is accepted',
  'the window ends a byte late',
  'resets are ignored',
  'a reset anywhere in the window kills',
  'a SYN in the window kills',
  'a SYN in the window is ignored',
  'what is not sent yet may be acknowledged',
  'old acknowledgments have no bound',
  'no reset for what is closed',
  'a reset answers a reset',
  'LISTEN ignores an ACK',
  'LISTEN answers a reset',
  'SYN_SENT takes any SYN-ACK',
  'SYN_SENT is killed by any reset',
  'no simultaneous open',
  'SYN_RECEIVED takes any ACK',
  'SYN_RECEIVED survives a reset',
  'FIN is not acknowledged',
  'FIN is taken too early',
  'FIN_WAIT_1 skips CLOSING',
  'LAST_ACK never ends',
  'TIME_WAIT never ends',
  'TIME_WAIT is short',
  'TIME_WAIT is not begun anew',
  'TIME_WAIT takes old SYNs',
  'text is not trimmed',
  'text out of order is lost',
  'text out of order is not acknowledged',
  'no text in FIN_WAIT_2',
  'text without ACK is taken',
  'unacceptable segments are ignored',
  'no PAWS',
  'PAWS for resets too',
  'TS.Recent moves on anything',
  'the MSS is ignored',
  'the window is ignored',
  'checksums are ignored',
  'nothing is sent again',
  'the timeout never grows',
  'no fast retransmit',
  'no window probe',
  'accept comes early',
  'accept comes twice',
  'close sends nothing',
  'close resets',
  'abort says nothing',
  'abort resets in LAST_ACK',
  'send after close',
  'challenges without end',
  'a refused connection is reset',
  'a failure says nothing',
  'a snapshot is the thing itself',
  'a snapshot forgets its timers',
  'a snapshot forgets what came early',
  'a step changes the target',
] as const;
export type TcpBug = (typeof tcpBugs)[number];

const windowBytes = 60_000;
const minimumRtoMs = 1000;
const { fin, syn, rst, ack } = tcpFlag;
const less = (a: number, b: number): boolean => ((a - b) | 0) < 0;
const isError = (value: unknown): value is TcpTargetError => typeof value === 'string';

interface Listener {
  readonly handle: TcpHandle;
  readonly request: TcpListenRequest;
  readonly queue: Connection[];
}

/** Who a segment is from. */
interface Remote {
  readonly address: Address;
  readonly port: number;
}

interface Connection {
  readonly handle: TcpHandle;
  readonly config: TcpConnectionConfig;
  readonly localPort: number;
  readonly remote: Remote;
  readonly listener: Listener | null;
  state: TcpTargetState;
  readonly iss: number;
  una: number;
  nxt: number;
  wnd: number;
  maxWnd: number;
  rcv: number;
  mss: number;
  /** From `una` (or the byte behind the SYN) on. */
  out: number[];
  finQueued: boolean;
  readonly early: Map<number, number>;
  earlyFin: number | null;
  readable: number[];
  ended: boolean;
  error: TcpTargetError | null;
  rtoMs: number;
  dueMs: number;
  tries: number;
  duplicates: number;
  challenges: number;
  timestamps: boolean;
  tsRecent: number;
  lastAckSent: number;
}

/** A TCP as short as it can be, written from the RFC apart from the model, with planted bugs on demand. */
export function createSimpleTcp(bug?: TcpBug, hasState = true): TcpTarget {
  const target = new SimpleTcp(bug);
  if (!hasState) Object.assign(target, { state: undefined });
  return target;
}

class SimpleTcp implements TcpTarget {
  readonly name = 'simple';
  readonly localAddress = '192.0.2.1';
  readonly mtuBytes = 1500;
  readonly honours = ['iss', 'delayedAckMs', 'noDelay', 'timestamps', 'mslMs'] as const;
  private readonly bug: TcpBug | undefined;
  private readonly local: Address;
  private listeners: Listener[] = [];
  private all = new Map<TcpHandle, Connection>();
  private packets: TcpTargetPacket[] = [];
  private told: TcpTargetEvent[] = [];
  private timeMs = 0;
  private handles = 0;

  constructor(bug: TcpBug | undefined) {
    this.bug = bug;
    this.local = parseAddress(this.localAddress)!;
  }

  open(request: TcpOpenRequest): TcpHandle | TcpTargetError {
    const remote = { address: parseAddress(request.remoteAddress)!, port: request.remotePort };
    const c = this.make(request, request.localPort ?? 50_000 + this.handles, remote, null);
    c.state = 'SYN_SENT';
    this.sendSyn(c);
    return c.handle;
  }

  listen(request: TcpListenRequest): TcpHandle {
    const listener = { handle: ++this.handles, request, queue: [] };
    this.listeners.push(listener);
    return listener.handle;
  }

  accept(handle: TcpHandle): TcpHandle | TcpTargetError {
    const listener = this.listeners.find((each) => each.handle === handle);
    if (listener === undefined) return 'invalid';
    if (this.bug === 'accept comes twice') return listener.queue[0]?.handle ?? 'would-block';
    return listener.queue.shift()?.handle ?? 'would-block';
  }

  send(handle: TcpHandle, bytes: Uint8Array): number | TcpTargetError {
    const c = this.all.get(handle);
    if (c === undefined) return 'invalid';
    if (c.error !== null) return c.error;
    if (c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') return 'not-connected';
    if (c.state !== 'ESTABLISHED' && c.state !== 'CLOSE_WAIT' && this.bug !== 'send after close') return 'closing';
    c.out.push(...bytes);
    this.pump(c);
    return bytes.length;
  }

  receive(handle: TcpHandle, maximumBytes: number): Uint8Array | TcpTargetError {
    const c = this.all.get(handle);
    if (c === undefined) return 'invalid';
    if (c.readable.length > 0) return Uint8Array.from(c.readable.splice(0, maximumBytes));
    if (c.error !== null) return c.error;
    return c.ended ? new Uint8Array(0) : 'would-block';
  }

  close(handle: TcpHandle): 0 | TcpTargetError {
    const index = this.listeners.findIndex((each) => each.handle === handle);
    if (index >= 0) {
      this.listeners.splice(index, 1);
      return 0;
    }
    const c = this.all.get(handle);
    if (c === undefined) return 'invalid';
    if (this.bug === 'close resets') return this.abort(handle);
    const next = ({ ESTABLISHED: 'FIN_WAIT_1', SYN_RECEIVED: 'FIN_WAIT_1', CLOSE_WAIT: 'LAST_ACK' } as const)[
      c.state as 'ESTABLISHED'
    ];
    if (c.state === 'SYN_SENT') this.end(c, 'closed');
    else if (next === undefined) return 'closing';
    else {
      c.state = next;
      c.finQueued = this.bug !== 'close sends nothing';
      if (c.una === c.iss) this.sendFin(c);
      else this.pump(c);
    }
    return 0;
  }

  abort(handle: TcpHandle): 0 | TcpTargetError {
    const index = this.listeners.findIndex((each) => each.handle === handle);
    if (index >= 0) return this.close(handle);
    const c = this.all.get(handle);
    if (c === undefined) return 'invalid';
    const loud = ['SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT'];
    if (this.bug === 'abort resets in LAST_ACK') loud.push('LAST_ACK');
    if (loud.includes(c.state) && this.bug !== 'abort says nothing') this.emit(c, rst | ack, c.nxt, []);
    this.end(c, 'aborted');
    return 0;
  }

  drain(): TcpTargetPacket[] {
    return this.packets.splice(0);
  }

  events(): TcpTargetEvent[] {
    return this.told.splice(0);
  }

  now(): number {
    return this.timeMs;
  }

  nextDeadline(): number {
    return Math.min(Infinity, ...[...this.all.values()].map((c) => c.dueMs));
  }

  advanceTo(timeMs: number): void {
    for (let next = this.nextDeadline(); next <= timeMs; next = this.nextDeadline()) {
      this.timeMs = Math.max(this.timeMs, next);
      for (const c of this.all.values()) if (c.dueMs <= this.timeMs) this.timeout(c);
    }
    this.timeMs = Math.max(this.timeMs, timeMs);
  }

  state(flow: TcpFlow): TcpStateView | null {
    if (flow.remotePort === undefined) {
      return this.listeners.some((each) => each.request.localPort === flow.localPort) ? { state: 'LISTEN' } : null;
    }
    for (const c of this.all.values()) {
      const isIt = c.localPort === flow.localPort && c.remote.port === flow.remotePort;
      if (isIt && c.state !== 'CLOSED' && formatAddress(c.remote.address) === flow.remoteAddress)
        return { state: c.state };
    }
    return null;
  }

  deliver(bytes: Uint8Array): void {
    const packet = parseIpv4(bytes);
    if ('error' in packet || packet.protocol !== 6 || !addressEquals(packet.destination, this.local)) return;
    const ends = this.bug === 'checksums are ignored' ? [] : [packet.source, packet.destination];
    const segment = parseTcp(packet.payload, undefined, undefined, ...ends);
    if ('error' in segment) return;
    const remote = { address: packet.source, port: segment.sourcePort };
    const c = [...this.all.values()].find(
      (each) =>
        each.state !== 'CLOSED' &&
        each.localPort === segment.destinationPort &&
        each.remote.port === remote.port &&
        addressEquals(each.remote.address, remote.address),
    );
    const listener = this.listeners.find((each) => each.request.localPort === segment.destinationPort);
    if (c !== undefined) this.arrives(c, segment, listener);
    else if (listener !== undefined) this.atListener(listener, segment, remote);
    else this.atClosed(segment, remote);
  }

  snapshot(): TcpTargetSnapshot {
    const { listeners, all, packets, told, timeMs, handles } = this;
    const data = { listeners, all, packets, told, timeMs, handles };
    if (this.bug === 'a snapshot is the thing itself') return data;
    const copy = structuredClone(data);
    for (const c of copy.all.values()) {
      if (this.bug === 'a snapshot forgets its timers') c.dueMs = Infinity;
      if (this.bug === 'a snapshot forgets what came early') c.early.clear();
    }
    return copy;
  }

  restore(snapshot: TcpTargetSnapshot): void {
    Object.assign(this, this.bug === 'a snapshot is the thing itself' ? snapshot : structuredClone(snapshot));
  }

  step(snapshot: TcpTargetSnapshot, input: TcpTargetInput): { snapshot: TcpTargetSnapshot; outputs: TcpTargetOutputs } {
    const other = this.bug === 'a step changes the target' ? this : new SimpleTcp(this.bug);
    other.restore(snapshot);
    const result = other.call(input);
    const outputs = { result, packets: other.drain(), events: other.events() };
    return { snapshot: other.snapshot(), outputs };
  }

  private call(input: TcpTargetInput): TcpTargetOutputs['result'] {
    if (input.kind === 'deliver') this.deliver(input.bytes);
    else if (input.kind === 'advance') this.advanceTo(input.timeMs);
    else if (input.kind === 'open') return this.open(input.request);
    else if (input.kind === 'listen') return this.listen(input.request);
    else if (input.kind === 'send') return this.send(input.handle, input.bytes);
    else if (input.kind === 'receive') return this.receive(input.handle, input.maximumBytes);
    else return this[input.kind](input.handle);
    return undefined;
  }

  private make(config: TcpConnectionConfig, localPort: number, remote: Remote, listener: Listener | null): Connection {
    const handle = ++this.handles;
    const iss = (config.iss ?? Math.imul(handle, 0x9e3779b9)) | 0;
    const c: Connection = {
      ...{ handle, config, localPort, remote, listener, iss, state: 'CLOSED' as TcpTargetState },
      ...{ una: iss, nxt: iss, wnd: 0, maxWnd: 0, rcv: 0, mss: 536, out: [], finQueued: false, early: new Map() },
      ...{ earlyFin: null, readable: [], ended: false, error: null, rtoMs: minimumRtoMs, dueMs: Infinity, tries: 0 },
      ...{ duplicates: 0, challenges: 0, timestamps: config.timestamps === true, tsRecent: 0, lastAckSent: 0 },
    };
    this.all.set(handle, c);
    return c;
  }

  private sendSyn(c: Connection): void {
    c.nxt = (c.iss + 1) | 0;
    this.emit(c, c.state === 'SYN_SENT' ? syn : syn | ack, c.iss, []);
    c.dueMs = this.timeMs + c.rtoMs;
  }

  /** RFC 9293 §3.10.7.1. */
  private atClosed(s: TcpSegment, remote: Remote): void {
    if ((s.flags & rst) !== 0 && this.bug !== 'a reset answers a reset') return;
    if (this.bug === 'no reset for what is closed') return;
    this.reset(s, remote);
  }

  private reset(s: TcpSegment, remote: Remote): void {
    const length = s.payload.length + (s.flags & syn ? 1 : 0) + (s.flags & fin ? 1 : 0);
    if (s.flags & ack) this.emitRaw(s.destinationPort, remote, rst, s.acknowledgment, 0, 0, [], {});
    else this.emitRaw(s.destinationPort, remote, rst | ack, 0, (s.sequence + length) | 0, 0, [], {});
  }

  /** RFC 9293 §3.10.7.2. */
  private atListener(listener: Listener, s: TcpSegment, remote: Remote, iss = listener.request.iss): void {
    if (s.flags & rst) {
      if (this.bug === 'LISTEN answers a reset') this.reset(s, remote);
      return;
    }
    if (s.flags & ack) {
      if (this.bug !== 'LISTEN ignores an ACK') this.reset(s, remote);
      return;
    }
    if ((s.flags & syn) === 0) return;
    const config = iss === undefined ? listener.request : { ...listener.request, iss };
    const c = this.make(config, s.destinationPort, remote, listener);
    c.state = 'SYN_RECEIVED';
    this.takeSyn(c, s);
    this.sendSyn(c);
    if (this.bug === 'accept comes early') listener.queue.push(c);
  }

  private takeSyn(c: Connection, s: TcpSegment): void {
    c.rcv = (s.sequence + 1) | 0;
    c.lastAckSent = c.rcv;
    c.wnd = s.window;
    c.maxWnd = s.window;
    c.mss = Math.min(s.options.mssBytes || 536, 1460);
    c.timestamps = c.timestamps && s.options.hasTimestamp;
    c.tsRecent = s.options.timestampValue;
  }

  private arrives(c: Connection, s: TcpSegment, listener: Listener | undefined): void {
    if (c.state === 'SYN_SENT') this.atSynSent(c, s);
    else this.atSynchronized(c, s, listener);
  }

  /** RFC 9293 §3.10.7.3. */
  private atSynSent(c: Connection, s: TcpSegment): void {
    const hasAck = (s.flags & ack) !== 0;
    const isMine = s.acknowledgment === c.nxt || this.bug === 'SYN_SENT takes any SYN-ACK';
    if (hasAck && !isMine) {
      if (s.flags & rst && this.bug === 'SYN_SENT is killed by any reset') this.fail(c, 'refused');
      else if ((s.flags & rst) === 0) this.reset(s, c.remote);
      return;
    }
    if (s.flags & rst) {
      const isKnown = hasAck || this.bug === 'SYN_SENT is killed by any reset';
      if (isKnown) this.fail(c, this.bug === 'a refused connection is reset' ? 'reset' : 'refused');
      return;
    }
    if ((s.flags & syn) === 0) return;
    if (!hasAck && this.bug === 'no simultaneous open') return;
    this.takeSyn(c, s);
    if (!hasAck) {
      c.state = 'SYN_RECEIVED';
      this.sendSyn(c);
      return;
    }
    c.una = c.nxt;
    this.establish(c);
    if (s.payload.length > 0 || s.flags & fin) this.takeText(c, s, (s.sequence + 1) | 0);
    else this.sendAck(c);
    this.pump(c);
  }

  private establish(c: Connection): void {
    c.state = 'ESTABLISHED';
    c.dueMs = Infinity;
    c.tries = 0;
    c.rtoMs = minimumRtoMs;
    c.listener?.queue.push(c);
    this.told.push({ timeMs: this.timeMs, handle: c.handle, kind: 'connected' });
  }

  /** RFC 9293 §3.10.7.4. */
  private atSynchronized(c: Connection, s: TcpSegment, listener: Listener | undefined): void {
    const { bug } = this;
    const length = s.payload.length + (s.flags & syn ? 1 : 0) + (s.flags & fin ? 1 : 0);
    const isOldStamp = c.timestamps && s.options.hasTimestamp && less(s.options.timestampValue, c.tsRecent);
    const isExempt = (s.flags & rst) !== 0 && bug !== 'PAWS for resets too';
    if (isOldStamp && !isExempt && bug !== 'no PAWS') {
      if ((s.flags & rst) === 0) this.sendAck(c);
      return;
    }
    const isNewSyn = c.state === 'TIME_WAIT' && (s.flags & (syn | ack | rst)) === syn && listener !== undefined;
    if (isNewSyn && (less(c.rcv, s.sequence) || bug === 'TIME_WAIT takes old SYNs')) {
      const iss = (c.nxt + 65_536) | 0;
      this.end(c, 'closed');
      this.atListener(listener, s, c.remote, iss);
      return;
    }
    const inWindow = (sequence: number): boolean => {
      const distance = (sequence - c.rcv) | 0;
      return distance >= 0 && distance < windowBytes + (bug === 'the window ends a byte late' ? 1 : 0);
    };
    const isAcceptable = inWindow(s.sequence) || (length > 0 && inWindow((s.sequence + length - 1) | 0));
    if (!isAcceptable && bug !== 'any sequence number is accepted') {
      const isFinAgain = c.state === 'TIME_WAIT' && (s.flags & (fin | rst)) === fin;
      if (isFinAgain && bug !== 'TIME_WAIT is not begun anew') this.timeWait(c);
      if ((s.flags & rst) === 0 && bug !== 'unacceptable segments are ignored') this.sendAck(c);
      return;
    }
    if (s.flags & rst) {
      this.atReset(c, s);
      return;
    }
    if (s.flags & syn) {
      if (bug === 'a SYN in the window kills') this.fail(c, 'reset');
      else if (bug !== 'a SYN in the window is ignored') this.challenge(c);
      return;
    }
    if ((s.flags & ack) === 0) {
      if (bug === 'text without ACK is taken') this.takeText(c, s, s.sequence);
      return;
    }
    const mayMove = !less(c.lastAckSent, s.sequence) || bug === 'TS.Recent moves on anything';
    if (c.timestamps && s.options.hasTimestamp && mayMove) c.tsRecent = s.options.timestampValue;
    if (!this.atAck(c, s)) return;
    this.takeText(c, s, s.sequence);
    this.pump(c);
  }

  private atReset(c: Connection, s: TcpSegment): void {
    if (this.bug === 'resets are ignored') return;
    const isExact = s.sequence === c.rcv || this.bug === 'a reset anywhere in the window kills';
    if (!isExact) this.challenge(c);
    else if (c.state === 'SYN_RECEIVED' && this.bug === 'SYN_RECEIVED survives a reset') return;
    else if (c.state === 'SYN_RECEIVED') this.fail(c, 'refused');
    else if (c.state === 'CLOSING' || c.state === 'LAST_ACK' || c.state === 'TIME_WAIT') this.end(c, 'closed');
    else this.fail(c, 'reset');
  }

  private challenge(c: Connection): void {
    if (++c.challenges <= 100 || this.bug === 'challenges without end') this.sendAck(c);
  }

  /** The fifth step; false: nothing more is done with the segment. */
  private atAck(c: Connection, s: TcpSegment): boolean {
    const { bug } = this;
    const isNew = less(c.una, s.acknowledgment) && !less(c.nxt, s.acknowledgment);
    if (c.state === 'SYN_RECEIVED') {
      if (!isNew && bug !== 'SYN_RECEIVED takes any ACK') {
        this.reset(s, c.remote);
        return false;
      }
      this.establish(c);
      c.wnd = s.window;
    }
    const isBeyond = less(c.nxt, s.acknowledgment) && bug !== 'what is not sent yet may be acknowledged';
    const isAncient = less(s.acknowledgment, (c.una - c.maxWnd) | 0) && bug !== 'old acknowledgments have no bound';
    if (c.state !== 'TIME_WAIT' && (isBeyond || isAncient)) {
      this.sendAck(c);
      return false;
    }
    const hadFinOut = c.finQueued && ((c.nxt - c.una) | 0) > c.out.length;
    if (isNew) {
      const gain = (s.acknowledgment - c.una) | 0;
      c.out.splice(0, c.una === c.iss ? gain - 1 : gain);
      c.una = s.acknowledgment;
      c.tries = 0;
      c.duplicates = 0;
      c.rtoMs = minimumRtoMs;
      c.dueMs = c.una === c.nxt ? Infinity : this.timeMs + c.rtoMs;
    } else if (s.acknowledgment === c.una && s.payload.length === 0 && c.una !== c.nxt && s.window === c.wnd) {
      if (++c.duplicates === 3 && bug !== 'no fast retransmit') this.resend(c);
    }
    c.wnd = s.window;
    c.maxWnd = Math.max(c.maxWnd, s.window);
    if (!hadFinOut || c.una !== c.nxt) return true;
    if (c.state === 'FIN_WAIT_1') c.state = 'FIN_WAIT_2';
    else if (c.state === 'CLOSING') this.timeWait(c);
    else if (c.state === 'LAST_ACK' && bug !== 'LAST_ACK never ends') {
      this.end(c, 'closed');
      return false;
    }
    return true;
  }

  /** The seventh and eighth steps. */
  private takeText(c: Connection, s: TcpSegment, sequence: number): void {
    const { bug } = this;
    const hasFin = (s.flags & fin) !== 0;
    if (s.payload.length === 0 && !hasFin) return;
    const takes = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'].includes(c.state);
    if (c.state === 'TIME_WAIT' && hasFin) this.timeWait(c);
    if (!takes) return;
    if (bug === 'no text in FIN_WAIT_2' && c.state === 'FIN_WAIT_2' && !hasFin) return;
    const isEarly = less(c.rcv, sequence);
    if (isEarly && bug === 'text out of order is lost') {
      this.sendAck(c);
      return;
    }
    const edge = (c.rcv + windowBytes) | 0;
    s.payload.forEach((byte, index) => {
      const at = bug === 'text is not trimmed' && !isEarly ? (c.rcv + index) | 0 : (sequence + index) | 0;
      if (!less(at, c.rcv) && less(at, edge)) c.early.set(at, byte);
    });
    if (hasFin) c.earlyFin = bug === 'FIN is taken too early' ? c.rcv : (sequence + s.payload.length) | 0;
    for (let byte = c.early.get(c.rcv); byte !== undefined; byte = c.early.get(c.rcv)) {
      c.readable.push(byte);
      c.early.delete(c.rcv);
      c.rcv = (c.rcv + 1) | 0;
    }
    if (c.earlyFin === c.rcv) this.takeFin(c);
    const isSilent =
      (hasFin && bug === 'FIN is not acknowledged') || (isEarly && bug?.endsWith('order is not acknowledged'));
    if (!isSilent) this.sendAck(c);
  }

  private takeFin(c: Connection): void {
    c.rcv = (c.rcv + 1) | 0;
    c.earlyFin = null;
    c.ended = true;
    this.told.push({ timeMs: this.timeMs, handle: c.handle, kind: 'end' });
    if (c.state === 'ESTABLISHED') c.state = 'CLOSE_WAIT';
    else if (c.state === 'FIN_WAIT_1' && this.bug !== 'FIN_WAIT_1 skips CLOSING') c.state = 'CLOSING';
    else this.timeWait(c);
  }

  private timeWait(c: Connection): void {
    c.state = 'TIME_WAIT';
    const mslMs = this.bug === 'TIME_WAIT is short' ? 500 : (c.config.mslMs ?? 120_000);
    c.dueMs = this.bug === 'TIME_WAIT never ends' ? Infinity : this.timeMs + 2 * mslMs;
  }

  private pump(c: Connection): void {
    if (c.una === c.iss) return;
    const limit = this.bug === 'the window is ignored' ? c.out.length : Math.min(c.out.length, c.wnd);
    for (let at = (c.nxt - c.una) | 0; at < limit; at = (c.nxt - c.una) | 0) {
      const size = this.bug === 'the MSS is ignored' ? 1460 : c.mss;
      const text = c.out.slice(at, Math.min(at + size, limit));
      this.emit(c, ack, c.nxt, text);
      c.nxt = (c.nxt + text.length) | 0;
    }
    if (c.finQueued && ((c.nxt - c.una) | 0) === c.out.length && !c.config.keepAliveIdleMs && this.mayFin(c)) {
      this.sendFin(c);
    }
    const isWaiting = c.una !== c.nxt || c.out.length > 0;
    if (isWaiting && c.dueMs === Infinity) c.dueMs = this.timeMs + c.rtoMs;
  }

  private sendFin(c: Connection): void {
    this.emit(c, fin | ack, c.nxt, []);
    c.nxt = (c.nxt + 1) | 0;
  }

  /** The FIN goes out once; again only by timeout. */
  private mayFin(c: Connection): boolean {
    return c.state === 'FIN_WAIT_1' || c.state === 'LAST_ACK';
  }

  private resend(c: Connection): void {
    const inFlight = (c.nxt - c.una) | 0;
    if (c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') {
      this.emit(c, c.state === 'SYN_SENT' ? syn : syn | ack, c.iss, []);
    } else if (inFlight === 0) {
      if (this.bug !== 'no window probe') this.emit(c, ack, c.una, c.out.slice(0, 1));
    } else {
      const text = c.out.slice(0, Math.min(c.mss, inFlight));
      const isEnd = c.finQueued && inFlight > c.out.length && text.length === c.out.length;
      this.emit(c, isEnd ? fin | ack : ack, c.una, text);
    }
  }

  private timeout(c: Connection): void {
    if (c.state === 'TIME_WAIT') {
      this.end(c, 'closed');
      return;
    }
    if (this.bug === 'nothing is sent again') {
      c.dueMs = Infinity;
      return;
    }
    if (c.wnd > 0 && ++c.tries > 8) {
      this.fail(c, 'timed-out');
      return;
    }
    if (c.wnd === 0 && (c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') && ++c.tries > 6) {
      this.fail(c, 'timed-out');
      return;
    }
    this.resend(c);
    if (this.bug !== 'the timeout never grows') c.rtoMs = Math.min(c.rtoMs * 2, 60_000);
    c.dueMs = this.timeMs + c.rtoMs;
  }

  private fail(c: Connection, error: TcpTargetError): void {
    this.end(c, error);
    if (this.bug !== 'a failure says nothing') {
      this.told.push({ timeMs: this.timeMs, handle: c.handle, kind: 'failed', error });
    }
  }

  private end(c: Connection, error: TcpTargetError): void {
    c.state = 'CLOSED';
    c.error = error;
    c.dueMs = Infinity;
    if (!isError(error) || error === 'closed')
      this.told.push({ timeMs: this.timeMs, handle: c.handle, kind: 'closed' });
  }

  private sendAck(c: Connection): void {
    this.emit(c, ack, c.nxt, []);
  }

  private emit(c: Connection, flags: number, sequence: number, text: readonly number[]): void {
    const options: Partial<TcpOptions> = {
      ...(flags & syn ? { mssBytes: 1460 } : {}),
      ...(c.timestamps
        ? { hasTimestamp: true, timestampValue: Math.floor(this.timeMs) + 1, timestampEcho: c.tsRecent }
        : {}),
    };
    const acknowledgment = flags & ack ? c.rcv : 0;
    if (flags & ack) c.lastAckSent = c.rcv;
    this.emitRaw(c.localPort, c.remote, flags, sequence, acknowledgment, windowBytes, text, options);
  }

  private emitRaw(
    sourcePort: number,
    remote: Remote,
    flags: number,
    sequence: number,
    acknowledgment: number,
    window: number,
    text: readonly number[],
    options: Partial<TcpOptions>,
  ): void {
    const destinationPort = remote.port;
    const segment = { sourcePort, destinationPort, flags, sequence, acknowledgment, window, urgentPointer: 0, options };
    const payload = emitTcp({ ...segment, payload: Uint8Array.from(text) }, this.local, remote.address);
    const header = { tos: 0, identification: 0, dontFragment: true, moreFragments: false, fragmentOffsetBytes: 0 };
    const ends = { source: this.local, destination: remote.address };
    const bytes = emitIpv4({ ...header, ttl: 64, protocol: 6, ...ends, options: new Uint8Array(0), payload });
    this.packets.push({ timeMs: this.timeMs, bytes });
  }
}
