import { createMemoryNetwork } from '@synos/socket/memory';
import { describe, expect, test } from 'vitest';
import { ComplianceError, providerLevels, selectCases, socketProviderSuite } from '../src/index.js';
import { failureOf } from './reference/killers.js';
import { memorySetup } from './reference/memory-setup.js';
import { providerMutants } from './reference/provider-mutants.js';

for (const completesLater of [false, true]) {
  for (const domain of ['inet', 'inet6'] as const) {
    describe(`a network in memory, ${domain}, ${completesLater ? 'completing later' : 'at once'}`, () => {
      const suite = socketProviderSuite(memorySetup({ completesLater }, domain), { domain });
      const { lacks } = createMemoryNetwork({ soon: queueMicrotask, completesLater });
      const { cases, leftOut } = selectCases(suite, lacks);
      for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);
      for (const { name, reason } of leftOut) test(name, (context) => context.skip(reason));
    });
  }
}

describe('the suite of socket providers', () => {
  const cases = socketProviderSuite(memorySetup({}, 'inet'));

  test('names are distinct, each case has a clause and a level, each level has cases', () => {
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    expect(cases.every((each) => each.clause.length > 3)).toBe(true);
    for (const level of providerLevels) expect(cases.filter((each) => each.level === level)).not.toEqual([]);
  });
});

describe('the suite of socket providers kills', () => {
  for (const [bug, { around, completesLater = false, seenBy }] of Object.entries(providerMutants)) {
    test(`${bug}: ${seenBy}`, async () => {
      const cases = socketProviderSuite(memorySetup({ completesLater }, 'inet', around));
      expect(await failureOf(cases, seenBy)).toBeInstanceOf(ComplianceError);
      // The same case passes without the bug.
      expect(await failureOf(socketProviderSuite(memorySetup({ completesLater }, 'inet')), seenBy)).toBeUndefined();
    });
  }
});
