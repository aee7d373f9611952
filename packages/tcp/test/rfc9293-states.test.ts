import { tcpStateSuite } from '@synos/compliance';
import { describe, test } from 'vitest';
import { createTcpTarget } from '../src/testing/index.js';

describe('RFC 9293, each state and segment against a model written apart', () => {
  for (const item of tcpStateSuite(() => createTcpTarget())) test(`${item.name} (${item.clause})`, item.run);
});
