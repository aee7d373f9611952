import { setTimeout as sleep } from 'node:timers/promises';
import type { ProviderSetup } from '@synos/compliance';
import { createHostSockets } from '../src/host-sockets/index.js';

const mapped = (w3: number) => ({ w0: 0, w1: 0, w2: 0xffff, w3: w3 | 0 });
const loopback = { inet: mapped(0x7f000001), inet6: { w0: 0, w1: 0, w2: 0, w3: 1 } };
// RFC 5737, RFC 3849: addresses of nobody. They are bound to, never sent to.
const foreign = { inet: mapped(0xc0000201), inet6: { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 } };

/** The host's own network, on loopback, in real time. */
export function hostSetup(domain: 'inet' | 'inet6'): ProviderSetup {
  return () => {
    const provider = createHostSockets();
    const side = { provider, address: loopback[domain] };
    return {
      a: side,
      b: side,
      settle: (ms) => sleep(ms),
      foreignAddress: foreign[domain],
      openCount: () => provider.openHandles,
      async dispose() {
        provider.dispose();
        for (let turn = 0; provider.openHandles > 0 && turn < 100; turn += 1) await sleep(1);
        if (provider.openHandles > 0) throw new Error(`${provider.openHandles} handles are left after dispose`);
      },
    };
  };
}
