import { check, equal, within } from '../check.js';
import { ascii, bytes, expectState, isReset, read } from './look.js';
import { describeSegment, TcpPeer } from './peer.js';
import { handleOf, peerIss, plainConfig, reach, stateInside } from './situation.js';
import type { AddCase } from './suite.js';
import { addTimeWaitCases } from './time-wait-cases.js';
import { addTimerCases } from './timer-cases.js';
import { addTimestampCases } from './timestamp-cases.js';

/** Cases by clause, beyond the table. */
export function addClauseCases(add: AddCase): void {
  addWindowCases(add);
  addReassemblyCases(add);
  addResetCases(add);
  addTimestampCases(add);
  addTimeWaitCases(add);
  addTimerCases(add);
}

function addWindowCases(add: AddCase): void {
  add('RFC 9293 §3.7.1', 'without an MSS option segments bear 536 bytes at most', (target) => {
    const peer = new TcpPeer(target, 40_010);
    const request = { localPort: 40_010, remoteAddress: peer.remoteText, remotePort: peer.remotePort };
    const handle = handleOf(target.open({ ...plainConfig, ...request }), 'open');
    const syn = peer.one('OPEN');
    peer.deliver({ syn: true, ack: true, sequence: peerIss, acknowledgment: (syn.sequence + 1) | 0 });
    peer.take();
    check(target.send(handle, bytes(3000)) !== 0, 'send');
    const seen = peer.take();
    check(seen.length > 0, 'text is sent');
    for (const segment of seen) within(segment.payload.length, 1, 536, 'text in a segment');
  });

  add('RFC 9293 §3.7.1', 'the SYN bears an MSS option that fits the MTU', (target) => {
    const peer = new TcpPeer(target, 40_011);
    target.open({ localPort: 40_011, remoteAddress: peer.remoteText, remotePort: peer.remotePort, ...plainConfig });
    within(peer.one('OPEN').options.mssBytes, 64, target.mtuBytes - 40, 'MSS');
  });

  add('RFC 9293 §3.8.6', 'no more is sent than the peer offers', (target) => {
    const situation = reach(target, 'ESTABLISHED');
    const { peer, handle, tcb } = situation;
    peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, window: 2000 });
    peer.take();
    target.send(handle!, bytes(5000));
    const seen = peer.take();
    const sent = seen.reduce((sum, segment) => sum + segment.payload.length, 0);
    within(sent, 1, 2000, 'bytes sent into a window of 2000');
  });

  add('RFC 7323 §2.2', 'window scale is not used unless both offer it', (target) => {
    const situation = reach(target, 'ESTABLISHED', { windowScale: 7 });
    within(situation.tcb.rcvWndBytes, 1000, 65_535, 'the window offered');
  });

  add('RFC 9293 §3.1', 'a segment with a wrong checksum is as if it had not come', (target) => {
    const situation = reach(target, 'ESTABLISHED');
    const { peer, tcb } = situation;
    const segment = { ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('no') };
    peer.deliver(segment, (packet) => {
      packet[36]! ^= 1;
    });
    equal(peer.take().length, 0, 'answers');
    equal(target.receive(situation.handle!, 10), 'would-block', 'receive');
  });

  add('RFC 9293 §3.9.1', 'packets that are no TCP, cut short or for others are ignored', (target) => {
    const situation = reach(target, 'ESTABLISHED');
    const { peer, tcb } = situation;
    const whole = peer.packet({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('cut') });
    for (let length = 0; length < whole.length; length++) target.deliver(whole.slice(0, length));
    for (let seed = 0; seed < 256; seed++) target.deliver(bytes(40 + (seed % 30)).map((_, at) => (at * seed) & 255));
    equal(target.receive(situation.handle!, 10), 'would-block', 'receive');
    target.drain();
    expectState(situation, 'ESTABLISHED');
  });
}

function addReassemblyCases(add: AddCase): void {
  const orders = ['0123', '3210', '1032', '2301', '30120', '00112233'];
  for (const order of orders) {
    add('RFC 9293 §3.10.7.4 seventh', `text that arrives as ${order} is read in order, once`, (target) => {
      const situation = reach(target, 'ESTABLISHED');
      const { peer, tcb } = situation;
      for (const digit of order) {
        const sequence = (tcb.rcvNxt + Number(digit) * 3) | 0;
        const text = ascii(digit.repeat(3));
        peer.deliver({ ack: true, sequence, acknowledgment: tcb.sndNxt, text });
      }
      equal(read(situation), '000111222333', 'text');
      equal(target.receive(situation.handle!, 10), 'would-block', 'receive');
    });
  }

  add('RFC 9293 §3.10.7.4 seventh', 'overlapping text is trimmed on both sides', (target) => {
    const situation = reach(target, 'ESTABLISHED');
    const { peer, tcb } = situation;
    const send = (offset: number, value: string): void => {
      const sequence = (tcb.rcvNxt + offset) | 0;
      peer.deliver({ ack: true, sequence, acknowledgment: tcb.sndNxt, text: ascii(value) });
    };
    send(4, 'efgh');
    send(2, 'cdefghij');
    send(-3, 'xyzabcde');
    equal(read(situation), 'abcdefghij', 'text');
  });

  add('RFC 9293 §3.10.7.4 eighth', 'a FIN that comes before its text waits for it', (target) => {
    const situation = reach(target, 'ESTABLISHED');
    const { peer, tcb } = situation;
    peer.deliver({ ack: true, fin: true, sequence: (tcb.rcvNxt + 3) | 0, acknowledgment: tcb.sndNxt });
    expectState(situation, 'ESTABLISHED');
    peer.take();
    peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('abc') });
    // The FIN may have been kept or must come again; both are within the RFC.
    if (stateInside(situation) === 'ESTABLISHED') {
      peer.deliver({ ack: true, fin: true, sequence: (tcb.rcvNxt + 3) | 0, acknowledgment: tcb.sndNxt });
    }
    expectState(situation, 'CLOSE_WAIT');
    equal(read(situation), 'abc', 'text');
    equal(read(situation), '', 'the end');
  });

  add('RFC 9293 §3.4', 'sequence numbers wrap around: 200 KB across 2^32, exactly', (target) => {
    const situation = reach(target, 'ESTABLISHED');
    const { peer, tcb } = situation;
    let sequence = tcb.rcvNxt;
    let total = 0;
    for (let round = 0; round < 200; round++) {
      peer.deliver({ ack: true, sequence, acknowledgment: tcb.sndNxt, text: bytes(1000) });
      sequence = (sequence + 1000) | 0;
      total += read(situation).length;
      target.advanceTo(target.now() + 1);
      peer.take();
    }
    equal(total, 200_000, 'bytes read');
  });
}

function addResetCases(add: AddCase): void {
  add(
    'RFC 5961 §3.2',
    'a reset guessed within the window is challenged, the true one ends the connection',
    (target) => {
      const situation = reach(target, 'ESTABLISHED');
      const { peer, tcb } = situation;
      peer.deliver({ rst: true, sequence: (tcb.rcvNxt + 1000) | 0 });
      const challenge = peer.one('the challenge');
      equal(challenge.acknowledgment, tcb.rcvNxt, 'acknowledgment');
      expectState(situation, 'ESTABLISHED');
      peer.deliver({ rst: true, sequence: challenge.acknowledgment });
      equal(peer.take().length, 0, 'answers to a reset');
      expectState(situation, 'CLOSED');
      equal(target.receive(situation.handle!, 10), 'reset', 'receive');
    },
  );

  add('RFC 5961 §4.2', 'after a challenge a peer that was restarted resets the connection', (target) => {
    const situation = reach(target, 'ESTABLISHED');
    const { peer, tcb } = situation;
    peer.deliver({ syn: true, sequence: (tcb.rcvNxt + 30_000) | 0 });
    const challenge = peer.one('the challenge');
    equal(challenge.acknowledgment, tcb.rcvNxt, 'acknowledgment');
    peer.deliver({ rst: true, sequence: challenge.acknowledgment });
    expectState(situation, 'CLOSED');
  });

  add(
    'RFC 5961 §7',
    'challenge ACKs are limited, and the connection goes on',
    (target) => {
      const situation = reach(target, 'ESTABLISHED');
      const { peer, tcb } = situation;
      for (let round = 0; round < 2000; round++) peer.deliver({ syn: true, sequence: (tcb.rcvNxt + 10 + round) | 0 });
      within(peer.take().length, 1, 1000, 'challenge ACKs for 2000 SYNs at one time');
      peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('alive') });
      equal(read(situation), 'alive', 'text');
    },
    ['challenge-limit'],
  );

  add('RFC 9293 §3.5.2', 'an old SYN-ACK does not disturb; a wrong one is reset', (target) => {
    const situation = reach(target, 'SYN_SENT');
    const { peer, tcb } = situation;
    peer.deliver({ syn: true, ack: true, sequence: peerIss, acknowledgment: (tcb.sndNxt - 100) | 0 });
    const reset = peer.one('the answer');
    check(isReset(reset), `a reset, not ${describeSegment(reset)}`);
    equal(reset.sequence, (tcb.sndNxt - 100) | 0, 'sequence number of the reset');
    peer.deliver({ syn: true, ack: true, sequence: peerIss, acknowledgment: tcb.sndNxt });
    equal(peer.one('the ACK').acknowledgment, (peerIss + 1) | 0, 'acknowledgment');
    expectState(situation, 'ESTABLISHED');
  });

  add('RFC 9293 §3.5', 'recovery from an old duplicate SYN (figure 9)', (target) => {
    const situation = reach(target, 'LISTEN');
    const { peer } = situation;
    peer.deliver({ syn: true, sequence: 90 });
    const first = peer.one('the SYN-ACK');
    equal(first.acknowledgment, 91, 'acknowledgment');
    peer.deliver({ rst: true, sequence: 91 });
    peer.deliver({ syn: true, sequence: 100 });
    const second = peer.one('the SYN-ACK');
    equal(second.acknowledgment, 101, 'acknowledgment');
    const acknowledgment = (second.sequence + 1) | 0;
    peer.deliver({ ack: true, sequence: 101, acknowledgment });
    check(typeof target.accept(situation.listener!) === 'number', 'accept');
  });

  add('RFC 9293 §3.10.7.4', 'a connection is accepted once, after the third segment only', (target) => {
    const situation = reach(target, 'SYN_RECEIVED by LISTEN');
    const { peer, tcb } = situation;
    equal(target.accept(situation.listener!), 'would-block', 'accept before the ACK');
    peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt });
    check(typeof target.accept(situation.listener!) === 'number', 'accept');
    equal(target.accept(situation.listener!), 'would-block', 'a second accept');
  });
}
