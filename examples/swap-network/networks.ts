import type { SocketProvider } from '@synos/interfaces';
import { createNetstack, drive } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createCable } from '@synos/nic';
import { createHostSockets } from '@synos/node/host-sockets';
import { createSockets, type Sockets } from '@synos/socket';
import { createMemoryNetwork } from '@synos/socket/memory';

/** A network with a server's place and a client's on it. */
export interface Network {
  readonly server: Sockets;
  readonly client: Sockets;
  /** Where the client finds the server. */
  readonly address: string;
  close(): void;
}

/** All that differs between the runs. */
export const networks: Readonly<Record<string, () => Network>> = {
  /** Two stacks of ours on a virtual cable. */
  ours() {
    const { loop, entropy } = createDefaultHost();
    const cable = createCable();
    const server = createNetstack({
      clock: loop,
      entropy,
      interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }],
    });
    const client = createNetstack({
      clock: loop,
      entropy,
      interfaces: [{ device: cable.b, addresses: ['10.0.0.2/24'] }],
    });
    const stops = [drive(server, loop), drive(client, loop)];
    return {
      server: server.sockets,
      client: client.sockets,
      address: '10.0.0.1',
      close() {
        for (const stop of stops) stop();
        server.dispose();
        client.dispose();
        cable.close();
      },
    };
  },
  /** The operating system's own TCP, on its loopback. */
  host() {
    return loopback(createHostSockets());
  },
  /** No TCP at all. */
  memory() {
    return loopback(createMemoryNetwork({ soon: setImmediate }));
  },
};

function loopback(provider: SocketProvider & { dispose(): void }): Network {
  const sockets = createSockets({ providers: [provider], clock: performance });
  return { server: sockets, client: sockets, address: '127.0.0.1', close: () => provider.dispose() };
}
