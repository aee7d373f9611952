import type { Route } from '@synos/interfaces';
import type { TcpCore } from './core.js';
import { flag, putFlag } from './flag.js';
import { type Flow, flowKind } from './flow.js';
import { type Rare, rareForWriting } from './rare.js';
import { readRing, writeRing } from './ring.js';
import type { ConnectionSnapshot } from './snapshot.js';
import { fillRecords, intervalsOfRows, rowsOfIntervals, rowsOfRecords } from './snapshot-rows.js';
import { Tcb } from './tcb.js';

/** The numbers and booleans of a record, by field. */
export type Scalars = Readonly<Record<string, number | boolean>>;

/** Fields that hold a time in ticks; 0 means "not set". */
const tickFields = [
  'rtoDueMs',
  'ackDueMs',
  'keepDueMs',
  'retryDueMs',
  'lastSentMs',
  'lastReceivedMs',
  'heardMs',
  'challengesSinceMs',
  'tsRecentMs',
  'synSentMs',
  'dueMs',
];
/** What the constructor sets, the new tables, or the new rings. */
const identityFields = [
  'kind',
  'id',
  'hash',
  'localPort',
  'remotePort',
  'sendHead',
  'recvHead',
  'waitsForRoom',
  'turnLeft',
  'flags',
];
/** Flags by their names, as snapshots have them. */
const flagsByName: Readonly<Record<string, number>> = flag;

/** Every number and boolean that a flow holds: what is added to a class later is captured without a word here. */
export function captureFields(flow: Flow): Scalars {
  const fields: Record<string, number | boolean> = {};
  const { flags = 0, rare = {} } = flow as Partial<Tcb>;
  for (const [name, value] of Object.entries({ ...flow, ...rare })) {
    if (identityFields.includes(name)) continue;
    if (typeof value === 'number' || typeof value === 'boolean') fields[name] = value;
  }
  if (flow.kind !== flowKind.connection) return fields;
  for (const [name, bit] of Object.entries(flag)) {
    if (!identityFields.includes(name)) fields[name] = (flags & bit) !== 0;
  }
  return fields;
}

/** The reverse of {@link captureFields}, for a clock whose ticks are `shiftMs` later. */
export function restoreFields(flow: Flow, fields: Scalars, shiftMs: number): void {
  const target = flow as unknown as Record<string, number | boolean>;
  const tcb = flow.kind === flowKind.connection ? (flow as Tcb) : null;
  for (const [name, value] of Object.entries(fields)) {
    const isTick = tickFields.includes(name) && value !== 0;
    const moved = isTick ? (value as number) + shiftMs : value;
    if (tcb !== null && name in flag) putFlag(tcb, flagsByName[name]!, moved as boolean);
    else if (tcb !== null && name in tcb.rare) {
      if (moved !== 0) rareForWriting(tcb)[name as keyof Rare] = moved as number;
    } else target[name] = moved;
  }
  // Timestamps are ticks plus this: the sum goes on as it was.
  target.tsOffset = ((fields.tsOffset as number) - shiftMs) | 0;
}

/** The parts of a connection's snapshot that are its own. */
export function captureConnection(
  tcb: Tcb,
): Pick<ConnectionSnapshot, 'fields' | 'congestion' | 'sendText' | 'receiveText' | 'records' | 'outOfOrder'> {
  return {
    fields: captureFields(tcb),
    congestion: tcb.congestion.snapshot(),
    sendText: ringBytes(tcb.sendBlock, tcb.sendHead, tcb.sendBytes),
    receiveText: receivedBytes(tcb),
    records: tcb.records === null ? [] : rowsOfRecords(tcb.records),
    outOfOrder: tcb.outOfOrder === null ? [] : rowsOfIntervals(tcb.outOfOrder),
  };
}

/** How many bytes of the receive ring mean anything. */
function receiveExtent(tcb: Tcb): number {
  const { outOfOrder } = tcb;
  if (outOfOrder === null || outOfOrder.count === 0) return tcb.recvBytes;
  return tcb.recvBytes + ((outOfOrder.right(outOfOrder.count - 1) - tcb.rcvNxt) | 0);
}

/** Unread bytes and those out of order; holes, whatever the ring has there, are zeros. */
function receivedBytes(tcb: Tcb): number[] {
  const bytes = ringBytes(tcb.recvBlock, tcb.recvHead, receiveExtent(tcb));
  const { outOfOrder, recvBytes, rcvNxt } = tcb;
  let known = recvBytes;
  for (let i = 0; i < (outOfOrder?.count ?? 0); i++) {
    bytes.fill(0, known, recvBytes + ((outOfOrder!.left(i) - rcvNxt) | 0));
    known = recvBytes + ((outOfOrder!.right(i) - rcvNxt) | 0);
  }
  return bytes;
}

function ringBytes(block: Tcb['sendBlock'], head: number, length: number): number[] {
  const bytes = new Uint8Array(length);
  if (block !== null) readRing(block, head, { bytes, words: null }, 0, length);
  return Array.from(bytes);
}

/** A connection from its snapshot, registered nowhere yet; null when there is no memory for its rings. */
export function rebuildConnection(core: TcpCore, route: Route, one: ConnectionSnapshot, shiftMs: number): Tcb | null {
  const mss = one.fields.mss as number;
  const tcb = new Tcb(route, one.localPort, one.remotePort, one.options, core.settings.congestionControl(mss));
  restoreFields(tcb, one.fields, shiftMs);
  tcb.congestion.restore(one.congestion);
  const { blocks } = core.host;
  if (one.sendText.length > 0) {
    tcb.sendBlock = blocks.take(Math.max(4096, one.sendText.length));
    if (tcb.sendBlock === null) return null;
    writeRing(tcb.sendBlock, 0, { bytes: Uint8Array.from(one.sendText), words: null }, 0, one.sendText.length);
  }
  if (one.receiveText.length > 0) {
    tcb.recvBlock = blocks.take(Math.max(4096, one.receiveText.length));
    if (tcb.recvBlock === null) {
      if (tcb.sendBlock !== null) blocks.release(tcb.sendBlock);
      return null;
    }
    writeRing(tcb.recvBlock, 0, { bytes: Uint8Array.from(one.receiveText), words: null }, 0, one.receiveText.length);
  }
  if (one.records.length > 0) {
    tcb.records = core.takeRecords();
    fillRecords(tcb.records, one.records);
  }
  if (one.outOfOrder.length > 0) tcb.outOfOrder = intervalsOfRows(one.outOfOrder);
  return tcb;
}
