import { performOn, type TcpTargetInput } from '@synos/compliance';
import { readiness, type TransportEndpoint, transfer } from '@synos/interfaces';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FastPath, headerPrediction } from '../src/index.js';
import { type EventPlan, eventPlan, resolveEvent } from '../src/testing/index.js';
import { ack, Conversation, type ConversationOptions, psh } from './conversation.js';
import { addressB, type FakeRoute, Pair, type Station } from './fake-network.js';
import { summingMemory } from './summing-memory.js';

const numRuns = process.env.SYNOS_LONG ? 10_000 : 400;

/** Header prediction that counts what it takes. */
class Counted implements FastPath {
  received = 0;
  sent = 0;

  receive(...args: Parameters<FastPath['receive']>): boolean {
    const isTaken = headerPrediction.receive(...args);
    if (isTaken) this.received++;
    return isTaken;
  }

  send(...args: Parameters<FastPath['send']>): boolean {
    const isTaken = headerPrediction.send(...args);
    if (isTaken) this.sent++;
    return isTaken;
  }
}

/** All that anybody could see of a target after an input. */
function seen(one: Conversation, input: TcpTargetInput): unknown {
  return { ...performOn(one.target, input), whole: one.target.snapshot() };
}

/** What header prediction is for: the next text in order, answers, acknowledgements of all there is. */
function plainPlan(): fc.Arbitrary<EventPlan> {
  const textBytes = fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.constantFrom(0, 64),
    fc.integer({ min: 0, max: 1448 }),
  );
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('segment' as const),
        sequenceFrom: fc.constant('rcvNxt' as const),
        sequenceOffset: fc.constant(0),
        acknowledgmentFrom: fc.constantFrom('sndNxt' as const, 'sndNxt' as const, 'sndNxt' as const, 'sndUna' as const),
        acknowledgmentOffset: fc.constant(0),
        flags: fc.constantFrom(ack, ack | psh),
        textBytes,
        window: fc.constantFrom(65_535, 65_535, 65_535, 65_535, 1000, 100, 0),
        timestampOffset: fc.constantFrom(0, 0, 0, 0, 5, -1),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), length: textBytes }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('receive' as const), length: fc.integer({ min: 1, max: 2000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400 }) }) },
  );
}

const flavours: readonly (readonly [string, ConversationOptions])[] = [
  ['as it comes', {}],
  ['with sequence numbers about to wrap', { iss: -300, peerIss: -300 }],
  ['without Nagle', { noDelay: true }],
  ['in buffers of 300 bytes', { receiveBufferBytes: 300, sendBufferBytes: 300 }],
  ['acknowledged at once', { delayedAckMs: 0 }],
];

describe('header prediction does what the long way does, and nothing else', () => {
  test.each(flavours)('%s', (_name, flavour) => {
    const counted = new Counted();
    const plans = fc.array(
      fc.oneof({ weight: 20, arbitrary: plainPlan() }, { weight: 1, arbitrary: eventPlan(true) }),
      {
        maxLength: 60,
        size: 'max',
      },
    );
    fc.assert(
      fc.property(plans, fc.boolean(), fc.nat({ max: 999 }), (events, corrupts, place) => {
        const options: ConversationOptions = {
          ...flavour,
          timestamps: true,
          allocate: summingMemory,
          peerOptions: { hasTimestamp: true, windowScale: 2, sackPermitted: true },
        };
        const long = new Conversation(options).connected();
        const short = new Conversation({ ...options, settings: { fastPath: counted } }).connected();
        for (const [nth, plan] of events.entries()) {
          const input = resolveEvent(plan, long.handle, long.peerView(), long.now);
          if (corrupts && nth % 4 === 3 && input.kind === 'deliver') {
            // Anywhere behind the IPv4 header: the checksum is the only one who knows.
            const at = 20 + (place % (input.bytes.length - 20));
            input.bytes[at] = input.bytes[at]! ^ 0x10;
          }
          expect(seen(short, input)).toEqual(seen(long, input));
        }
      }),
      { numRuns: numRuns / 5 },
    );
    // It had something to do.
    expect(counted.received).toBeGreaterThan(numRuns / 10);
    expect(counted.sent).toBeGreaterThan(numRuns / 10);
  });
});

/** What a program, its device and its wire may do. */
type Deed =
  | { readonly deed: 'send'; readonly bytes: number; readonly more: boolean }
  | { readonly deed: 'receive'; readonly bytes: number }
  | { readonly deed: 'set'; readonly option: 'cork' | 'noDelay' | 'sendBufferBytes'; readonly value: number }
  | { readonly deed: 'room'; readonly hasRoom: boolean }
  | { readonly deed: 'drop'; readonly packets: number }
  | { readonly deed: 'wait'; readonly ms: number };

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      deed: fc.constant('send' as const),
      bytes: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 300 }) },
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 2000 }) },
        { weight: 1, arbitrary: fc.constant(60_000) },
      ),
      more: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ deed: fc.constant('receive' as const), bytes: fc.integer({ min: 1, max: 4000 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ deed: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 2, 2, 2, 50, 450) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      deed: fc.constant('set' as const),
      option: fc.constantFrom('cork' as const, 'noDelay' as const),
      value: fc.integer({ min: 0, max: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      deed: fc.constant('set' as const),
      option: fc.constant('sendBufferBytes' as const),
      value: fc.constantFrom(100, 3000, 100_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ deed: fc.constant('room' as const), hasRoom: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ deed: fc.constant('drop' as const), packets: fc.integer({ min: 1, max: 3 }) }),
  },
);

/** Two programs with two connections between them, over two TCPs and a wire that may lose packets. */
class Talk {
  readonly pair: Pair;
  /** The client's two, and the server's. */
  private readonly ends: readonly TransportEndpoint[];
  private readonly untold = new Set<Station>();
  private toDrop = 0;

  constructor(fastPath: FastPath | null, windowBytes: number) {
    this.pair = new Pair({ fastPath, receiveBufferBytes: windowBytes });
    const { a, b } = this.pair;
    const listener = b.open();
    listener.bind({ address: addressB, port: 80 });
    listener.listen(2);
    const clients = [a.open(), a.open()];
    for (const client of clients) client.connect({ address: addressB, port: 80 });
    this.pair.run(this.pair.nowMs + 100);
    this.ends = [...clients, listener.accept()!, listener.accept()!];
    this.pair.fault = () => (this.toDrop > 0 && this.toDrop-- > 0 ? 'drop' : 'deliver');
  }

  do(which: number, deed: Deed): number {
    const { pair } = this;
    const end = this.ends[which]!;
    const station: Station = which < 2 ? pair.a : pair.b;
    switch (deed.deed) {
      case 'send':
        return end.send(
          new Uint8Array(deed.bytes).fill(deed.bytes),
          0,
          deed.bytes,
          deed.more ? transfer.more : 0,
          null,
        );
      case 'receive':
        return end.receive(new Uint8Array(deed.bytes), 0, deed.bytes, 0, null);
      case 'set':
        return end.setOption(deed.option, deed.value);
      case 'room': {
        const route = station.host.routes[0] as FakeRoute;
        // Who waits is told a little later, as by a poll.
        if (deed.hasRoom && !route.hasRoom) this.untold.add(station);
        route.hasRoom = deed.hasRoom;
        return 0;
      }
      case 'drop':
        this.toDrop = deed.packets;
        return 0;
      default:
        for (const { tcp, host } of this.untold) tcp.writable(host.routes[0]!.device);
        this.untold.clear();
        pair.run(pair.nowMs + deed.ms);
        return end.readiness() & (readiness.readable | readiness.error | readiness.hangup);
    }
  }

  /** Of the first connection. */
  get windowBytes(): number {
    return this.ends[0]!.info()!.congestionWindowBytes;
  }

  get seen(): unknown {
    const said = ({ host }: Station): unknown[] => host.sent.splice(0).map(({ atMs, bytes }) => [atMs, bytes]);
    const { a, b } = this.pair;
    return [said(a), said(b), { ...a.tcp.counters }, { ...b.tcp.counters }, this.ends.map((end) => end.info())];
  }
}

test('nor can programs, a full device or a wire that loses packets tell the difference', () => {
  const counted = new Counted();
  const scripts = fc.array(fc.tuple(fc.nat({ max: 3 }), deeds), { maxLength: 80, size: 'max' });
  fc.assert(
    fc.property(scripts, fc.constantFrom(2000, 65_536), (script, windowBytes) => {
      const long = new Talk(null, windowBytes);
      const short = new Talk(counted, windowBytes);
      for (const [which, deed] of script) {
        expect(short.do(which, deed)).toBe(long.do(which, deed));
        expect(short.seen).toEqual(long.seen);
      }
    }),
    { numRuns: numRuns / 5 },
  );
  expect(counted.received).toBeGreaterThan(numRuns / 10);
  expect(counted.sent).toBeGreaterThan(numRuns / 10);
});

test('after a pause the window begins anew on the short way too (RFC 5681 §4.1)', () => {
  const windows = [null, headerPrediction].map((fastPath) => {
    const talk = new Talk(fastPath, 65_536);
    talk.do(0, { deed: 'send', bytes: 60_000, more: false });
    talk.do(0, { deed: 'wait', ms: 100 });
    talk.do(2, { deed: 'receive', bytes: 60_000 });
    talk.do(0, { deed: 'wait', ms: 1000 });
    const before = talk.windowBytes;
    talk.do(0, { deed: 'send', bytes: 60, more: false });
    return [before, talk.windowBytes];
  });
  expect(windows[1]).toEqual(windows[0]);
  expect(windows[0]![1]).toBeLessThan(windows[0]![0]!);
});
