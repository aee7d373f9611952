import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOption, type DhcpMessage, emitDhcp, parseDhcp, wordsOption } from '../src/dhcp/message.js';
import { fromClient } from './dhcp-frames.js';

const word = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc.uint8Array({ minLength, maxLength }).map((each) => new Uint8Array(each));
const message: fc.Arbitrary<DhcpMessage> = fc.record({
  op: fc.constantFrom(1 as const, 2 as const),
  type: fc.integer({ min: 0, max: 255 }),
  xid: fc.nat(0xffffffff),
  secs: fc.nat(65_535),
  broadcast: fc.boolean(),
  ciaddr: word,
  yiaddr: word,
  giaddr: word,
  chaddr: bytes(6, 6),
  // Not the pads, the end, the overload and the message type, which have a meaning of their own.
  options: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 51 }), bytes(0, 600)), { maxLength: 6 })
    .map((list) => new Map(list)),
});

const parsed = (input: Uint8Array): DhcpMessage => {
  const result = parseDhcp(input);
  if ('error' in result) throw new Error(result.error);
  return result;
};

test('what is written is read again', () => {
  fc.assert(
    fc.property(message, (each) => {
      const emitted = emitDhcp(each);
      expect(emitted.length).toBeGreaterThanOrEqual(300);
      expect(parsed(emitted)).toEqual(each);
    }),
    { numRuns: 300 },
  );
});

test('any bytes, and any damage to a message: an answer or a reason, never an exception', () => {
  const damaged = fc.tuple(message, fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { maxLength: 12 }), fc.nat(700));
  fc.assert(
    fc.property(fc.oneof(bytes(0, 700), damaged), (input) => {
      let candidate: Uint8Array = new Uint8Array(0);
      if (input instanceof Uint8Array) candidate = input;
      else {
        candidate = emitDhcp(input[0]);
        for (const [at, value] of input[1]) if (at < candidate.length) candidate[at] = value;
        candidate = candidate.subarray(0, input[2]);
      }
      const result = parseDhcp(candidate);
      if ('error' in result) expect(typeof result.error).toBe('string');
      else expect(result.chaddr).toHaveLength(6);
    }),
    { numRuns: 1000 },
  );
});

describe('RFC 2131 §4.1, RFC 2132 §9.3, RFC 3396', () => {
  /** A message with raw bytes for options, and in the other two fields. */
  const raw = (options: number[], file: number[] = [], name: number[] = []): Uint8Array<ArrayBuffer> => {
    const result = new Uint8Array(400);
    result.set(emitDhcp(fromClient({})).subarray(0, 240));
    result.set(options, 240);
    result.set(file, 108);
    result.set(name, 44);
    return result;
  };

  test('options spill into the fields of boot file and server name, in this order', () => {
    const both = parsed(raw([52, 1, 3, 53, 1, 3, 61, 1, 1, 255], [61, 1, 2, 255], [61, 1, 3, 255]));
    expect([both.type, both.options.get(61)]).toEqual([3, new Uint8Array([1, 2, 3])]);
    const file = parsed(raw([52, 1, 1, 53, 1, 3, 255], [50, 4, 10, 0, 0, 9, 255], [50, 4, 1, 1, 1, 1, 255]));
    expect(addressOption(file, 50)).toBe(0x0a000009);
    const neither = parsed(raw([53, 1, 3, 255], [50, 4, 10, 0, 0, 9, 255]));
    expect(addressOption(neither, 50)).toBe(0);
  });

  test('pads are skipped, what follows the end is not read, a missing end is forgiven', () => {
    expect(parsed(raw([0, 0, 53, 0x01, 0x01, 0, 255, 12, 200])).type).toBe(1);
    expect(parsed(emitDhcp(fromClient({ type: 8 })).subarray(0, 243)).type).toBe(8);
  });

  test.each([
    ['truncated', emitDhcp(fromClient({})).subarray(0, 239)],
    ['not-ethernet', Uint8Array.from(emitDhcp(fromClient({})), (value, at) => (at === 2 ? 16 : value))],
    ['not-ethernet', Uint8Array.from(emitDhcp(fromClient({})), (value, at) => (at === 1 ? 6 : value))],
    ['not-ethernet', Uint8Array.from(emitDhcp(fromClient({})), (value, at) => (at === 0 ? 3 : value))],
    ['no-cookie', Uint8Array.from(emitDhcp(fromClient({})), (value, at) => (at === 237 ? 0 : value))],
    ['no-type', raw([255])],
    ['no-type', raw([53, 2, 1, 1, 255])],
    ['bad-option', raw([53, 1, 1, 61, 200, 255])],
    ['bad-option', emitDhcp(fromClient({})).subarray(0, 242)],
    ['bad-option', raw([52, 1, 2, 53, 1, 1, 255], [], [61, 63])],
  ])('%s', (error, input) => {
    expect(parseDhcp(input)).toEqual({ error });
  });

  test('an option that is no address is none', () => {
    const options = { 50: new Uint8Array([10, 0, 0]), 54: wordsOption(0x0a000001) };
    const read = parsed(emitDhcp(fromClient({ options })));
    expect([addressOption(read, 50), addressOption(read, 54), addressOption(read, 51)]).toEqual([0, 0x0a000001, 0]);
  });
});
