import { tcpFlag } from '@synos/wire';
import { check, equal } from '../check.js';
import type { TcpTarget } from '../tcp-target.js';
import { expectState, isReset } from './look.js';
import { handleOf, reach, type Situation, stateInside } from './situation.js';
import type { AddCase } from './suite.js';

/** A connection that the target has closed first: in TIME_WAIT, with its listener still there. */
function timeWaitBesideListener(target: TcpTarget): Situation {
  const { peer, tcb, listener } = reach(target, 'SYN_RECEIVED by LISTEN');
  peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt });
  const handle = handleOf(target.accept(listener!), 'accept');
  equal(target.close(handle), 0, 'close');
  const fin = peer.one('CLOSE');
  const sndNxt = (fin.sequence + 1) | 0;
  peer.deliver({ ack: true, fin: true, sequence: tcb.rcvNxt, acknowledgment: sndNxt });
  target.advanceTo(target.now() + 500);
  peer.take();
  const rcvNxt = (tcb.rcvNxt + 1) | 0;
  return {
    name: 'TIME_WAIT',
    target,
    peer,
    handle,
    listener,
    tcb: { ...tcb, state: 'TIME_WAIT', sndUna: sndNxt, sndNxt, rcvNxt, hasListener: true },
  };
}

/** How long TIME_WAIT lasts, and what ends it (RFC 9293 §3.4.2, RFC 6191). */
export function addTimeWaitCases(add: AddCase): void {
  add('RFC 9293 §3.4.2', 'TIME_WAIT ends after two MSL, not before', (target) => {
    const situation = reach(target, 'TIME_WAIT');
    const begin = target.now();
    target.advanceTo(begin + 20_000);
    expectState(situation, 'TIME_WAIT');
    target.advanceTo(begin + 600_000);
    expectState(situation, 'CLOSED');
    situation.peer.deliver({ ack: true, sequence: situation.tcb.rcvNxt, acknowledgment: situation.tcb.sndNxt });
    check(isReset(situation.peer.one('the answer')), 'a connection that is forgotten answers with a reset');
  });

  add('RFC 9293 §3.10.7.4 eighth', 'the FIN again in TIME_WAIT begins the wait anew', (target) => {
    const situation = reach(target, 'TIME_WAIT', { mslMs: 30_000 });
    const { peer, tcb } = situation;
    target.advanceTo(target.now() + 50_000);
    const before = stateInside(situation);
    peer.deliver({ ack: true, fin: true, sequence: (tcb.rcvNxt - 1) | 0, acknowledgment: tcb.sndNxt });
    peer.take();
    target.advanceTo(target.now() + 50_000);
    if (before === 'TIME_WAIT') expectState(situation, 'TIME_WAIT');
  });

  add(
    'RFC 9293 §3.10.7.4 fifth',
    'a new SYN beyond the old connection ends TIME_WAIT where a listener stands',
    (target) => {
      const situation = timeWaitBesideListener(target);
      const { peer, tcb } = situation;
      expectState(situation, 'TIME_WAIT');
      const sequence = (tcb.rcvNxt + 100_000) | 0;
      peer.deliver({ syn: true, sequence });
      const answer = peer.one('the answer');
      const isSynAck = (answer.flags & tcpFlag.syn) !== 0;
      // MAY: a host that does not reuse the pair acknowledges (RFC 6191 §2 describes the reuse).
      equal(answer.acknowledgment, isSynAck ? (sequence + 1) | 0 : tcb.rcvNxt, 'acknowledgment');
      expectState(situation, isSynAck ? 'SYN_RECEIVED' : 'TIME_WAIT');
      if (!isSynAck) return;
      check(((answer.sequence - tcb.sndNxt) | 0) > 0, 'the new sequence numbers lie beyond the old ones');
      peer.deliver({ ack: true, sequence: (sequence + 1) | 0, acknowledgment: (answer.sequence + 1) | 0 });
      check(typeof target.accept(situation.listener!) === 'number', 'accept');
    },
  );

  add('RFC 6191 §2', 'an old SYN does not end TIME_WAIT', (target) => {
    const situation = timeWaitBesideListener(target);
    const { peer, tcb } = situation;
    peer.deliver({ syn: true, sequence: (tcb.rcvNxt - 100_000) | 0 });
    const answer = peer.one('the answer');
    equal(answer.flags & (tcpFlag.syn | tcpFlag.rst | tcpFlag.ack), tcpFlag.ack, 'flags');
    equal(answer.acknowledgment, tcb.rcvNxt, 'acknowledgment');
    expectState(situation, 'TIME_WAIT');
  });
}
