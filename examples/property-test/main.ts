// A property of any TCP behind `TcpTarget`: whatever a peer sends, however time passes, the acknowledgements of a
// connection never go back (RFC 9293 §3.4).
import type { TcpTarget } from '@synos/compliance';
import { createTcpTarget, eventPlan, type PeerView, resolveEvent } from '@synos/tcp/testing';
import { parseIpv4, parseTcp, seqLess, type TcpSegment, tcpFlag } from '@synos/wire';
import fc from 'fast-check';

const { syn, ack, rst } = tcpFlag;
const flow = { localPort: 80, remoteAddress: '192.0.2.2', remotePort: 4000 };
const peerIss = 1000;

/** The segments that a target has sent since the last look. */
function sent(target: TcpTarget): TcpSegment[] {
  return target.drain().flatMap(({ bytes }) => {
    const packet = parseIpv4(bytes);
    const segment = 'error' in packet ? packet : parseTcp(packet.payload);
    return 'error' in segment ? [] : [segment];
  });
}

/** What the peer may know, from the target's own books. */
function view(target: TcpTarget): PeerView {
  const state = target.state?.(flow);
  return {
    ...flow,
    localAddress: target.localAddress,
    rcvNxt: (state?.rcvNxt ?? peerIss + 1) | 0,
    rcvWnd: state?.rcvWndBytes ?? 0,
    sndUna: (state?.sndUna ?? 0) | 0,
    sndNxt: (state?.sndNxt ?? 0) | 0,
  };
}

const property = fc.property(fc.array(eventPlan(false), { maxLength: 30 }), (plans) => {
  const target = createTcpTarget();
  const listener = target.listen({ localPort: flow.localPort });
  if (typeof listener !== 'number') throw new Error(listener);
  let acknowledged = peerIss;

  const deliver = (input: ReturnType<typeof resolveEvent>): void => {
    if (input.kind === 'deliver') target.deliver(input.bytes);
    else if (input.kind === 'advance') target.advanceTo(input.timeMs);
    for (const segment of sent(target)) {
      if ((segment.flags & ack) === 0 || (segment.flags & rst) !== 0) continue;
      // A SYN of its own begins another connection.
      if ((segment.flags & syn) !== 0) acknowledged = segment.acknowledgment;
      if (seqLess(segment.acknowledgment, acknowledged)) throw new Error('an acknowledgement went back');
      acknowledged = segment.acknowledgment;
    }
  };

  const start = { ...view(target), rcvNxt: peerIss };
  const plain = {
    sequenceFrom: 'rcvNxt',
    sequenceOffset: 0,
    acknowledgmentFrom: 'sndNxt',
    acknowledgmentOffset: 0,
  } as const;
  const handshake = { ...plain, kind: 'segment', textBytes: 0, window: 65_535, timestampOffset: null } as const;
  deliver(resolveEvent({ ...handshake, flags: syn }, listener, start, target.now()));
  deliver(resolveEvent({ ...handshake, flags: ack }, listener, view(target), target.now()));
  for (const plan of plans) {
    if (plan.kind === 'segment' || plan.kind === 'wait')
      deliver(resolveEvent(plan, listener, view(target), target.now()));
  }
});

const runs = 500;
fc.assert(property, { numRuns: runs, seed: 42 });
console.log(`acknowledgements never went back in ${runs} conversations`);
