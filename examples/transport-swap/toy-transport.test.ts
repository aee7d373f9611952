import { runCases, selectCases, toyTransportSetup, transportSuite } from '@synos/compliance';
import { describe, expect, test } from 'vitest';
import { seenBy, streamMutants } from './stream-mutants.js';
import { createToyTransport } from './toy-transport.js';

// What a toy leaves out.
const lacks = ['info', 'buffer-sizes', 'reset-on-unread', 'network-errors', 'ttl'];
const suite = (create = createToyTransport) => selectCases(transportSuite(toyTransportSetup('stream', create)), lacks);

describe('the toy transport passes the suite of TransportProtocol', () => {
  const { cases, leftOut } = suite();
  for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);
  for (const { name, reason } of leftOut) test(name, (context) => context.skip(reason));

  test('names are distinct, each with a clause', () => {
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    expect(cases.every((each) => each.clause.length > 3)).toBe(true);
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });
});

// How the suite can fail: each of these planted bugs must be seen by the case named for it.
describe('the suite finds', () => {
  for (const [name, mutate] of Object.entries(streamMutants)) {
    test(`a stream that ${name}`, async () => {
      const found = suite(mutate(createToyTransport)).cases.filter((each) => each.name === seenBy[name]);
      const [result] = await runCases(found);
      expect(result?.error).toBeInstanceOf(Error);
    });
  }
});
