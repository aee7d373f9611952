import { tcpFlag } from '@synos/wire';
import { ComplianceError, check, equal } from '../check.js';
import type { TcpConnectionConfig, TcpHandle, TcpTarget, TcpTargetError, TcpTargetState } from '../tcp-target.js';
import { describeSegment, TcpPeer } from './peer.js';
import type { ModelTcb } from './types.js';

/** The peer's first sequence number: what follows wraps around 2^32 soon. */
export const peerIss = -40;
/** The target's, where it obeys. */
export const targetIss = -8;
/** Ports at the target. */
export const listenPort = 7007;
export const openPort = 40_001;

/** A state, and the way that led there. */
export type SituationName = TcpTargetState | 'SYN_RECEIVED by LISTEN';

export const situationNames: readonly SituationName[] = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RECEIVED',
  'SYN_RECEIVED by LISTEN',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
];

/** A target in a state, and its peer. */
export interface Situation {
  readonly name: SituationName;
  readonly target: TcpTarget;
  readonly peer: TcpPeer;
  /** The connection, or the listener in LISTEN; `undefined` in CLOSED and for a connection not accepted yet. */
  readonly handle: TcpHandle | undefined;
  readonly listener: TcpHandle | undefined;
  readonly tcb: ModelTcb;
}

export const plainConfig: TcpConnectionConfig = {
  iss: targetIss >>> 0,
  windowScale: -1,
  timestamps: false,
  sackPermitted: false,
  noDelay: true,
  delayedAckMs: 0,
};

export function handleOf(result: TcpHandle | TcpTargetError, what: string): TcpHandle {
  if (typeof result === 'string') throw new ComplianceError(`${what} answered '${result}'`, result, 'a handle');
  return result;
}

/** Leads a fresh target into a state, by user calls and segments alone. */
export function reach(target: TcpTarget, name: SituationName, extra: TcpConnectionConfig = {}): Situation {
  const config = { ...plainConfig, ...extra };
  const state = name === 'SYN_RECEIVED by LISTEN' ? 'SYN_RECEIVED' : name;
  const make = (
    peer: TcpPeer,
    handle: TcpHandle | undefined,
    listener: TcpHandle | undefined,
    tcb: Partial<ModelTcb>,
  ) => {
    const rcvNxt = tcb.rcvNxt ?? peerIss;
    const made: ModelTcb = {
      state,
      iss: Number.NaN,
      sndUna: 0,
      sndNxt: 0,
      maxSndWndBytes: 60_000,
      rcvNxt,
      rcvWndBytes: peer.rightEdge === undefined ? 60_000 : (peer.rightEdge - rcvNxt) | 0,
      openedPassively: false,
      hasListener: false,
      ...tcb,
    };
    check(made.rcvWndBytes > 1000, `the target offers a window of ${made.rcvWndBytes} bytes`);
    return { name, target, peer, handle, listener, tcb: made };
  };

  if (name === 'CLOSED') return make(new TcpPeer(target, openPort), undefined, undefined, {});
  if (name === 'LISTEN' || name === 'SYN_RECEIVED by LISTEN') {
    const peer = new TcpPeer(target, listenPort);
    const listener = handleOf(target.listen({ localPort: listenPort, ...config }), 'listen');
    const iss = target.honours.includes('iss') ? targetIss : Number.NaN;
    if (name === 'LISTEN') return make(peer, listener, listener, { iss, openedPassively: true });
    peer.deliver({ syn: true, sequence: peerIss, options: { mssBytes: 1460 } });
    const synAck = peer.one('the answer to a SYN');
    equal(synAck.flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst), tcpFlag.syn | tcpFlag.ack, 'flags');
    equal(synAck.acknowledgment, (peerIss + 1) | 0, "the SYN-ACK's acknowledgment");
    const sndUna = synAck.sequence;
    const sequences = { iss: sndUna, sndUna, sndNxt: (sndUna + 1) | 0, rcvNxt: (peerIss + 1) | 0 };
    return make(peer, undefined, listener, { ...sequences, openedPassively: true });
  }
  return reachByOpen(target, name, config, make);
}

type Make = (
  peer: TcpPeer,
  handle: TcpHandle | undefined,
  listener: TcpHandle | undefined,
  tcb: Partial<ModelTcb>,
) => Situation;

function reachByOpen(target: TcpTarget, state: SituationName, config: TcpConnectionConfig, make: Make): Situation {
  const peer = new TcpPeer(target, openPort);
  const request = { localPort: openPort, remoteAddress: peer.remoteText, remotePort: peer.remotePort, ...config };
  const handle = handleOf(target.open(request), 'open');
  const syn = peer.one('OPEN');
  equal(syn.flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst | tcpFlag.fin), tcpFlag.syn, 'flags of the SYN');
  const iss = syn.sequence;
  if (target.honours.includes('iss')) equal(iss >>> 0, config.iss, 'the initial sequence number');
  let sndUna = iss;
  let sndNxt = (iss + 1) | 0;
  let rcvNxt = peerIss;
  const now = (): Situation => make(peer, handle, undefined, { iss, sndUna, sndNxt, rcvNxt });
  if (state === 'SYN_SENT') return now();

  rcvNxt = (peerIss + 1) | 0;
  if (state === 'SYN_RECEIVED') {
    // Simultaneous open (RFC 9293 §3.5, figure 8).
    peer.deliver({ syn: true, sequence: peerIss, options: { mssBytes: 1460 } });
    const synAck = peer.one('the answer to a SYN in SYN_SENT');
    equal(synAck.flags & (tcpFlag.syn | tcpFlag.ack), tcpFlag.syn | tcpFlag.ack, 'flags');
    equal(synAck.sequence, iss, "the SYN-ACK's sequence number");
    return now();
  }

  peer.deliver({ syn: true, ack: true, sequence: peerIss, acknowledgment: sndNxt, options: { mssBytes: 1460 } });
  const answer = peer.one('the answer to a SYN-ACK');
  expectAck(answer, sndNxt, rcvNxt);
  sndUna = sndNxt;
  const send = (bytes: number): void => {
    equal(target.send(handle, new Uint8Array(bytes).fill(0x61)), bytes, 'send');
    const segment = peer.one('SEND');
    equal(segment.payload.length, bytes, 'text sent');
    sndNxt = (sndNxt + bytes) | 0;
  };
  const close = (): void => {
    equal(target.close(handle), 0, 'close');
    const fin = peer.one('CLOSE');
    check((fin.flags & tcpFlag.fin) !== 0, `CLOSE sends a FIN, not ${describeSegment(fin)}`);
    equal(fin.sequence, sndNxt, "the FIN's sequence number");
    sndNxt = (sndNxt + 1) | 0;
  };
  const peerFin = (): void => {
    peer.deliver({ fin: true, ack: true, sequence: rcvNxt, acknowledgment: sndUna });
    rcvNxt = (rcvNxt + 1) | 0;
    let seen = peer.take();
    if (seen.length === 0) {
      target.advanceTo(target.now() + 500);
      seen = peer.take();
    }
    check(seen.length > 0, 'a FIN is acknowledged within 500 ms');
    expectAck(seen[0]!, sndNxt, rcvNxt);
  };
  const ackAll = (): void => {
    sndUna = sndNxt;
    peer.deliver({ ack: true, sequence: rcvNxt, acknowledgment: sndUna });
    equal(peer.take().length, 0, 'answers to an ACK');
  };

  switch (state) {
    case 'ESTABLISHED':
      send(10);
      break;
    case 'FIN_WAIT_1':
      close();
      break;
    case 'FIN_WAIT_2':
      close();
      ackAll();
      break;
    case 'CLOSE_WAIT':
      peerFin();
      send(10);
      break;
    case 'CLOSING':
      // Simultaneous close (RFC 9293 §3.6, figure 13).
      close();
      peerFin();
      break;
    case 'LAST_ACK':
      peerFin();
      close();
      break;
    default:
      close();
      ackAll();
      peerFin();
  }
  return now();
}

function expectAck(segment: ReturnType<TcpPeer['one']>, sequence: number, acknowledgment: number): void {
  const what = describeSegment(segment);
  equal(segment.flags & (tcpFlag.syn | tcpFlag.rst | tcpFlag.ack), tcpFlag.ack, `flags of ${what}`);
  equal(segment.sequence, sequence, `sequence number of ${what}`);
  equal(segment.acknowledgment, acknowledgment, `acknowledgment of ${what}`);
}

/** What the target says of the connection's state, by looking inside; `undefined` when it cannot be looked into. */
export function stateInside(situation: Situation): TcpTargetState | undefined {
  const { target, peer } = situation;
  if (target.state === undefined) return undefined;
  const remote = { remoteAddress: peer.remoteText, remotePort: peer.remotePort };
  const view = target.state({ localPort: peer.localPort, ...remote });
  if (view !== null) return view.state;
  const isListener = situation.listener !== undefined;
  return isListener ? (target.state({ localPort: peer.localPort })?.state ?? 'CLOSED') : 'CLOSED';
}
