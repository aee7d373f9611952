import { describe, expect, test } from 'vitest';
import { selectCases, toyTransportSetup, transportSuite } from '../src/index.js';
import { createReferenceDatagram, type DatagramBug } from './reference/datagram.js';
import { datagramKillers, failureOf } from './reference/killers.js';

const lacks = ['collect'];
const suite = (bug?: DatagramBug) =>
  selectCases(transportSuite(toyTransportSetup('datagram', (host) => createReferenceDatagram(host, bug))), lacks);

describe('the datagram suite', () => {
  const { cases, leftOut } = suite();
  for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);
  for (const { name, reason } of leftOut) test(name, (context) => context.skip(reason));

  test('names are distinct, each with a clause', () => {
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    expect(cases.every((each) => each.clause.length > 3)).toBe(true);
    expect(cases.length).toBeGreaterThanOrEqual(25 + 15);
  });
});

// How the suite can fail: each of these bugs must be seen by some case.
const bugs: readonly DatagramBug[] = [
  'merges-datagrams',
  'no-sender',
  'no-truncation-mark',
  'whole-length-always',
  'drops-empty',
  'peek-takes',
  'no-filter',
  'no-error',
  'sticky-error',
  'tells-unconnected',
  'no-permission',
  'unbounded',
  'no-checksum',
  'calls-at-once',
  'leaks-port',
  'leaks-packet',
  'throws-on-short',
  'ignores-closed',
  'wildcard-first',
  'silent-too-long',
  'calls-twice',
  'any-option',
  'foreign-bind',
  'lifo',
  'believes-anything',
];

describe('the datagram suite kills', () => {
  for (const bug of bugs) {
    test(bug, async () => {
      expect(await failureOf(suite(bug).cases, datagramKillers[bug]!)).toBeInstanceOf(Error);
    });
  }
});
