import type { TcpTargetInput } from '@synos/compliance';
import type { ByteMemory } from '@synos/interfaces';
import { createMemory, sumBytes } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FastPath, headerPrediction } from '../src/index.js';
import { type EventPlan, eventPlan, resolveEvent } from '../src/testing/index.js';
import { ack, Conversation, type ConversationOptions, psh } from './conversation.js';

const numRuns = process.env.SYNOS_LONG ? 10_000 : 500;

/** A memory that sums what it copies, without an engine that has WebAssembly. */
function summingMemory(byteLength: number): ByteMemory {
  const { bytes, view, words } = createMemory(new ArrayBuffer((byteLength + 7) & ~7));
  const plain = { bytes, view, words };
  return {
    ...plain,
    fast: {
      sum: (start, end) => sumBytes(plain, start, end),
      copy(start, end, to) {
        bytes.copyWithin(to, start, end);
        return sumBytes(plain, start, end);
      },
      move(start, end, to) {
        bytes.copyWithin(to, start, end);
        return end;
      },
    },
  };
}

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

function apply({ target }: Conversation, input: TcpTargetInput): unknown {
  switch (input.kind) {
    case 'deliver':
      return target.deliver(input.bytes);
    case 'advance':
      return target.advanceTo(input.timeMs);
    case 'send':
      return target.send(input.handle, input.bytes);
    case 'receive':
      return target.receive(input.handle, input.maximumBytes);
    case 'close':
      return target.close(input.handle);
    case 'abort':
      return target.abort(input.handle);
    default:
      throw new Error('not used here');
  }
}

/** All that anybody could see of a target after an input. */
function seen(one: Conversation, input: TcpTargetInput): unknown {
  const result = apply(one, input);
  return { result, packets: one.target.drain(), events: one.target.events(), whole: one.target.snapshot() };
}

/** What header prediction is for: the next text in order, answers, acknowledgements of all there is. */
function plainPlan(): fc.Arbitrary<EventPlan> {
  const textBytes = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(64), fc.integer({ min: 0, max: 1448 }));
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
