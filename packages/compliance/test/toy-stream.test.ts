import { describe, expect, test } from 'vitest';
import { createToyTransport } from '../../../examples/transport-swap/toy-transport.js';
import { selectCases, toyTransportSetup, transportSuite } from '../src/index.js';
import { failureOf, streamKillers } from './reference/killers.js';
import { streamMutants } from './reference/stream-mutants.js';

// What a toy leaves out.
const lacks = ['info', 'buffer-sizes', 'reset-on-unread', 'network-errors', 'ttl'];
const suite = (create = createToyTransport) => selectCases(transportSuite(toyTransportSetup('stream', create)), lacks);

describe('the toy stream over the toy network', () => {
  const { cases, leftOut } = suite();
  for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);
  for (const { name, reason } of leftOut) test.skip(`${name}: ${reason}`, () => {});

  test('names are distinct, each with a clause', () => {
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    expect(cases.every((each) => each.clause.length > 3)).toBe(true);
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });
});

// How the suite can fail: each of these planted bugs must be seen by some case.
describe('the stream suite kills', () => {
  for (const [name, mutate] of Object.entries(streamMutants)) {
    test(`a stream that ${name}`, async () => {
      const { cases } = suite(mutate(createToyTransport));
      expect(await failureOf(cases, streamKillers[name]!)).toBeInstanceOf(Error);
    });
  }
});
