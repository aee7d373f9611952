import type { Address, SocketProvider } from '@synos/interfaces';
import { createMemoryNetwork, type MemoryNetworkOptions } from '@synos/socket/memory';
import type { ProviderSetup } from '../../src/index.js';

const addresses: Readonly<Record<'inet' | 'inet6', Address>> = {
  inet: { w0: 0, w1: 0, w2: 0xffff, w3: 0x7f000001 },
  inet6: { w0: 0, w1: 0, w2: 0, w3: 1 },
};

/** A network in memory whose turns are taken by `settle` alone: its time is virtual. */
export function memorySetup(
  options: Partial<MemoryNetworkOptions>,
  domain: 'inet' | 'inet6',
  around: (provider: SocketProvider) => SocketProvider = (provider) => provider,
): ProviderSetup {
  return () => {
    let tasks: (() => void)[] = [];
    const network = createMemoryNetwork({ ...options, soon: (task) => tasks.push(task) });
    const side = { provider: around(network), address: addresses[domain] };
    return {
      a: side,
      b: side,
      settle() {
        for (let turn = 0; turn < 20 && tasks.length > 0; turn += 1) {
          const now = tasks;
          tasks = [];
          for (const task of now) task();
        }
      },
      foreignAddress: domain === 'inet' ? { ...addresses.inet, w3: 0x0a000009 } : { ...addresses.inet6, w3: 9 },
      unroutableAddress: domain === 'inet' ? { ...addresses.inet, w3: 0x0a000009 } : { ...addresses.inet6, w3: 9 },
      openCount: () => network.openEndpoints,
      dispose: () => network.dispose(),
    };
  };
}
