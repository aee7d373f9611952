import { seqGreater, seqGreaterOrEqual, seqLess, seqLessOrEqual } from '@synos/wire';
import type { TcpTargetState } from '../tcp-target.js';
import type { ModelOutcome, ModelReply, ModelSegment, ModelTcb, ModelVariant } from './types.js';

const none: ModelReply = { kind: 'none' };

/** The length in sequence numbers: text, and one each for SYN and FIN (RFC 9293 §3.4). */
export function sequenceLength(segment: ModelSegment): number {
  return segment.textBytes + (segment.syn ? 1 : 0) + (segment.fin ? 1 : 0);
}

/**
 * What may follow when a segment arrives: RFC 9293 §3.10.7 with RFC 5961 and RFC 7323, as a pure function. Where the
 * RFCs leave a choice (or real hosts differ by them), there are several outcomes; whoever does one of these is right.
 *
 * @example
 * ```ts
 * const [outcome] = tcpModel(
 *   { state: 'FIN_WAIT_2', iss: 0, sndUna: 2, sndNxt: 2, rcvNxt: 100, rcvWndBytes: 1000, maxSndWndBytes: 1000,
 *     openedPassively: false, hasListener: false },
 *   { syn: false, ack: true, fin: true, rst: false, sequence: 100, acknowledgment: 2, textBytes: 0 },
 * );
 * outcome.state; // 'TIME_WAIT'
 * ```
 */
export function tcpModel(tcb: ModelTcb, segment: ModelSegment, variant: ModelVariant = {}): ModelOutcome[] {
  switch (tcb.state) {
    case 'CLOSED':
      return [stay(tcb, [segment.rst ? none : resetFor(segment)], 'RFC 9293 §3.10.7.1')];
    case 'LISTEN':
      return listen(tcb, segment);
    case 'SYN_SENT':
      return synSent(tcb, segment);
    default:
      return synchronized(tcb, segment, variant);
  }
}

/** The reset that answers a segment for which there is no connection (RFC 9293 §3.10.7.1). */
function resetFor(segment: ModelSegment): ModelReply {
  if (segment.ack) return { kind: 'rst', sequence: segment.acknowledgment };
  return { kind: 'rst', sequence: 0, acknowledgment: (segment.sequence + sequenceLength(segment)) | 0 };
}

function listen(tcb: ModelTcb, segment: ModelSegment): ModelOutcome[] {
  const clause = 'RFC 9293 §3.10.7.2';
  if (segment.rst) return [stay(tcb, [none], clause)];
  if (segment.ack) return [stay(tcb, [resetFor(segment)], clause)];
  if (!segment.syn) return [stay(tcb, [none], clause)];
  const synAck: ModelReply = { kind: 'syn-ack', sequence: tcb.iss, acknowledgment: (segment.sequence + 1) | 0 };
  // Text and FIN on a SYN may be queued or left for later; a SYN with FIN may be dropped as a probe of scanners.
  const outcomes = [outcome('SYN_RECEIVED', [synAck], clause)];
  if (segment.textBytes > 0 && !segment.fin) {
    const withText = (segment.sequence + 1 + segment.textBytes) | 0;
    outcomes.push(outcome('SYN_RECEIVED', [{ ...synAck, acknowledgment: withText }], clause));
  }
  if (segment.fin) outcomes.push(stay(tcb, [none], clause));
  return outcomes;
}

function synSent(tcb: ModelTcb, segment: ModelSegment): ModelOutcome[] {
  const clause = 'RFC 9293 §3.10.7.3';
  const { acknowledgment } = segment;
  if (segment.ack && (seqLessOrEqual(acknowledgment, tcb.iss) || seqGreater(acknowledgment, tcb.sndNxt))) {
    return [stay(tcb, [segment.rst ? none : resetFor(segment)], clause)];
  }
  if (segment.rst) {
    return [segment.ack ? { ...outcome('CLOSED', [none], clause), error: 'refused' } : stay(tcb, [none], clause)];
  }
  if (!segment.syn) return [stay(tcb, [none], clause)];
  const rcvNxt = (segment.sequence + 1) | 0;
  const dropped = segment.fin ? [stay(tcb, [none], clause)] : [];
  if (!segment.ack) {
    const synAck: ModelReply = { kind: 'syn-ack', sequence: tcb.iss, acknowledgment: rcvNxt };
    return [outcome('SYN_RECEIVED', [synAck], clause), ...dropped];
  }
  const ack: ModelReply = { kind: 'ack', sequence: tcb.sndNxt, acknowledgment: rcvNxt };
  const plain = outcome('ESTABLISHED', [ack], clause);
  if (segment.textBytes === 0 && !segment.fin) return [plain];
  // Text and FIN that come with the SYN are processed, or left for the peer to send again.
  const taken = (rcvNxt + segment.textBytes + (segment.fin ? 1 : 0)) | 0;
  const whole: ModelOutcome = {
    ...outcome(segment.fin ? 'CLOSE_WAIT' : 'ESTABLISHED', [{ ...ack, acknowledgment: taken }], clause),
    textBytes: segment.textBytes,
    finTaken: segment.fin,
  };
  return [whole, plain, ...dropped];
}

/** SYN_RECEIVED and all later states: the eight steps of RFC 9293 §3.10.7.4. */
function synchronized(tcb: ModelTcb, segment: ModelSegment, variant: ModelVariant): ModelOutcome[] {
  const ack: ModelReply = { kind: 'ack', sequence: tcb.sndNxt, acknowledgment: tcb.rcvNxt };

  // RFC 7323 §5.3 R1: before everything else, an old timestamp; a reset is exempt.
  const { timestamp } = segment;
  const isOld = tcb.tsRecent !== undefined && timestamp !== undefined && seqLess(timestamp, tcb.tsRecent);
  if (isOld && !segment.rst) return [stay(tcb, [ack], 'RFC 7323 §5.3')];

  // RFC 9293 §3.5, figure 8: in a simultaneous open the peer's SYN comes again, now with an ACK.
  // A CLOSE in between has led to FIN_WAIT_1 (§3.10.4), which changes nothing of that.
  const isOpening = tcb.state === 'SYN_RECEIVED' || (tcb.state === 'FIN_WAIT_1' && tcb.sndUna === tcb.iss);
  if (isOpening && segment.syn && !segment.rst && segment.sequence === ((tcb.rcvNxt - 1) | 0)) {
    return synAgain(tcb, segment, ack, variant);
  }

  // First, the sequence number.
  if (!isAcceptable(tcb, segment)) return unacceptable(tcb, segment, ack);

  // Second, the reset (RFC 5961 §3.2).
  if (segment.rst) return reset(tcb, segment, ack, variant);

  // Fourth, the SYN (RFC 5961 §4.2).
  if (segment.syn) return synInWindow(tcb, segment, ack);

  // Fifth, the ACK.
  if (!segment.ack) return [stay(tcb, [none], 'RFC 9293 §3.10.7.4')];
  const isInOrder = seqLessOrEqual(segment.sequence, tcb.rcvNxt);
  const processed = acknowledged(tcb, segment, ack, variant);
  if (isInOrder) return processed;
  // What comes out of order should be held for later: a host may act on its ACK field now or then.
  return [...processed, ...held(tcb, segment, ack)];
}

/** RFC 9293 §3.4, table 6: whether a part of the segment lies in the receive window. */
function isAcceptable(tcb: ModelTcb, segment: ModelSegment): boolean {
  const length = sequenceLength(segment);
  const inWindow = (sequence: number): boolean => {
    const distance = (sequence - tcb.rcvNxt) | 0;
    return distance >= 0 && distance < tcb.rcvWndBytes;
  };
  if (tcb.rcvWndBytes === 0) return length === 0 && segment.sequence === tcb.rcvNxt;
  if (length === 0) return inWindow(segment.sequence);
  return inWindow(segment.sequence) || inWindow((segment.sequence + length - 1) | 0);
}

function unacceptable(tcb: ModelTcb, segment: ModelSegment, ack: ModelReply): ModelOutcome[] {
  const clause = 'RFC 9293 §3.10.7.4 first';
  if (segment.rst) return [stay(tcb, [none], clause)];
  const outcomes = [stay(tcb, [ack], clause)];
  if (tcb.state === 'TIME_WAIT' && segment.syn && !segment.ack && tcb.hasListener) {
    outcomes.push(outcome('SYN_RECEIVED', [synAckForAny(segment)], 'RFC 6191 §2'));
  }
  return outcomes;
}

/**
 * In SYN_RECEIVED (or after a CLOSE there) the very SYN that led to it. By the letter it lies before the window and is acknowledged; sending the
 * SYN-ACK again says the same and more; and its ACK may count (it must not be needed: the peer's ACK of ours follows).
 */
function synAgain(tcb: ModelTcb, segment: ModelSegment, ack: ModelReply, variant: ModelVariant): ModelOutcome[] {
  const synAck: ModelReply = { kind: 'syn-ack', sequence: tcb.iss, acknowledgment: tcb.rcvNxt };
  const outcomes = [stay(tcb, [ack, synAck], 'RFC 9293 §3.10.7.4 first')];
  if (tcb.openedPassively) outcomes.push(outcome('LISTEN', [none], 'RFC 9293 §3.10.7.4 fourth'));
  if (!segment.ack) return outcomes;
  const withoutSyn = { ...segment, syn: false, sequence: tcb.rcvNxt };
  for (const each of acknowledged(tcb, withoutSyn, ack, variant)) {
    const isEstablished = each.state !== 'SYN_RECEIVED';
    outcomes.push(isEstablished ? { ...each, replies: [...each.replies, ack], clause: 'RFC 9293 §3.5' } : each);
  }
  return outcomes;
}

function reset(tcb: ModelTcb, segment: ModelSegment, ack: ModelReply, variant: ModelVariant): ModelOutcome[] {
  const clause = 'RFC 9293 §3.10.7.4 second';
  const ignored = stay(tcb, [none], 'RFC 1337 §3');
  if (segment.sequence !== tcb.rcvNxt) {
    const challenge = stay(tcb, [ack], 'RFC 5961 §3.2');
    return tcb.state === 'TIME_WAIT' && variant.rfc1337 !== false ? [challenge, ignored] : [challenge];
  }
  switch (tcb.state) {
    case 'SYN_RECEIVED':
      return tcb.openedPassively
        ? [outcome('LISTEN', [none], clause)]
        : [{ ...outcome('CLOSED', [none], clause), error: 'refused' }];
    case 'TIME_WAIT':
      if (variant.rfc1337 === true) return [ignored];
      return variant.rfc1337 === false
        ? [outcome('CLOSED', [none], clause)]
        : [outcome('CLOSED', [none], clause), ignored];
    case 'CLOSING':
    case 'LAST_ACK':
      return [outcome('CLOSED', [none], clause)];
    default:
      return [{ ...outcome('CLOSED', [none], clause), error: 'reset' }];
  }
}

function synInWindow(tcb: ModelTcb, segment: ModelSegment, ack: ModelReply): ModelOutcome[] {
  const challenge = stay(tcb, [ack], 'RFC 5961 §4.2');
  if (tcb.state === 'SYN_RECEIVED' && tcb.openedPassively) {
    return [challenge, outcome('LISTEN', [none], 'RFC 9293 §3.10.7.4 fourth')];
  }
  if (tcb.state === 'TIME_WAIT' && !segment.ack && tcb.hasListener) {
    return [challenge, outcome('SYN_RECEIVED', [synAckForAny(segment)], 'RFC 6191 §2')];
  }
  return [challenge];
}

/** A SYN-ACK whose own sequence number is free. */
function synAckForAny(segment: ModelSegment): ModelReply {
  return { kind: 'syn-ack', sequence: Number.NaN, acknowledgment: (segment.sequence + 1) | 0 };
}

function held(tcb: ModelTcb, segment: ModelSegment, ack: ModelReply): ModelOutcome[] {
  const clause = 'RFC 9293 §3.10.7.4';
  return [stay(tcb, sequenceLength(segment) > 0 ? [ack] : [none, ack], clause)];
}

function acknowledged(tcb: ModelTcb, segment: ModelSegment, ack: ModelReply, variant: ModelVariant): ModelOutcome[] {
  const clause = 'RFC 9293 §3.10.7.4 fifth';
  const { acknowledgment } = segment;
  const isNew = seqGreater(acknowledgment, tcb.sndUna) && seqLessOrEqual(acknowledgment, tcb.sndNxt);
  if (tcb.state === 'SYN_RECEIVED') {
    if (!isNew) return [stay(tcb, [resetFor(segment)], clause)];
    return rest(tcb, segment, 'ESTABLISHED', 'RFC 9293 §3.10.7.4 fifth');
  }
  if (tcb.state === 'TIME_WAIT') return timeWait(tcb, segment, ack);
  if (seqGreater(acknowledgment, tcb.sndNxt)) return [stay(tcb, [ack], clause)];
  const lowest = (tcb.sndUna - tcb.maxSndWndBytes) | 0;
  if (!seqGreaterOrEqual(acknowledgment, lowest)) {
    const refused = stay(tcb, [ack], 'RFC 5961 §5.2');
    return variant.rfc5961 === false ? [refused, ...rest(tcb, segment, tcb.state, clause)] : [refused];
  }
  const isAllAcknowledged = acknowledgment === tcb.sndNxt;
  const after: Partial<Record<TcpTargetState, TcpTargetState>> = isAllAcknowledged
    ? { FIN_WAIT_1: 'FIN_WAIT_2', CLOSING: 'TIME_WAIT', LAST_ACK: 'CLOSED' }
    : {};
  const state = after[tcb.state] ?? tcb.state;
  if (state === 'CLOSED') return [outcome('CLOSED', [none], clause)];
  return rest(tcb, segment, state, clause);
}

/** In TIME_WAIT only the peer's FIN is expected again: it is acknowledged, and the wait begins anew. */
function timeWait(tcb: ModelTcb, segment: ModelSegment, ack: ModelReply): ModelOutcome[] {
  const replies = segment.fin ? [ack, none] : [none, ack];
  return [stay(tcb, replies, 'RFC 9293 §3.10.7.4 fifth')];
}

/** Seventh, the text; eighth, the FIN. `state` is where the ACK has led. */
function rest(tcb: ModelTcb, segment: ModelSegment, state: TcpTargetState, clause: string): ModelOutcome[] {
  const isInOrder = seqLessOrEqual(segment.sequence, tcb.rcvNxt);
  const length = sequenceLength(segment);
  const ackOf = (rcvNxt: number): ModelReply => ({ kind: 'ack', sequence: tcb.sndNxt, acknowledgment: rcvNxt });
  const takesText = state === 'ESTABLISHED' || state === 'FIN_WAIT_1' || state === 'FIN_WAIT_2';
  if (!takesText) {
    // CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT: a FIN has been received, text behind it is ignored.
    const replies: ModelReply[] = length > 0 ? [none, ackOf(tcb.rcvNxt)] : [none];
    return [outcome(state, replies, 'RFC 9293 §3.10.7.4 seventh')];
  }
  if (length === 0) return [outcome(state, [none], clause)];
  if (!isInOrder) return [outcome(state, [ackOf(tcb.rcvNxt)], 'RFC 5681 §4.2')];

  const skipped = (tcb.rcvNxt - segment.sequence) | 0;
  const offered = Math.max(0, segment.textBytes - skipped);
  const textBytes = Math.min(offered, tcb.rcvWndBytes);
  const finTaken = segment.fin && textBytes === offered;
  const rcvNxt = (tcb.rcvNxt + textBytes + (finTaken ? 1 : 0)) | 0;
  const afterFin: Partial<Record<TcpTargetState, TcpTargetState>> = {
    ESTABLISHED: 'CLOSE_WAIT',
    FIN_WAIT_1: 'CLOSING',
    FIN_WAIT_2: 'TIME_WAIT',
  };
  const next = finTaken ? (afterFin[state] ?? state) : state;
  const after = finTaken ? 'RFC 9293 §3.10.7.4 eighth' : 'RFC 9293 §3.10.7.4 seventh';
  const made = { ...outcome(next, [ackOf(rcvNxt), none], after), textBytes, finTaken };
  return [made];
}

function outcome(state: TcpTargetState, replies: readonly ModelReply[], clause: string): ModelOutcome {
  return { state, replies, textBytes: 0, finTaken: false, clause };
}

function stay(tcb: ModelTcb, replies: readonly ModelReply[], clause: string): ModelOutcome {
  return outcome(tcb.state, replies, clause);
}
