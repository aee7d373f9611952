import { type AckSample, type KeyedHash, secretHash, type TransportHost } from '@synos/interfaces';
import { createMemory } from '@synos/wire';
import { createAckSample } from './congestion/control.js';
import { createCounters, type TcpCounters } from './counters.js';
import { Demux } from './demux.js';
import { type EndpointOptions, initialOptions } from './endpoint-options.js';
import type { EndpointState } from './endpoint-state.js';
import type { Flow } from './flow.js';
import type { ListenState } from './listen-state.js';
import type { RoomQueue } from './room-queue.js';
import { Segment } from './segment.js';
import { SendRecords } from './send-records.js';
import type { TcpSettings } from './settings.js';
import type { Tcb } from './tcb.js';
import { TimerWheel } from './timer-wheel.js';
import { UserBytes } from './user-bytes.js';

const sparedRecords = 64;

/** What one TCP is: its tables, its clock, its records for reuse. The machine's functions are handed this. */
export class TcpCore {
  readonly host: TransportHost;
  /** Replaced, never written to. */
  settings: TcpSettings;
  readonly counters: TcpCounters;
  readonly demux: Demux;
  readonly wheel: TimerWheel;
  /** Keys initial sequence numbers and timestamp offsets. */
  sequenceHash: KeyedHash;
  /** By port. */
  readonly listeners: Map<number, ListenState[]>;
  readonly endpoints: EndpointState[];
  /** Endpoints whose listener is to be told. */
  events: EndpointState[];
  /** How many of them hold. */
  eventCount: number;
  /** The array for the next round: two take turns, so that none is allocated. */
  spareEvents: EndpointState[];
  /** Connections whose acknowledgement waits for the end of the poll, in `deliverEvents`. */
  owedAcks: Tcb[];
  /** How many of them hold. */
  owedAckCount: number;
  /** By device: connections that wait for room. */
  readonly roomQueues: (RoomQueue | undefined)[];
  /** There are more turns to give at the next poll, whether or not who had one sends something. */
  turnsAreDue: boolean;
  readonly segment: Segment;
  readonly sample: AckSample;
  /** Blocks of a SACK option that is being written. */
  readonly sackScratch: { readonly sackLeft: Int32Array; readonly sackRight: Int32Array };
  /** What users send from and receive into. */
  readonly sending: UserBytes;
  readonly receiving: UserBytes;
  /** What a new endpoint starts with. */
  options: EndpointOptions;
  /** Flows in TIME-WAIT. */
  timeWaits: number;
  /** The host's time of tick 0, whole milliseconds. */
  epochMs: number;
  /** Whole milliseconds since the epoch, rounded down. */
  nowMs: number;
  /** The same rounded up: what delays are counted from, so that no timer is early. */
  nextMs: number;
  /** The host's time that `nowMs` and `nextMs` were made from. */
  private hostNowMs: number;
  /** The first `spareRecordCount` are free. */
  private readonly spareRecords: SendRecords[];
  private spareRecordCount: number;

  constructor(host: TransportHost, settings: TcpSettings) {
    this.host = host;
    this.settings = settings;
    this.counters = createCounters();
    this.demux = new Demux(secretHash(host.entropy, 1, 3));
    this.sequenceHash = secretHash(host.entropy, 2, 4);
    this.epochMs = Math.floor(host.now) - 1;
    this.wheel = new TimerWheel(0);
    this.listeners = new Map();
    this.endpoints = [];
    this.events = [];
    this.eventCount = 0;
    this.spareEvents = [];
    this.owedAcks = [];
    this.owedAckCount = 0;
    this.roomQueues = [];
    this.turnsAreDue = false;
    this.segment = new Segment(createMemory(new ArrayBuffer(0)));
    this.sample = createAckSample();
    this.sackScratch = { sackLeft: new Int32Array(4), sackRight: new Int32Array(4) };
    this.sending = new UserBytes();
    this.receiving = new UserBytes();
    this.options = initialOptions(settings);
    this.timeWaits = 0;
    this.nowMs = 0;
    this.nextMs = 0;
    this.hostNowMs = -1;
    this.spareRecords = [];
    this.spareRecordCount = 0;
    this.setNow(host.now);
  }

  /** A user call begins. */
  enter(): void {
    const { host } = this;
    // Whatever runs inside a poll has the poll's time.
    if (!host.isPolling) host.enter();
    this.setNow(host.now);
  }

  /** A user call has ended that left something to do. A poll says so itself. */
  leave(): void {
    if (!this.host.isPolling) this.host.wake();
  }

  setNow(hostNowMs: number): void {
    if (hostNowMs === this.hostNowMs) return;
    this.hostNowMs = hostNowMs;
    const elapsed = hostNowMs - this.epochMs;
    this.nowMs = Math.floor(elapsed);
    this.nextMs = Math.ceil(elapsed);
  }

  takeRecords(): SendRecords {
    return this.spareRecordCount > 0 ? this.spareRecords[--this.spareRecordCount]! : new SendRecords();
  }

  giveRecords(records: SendRecords): void {
    records.clear();
    if (this.spareRecordCount < sparedRecords) this.spareRecords[this.spareRecordCount++] = records;
  }
}

/** Sees to it that a flow's timer fires at `dueMs` or before. */
export function armAt(core: TcpCore, flow: Flow, dueMs: number): void {
  if (flow.id >= 0 && dueMs < core.wheel.dueOf(flow.id)) core.wheel.schedule(flow.id, dueMs);
}

/** Sets the retransmission timer; 0 stops it. Deadlines that move back cost a store alone. */
export function setRto(core: TcpCore, tcb: Tcb, dueMs: number): void {
  tcb.rtoDueMs = dueMs;
  if (dueMs !== 0) armAt(core, tcb, dueMs);
}

/** As {@link setRto}, for the delayed acknowledgement. */
export function setAckDue(core: TcpCore, tcb: Tcb, dueMs: number): void {
  tcb.ackDueMs = dueMs;
  if (dueMs !== 0) armAt(core, tcb, dueMs);
}

/** As {@link setRto}, for keepalive and FIN-WAIT-2. */
export function setKeepDue(core: TcpCore, tcb: Tcb, dueMs: number): void {
  tcb.keepDueMs = dueMs;
  if (dueMs !== 0) armAt(core, tcb, dueMs);
}

/** As {@link setRto}, for another attempt. */
export function setRetryDue(core: TcpCore, tcb: Tcb, dueMs: number): void {
  tcb.retryDueMs = dueMs;
  if (dueMs !== 0) armAt(core, tcb, dueMs);
}

/** The earliest of a connection's deadlines, `Infinity` if it has none. */
export function earliestDue(tcb: Tcb): number {
  let due = Infinity;
  if (tcb.rtoDueMs !== 0) due = tcb.rtoDueMs;
  if (tcb.ackDueMs !== 0 && tcb.ackDueMs < due) due = tcb.ackDueMs;
  if (tcb.keepDueMs !== 0 && tcb.keepDueMs < due) due = tcb.keepDueMs;
  if (tcb.retryDueMs !== 0 && tcb.retryDueMs < due) due = tcb.retryDueMs;
  return due;
}

/** An endpoint's readiness may have changed: its listener is told at the next `deliverEvents`. */
export function notify(core: TcpCore, endpoint: EndpointState | null): void {
  if (endpoint === null || endpoint.queued || endpoint.listener === null) return;
  endpoint.queued = true;
  core.events[core.eventCount++] = endpoint;
}
