import type { TcpTargetInput } from '@synos/compliance';
import { emitIpv4, emitTcp, parseAddress, protocolNumber, tcpFlag } from '@synos/wire';
import fc from 'fast-check';

/** What the other end of a flow knows or could guess; offsets in a {@link SegmentPlan} are from here. */
export interface PeerView {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The target's `rcv.nxt`: where the peer's next byte belongs. Any int32. */
  readonly rcvNxt: number;
  /** The target's `rcv.wnd`. */
  readonly rcvWnd: number;
  /** The target's `snd.una`. */
  readonly sndUna: number;
  /** The target's `snd.nxt`. */
  readonly sndNxt: number;
}

/** A segment of the peer in terms of what the target expects, so that it means the same in any run. */
export interface SegmentPlan {
  readonly kind: 'segment';
  /** From where the sequence number is counted. */
  readonly sequenceFrom: 'rcvNxt' | 'rightEdge';
  readonly sequenceOffset: number;
  /** From where the acknowledgment number is counted. */
  readonly acknowledgmentFrom: 'sndUna' | 'sndNxt';
  readonly acknowledgmentOffset: number;
  readonly flags: number;
  readonly textBytes: number;
  readonly window: number;
  /** TSval relative to the time in milliseconds, or null for no timestamps. */
  readonly timestampOffset: number | null;
}

/** A user's call, for the connection that a run is about. */
export type CallPlan =
  | { readonly kind: 'send'; readonly length: number }
  | { readonly kind: 'receive'; readonly length: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'abort' };

/** Time passes. */
export interface WaitPlan {
  readonly kind: 'wait';
  readonly ms: number;
}

/** One event of a run. */
export type EventPlan = SegmentPlan | CallPlan | WaitPlan;

const { fin, syn, rst, psh, ack, urg } = tcpFlag;
const likelyFlags = [ack, ack, ack, ack | psh, ack | fin, syn, syn | ack, rst, rst | ack, fin, 0, ack | urg];

/**
 * Segments around the edges of the windows, mostly sane ones.
 *
 * @param timestamps - whether the flow carries timestamps
 * @example
 * ```ts
 * fc.assert(fc.property(fc.array(segmentPlan(true)), (plans) => run(plans)));
 * ```
 */
export function segmentPlan(timestamps: boolean): fc.Arbitrary<SegmentPlan> {
  const near = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) },
    { weight: 2, arbitrary: fc.integer({ min: -3000, max: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) },
  );
  return fc.record({
    kind: fc.constant('segment' as const),
    sequenceFrom: fc.constantFrom('rcvNxt' as const, 'rcvNxt' as const, 'rcvNxt' as const, 'rightEdge' as const),
    sequenceOffset: near,
    acknowledgmentFrom: fc.constantFrom('sndUna' as const, 'sndNxt' as const),
    acknowledgmentOffset: near,
    flags: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...likelyFlags) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    ),
    textBytes: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 1448 }) },
    ),
    window: fc.constantFrom(0, 1, 100, 5000, 65_535),
    timestampOffset: timestamps
      ? fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-10_000, 5, null) })
      : fc.constant(null),
  });
}

/** Calls of a user, closing seldom. */
export function callPlan(): fc.Arbitrary<CallPlan> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('send' as const), length: fc.integer({ min: 0, max: 9000 }) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('receive' as const), length: fc.integer({ min: 1, max: 9000 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const) }) },
  );
}

/** Waits from nothing to beyond a retransmission timeout, seldom to beyond every timer. */
export function waitPlan(): fc.Arbitrary<WaitPlan> {
  const ms = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 5000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
  );
  return fc.record({ kind: fc.constant('wait' as const), ms });
}

/** Anything that can happen to a connection. */
export function eventPlan(timestamps: boolean): fc.Arbitrary<EventPlan> {
  return fc.oneof(
    { weight: 5, arbitrary: segmentPlan(timestamps) },
    { weight: 3, arbitrary: callPlan() },
    { weight: 2, arbitrary: waitPlan() },
  );
}

/**
 * The whole IPv4 packet that a plan means now. Its text is made from sequence numbers, so that whatever sends a byte
 * of the stream again sends the same one.
 *
 * @param nowMs - the time, for timestamps
 */
export function resolveSegment(plan: SegmentPlan, view: PeerView, nowMs: number): Uint8Array<ArrayBuffer> {
  const from = plan.sequenceFrom === 'rcvNxt' ? view.rcvNxt : view.rcvNxt + view.rcvWnd;
  const sequence = (from + plan.sequenceOffset) | 0;
  const acknowledged = plan.acknowledgmentFrom === 'sndUna' ? view.sndUna : view.sndNxt;
  const payload = new Uint8Array(plan.textBytes);
  for (let i = 0; i < payload.length; i++) payload[i] = textByte(sequence + i);
  const source = parseAddress(view.remoteAddress)!;
  const destination = parseAddress(view.localAddress)!;
  const segment = emitTcp(
    {
      sourcePort: view.remotePort,
      destinationPort: view.localPort,
      sequence,
      acknowledgment: (plan.flags & ack) === 0 ? 0 : (acknowledged + plan.acknowledgmentOffset) | 0,
      flags: plan.flags,
      window: plan.window,
      urgentPointer: 0,
      options:
        plan.timestampOffset === null
          ? {}
          : { hasTimestamp: true, timestampValue: Math.floor(nowMs + plan.timestampOffset) | 0, timestampEcho: 0 },
      payload,
    },
    source,
    destination,
  );
  return emitIpv4({
    source,
    destination,
    protocol: protocolNumber.tcp,
    identification: 0,
    ttl: 64,
    tos: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffsetBytes: 0,
    options: new Uint8Array(0),
    payload: segment,
  });
}

/** The byte of the peer's stream that has a sequence number. */
export function textByte(sequence: number): number {
  return (Math.imul(sequence, 0x9e37_79b1) >>> 24) & 0xff;
}

/** A plan as an input for a target's connection. */
export function resolveEvent(plan: EventPlan, handle: number, view: PeerView, nowMs: number): TcpTargetInput {
  switch (plan.kind) {
    case 'segment':
      return { kind: 'deliver', bytes: resolveSegment(plan, view, nowMs) };
    case 'wait':
      return { kind: 'advance', timeMs: nowMs + plan.ms };
    case 'send': {
      const bytes = new Uint8Array(plan.length);
      for (let i = 0; i < bytes.length; i++) bytes[i] = i;
      return { kind: 'send', handle, bytes };
    }
    case 'receive':
      return { kind: 'receive', handle, maximumBytes: plan.length };
    default:
      return { kind: plan.kind, handle };
  }
}
