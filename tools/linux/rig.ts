import type { NetDevice } from '@synos/interfaces';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createPing, type Ping } from '@synos/netstack/ping';
import { createDefaultHost } from '@synos/netstack/streams';
import { createNet, type Net, type Server } from '@synos/node/net';
import { openTap, type Tap } from '@synos/node/tap';
import { createTcp, type TcpSettings } from '@synos/tcp';
import { createUdp } from '@synos/udp';
import { createStackMemory } from '@synos/wire';
import { createNamespace, type Namespace, run } from './namespace.js';
import { type Peer, startPeer } from './peer.js';

/** Where both sides are. */
export const linuxAddress = '10.77.0.1';
export const ourAddress = '10.77.0.2';

/** How a {@link Rig} differs from the usual one. */
export interface RigOptions {
  readonly offload: boolean;
  /** Puts something between TAP and stack. */
  readonly decorate?: (device: NetDevice) => NetDevice;
  readonly tcp?: Partial<TcpSettings>;
}

/** Our stack and a Linux, joined by a TAP interface that lives in a namespace of its own. */
export interface Rig {
  readonly namespace: Namespace;
  readonly peer: Peer;
  readonly tap: Tap;
  readonly stack: Netstack;
  readonly ping: Ping;
  readonly net: Net;
  readonly memory: ReturnType<typeof createStackMemory>;
  close(): Promise<void>;
}

export async function createRig(label: string, { offload, decorate, tcp }: RigOptions): Promise<Rig> {
  const namespace = await createNamespace(label);
  const memory = createStackMemory();
  const tap = openTap({ pool: memory.packets, name: 'synos%d', offload });
  const ended = new Promise<void>((resolve) => void tap.once('close', resolve));
  try {
    await run('ip', ['link', 'set', tap.interfaceName, 'netns', namespace.name]);
    await namespace.ip(`address add ${linuxAddress}/24 dev ${tap.interfaceName}`);
    await namespace.ip(`link set ${tap.interfaceName} up`);
  } catch (error) {
    tap.close();
    await ended;
    await namespace.remove();
    throw error;
  }
  const { loop, entropy } = createDefaultHost();
  const stack = createNetstack({
    clock: loop,
    entropy,
    memory,
    transports: [createTcp(tcp), createUdp()],
    interfaces: [{ device: decorate?.(tap) ?? tap, addresses: [`${ourAddress}/24`] }],
  });
  const stop = drive(stack, loop);
  return {
    namespace,
    peer: startPeer(namespace),
    tap,
    stack,
    ping: createPing(stack.ip),
    net: createNet({ sockets: stack.sockets }),
    memory,
    async close() {
      stop();
      stack.dispose();
      tap.close();
      await ended;
      await namespace.remove();
    },
  };
}

/** Lets a server listen at our address. */
export function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ourAddress, () => resolve());
  });
}

/** Closes a server, once its connections have ended. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
