import type { Address, NetDevice, SocketProvider } from '@synos/interfaces';
import type { NetworkFactory } from '@synos/kernel';
import { createNetstack, drive } from '@synos/netstack';
import type { createDefaultHost } from '@synos/netstack/streams';
import { createCable } from '@synos/nic';
import { createHostSockets } from '@synos/node/host-sockets';
import { createSockets, type Sockets } from '@synos/socket';
import { createMemoryNetwork } from '@synos/socket/memory';
import { ipv4 } from '@synos/wire';

/** A network for a kernel, and a client on it. */
export interface NetworkChoice {
  /** What the kernel gets. */
  readonly factory: NetworkFactory;
  /** What the machine's card is plugged into, where the network needs one. */
  readonly devices: readonly NetDevice[];
  readonly client: Sockets;
  /** Where the client finds the kernel's programs. */
  readonly address: Address;
  close(): void;
}

/** All that differs between the runs. */
export const networks: Readonly<Record<string, (host: ReturnType<typeof createDefaultHost>) => NetworkChoice>> = {
  /** Our TCP/IP twice: in the kernel, over its virtio-net card, and at the other end of the cable. */
  ours({ loop, entropy }) {
    const cable = createCable();
    const client = createNetstack({
      clock: loop,
      entropy,
      interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }],
    });
    const stop = drive(client, loop);
    return {
      factory: ({ clock, devices: [device], memory, ...host }) => {
        if (device === undefined) throw new Error('the machine has no network card');
        const interfaces = [{ device, addresses: ['10.0.0.2/24'] }];
        const stack = createNetstack({ clock, entropy: host.entropy, memory, interfaces });
        return { provider: stack, pollable: stack, dispose: () => stack.dispose() };
      },
      devices: [cable.b],
      client: client.sockets,
      address: ipv4(10, 0, 0, 2),
      close() {
        stop();
        client.dispose();
        cable.close();
      },
    };
  },
  /** The operating system's own TCP: its calls complete later, and the program waits without noticing. */
  host: () => shared(createHostSockets()),
  /** No TCP at all. */
  memory: () => shared(createMemoryNetwork({ soon: setImmediate })),
};

/** One network of this process, for the kernel's programs and for the client. */
function shared(provider: SocketProvider & { dispose(): void }): NetworkChoice {
  return {
    factory: () => ({ provider }),
    devices: [],
    client: createSockets({ providers: [provider], clock: performance }),
    address: ipv4(127, 0, 0, 1),
    close: () => provider.dispose(),
  };
}
