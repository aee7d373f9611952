import { type EventEmitter, once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetDevice, Packet, PacketPool } from '@synos/interfaces';
import { createStackMemory } from '@synos/wire';
import {
  type ConnectStreamOptions,
  connectStream,
  type ListenStreamOptions,
  listenStream,
  type StreamClient,
  type StreamPeer,
  type StreamServer,
} from '../src/stream/index.js';

/** A folder that goes when the test is over. */
export function newFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'synos-'));
  chmodSync(path, 0o700);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function newPool(smallPackets = 1024, largePackets = 8): PacketPool {
  return createStackMemory({ smallPackets, largePackets, ringBytes: 4096 }).packets;
}

/** A turn of the event loop: what the system's sockets have is read and written. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Resolves with what an emitter emits; unlike `once` it is not interrupted by `error`. */
export const emitted = (emitter: EventEmitter, event: string): Promise<unknown[]> =>
  new Promise((resolve) => emitter.once(event, (...args: unknown[]) => resolve(args)));

/** Turns until a condition holds. Bounded by the test's own limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/**
 * Turns until nothing moves any more. What is written to a local socket can be read at once, so that a few quiet turns
 * are enough; no clock is asked.
 */
export async function settle(devices: () => readonly NetDevice[]): Promise<void> {
  const sum = (): number =>
    devices()
      .flatMap(({ counters }) => Object.values(counters))
      .reduce((all, count) => all + count, 0);
  for (let quiet = 0, before = sum(); quiet < 8; quiet++) {
    await turn();
    const now = sum();
    if (now !== before) quiet = 0;
    before = now;
  }
}

/** An Ethernet frame with a payload of one value. */
export function frameBytes(length: number, fill = 0): Buffer {
  const frame = Buffer.alloc(length, fill);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]);
  return frame;
}

/** A frame as the stream carries it. */
export function framed(frame: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + frame.length);
  bytes.writeUInt32BE(frame.length, 0);
  bytes.set(frame, 4);
  return bytes;
}

/** Sends bytes as a frame; false: busy. */
export function send(device: NetDevice, pool: PacketPool, frame: Uint8Array): boolean {
  const packet = pool.take(Math.max(0, frame.length - 14), false) as Packet;
  packet.start -= 14;
  packet.memory.bytes.set(frame, packet.start);
  packet.end = packet.start + frame.length;
  const isTaken = device.transmit(packet);
  if (!isTaken) pool.release(packet);
  return isTaken;
}

/** Takes everything that a device has. */
export function receiveAll(device: NetDevice): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let packet = device.receive(); packet !== null; packet = device.receive()) {
    all.push(packet.memory.bytes.slice(packet.start, packet.end));
    packet.pool.release(packet);
  }
  return all;
}

/** A server, a client, and the first peer. */
export interface Pair {
  readonly server: StreamServer;
  readonly client: StreamClient;
  readonly peer: StreamPeer;
  readonly pools: readonly [PacketPool, PacketPool];
  close(): Promise<void>;
}

type Place = Pick<ListenStreamOptions, 'path' | 'port'>;

/** Both ends of a stream of ours, connected. */
export async function newPair(
  place: Place,
  options: { server?: Partial<ListenStreamOptions>; client?: Partial<ConnectStreamOptions> } = {},
): Promise<Pair> {
  const pools = [newPool(), newPool()] as const;
  const peers: StreamPeer[] = [];
  const onPeer = (peer: StreamPeer): void => void peers.push(peer);
  const server = await listenStream({ ...place, pool: pools[1], onPeer, ...options.server });
  const reconnect = { firstDelayMs: 1, longestDelayMs: 8 };
  const { port } = server.place;
  const where = port === undefined ? place : { port };
  const client = connectStream({ ...where, pool: pools[0], reconnect, ...options.client });
  await once(client, 'connect');
  await until(() => peers.length > 0);
  const close = async (): Promise<void> => {
    await Promise.all([client.close(), server.close()]);
  };
  return { server, client, peer: peers[0] as StreamPeer, pools, close };
}
