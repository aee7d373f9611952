import { failure, type TransportOption } from '@synos/interfaces';
import { check, equal, oneOf } from '../check.js';
import type { AddProviderCase } from './suite.js';

/** Options with a value to set, and whether it must come back as it is (buffers may be rounded). */
const samples: Readonly<Partial<Record<TransportOption, readonly [value: number, exact: boolean]>>> = {
  reuseAddress: [1, true],
  keepAlive: [1, true],
  noDelay: [1, true],
  cork: [1, true],
  broadcast: [1, true],
  sendBufferBytes: [32_768, false],
  receiveBufferBytes: [32_768, false],
  keepAliveIdleMs: [60_000, true],
  keepAliveIntervalMs: [10_000, true],
  keepAliveCount: [4, true],
  ttl: [9, true],
  tos: [16, true],
  maximumSegmentBytes: [1200, true],
  userTimeoutMs: [5000, true],
  mtuDiscovery: [1, true],
};

const optionsOf: Readonly<Record<'stream' | 'datagram', readonly TransportOption[]>> = {
  stream: [
    'reuseAddress',
    'sendBufferBytes',
    'receiveBufferBytes',
    'keepAlive',
    'keepAliveIdleMs',
    'keepAliveIntervalMs',
    'keepAliveCount',
    'noDelay',
    'cork',
    'ttl',
    'tos',
    'maximumSegmentBytes',
    'userTimeoutMs',
    'mtuDiscovery',
  ],
  datagram: [
    'reuseAddress',
    'sendBufferBytes',
    'receiveBufferBytes',
    'broadcast',
    'cork',
    'ttl',
    'tos',
    'mtuDiscovery',
  ],
};

const refusals = [failure.noSuchOption, failure.notSupported];

/** Options: each is kept, or named in `lacks` and refused. */
export function addOptionCases(add: AddProviderCase): void {
  for (const kind of ['stream', 'datagram'] as const) {
    for (const option of optionsOf[kind]) {
      const [value, isExact] = samples[option] as readonly [number, boolean];
      add(
        `option '${option}'`,
        `${kind}: ${option} is kept`,
        async (t) => {
          const endpoint = t.open(t.a, kind);
          const before = endpoint.getOption(option);
          check(before >= 0, `getOption answered ${before}`);
          equal(endpoint.setOption(option, value), 0, 'setOption');
          const after = endpoint.getOption(option);
          if (isExact) equal(after, value, 'getOption afterwards');
          else check(after > 0, `getOption afterwards answered ${after}`);
          if (isExact && value === 1) {
            equal(endpoint.setOption(option, 0), 0, 'setOption back');
            equal(endpoint.getOption(option), 0, 'getOption back');
          }
          equal(t.open(t.a, kind).getOption(option), before, "another endpoint's");
        },
        [kind, `${kind} ${option}`],
      );
    }

    add(
      'SocketProvider.lacks',
      `${kind}: an option that is lacking is refused`,
      (t) => {
        const endpoint = t.open(t.a, kind);
        for (const option of optionsOf[kind]) {
          if (!t.a.provider.lacks.includes(`${kind} ${option}`)) continue;
          oneOf(endpoint.getOption(option), refusals, `getOption of ${option}`);
          oneOf(endpoint.setOption(option, 1), refusals, `setOption of ${option}`);
        }
        for (const unknown of ['noSuchThing', 'constructor'] as unknown as TransportOption[]) {
          oneOf(endpoint.getOption(unknown), refusals, `getOption of ${unknown}`);
          oneOf(endpoint.setOption(unknown, 1), refusals, `setOption of ${unknown}`);
        }
      },
      [kind],
    );

    add(
      'TransportEndpoint.setOption',
      `${kind}: what is only told cannot be set, and values have bounds`,
      (t) => {
        const endpoint = t.open(t.a, kind);
        for (const option of ['listening', 'readableBytes', 'unsentBytes'] as const) {
          check(endpoint.setOption(option, 1) < 0, `${option} is read only`);
          equal(endpoint.getOption(option), 0, option);
        }
        if (endpoint.getOption('ttl') >= 0) {
          equal(endpoint.setOption('ttl', 0), failure.invalid, 'ttl 0');
          equal(endpoint.setOption('ttl', 256), failure.invalid, 'ttl 256');
        }
        if (endpoint.getOption('tos') >= 0) equal(endpoint.setOption('tos', 256), failure.invalid, 'tos 256');
      },
      [kind],
    );
  }

  add(
    'TransportEndpoint.setOption',
    'options hold on a connection, before and after it stands',
    async (t) => {
      const listener = await t.listener();
      const client = t.open(t.a, 'stream');
      equal(client.setOption('noDelay', 1), 0, 'set before connect');
      equal(await t.connectOutcome(client, t.at(t.b, listener)), 0, 'connect');
      equal(client.getOption('noDelay'), 1, 'noDelay when connected');
      equal(client.setOption('keepAlive', 1), 0, 'set when connected');
      equal(client.getOption('keepAlive'), 1, 'keepAlive');
      const server = await t.accepted(listener);
      await t.sendText(client, 'fine');
      await t.expectText(server, 'fine');
    },
    ['stream', 'listen', 'stream noDelay', 'stream keepAlive'],
  );
}
