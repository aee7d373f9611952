import { describe, test } from 'vitest';
import { createToyTransport } from '../../../examples/transport-swap/toy-transport.js';
import { selectCases, toyTransportSetup, transportSuite } from '../src/index.js';

// What a toy of two hundred lines leaves out.
const lacks = ['info', 'buffer-sizes', 'reset-on-unread', 'network-errors'];

describe('the toy stream over the toy network', () => {
  const { cases, leftOut } = selectCases(transportSuite(toyTransportSetup('stream', createToyTransport)), lacks);
  for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);
  for (const { name, reason } of leftOut) test.skip(`${name}: ${reason}`, () => {});
});
