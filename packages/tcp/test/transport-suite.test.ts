import { toyTransportSetup, transportSuite } from '@synos/compliance';
import { describe, test } from 'vitest';
import { createTcp } from '../src/index.js';

describe('the contract of a stream transport, over a network with 128-bit addresses', () => {
  for (const item of transportSuite(toyTransportSetup('stream', createTcp()))) {
    test(`${item.name} (${item.clause})`, item.run);
  }
});
