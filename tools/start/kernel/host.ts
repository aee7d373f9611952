import { createGateway, type Forwarding } from '@synos/gateway';
import type { NetDevice } from '@synos/interfaces';
import { createNetstack, drive } from '@synos/netstack';
import { createDefaultHost } from '@synos/netstack/streams';
import { capture, createCable, createPcapng } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import type { BootFile, System, SystemOptions } from '../system/index.js';
import type { SystemScript } from './script.js';

/** Where everything is. */
export const places = { gateway: '10.0.0.1', host: '10.0.0.2', bits: 24, http: 80, listen: '127.0.0.1' } as const;

/** A virtual LAN whose one end is a gateway to this machine. */
export interface Lan {
  /** What the system's network card is plugged into. */
  readonly device: NetDevice;
  readonly host: ReturnType<typeof createDefaultHost>;
  /** Relays a port of this machine to port 80 of the system. Rejects with Node's error. */
  forward(port: number): Promise<Forwarding>;
  readonly capturedFrames: () => number | null;
  close(): void;
}

/** A cable, and the gateway at its far end. */
export function createLan(writeCapture?: (bytes: Uint8Array) => void): Lan {
  const host = createDefaultHost();
  const { loop, entropy } = host;
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
  const guest = { address: places.host, port: places.http };
  return {
    device: pcapng ? capture(cable.b, pcapng) : cable.b,
    host,
    forward: (port) => gateway.forward({ host: places.listen, port, guest }),
    capturedFrames: () => pcapng?.frameCount ?? null,
    close() {
      void gateway.close();
      stop();
      stack.dispose();
      cable.close();
    },
  };
}

/** What runs and who is told. */
export interface BootOptions extends Pick<SystemOptions, 'onConsole' | 'onLog' | 'onTrace' | 'onPanic'> {
  readonly program: string;
  readonly args: readonly string[];
  readonly files: readonly BootFile[];
}

/** A system that runs in turns of this process's event loop. */
export interface RunningSystem extends System {
  /** Init's wait status, or `null` where the kernel panicked. */
  readonly ended: Promise<number | null>;
}

/** Boots on a LAN. */
export function bootOn(script: SystemScript, lan: Lan, options: BootOptions): RunningSystem {
  const { loop, entropy } = lan.host;
  const system = script.createSystem({
    ...options,
    entropy,
    device: lan.device,
    place: { address: `${places.host}/${places.bits}`, gateway: places.gateway },
    time: { mode: 'host', loop, wallTimeMs: () => Date.now() },
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { ...system, ended: script.driveKernel(system.kernel, system.machine, { yield: turn }) };
}
