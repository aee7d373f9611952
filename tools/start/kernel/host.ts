import { createGateway, type Forwarding } from '@synos/gateway';
import { createNetstack, drive } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { capture, createCable, createPcapng } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import type { BootFile, System, SystemOptions } from '../system/index.js';
import type { SystemScript } from './script.js';

/** Where everything is. */
export const places = { gateway: '10.0.0.1', host: '10.0.0.2', bits: 24, http: 80, listen: '127.0.0.1' } as const;

/** What runs and who is told. */
export interface HostOptions extends Pick<SystemOptions, 'onConsole' | 'onLog' | 'onTrace' | 'onPanic'> {
  readonly program: string;
  readonly args: readonly string[];
  readonly files: readonly BootFile[];
  readonly writeCapture?: ((bytes: Uint8Array) => void) | undefined;
}

/** A booted system on a virtual LAN, whose other end is a gateway to this machine. */
export interface RunningHost {
  readonly system: System;
  /** Relays a port of this machine to port 80 of the system. Rejects with Node's error. */
  forward(port: number): Promise<Forwarding>;
  /** Ends with init: the wait status, or `null` where the kernel panicked. */
  readonly ended: Promise<number | null>;
  readonly capturedFrames: () => number | null;
  close(): void;
}

/** Boots. The system runs in turns of this process's event loop, a few milliseconds each. */
export function startHost(script: SystemScript, options: HostOptions): RunningHost {
  const { program, args, files, writeCapture } = options;
  const { loop, entropy } = createDefaultHost();
  // Memory of its own, as a machine of its own has: the cable copies each frame from one to the other.
  const gatewayMemory = createStackMemory();
  const machineMemory = createStackMemory({ smallPackets: 2048, largePackets: 32, ringBytes: 4096 });
  const cable = createCable({
    a: { name: 'gateway', pool: gatewayMemory.packets },
    b: { name: 'pc', pool: machineMemory.packets },
  });
  const pcapng = writeCapture
    ? createPcapng(writeCapture, { clock: loop, wallClockOffsetMs: performance.timeOrigin, application: 'SynOS' })
    : null;
  const stack = createNetstack({
    clock: loop,
    entropy,
    memory: gatewayMemory,
    interfaces: [{ device: cable.a, addresses: [`${places.gateway}/${places.bits}`] }],
  });
  const stop = drive(stack, loop);
  const gateway = createGateway({ stack });
  // Programs reach servers of this machine under the gateway's address, and nothing beyond it.
  gateway.openOutbound({ allow: ['127.0.0.0/8'] });

  const system = script.createSystem({
    ...options,
    program,
    args,
    files,
    entropy,
    device: pcapng ? capture(cable.b, pcapng) : cable.b,
    place: { address: `${places.host}/${places.bits}`, gateway: places.gateway },
    time: { mode: 'host', loop, wallTimeMs: () => Date.now() },
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const ended = script.driveKernel(system.kernel, system.machine, { yield: turn });
  return {
    system,
    ended,
    forward: (port) =>
      gateway.forward({ host: places.listen, port, guest: { address: places.host, port: places.http } }),
    capturedFrames: () => pcapng?.frameCount ?? null,
    close() {
      void gateway.close();
      stop();
      stack.dispose();
      cable.close();
    },
  };
}
