import { type ModelReply, type ModelTcb, type TcpTargetState, tcpModel } from '@synos/compliance';
import { tcpFlag } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callPlan, type SegmentPlan, segmentPlan, waitPlan } from '../src/testing/index.js';
import { allStates, Conversation, type Said } from './conversation.js';

const { fin, syn, rst, ack } = tcpFlag;
const iss = -8;
const peerWindow = 65_535;

/** The variables that the model decides by, as the target shows them. */
function modelTcb(c: Conversation, passive: boolean): ModelTcb {
  const view = c.view();
  const base = { maxSndWndBytes: peerWindow, openedPassively: passive, hasListener: c.listener >= 0 };
  if (view === null) {
    const state: TcpTargetState = c.listener >= 0 ? 'LISTEN' : 'CLOSED';
    return { state, iss, sndUna: 0, sndNxt: 0, rcvNxt: 0, rcvWndBytes: 0, ...base };
  }
  return {
    state: view.state,
    iss: view.iss === undefined ? Number.NaN : view.iss | 0,
    sndUna: view.sndUna! | 0,
    sndNxt: view.sndNxt! | 0,
    rcvNxt: view.rcvNxt! | 0,
    rcvWndBytes: view.rcvWndBytes!,
    ...base,
  };
}

function isReply(reply: ModelReply, said: Said | undefined): boolean {
  if (reply.kind === 'none' || said === undefined) return reply.kind === 'none' && said === undefined;
  const control = said.flags & (fin | syn | rst | ack);
  if (!Number.isNaN(reply.sequence) && said.sequence !== reply.sequence) return false;
  if (reply.kind === 'rst') {
    if ((control & (fin | syn | rst)) !== rst) return false;
    return reply.acknowledgment === undefined || said.acknowledgment === reply.acknowledgment;
  }
  return control === (reply.kind === 'ack' ? ack : syn | ack) && said.acknowledgment === reply.acknowledgment;
}

/** Everything readable now. */
function readAll(c: Conversation): number {
  let total = 0;
  if (c.listener >= 0 && c.handle < 0) {
    const accepted = c.target.accept(c.listener);
    if (typeof accepted === 'number') c.handle = accepted;
  }
  while (c.handle >= 0) {
    const bytes = c.receive(100_000);
    if (typeof bytes === 'string' || bytes.length === 0) break;
    total += bytes.length;
  }
  return total;
}

const event = fc.oneof(
  { weight: 8, arbitrary: segmentPlan(false) },
  { weight: 2, arbitrary: callPlan().filter((plan) => plan.kind !== 'abort') },
  { weight: 1, arbitrary: waitPlan().filter((plan) => plan.ms < 60) },
);

const synAgain = {
  kind: 'segment',
  sequenceFrom: 'rcvNxt',
  sequenceOffset: -1,
  acknowledgmentFrom: 'sndUna',
  acknowledgmentOffset: 0,
  flags: syn,
  textBytes: 1,
  window: 0,
  timestampOffset: null,
} as const;

describe('our TCP against the model of RFC 9293, which was written apart from it', () => {
  test('any walk of segments and calls: state, answer and text are ones that the model allows', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom(...allStates),
        fc.boolean(),
        fc.array(event, { maxLength: 20 }),
        (begin, far, plans) => {
          const c = new Conversation({
            iss: iss >>> 0,
            peerIss: far ? -40 : 5000,
            peerWindow,
            timestamps: false,
            noDelay: true,
            delayedAckMs: 0,
            settings: { challengeAcksPerSecond: 1_000_000 },
          }).reach(begin);
          // Accepted connections: LISTEN led there; all others were opened actively.
          const passive = begin === 'LISTEN';
          plans.forEach((plan, i) => {
            readAll(c);
            c.heard();
            if (plan.kind === 'wait') c.wait(plan.ms);
            else if (plan.kind === 'send' && c.handle >= 0) c.send(Math.min(plan.length, 50));
            else if (plan.kind === 'close' && c.handle >= 0) c.target.close(c.handle);
            if (plan.kind !== 'segment') return;
            c.heard();
            const before = modelTcb(c, passive);
            const saying = resolved(plan, before);
            const text = saying.text;
            const outcomes = tcpModel(before, {
              syn: (saying.flags & syn) !== 0,
              ack: (saying.flags & ack) !== 0,
              fin: (saying.flags & fin) !== 0,
              rst: (saying.flags & rst) !== 0,
              sequence: saying.seq,
              acknowledgment: saying.ack,
              textBytes: text,
            });
            // A window of its own for each segment: none is a duplicate acknowledgement.
            c.say({ ...saying, window: peerWindow - 1 - i });
            const after = modelTcb(c, passive).state;
            const said = c.heard();
            const got = readAll(c);
            seen.add(`${before.state} ${saying.flags & (fin | syn | rst | ack)}`);
            const fits = outcomes.some(
              (outcome) =>
                (outcome.state === after || (outcome.state === 'CLOSED' && after === 'LISTEN')) &&
                said.length <= 1 &&
                outcome.replies.some((reply) => isReply(reply, said[0])) &&
                (c.handle < 0 || outcome.textBytes === got),
            );
            if (!fits) {
              const happened = {
                after,
                said: said.map(({ flags, sequence, acknowledgment }) => [flags, sequence, acknowledgment]),
                got,
              };
              throw new Error(JSON.stringify({ before, saying, happened, outcomes }, null, 1));
            }
          });
        },
      ),
      {
        numRuns: process.env.SYNOS_LONG ? 20_000 : 500,
        // Found once: the peer's SYN again after a CLOSE in SYN_RECEIVED.
        examples: [['SYN_RECEIVED', false, [{ kind: 'close' }, synAgain]]],
      },
    );
    // The walk has been somewhere: every state but CLOSED with at least six kinds of segments.
    for (const state of allStates.slice(1)) {
      expect([...seen].filter((entry) => entry.startsWith(`${state} `)).length, state).toBeGreaterThan(5);
    }
  });
});

/** A plan in absolute numbers; text and FIN never beyond `rcv.nxt`, since the model holds nothing out of order. */
function resolved(plan: SegmentPlan, tcb: ModelTcb): { seq: number; ack: number; flags: number; text: number } {
  const from = plan.sequenceFrom === 'rcvNxt' ? tcb.rcvNxt : tcb.rcvNxt + tcb.rcvWndBytes;
  let seq = (from + plan.sequenceOffset) | 0;
  const hasText = plan.textBytes > 0 || (plan.flags & fin) !== 0;
  if (hasText && ((seq - tcb.rcvNxt) | 0) > 0) seq = tcb.rcvNxt;
  const acked = plan.acknowledgmentFrom === 'sndUna' ? tcb.sndUna : tcb.sndNxt;
  const acknowledgment = (plan.flags & ack) === 0 ? 0 : (acked + plan.acknowledgmentOffset) | 0;
  return { seq, ack: acknowledgment, flags: plan.flags, text: Math.min(plan.textBytes, 1400) };
}
