import * as nodeNet from 'node:net';
import { createNetstack, drive, type Netstack } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { createCable } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import { createNet, type Net } from '../src/net/index.js';

/** Two stacks on a cable, in real time. */
export interface Lan {
  readonly client: Net;
  readonly server: Net;
  readonly clientStack: Netstack;
  readonly serverStack: Netstack;
  stop(): void;
}

export const clientAddress = '10.0.0.1';
export const serverAddress = '10.0.0.2';

export function createLan(): Lan {
  const { loop, entropy } = createDefaultHost();
  const size = { smallPackets: 1024, largePackets: 8, ringBytes: 8 << 20 };
  const [a, b] = [createStackMemory(size), createStackMemory(size)];
  const cable = createCable({ a: { name: 'client', pool: a.packets }, b: { name: 'server', pool: b.packets } });
  const stackOn = (device: typeof cable.a, memory: typeof a, address: string): Netstack =>
    createNetstack({ clock: loop, entropy, memory, interfaces: [{ device, addresses: [`${address}/24`] }] });
  const clientStack = stackOn(cable.a, a, clientAddress);
  const serverStack = stackOn(cable.b, b, serverAddress);
  const stops = [drive(clientStack, loop), drive(serverStack, loop)];
  return {
    client: createNet({ sockets: clientStack.sockets }),
    server: createNet({ sockets: serverStack.sockets }),
    clientStack,
    serverStack,
    stop() {
      for (const stop of stops) stop();
      clientStack.dispose();
      serverStack.dispose();
      cable.close();
    },
  };
}

type NodeNet = typeof nodeNet;

/** Where a script runs: node:net on loopback, or ours over a cable. Ours claims node:net's types: that is the point. */
export interface Place {
  readonly client: NodeNet;
  readonly server: NodeNet;
  readonly host: string;
}

export const nodePlace: Place = { client: nodeNet, server: nodeNet, host: '127.0.0.1' };

export function placeOn(lan: Lan): Place {
  return {
    client: lan.client as unknown as NodeNet,
    server: lan.server as unknown as NodeNet,
    host: serverAddress,
  };
}

/** Resolves with the port when the server listens. */
export function listening(server: nodeNet.Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve((server.address() as nodeNet.AddressInfo).port));
  });
}

/** Resolves when an emitter has emitted `event`; rejects on its error unless that is what is waited for. */
export function emitted(
  emitter: { once(event: string, listener: (...args: unknown[]) => void): unknown },
  event: string,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    emitter.once(event, (...args) => resolve(args));
    if (event !== 'error' && event !== 'close') emitter.once('error', reject);
  });
}
