import { tcpFlag } from '@synos/wire';
import { ComplianceError } from '../check.js';
import type { TcpTargetState } from '../tcp-target.js';
import { describeSegment, type SeenSegment } from './peer.js';
import { type Situation, stateInside } from './situation.js';
import { tableTextBytes } from './table.js';
import type { ModelOutcome, ModelReply, ModelSegment } from './types.js';

const text = new Uint8Array(tableTextBytes).map((_, index) => 0x41 + index);

/** Delivers a segment to a target and holds what follows against what may follow. */
export function compare(
  situation: Situation,
  segment: ModelSegment,
  outcomes: readonly ModelOutcome[],
  what: string,
): void {
  const { target, peer } = situation;
  target.events();
  peer.deliver({
    ...segment,
    text: text.subarray(0, segment.textBytes),
    ...(segment.timestamp === undefined ? {} : { options: timestampOption(segment.timestamp) }),
  });
  const seen = peer.take();
  const events = target.events();
  const seenState = stateInside(situation);
  const got = readText(situation, seenState);
  const inside =
    seenState === undefined ? probe(situation) : { state: seenState, isGone: undefined, probeAck: undefined };
  const complaints: string[] = [];
  for (const outcome of outcomes) {
    const complaint =
      stateComplaint(outcome, inside) ??
      repliesComplaint(outcome, seen) ??
      textComplaint(outcome, got, segment, situation) ??
      errorComplaint(outcome, events, situation) ??
      lateAckComplaint(outcome, seen, situation, inside.probeAck);
    if (complaint === undefined) return;
    complaints.push(`${complaint} (${outcome.clause})`);
  }
  const sent = seen.map(describeSegment).join('; ') || 'nothing';
  throw new ComplianceError(
    `${what}: ${complaints.join('; or ')}. The target sent ${sent}` +
      (seenState === undefined ? '' : ` and is in ${seenState}`),
    { sent, state: seenState },
    outcomes,
  );
}

/** TSval as given, TSecr 0. */
export function timestampOption(value: number, echo = 0) {
  return { hasTimestamp: true, timestampValue: value, timestampEcho: echo };
}

function stateComplaint(outcome: ModelOutcome, seen: Seen): string | undefined {
  if (seen.state !== undefined) return seen.state === outcome.state ? undefined : `expected ${outcome.state}`;
  if (seen.isGone === undefined) return undefined;
  const shouldBeGone = outcome.state === 'CLOSED' || outcome.state === 'LISTEN';
  return seen.isGone === shouldBeGone ? undefined : `expected ${outcome.state}`;
}

/** What can be seen of the state: all of it inside; by the wire, whether there is a connection at all. */
interface Seen {
  readonly state: TcpTargetState | undefined;
  readonly isGone: boolean | undefined;
  /** An answer to the probe: it acknowledges what is to be acknowledged. */
  readonly probeAck: SeenSegment | undefined;
}

/** A segment from far away: a connection answers it with an ACK, no connection with a reset (RFC 9293 §3.10.7). */
function probe(situation: Situation): Seen {
  const unknown: Seen = { state: undefined, isGone: undefined, probeAck: undefined };
  const { tcb, peer } = situation;
  if (tcb.state === 'CLOSED' || tcb.state === 'LISTEN' || tcb.state === 'SYN_SENT') return unknown;
  peer.deliver({ ack: true, sequence: (tcb.rcvNxt - 1_000_000) | 0, acknowledgment: tcb.sndNxt });
  const [answer] = peer.take();
  if (answer === undefined) return unknown;
  const isGone = (answer.flags & tcpFlag.rst) !== 0;
  return { state: undefined, isGone, probeAck: isGone ? undefined : answer };
}

function repliesComplaint(outcome: ModelOutcome, seen: readonly SeenSegment[]): string | undefined {
  if (seen.length > 1) return `expected one answer, not ${seen.length}`;
  const first = seen[0];
  for (const reply of outcome.replies) if (isReply(reply, first)) return undefined;
  return `expected ${outcome.replies.map(describeReply).join(' or ')}`;
}

/** Whether a segment is this reply; a sequence number that is not known beforehand is NaN. */
export function isReply(reply: ModelReply, segment: SeenSegment | undefined): boolean {
  if (reply.kind === 'none' || segment === undefined) return reply.kind === 'none' && segment === undefined;
  const control = segment.flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst | tcpFlag.fin);
  if (!Number.isNaN(reply.sequence) && segment.sequence !== reply.sequence) return false;
  if (reply.kind === 'rst') {
    const hasAck = (control & tcpFlag.ack) !== 0;
    if ((control & tcpFlag.rst) === 0 || (control & (tcpFlag.syn | tcpFlag.fin)) !== 0) return false;
    return reply.acknowledgment === undefined || (hasAck && segment.acknowledgment === reply.acknowledgment);
  }
  const expected = reply.kind === 'ack' ? tcpFlag.ack : tcpFlag.ack | tcpFlag.syn;
  return control === expected && segment.acknowledgment === reply.acknowledgment;
}

function describeReply(reply: ModelReply): string {
  if (reply.kind === 'none') return 'nothing';
  const acknowledgment = reply.acknowledgment === undefined ? '' : ` ack ${reply.acknowledgment >>> 0}`;
  const sequence = Number.isNaN(reply.sequence) ? 'any' : String(reply.sequence >>> 0);
  return `${reply.kind.toUpperCase()} seq ${sequence}${acknowledgment}`;
}

interface Readable {
  readonly bytes: string;
  readonly hasEnded: boolean;
}

/** Takes what can be read; `undefined` when there is no connection to read from. */
function readText(situation: Situation, state: TcpTargetState | undefined): Readable | undefined {
  const { target, listener } = situation;
  let { handle } = situation;
  if (situation.name === 'LISTEN' || situation.name === 'CLOSED') return undefined;
  if (handle === undefined && listener !== undefined) {
    if (state === 'SYN_RECEIVED' || state === 'LISTEN') return undefined;
    const accepted = target.accept(listener);
    if (typeof accepted === 'string') return undefined;
    handle = accepted;
  }
  let bytes = '';
  for (let round = 0; round < 10; round++) {
    const got = target.receive(handle!, 1000);
    if (typeof got === 'string') return { bytes, hasEnded: false };
    if (got.length === 0) return { bytes, hasEnded: true };
    for (const byte of got) bytes += String.fromCharCode(byte);
  }
  return { bytes, hasEnded: false };
}

function textComplaint(
  outcome: ModelOutcome,
  got: Readable | undefined,
  segment: ModelSegment,
  situation: Situation,
): string | undefined {
  if (got === undefined) return outcome.textBytes > 0 ? 'expected text, there is nobody to read it' : undefined;
  if (got.bytes.length !== outcome.textBytes) {
    return `expected ${outcome.textBytes} bytes of text, not ${got.bytes.length}`;
  }
  if (outcome.textBytes > 0) {
    const skipped = segment.syn ? 0 : (situation.tcb.rcvNxt - segment.sequence) | 0;
    const expected = String.fromCharCode(...text.subarray(skipped, skipped + outcome.textBytes));
    if (got.bytes !== expected) return `expected the text '${expected}', not '${got.bytes}'`;
  }
  return outcome.finTaken && !got.hasEnded ? "expected the stream's end after the FIN" : undefined;
}

function errorComplaint(
  outcome: ModelOutcome,
  events: ReturnType<Situation['target']['events']>,
  situation: Situation,
): string | undefined {
  const failed = events.find((event) => event.kind === 'failed' && event.handle === situation.handle);
  if (outcome.error === undefined) {
    return failed === undefined || outcome.state === 'CLOSED' ? undefined : `not expected: failed, ${failed.error}`;
  }
  if (failed === undefined) return `expected the event 'failed' (${outcome.error})`;
  const allowed = situation.tcb.state === 'SYN_RECEIVED' ? ['refused', 'reset'] : [outcome.error];
  return allowed.includes(failed.error ?? '')
    ? undefined
    : `expected the error '${outcome.error}', not '${failed.error}'`;
}

/** An acknowledgement that did not come at once has half a second (RFC 9293 §3.8.6.3). */
function lateAckComplaint(
  outcome: ModelOutcome,
  seen: readonly SeenSegment[],
  situation: Situation,
  probeAck: SeenSegment | undefined,
): string | undefined {
  if (seen.length > 0 || (outcome.textBytes === 0 && !outcome.finTaken)) return undefined;
  const wanted = outcome.replies.find((reply) => reply.kind === 'ack');
  if (wanted?.kind !== 'ack') return undefined;
  const { target, peer } = situation;
  target.advanceTo(target.now() + 500);
  const late = probeAck === undefined ? peer.take() : [probeAck];
  const isThere = late.some((segment) => segment.acknowledgment === wanted.acknowledgment);
  return isThere ? undefined : `expected ${describeReply(wanted)} within 500 ms`;
}
