import { getRandomValues } from 'node:crypto';
// The global of this name is a getter that costs more than the clock.
import { performance } from 'node:perf_hooks';
import type { Address, Clock, Entropy, NetDevice } from '@synos/interfaces';
import { createNetstack, type Netstack } from '@synos/netstack';
import { createCable, createLoopback } from '@synos/nic';
import { createTcp, headerPrediction } from '@synos/tcp';
import { createUdp } from '@synos/udp';
import { createStackMemory, parseAddress } from '@synos/wire';
import { createSimdMemory } from '@synos/wire/simd';
import { check, HonestyError } from '../harness/honesty.js';

export const clock: Clock = { now: () => performance.now() };
export const entropy: Entropy = { fill: (bytes) => void getRandomValues(bytes) };

/** Packets that a poll handles before the other stack has its turn. */
const budgetPackets = 256;
/** Longest time without the end of what is waited for. */
const patienceMs = 60_000;

/** A client and a server on our stack, polled from one thread as fast as it goes; the same stack over loopback. */
export interface Hosts {
  readonly client: Netstack;
  readonly server: Netstack;
  readonly serverAddress: Address;
  /** What the client sends through, and what the server receives by. */
  readonly clientDevice: NetDevice;
  readonly serverDevice: NetDevice;
  /** Longest frame that a plain or super-segment may have, link header included. */
  readonly longestFrameBytes: number;
  /** Polls both until `isDone` says so. */
  pump(isDone: () => boolean): void;
  dispose(): void;
}

/** How the hosts are joined. */
export interface HostsOptions {
  /** Takes the place of the client's device: what a row puts on the way. */
  readonly decorate?: (device: NetDevice) => NetDevice;
  /** Bytes for rings beside the packets; the stack's own default if not given. */
  readonly ringBytes?: number;
  /** Each stack on memory of its own, as two machines would be; one memory for both if not given. */
  readonly ownMemory?: boolean;
}

/**
 * Two stacks on a cable of MTU 1,500 that vouches for nothing: every checksum is filled and verified in software, no
 * frame is longer than 1,514 bytes. They share one memory, as the two ends of a host's loopback do, so that a frame is
 * handed over without a copy; every byte is still copied into a ring, out into a frame, into a ring and out again.
 */
export function cabledHosts(options: HostsOptions = {}): Hosts {
  const cable = createCable({ mtuBytes: 1500 });
  const clientDevice = options.decorate?.(cable.a) ?? cable.a;
  const ringBytes = options.ringBytes === undefined ? {} : { ringBytes: options.ringBytes };
  // As `netstack/streams` makes it, and whoever has an engine with WebAssembly.
  const memoryOptions = { ...ringBytes, allocate: createSimdMemory };
  const shared = createStackMemory(memoryOptions);
  const make = (device: NetDevice, address: string): Netstack =>
    createNetstack({
      clock,
      entropy,
      loopback: false,
      interfaces: [{ device, addresses: [address] }],
      transports: [createTcp({ fastPath: headerPrediction }), createUdp()],
      memory: options.ownMemory === true ? createStackMemory(memoryOptions) : shared,
    });
  const client = make(clientDevice, '10.0.0.1/24');
  const server = make(cable.b, '10.0.0.2/24');
  const stacks = [client, server];
  const poll = (nowMs: number): void => {
    for (const stack of stacks) stack.poll(nowMs, budgetPackets);
  };
  return {
    client,
    server,
    serverAddress: address('10.0.0.2'),
    clientDevice,
    serverDevice: cable.b,
    longestFrameBytes: 1514,
    pump: (isDone) => pump(poll, isDone),
    dispose() {
      client.dispose();
      server.dispose();
    },
  };
}

/** One stack and its loopback device, which takes super-segments of 64 KB and vouches for checksums, as Linux's does. */
export function loopbackHosts(options: HostsOptions = {}): Hosts {
  const loopback = createLoopback();
  const device = options.decorate?.(loopback) ?? loopback;
  const stack = createNetstack({
    clock,
    entropy,
    loopback: false,
    interfaces: [{ device, addresses: ['127.0.0.1/8'] }],
  });
  const poll = (nowMs: number): void => {
    stack.poll(nowMs, budgetPackets);
  };
  return {
    client: stack,
    server: stack,
    serverAddress: address('127.0.0.1'),
    clientDevice: device,
    serverDevice: device,
    longestFrameBytes: 65_535 + 14,
    pump: (isDone) => pump(poll, isDone),
    dispose: () => stack.dispose(),
  };
}

// A host would sleep where nothing is ready; here the time until the next deadline is spent polling, and so counted.
function pump(poll: (nowMs: number) => void, isDone: () => boolean): void {
  const startMs = performance.now();
  while (!isDone()) {
    const nowMs = performance.now();
    poll(nowMs);
    if (nowMs - startMs > patienceMs)
      throw new HonestyError(`our stack stalled: not done after ${patienceMs / 1000} s`);
  }
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  check(parsed !== null && parsed !== undefined, `not an address: ${text}`);
  return parsed;
}
