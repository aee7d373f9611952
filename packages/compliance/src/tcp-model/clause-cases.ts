import { tcpFlag } from '@synos/wire';
import { check, equal, oneOf, within } from '../check.js';
import type { TcpTarget } from '../tcp-target.js';
import { timestampOption } from './compare.js';
import { describeSegment, type SeenSegment, TcpPeer } from './peer.js';
import { handleOf, peerIss, plainConfig, reach, type Situation, stateInside } from './situation.js';
import type { AddCase } from './suite.js';

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x62);
const isReset = (segment: SeenSegment): boolean => (segment.flags & tcpFlag.rst) !== 0;

/** Cases by clause, beyond the table. */
export function addClauseCases(add: AddCase): void {
  addWindowCases(add);
  addReassemblyCases(add);
  addResetCases(add);
  addTimestampCases(add);
  addTimeWaitCases(add);
  addTimerCases(add);
}

function state(situation: Situation, expected: string): void {
  const inside = stateInside(situation);
  check(inside === undefined || inside === expected, `the target is in ${inside}, expected ${expected}`);
}

function read(situation: Situation): string {
  const got = situation.target.receive(situation.handle!, 100_000);
  check(typeof got !== 'string', `receive answered '${String(got)}'`);
  return String.fromCharCode(...got);
}

function ascii(value: string): Uint8Array {
  return Uint8Array.from(value, (letter) => letter.charCodeAt(0));
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
    state(situation, 'ESTABLISHED');
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
    state(situation, 'ESTABLISHED');
    peer.take();
    peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('abc') });
    // The FIN may have been kept or must come again; both are within the RFC.
    if (stateInside(situation) === 'ESTABLISHED') {
      peer.deliver({ ack: true, fin: true, sequence: (tcb.rcvNxt + 3) | 0, acknowledgment: tcb.sndNxt });
    }
    state(situation, 'CLOSE_WAIT');
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
      state(situation, 'ESTABLISHED');
      peer.deliver({ rst: true, sequence: challenge.acknowledgment });
      equal(peer.take().length, 0, 'answers to a reset');
      state(situation, 'CLOSED');
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
    state(situation, 'CLOSED');
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
    state(situation, 'ESTABLISHED');
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

function addTimestampCases(add: AddCase): void {
  const needs = ['timestamps'] as const;
  const withTimestamps = (target: TcpTarget): Situation & { readonly last: SeenSegment } => {
    const peer = new TcpPeer(target, 40_020);
    const request = { localPort: 40_020, remoteAddress: peer.remoteText, remotePort: peer.remotePort };
    const config = { ...plainConfig, timestamps: true };
    const handle = handleOf(target.open({ ...config, ...request }), 'open');
    const syn = peer.one('OPEN');
    check(syn.options.hasTimestamp, 'the SYN offers timestamps');
    const sndNxt = (syn.sequence + 1) | 0;
    const options = { mssBytes: 1460, ...timestampOption(1000, syn.options.timestampValue) };
    peer.deliver({ syn: true, ack: true, sequence: peerIss, acknowledgment: sndNxt, options });
    const last = peer.one('the ACK');
    const rcvNxt = (peerIss + 1) | 0;
    const tcb = {
      ...reachless,
      iss: syn.sequence,
      sndUna: sndNxt,
      sndNxt,
      rcvNxt,
      rcvWndBytes: (peer.rightEdge! - rcvNxt) | 0,
    };
    return { name: 'ESTABLISHED', target, peer, handle, listener: undefined, tcb, last };
  };

  add(
    'RFC 7323 §3.2',
    'every segment bears a timestamp and echoes the last one',
    (target) => {
      const { peer, handle, tcb, last } = withTimestamps(target);
      check(last.options.hasTimestamp, 'the ACK bears a timestamp');
      equal(last.options.timestampEcho, 1000, 'TSecr');
      const options = timestampOption(1007);
      peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('x'), options });
      target.advanceTo(target.now() + 500);
      peer.take();
      target.send(handle!, bytes(10));
      equal(peer.one('SEND').options.timestampEcho, 1007, 'TSecr');
    },
    needs,
  );

  add(
    'RFC 7323 §5.3',
    'an old timestamp is acknowledged and dropped, in window or not',
    (target) => {
      const situation = withTimestamps(target);
      const { peer, tcb } = situation;
      const options = timestampOption(999);
      peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('old'), options });
      equal(peer.one('the ACK').acknowledgment, tcb.rcvNxt, 'acknowledgment');
      equal(target.receive(situation.handle!, 10), 'would-block', 'receive');
      peer.deliver({ ack: true, fin: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, options });
      state(situation, 'ESTABLISHED');
    },
    needs,
  );

  add(
    'RFC 7323 §5.3',
    'timestamps wrap: a value beyond 2^31 behind is old',
    (target) => {
      const situation = withTimestamps(target);
      const { peer, tcb } = situation;
      const options = timestampOption((1000 - 0x7fffffff) | 0);
      peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('old'), options });
      equal(target.receive(situation.handle!, 10), 'would-block', 'receive');
    },
    needs,
  );

  add(
    'RFC 7323 §5.2',
    'a reset needs no timestamp, an old one does not save the connection',
    (target) => {
      const situation = withTimestamps(target);
      situation.peer.deliver({ rst: true, sequence: situation.tcb.rcvNxt, options: timestampOption(1) });
      state(situation, 'CLOSED');
      equal(target.receive(situation.handle!, 10), 'reset', 'receive');
    },
    needs,
  );

  add(
    'RFC 7323 §4.3',
    'TS.Recent does not move on segments out of order',
    (target) => {
      const { peer, handle, tcb } = withTimestamps(target);
      peer.deliver({
        ack: true,
        sequence: (tcb.rcvNxt + 10) | 0,
        acknowledgment: tcb.sndNxt,
        text: ascii('later'),
        options: timestampOption(1500),
      });
      peer.take();
      target.send(handle!, bytes(10));
      equal(peer.one('SEND').options.timestampEcho, 1000, 'TSecr');
    },
    needs,
  );

  add(
    'RFC 7323 §3.2',
    'a segment without a timestamp is dropped once timestamps are agreed',
    (target) => {
      const situation = withTimestamps(target);
      const { peer, tcb } = situation;
      peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt, text: ascii('bare') });
      const got = target.receive(situation.handle!, 10);
      // SHOULD be dropped; a host that takes it is within the RFC as well.
      check(got === 'would-block' || (typeof got !== 'string' && got.length === 4), 'receive');
    },
    needs,
  );
}

const reachless = {
  state: 'ESTABLISHED',
  maxSndWndBytes: 60_000,
  openedPassively: false,
  hasListener: false,
} as const;

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

function addTimeWaitCases(add: AddCase): void {
  add('RFC 9293 §3.4.2', 'TIME_WAIT ends after two MSL, not before', (target) => {
    const situation = reach(target, 'TIME_WAIT');
    const begin = target.now();
    target.advanceTo(begin + 20_000);
    state(situation, 'TIME_WAIT');
    target.advanceTo(begin + 600_000);
    state(situation, 'CLOSED');
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
    if (before === 'TIME_WAIT') state(situation, 'TIME_WAIT');
  });

  add(
    'RFC 9293 §3.10.7.4 fifth',
    'a new SYN beyond the old connection ends TIME_WAIT where a listener stands',
    (target) => {
      const situation = timeWaitBesideListener(target);
      const { peer, tcb } = situation;
      state(situation, 'TIME_WAIT');
      const sequence = (tcb.rcvNxt + 100_000) | 0;
      peer.deliver({ syn: true, sequence });
      const answer = peer.one('the answer');
      const isSynAck = (answer.flags & tcpFlag.syn) !== 0;
      // MAY: a host that does not reuse the pair acknowledges (RFC 6191 §2 describes the reuse).
      equal(answer.acknowledgment, isSynAck ? (sequence + 1) | 0 : tcb.rcvNxt, 'acknowledgment');
      state(situation, isSynAck ? 'SYN_RECEIVED' : 'TIME_WAIT');
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
    state(situation, 'TIME_WAIT');
  });
}

function addTimerCases(add: AddCase): void {
  const needs = ['timers'] as const;
  add(
    'RFC 6298 §2',
    'a SYN is sent again after a second, then less and less often',
    (target) => {
      const { peer } = reach(target, 'SYN_SENT');
      const begin = target.now();
      target.advanceTo(begin + 40_000);
      const times = peer.take().map((segment) => segment.timeMs - begin);
      check(times.length >= 3, `the SYN was sent again ${times.length} times in 40 s`);
      within(times[0]!, 900, 3100, 'first time');
      for (let index = 1; index + 1 < times.length; index++) {
        const before = times[index]! - times[index - 1]!;
        const after = times[index + 1]! - times[index]!;
        within(after / before, 1.5, 2.5, 'growth of the interval');
      }
    },
    needs,
  );

  add(
    'RFC 6298 §5',
    'text is sent again, the same, until it is acknowledged',
    (target) => {
      const { peer, tcb } = reach(target, 'ESTABLISHED');
      target.advanceTo(target.now() + 10_000);
      const again = peer.take();
      check(again.length >= 2, `text was sent again ${again.length} times in 10 s`);
      for (const segment of again) {
        equal(segment.sequence, tcb.sndUna, 'sequence number');
        equal(segment.payload.length, 10, 'text');
      }
      peer.deliver({ ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt });
      target.advanceTo(target.now() + 60_000);
      equal(peer.take().length, 0, 'segments after the ACK');
    },
    needs,
  );

  add(
    'RFC 9293 §3.8.3',
    'a connection to nobody fails, and says so',
    (target) => {
      const { peer, handle } = reach(target, 'SYN_SENT');
      target.advanceTo(target.now() + 600_000);
      peer.take();
      const answer = target.receive(handle!, 10);
      oneOf(answer, ['timed-out', 'unreachable'], 'receive');
      const failed = target.events().filter((event) => event.handle === handle && event.kind === 'failed');
      equal(failed.length, 1, "events 'failed'");
    },
    needs,
  );

  add(
    'RFC 9293 §3.8.6.1',
    'a closed window is probed until it opens',
    (target) => {
      const { peer, handle, tcb } = reach(target, 'ESTABLISHED');
      const all = { ack: true, sequence: tcb.rcvNxt, acknowledgment: tcb.sndNxt };
      peer.deliver({ ...all, window: 0 });
      target.send(handle!, bytes(100));
      equal(peer.take().length, 0, 'segments into a closed window');
      let probes = 0;
      for (let second = 0; second < 120; second++) {
        target.advanceTo(target.now() + 1000);
        for (const probe of peer.take()) {
          probes++;
          within(probe.payload.length, 0, 1, 'text in a probe');
          peer.deliver({ ...all, window: 0 });
        }
      }
      check(probes >= 2, `${probes} probes in two minutes`);
      peer.deliver({ ...all, window: 10_000 });
      const seen = peer.take();
      check(
        seen.some((segment) => segment.payload.length > 0),
        'text once the window is open',
      );
    },
    needs,
  );

  add(
    'RFC 9293 §3.4.2',
    'a long jump of time is many small ones',
    (target) => {
      const { peer } = reach(target, 'SYN_SENT');
      const begin = target.now();
      target.advanceTo(begin + 20_000);
      const times = peer.take().map((segment) => segment.timeMs);
      for (const time of times) within(time, begin, begin + 20_000, 'time of a segment');
      equal(new Set(times).size, times.length, 'distinct times');
      check(target.nextDeadline() > begin + 20_000, 'the next deadline lies ahead');
    },
    needs,
  );

  add(
    'RFC 5681 §3.2',
    'three duplicate ACKs bring the lost segment back at once',
    (target) => {
      const { peer, handle, tcb } = reach(target, 'ESTABLISHED');
      let sndUna = tcb.sndNxt;
      const ack = { ack: true, sequence: tcb.rcvNxt };
      peer.deliver({ ...ack, acknowledgment: sndUna });
      for (let round = 0; round < 3; round++) {
        target.send(handle!, bytes(1460));
        sndUna = (sndUna + peer.take().reduce((sum, segment) => sum + segment.payload.length, 0)) | 0;
        target.advanceTo(target.now() + 10);
        peer.deliver({ ...ack, acknowledgment: sndUna });
      }
      target.send(handle!, bytes(1460 * 4));
      check(peer.take().length >= 4, 'four segments are under way');
      target.advanceTo(target.now() + 10);
      for (let round = 0; round < 3; round++) peer.deliver({ ...ack, acknowledgment: sndUna });
      const again = peer.take().filter((segment) => segment.payload.length > 0);
      check(
        again.some((segment) => segment.sequence === sndUna),
        'the first segment is sent again',
      );
    },
    needs,
  );
}
