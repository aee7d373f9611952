import { failure, type SocketKind } from '@synos/interfaces';
import { check, equal } from '../check.js';
import type { AddProviderCase } from './suite.js';

const domains = ['inet', 'inet6', 'unix'] as const;
const types = ['stream', 'datagram', 'raw'] as const;
const numbers = { stream: 6, datagram: 17 } as const;

/** Which sockets there are. */
export function addKindCases(add: AddProviderCase): void {
  add('SocketProvider.name', 'a provider has a name and says once what it lacks', ({ sides }) => {
    for (const { provider } of sides) {
      check(provider.name.length > 0, 'it has a name');
      equal(new Set(provider.lacks).size, provider.lacks.length, 'names in `lacks`');
    }
  });

  add('SocketProvider.open', 'what is supported opens, what is not answers notSupported', ({ sides }) => {
    for (const { provider } of sides) {
      for (const domain of domains) {
        for (const type of types) {
          const kind: SocketKind = { domain, type, protocol: 0 };
          const opened = provider.open(kind);
          const what = `${domain} ${type}`;
          if (typeof opened === 'number') {
            equal(opened, failure.notSupported, `open of ${what}`);
            equal(provider.supports(kind), false, `supports of ${what}`);
            continue;
          }
          equal(provider.supports(kind), true, `supports of ${what}, which opens`);
          if (type !== 'raw') equal(opened.kind, type, `kind of ${what}`);
          opened.close();
        }
      }
    }
  });

  add('SocketProvider.lacks', '`lacks` is true about kinds', ({ sides, domain }) => {
    for (const { provider } of sides) {
      const some = (kind: Partial<SocketKind>): boolean =>
        domains.some((each) => types.some((type) => provider.supports({ domain: each, type, protocol: 0, ...kind })));
      for (const each of ['inet6', 'unix'] as const) {
        equal(some({ domain: each }), !provider.lacks.includes(each), `${each} is supported`);
      }
      for (const type of types) {
        const isThere = provider.supports({ domain, type, protocol: 0 });
        equal(isThere, !provider.lacks.includes(type), `${type} is supported`);
      }
    }
  });

  add('SocketKind.protocol', 'protocol numbers are the usual ones, and no others', ({ sides, domain }) => {
    for (const { provider } of sides) {
      for (const type of ['stream', 'datagram'] as const) {
        if (provider.lacks.includes(type)) continue;
        equal(provider.supports({ domain, type, protocol: numbers[type] }), true, `protocol ${numbers[type]}`);
        const other = numbers[type === 'stream' ? 'datagram' : 'stream'];
        for (const protocol of [other, 255]) {
          equal(provider.supports({ domain, type, protocol }), false, `${type} of protocol ${protocol}`);
          equal(provider.open({ domain, type, protocol }), failure.notSupported, `open of protocol ${protocol}`);
        }
      }
    }
  });
}
