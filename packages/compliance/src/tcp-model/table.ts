import type { TcpTargetState } from '../tcp-target.js';
import { tcpModel } from './segment-arrives.js';
import type { ModelOutcome, ModelSegment, ModelTcb, ModelVariant } from './types.js';

/** All states, in the order of RFC 9293 §3.3.2. */
export const tcpStates: readonly TcpTargetState[] = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RECEIVED',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
];

/** What a segment bears. */
export interface FlagSet {
  readonly name: string;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly textBytes: number;
}

const flags = (name: string, letters: string, textBytes = 0): FlagSet => ({
  name,
  syn: letters.includes('S'),
  ack: letters.includes('A'),
  fin: letters.includes('F'),
  rst: letters.includes('R'),
  textBytes,
});

/** How many bytes of text the table's segments bear. */
export const tableTextBytes = 5;

/** The flag sets of the table. */
export const tcpFlagSets: readonly FlagSet[] = [
  flags('nothing', ''),
  flags('ACK', 'A'),
  flags('SYN', 'S'),
  flags('SYN ACK', 'SA'),
  flags('RST', 'R'),
  flags('RST ACK', 'RA'),
  flags('FIN', 'F'),
  flags('FIN ACK', 'FA'),
  flags('SYN FIN', 'SF'),
  flags('SYN RST', 'SR'),
  flags('text', '', tableTextBytes),
  flags('ACK text', 'A', tableTextBytes),
  flags('FIN ACK text', 'FA', tableTextBytes),
  flags('SYN text', 'S', tableTextBytes),
  flags('SYN ACK text', 'SA', tableTextBytes),
];

/** Where the segment begins, in bytes from rcv.nxt (`edge`: from the end of the receive window). */
export const windowPositions = [
  { name: 'far below', from: 'rcvNxt', offset: -1_000_000 },
  { name: 'wholly before', from: 'rcvNxt', offset: -tableTextBytes - 2 },
  { name: 'one before', from: 'rcvNxt', offset: -1 },
  { name: 'exact', from: 'rcvNxt', offset: 0 },
  { name: 'one behind', from: 'rcvNxt', offset: 1 },
  { name: 'within', from: 'rcvNxt', offset: 100 },
  { name: 'last in window', from: 'edge', offset: -1 },
  { name: 'at the edge', from: 'edge', offset: 0 },
  { name: 'far beyond', from: 'edge', offset: 1_000_000 },
] as const;
/** One of {@link windowPositions}. */
export type WindowPosition = (typeof windowPositions)[number];

/** What the segment acknowledges. */
export const ackPositions = [
  { name: 'far below', from: 'sndUna', offset: -1_000_000_000 },
  { name: 'one below snd.una', from: 'sndUna', offset: -1 },
  { name: 'snd.una', from: 'sndUna', offset: 0 },
  { name: 'snd.nxt', from: 'sndNxt', offset: 0 },
  { name: 'one beyond snd.nxt', from: 'sndNxt', offset: 1 },
  { name: 'far beyond', from: 'sndNxt', offset: 1_000_000_000 },
] as const;
/** One of {@link ackPositions}. */
export type AckPosition = (typeof ackPositions)[number];

/** One cell: a segment by its relation to a connection, and what may follow. */
export interface ModelCell {
  readonly state: TcpTargetState;
  readonly flags: FlagSet;
  readonly window: WindowPosition;
  readonly ack: AckPosition;
  /** For {@link tableTcb} of the state; compute them anew with {@link cellSegment} and `tcpModel` for another TCB. */
  readonly outcomes: readonly ModelOutcome[];
}

/** The segment of a cell for a given connection. */
export function cellSegment(tcb: ModelTcb, cell: Pick<ModelCell, 'flags' | 'window' | 'ack'>): ModelSegment {
  const { syn, ack, fin, rst, textBytes } = cell.flags;
  const base = cell.window.from === 'edge' ? tcb.rcvNxt + tcb.rcvWndBytes : tcb.rcvNxt;
  const acknowledgment = ack ? (tcb[cell.ack.from] + cell.ack.offset) | 0 : 0;
  return { syn, ack, fin, rst, textBytes, sequence: (base + cell.window.offset) | 0, acknowledgment };
}

/** A connection as an example for each state: iss 1000, irs 5000, windows of 60,000 bytes. */
export function tableTcb(state: TcpTargetState): ModelTcb {
  const iss = 1000;
  const unacknowledged: Partial<Record<TcpTargetState, number>> = {
    ESTABLISHED: 10,
    CLOSE_WAIT: 10,
    FIN_WAIT_1: 1,
    CLOSING: 1,
    LAST_ACK: 1,
  };
  const isOpening = state === 'SYN_SENT' || state === 'SYN_RECEIVED';
  const hasConnection = state !== 'CLOSED' && state !== 'LISTEN';
  const sndUna = !hasConnection || isOpening ? iss : iss + 1;
  return {
    state,
    iss,
    sndUna,
    sndNxt: isOpening ? iss + 1 : sndUna + (unacknowledged[state] ?? 0),
    maxSndWndBytes: 60_000,
    rcvNxt: 5001,
    rcvWndBytes: 60_000,
    openedPassively: false,
    hasListener: false,
  };
}

/**
 * Every cell: 11 states × flag sets × window positions × ACK positions, with what may follow. Flag sets without ACK
 * have one ACK position.
 *
 * @example
 * ```ts
 * tcpModelTable().length; // some 5,000
 * ```
 */
export function tcpModelTable(variant: ModelVariant = {}): ModelCell[] {
  const cells: ModelCell[] = [];
  for (const state of tcpStates) {
    for (const set of tcpFlagSets) cells.push(...tcpModelRow(state, set, variant));
  }
  return cells;
}

/** The cells of one state and flag set. */
export function tcpModelRow(state: TcpTargetState, set: FlagSet, variant: ModelVariant = {}): ModelCell[] {
  const cells: ModelCell[] = [];
  const tcb = tableTcb(state);
  for (const window of windowPositions) {
    for (const ack of set.ack ? ackPositions : ackPositions.slice(3, 4)) {
      const place = { flags: set, window, ack };
      cells.push({ state, ...place, outcomes: tcpModel(tcb, cellSegment(tcb, place), variant) });
    }
  }
  return cells;
}
