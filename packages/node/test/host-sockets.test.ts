import { networkInterfaces } from 'node:os';
import { selectCases, socketProviderSuite } from '@synos/compliance';
import { describe, test } from 'vitest';
import { createHostSockets } from '../src/host-sockets/index.js';
import { hostSetup } from './host-setup.js';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
// No traffic leaves loopback: there is nothing to be unroutable.
const lacks = [...createHostSockets().lacks, 'unroutable'];

for (const domain of ['inet', 'inet6'] as const) {
  describe(`host sockets, ${domain}`, () => {
    const { cases, leftOut } = selectCases(socketProviderSuite(hostSetup(domain), { domain }), lacks);
    for (const c of cases) {
      test(`${c.name} [${c.clause}]`, async (context) => {
        context.skip(domain === 'inet6' && !hasIpv6, 'the host has no ::1');
        await c.run();
      });
    }
    for (const { name, reason } of leftOut) test(name, (context) => context.skip(reason));
  });
}
