import { selectCases, tcpSocketsSuite, tcpStateSuite } from '@synos/compliance';
import { describe, expect, test } from 'vitest';
import { createStackTarget } from '../src/ours/index.js';

describe('the sockets level of our stack', () => {
  const cases = tcpSocketsSuite(() => createStackTarget({ startMs: 1000 }));
  for (const item of cases) test(`${item.name} (${item.clause})`, item.run);

  test('names are distinct', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});

describe('the wire and state levels of our stack', () => {
  const { cases, leftOut } = selectCases(
    tcpStateSuite(() => createStackTarget()),
    ['snapshot'],
  );
  for (const item of cases) test(`${item.name} (${item.clause})`, item.run);
  for (const { name, reason } of leftOut) test(name, (context) => context.skip(reason));
});
