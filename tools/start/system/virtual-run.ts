import type { NetDevice } from '@synos/interfaces';
import { createTestEntropy } from '@synos/netsim';
import { capture, createCable, createPcapng } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import { ScriptedClient } from './scripted-client.js';
import { createSystem, type SystemOptions } from './system.js';

/** What a run in virtual time is made of. */
export interface VirtualRunOptions
  extends Omit<SystemOptions, 'time' | 'entropy' | 'device' | 'place' | 'program' | 'args'> {
  /** A server on port 80. */
  readonly program?: string;
  readonly args?: readonly string[];
  /** What chance is made of: the same seed gives the same run. */
  readonly seed?: number;
  readonly path?: string;
  /** Is given the capture of the virtual Ethernet piece by piece. */
  readonly writeCapture?: ((bytes: Uint8Array) => void) | undefined;
  /** When to give up, in milliseconds of virtual time. */
  readonly limitMs?: number;
}

/** How a run ended. */
export interface VirtualRun {
  /** What the client got, `null` when the system ended or the time was over before. */
  readonly response: string | null;
  /** Init's wait status, where it ended before an answer came. */
  readonly exitStatus: number | null;
  readonly instructions: number;
  readonly virtualMs: number;
}

/** Ticks that the kernel runs between two looks at the client, which are at the same counts in each run. */
const turnTicks = 20_000;

/**
 * Boots a system in virtual time, fetches one page from its server by a client on the other end of the cable, and ends. It
 * needs nothing of its host: no clock, no timer, no network. Two runs with the same options are identical.
 */
export function runVirtual(options: VirtualRunOptions): VirtualRun {
  const { program = 'httpd', args = [], seed = 1, path = '/', limitMs = 60_000, writeCapture, ...rest } = options;
  const memory = createStackMemory({ smallPackets: 1024, largePackets: 8, ringBytes: 1 << 20 });
  const cable = createCable({ a: { name: 'client', pool: memory.packets }, b: { name: 'pc', pool: memory.packets } });
  // The capture's clock is the machine's, which is made with the device.
  const time = { now: (): number => 0 };
  const pcapng = writeCapture ? createPcapng(writeCapture, { clock: time, application: 'SynOS' }) : null;
  const device: NetDevice = pcapng ? capture(cable.b, pcapng) : cable.b;
  const place = { address: '10.0.0.2/24', gateway: '10.0.0.1' };
  const entropy = createTestEntropy(seed);
  const system = createSystem({ ...rest, program, args, place, device, entropy, time: { mode: 'virtual' } });
  const { machine, kernel } = system;
  time.now = () => machine.clock.now();
  const parts = {
    clock: machine.clock,
    entropy: createTestEntropy(seed + 1),
    device: cable.a,
    address: '10.0.0.1/24',
    path,
  };
  const client = new ScriptedClient(parts);
  const ticksPerMs = machine.tscHz / 1000;

  while (client.response === null && machine.clock.now() < limitMs) {
    const state = kernel.step(turnTicks);
    if (state === 'off') break;
    client.poll();
    if (state !== 'idle') continue;
    const untilTsc = Math.min(kernel.nextDeadline(), Math.ceil(client.nextDeadline() * ticksPerMs));
    const vector = machine.idle(Math.min(untilTsc, limitMs * ticksPerMs)) as number;
    if (vector >= 0) kernel.interrupt(vector);
  }
  client.stack.dispose();
  const { response } = client;
  const { exitStatus } = kernel;
  return { response, exitStatus, instructions: machine.instructions, virtualMs: machine.clock.now() };
}
