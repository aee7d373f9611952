import * as nodeNet from 'node:net';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { type Cable, createCable } from '@synos/nic';
import { createNet, type Net } from '@synos/node/net';
import { createStackMemory } from '@synos/wire';

export const guestAddress = '10.0.0.2';

/** A gateway's stack and a guest's, on a cable, in real time. */
export interface Lan {
  readonly gatewayStack: Netstack;
  readonly guestStack: Netstack;
  readonly guest: Net;
  readonly cable: Cable;
  stop(): void;
}

export function createLan(): Lan {
  const { loop, entropy } = createDefaultHost();
  const size = { smallPackets: 1024, largePackets: 8, ringBytes: 8 << 20 };
  const [a, b] = [createStackMemory(size), createStackMemory(size)];
  const cable = createCable({ a: { name: 'gateway', pool: a.packets }, b: { name: 'guest', pool: b.packets } });
  const stackOn = (device: typeof cable.a, memory: typeof a, address: string): Netstack =>
    createNetstack({ clock: loop, entropy, memory, interfaces: [{ device, addresses: [`${address}/24`] }] });
  const gatewayStack = stackOn(cable.a, a, '10.0.0.1');
  const guestStack = stackOn(cable.b, b, guestAddress);
  const stops = [drive(gatewayStack, loop), drive(guestStack, loop)];
  return {
    gatewayStack,
    guestStack,
    guest: createNet({ sockets: guestStack.sockets }),
    cable,
    stop() {
      for (const stop of stops) stop();
      gatewayStack.dispose();
      guestStack.dispose();
      cable.close();
    },
  };
}

/** Waits until something holds that another turn of the loop brings about. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** All that a connection of the host receives until it ends, and the error that it ended with. */
export function talk(port: number, say: (socket: nodeNet.Socket) => void): Promise<{ text: string; code?: string }> {
  return new Promise((resolve) => {
    const socket = nodeNet.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    let code: string | undefined;
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? error.message;
    });
    socket.on('close', () => resolve(code === undefined ? { text } : { text, code }));
    say(socket);
  });
}
