import { type ProviderFixture, selectCases, socketProviderSuite } from '@synos/compliance';
import { createPair } from '@synos/netsim';
import { describe, expect, test } from 'vitest';
import { createNetstack, type Netstack } from '../src/index.js';

const ipv4 = (w3: number) => ({ w0: 0, w1: 0, w2: 0xffff, w3 });
const hosts = { a: ipv4(0x0a000001), b: ipv4(0x0a000002) };

/** Two stacks on a simulated link, in virtual time. */
function netstackFixture(): ProviderFixture {
  const pair = createPair<Netstack>({
    seed: 1,
    detail: 'none',
    createHost: ({ side, device, clock, entropy, packets, blocks }) =>
      createNetstack({
        clock,
        entropy,
        memory: { packets, blocks },
        interfaces: [{ device, addresses: [side === 'a' ? '10.0.0.1/24' : '10.0.0.2/24'] }],
      }),
  });
  return {
    a: { provider: pair.a, address: hosts.a },
    b: { provider: pair.b, address: hosts.b },
    settle: (ms) => void pair.runFor(ms),
    foreignAddress: ipv4(0x0a000009),
    unroutableAddress: ipv4(0x0b000001),
    dispose() {
      pair.a.dispose();
      pair.b.dispose();
      pair.link.a.close();
      pair.link.b.close();
      expect(pair.pools.a.used + pair.pools.b.used).toBe(0);
    },
  };
}

describe('our stack as a provider of sockets, in virtual time', () => {
  // What is open is counted in packets and blocks: other tests do.
  const lacks = [...netstackFixture().a.provider.lacks, 'count'];
  const { cases, leftOut } = selectCases(socketProviderSuite(netstackFixture), lacks);
  for (const c of cases) test(`${c.name} [${c.clause}]`, c.run);
  for (const { name, reason } of leftOut) test(name, (context) => context.skip(reason));
});
