import { check, equal } from '../check.js';
import type { TcpTarget } from '../tcp-target.js';
import { timestampOption } from './compare.js';
import { ascii, bytes, expectState } from './look.js';
import { type SeenSegment, TcpPeer } from './peer.js';
import { handleOf, peerIss, plainConfig, type Situation } from './situation.js';
import type { AddCase } from './suite.js';

/** Timestamps and protection against wrapped sequence numbers (RFC 7323). */
export function addTimestampCases(add: AddCase): void {
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
      expectState(situation, 'ESTABLISHED');
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
      expectState(situation, 'CLOSED');
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
