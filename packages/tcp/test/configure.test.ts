import type { TransportProtocol } from '@synos/interfaces';
import { parseAddress } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { configure, connections, createTcp, defaultSettings } from '../src/index.js';
import { MiniHost } from '../src/mini-host.js';
import type { Tcp } from '../src/protocol.js';

const address = parseAddress('192.0.2.1')!;
const peer = parseAddress('192.0.2.2')!;

function host(): MiniHost {
  return new MiniHost({ nowMs: 0, address, mtuBytes: 1500, seed: 1, ringBytes: 1 << 16 });
}

function opened(transport: TransportProtocol) {
  const endpoint = transport.open();
  if (typeof endpoint === 'number') throw new Error(`open: ${endpoint}`);
  return endpoint;
}

describe('configure', () => {
  test('holds for this transport from now on, and for no other', () => {
    const factory = createTcp({ synRetries: 3 });
    const [one, other] = [factory(host()), factory(host())];
    const before = opened(one);
    configure(one, { sendBufferBytes: 10_000, delayedAckMs: 7 });
    expect(before.getOption('sendBufferBytes')).toBe(defaultSettings.sendBufferBytes);
    expect(opened(one).getOption('sendBufferBytes')).toBe(10_000);
    expect((one as Tcp).core.settings).toMatchObject({ synRetries: 3, delayedAckMs: 7 });
    expect((other as Tcp).core.settings).toMatchObject({ synRetries: 3, delayedAckMs: defaultSettings.delayedAckMs });
    expect(opened(other).getOption('sendBufferBytes')).toBe(defaultSettings.sendBufferBytes);
  });

  test('takes a transport of createTcp alone', () => {
    expect(() => configure({} as TransportProtocol, {})).toThrow(TypeError);
    expect(() => connections({} as TransportProtocol)).toThrow(TypeError);
  });
});

describe('connections', () => {
  test('lists listeners without a peer, and what has one', () => {
    const transport = createTcp()(host());
    expect(connections(transport)).toEqual([]);
    const listener = opened(transport);
    listener.bind({ address, port: 80 });
    listener.listen(4);
    const client = opened(transport);
    client.bind({ address, port: 4000 });
    client.connect({ address: peer, port: 443 });
    expect(connections(transport)).toMatchObject([
      { state: 'LISTEN', local: address, localPort: 80, remote: null, remotePort: 0 },
      { state: 'SYN_SENT', local: address, localPort: 4000, remote: peer, remotePort: 443 },
    ]);
    listener.close();
    client.abort();
    expect(connections(transport)).toEqual([]);
  });
});
