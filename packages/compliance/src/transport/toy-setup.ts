import type { TransportFactory } from '@synos/interfaces';
import { toyHeaderBytes } from '../toy/header.js';
import { toyAddress, toyBroadcast, toyLoopback } from '../toy/host.js';
import { type ToyNetworkSettings, toyNetwork } from '../toy/network.js';
import type { TransportFixture, TransportSetup, TransportSide } from './fixture.js';

/** How late a delayed packet comes, in ms. */
const delayMs = 3;

/**
 * The setup of {@link transportSuite} over a {@link toyNetwork}: 128-bit addresses, no IP at all. It lacks nothing that
 * a network can lack.
 *
 * @example
 * ```ts
 * const setup = toyTransportSetup('stream', createTcp);
 * for (const c of transportSuite(setup)) test(c.name, c.run);
 * ```
 */
export function toyTransportSetup(
  kind: 'stream' | 'datagram',
  create: TransportFactory,
  settings: ToyNetworkSettings = {},
): TransportSetup {
  return { kind, create: () => toyFixture(create, settings) };
}

function toyFixture(create: TransportFactory, settings: ToyNetworkSettings): TransportFixture {
  const network = toyNetwork(settings);
  const sides = network.hosts.slice(0, 2).map((host): TransportSide => {
    const transport = create(host);
    host.attach(transport);
    return { transport, host, address: host.address, loopbackAddress: toyLoopback };
  });
  const [a, b] = [sides[0]!, sides[1]!];
  return {
    a,
    b,
    absentAddress: toyAddress(98),
    unroutableAddress: { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 },
    foreignAddress: { w0: 0x20010db8, w1: 0, w2: 0, w3: 2 },
    broadcastAddress: toyBroadcast,
    now: () => network.clock.now(),
    run: (untilMs) => network.run(untilMs),
    setFaults(plan) {
      const first = network.sent;
      network.plan =
        plan &&
        ((ordinal) => {
          const action = plan(ordinal - first);
          return action && { action, delayMs: action === 'delay' ? delayMs : 0, offset: 3 };
        });
    },
    capture(listener) {
      network.onPacket = listener && ((bytes, from) => listener(bytes.slice(toyHeaderBytes), from === 0 ? a : b));
    },
    dispose: () => network.dispose(),
  };
}
