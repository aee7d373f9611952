import { createTestEntropy } from '@synos/netsim';
import { createCable } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import { createSystem, type System, type SystemOptions } from '../system/system.js';

/** A system in virtual time with the far end of its cable, and what it said. */
export interface World extends System {
  readonly far: ReturnType<typeof createCable>['a'];
  readonly console: () => string;
  readonly log: string[];
  readonly trace: string[];
  readonly panics: string[];
  /** Packets of the cable that are out. */
  readonly packetsOut: () => number;
  /**
   * Runs until the kernel is off, `until` holds, or so many milliseconds of virtual time are over. `others` is what lives at
   * the far end: it is polled between turns, which are at the same counts in each run.
   */
  run(options: { until?: () => boolean; limitMs: number; others?: readonly Other[] }): 'off' | 'until' | 'limit';
}

/** Who else lives in the machine's time. */
export interface Other {
  poll(): void;
  nextDeadline(): number;
}

const turnTicks = 20_000;

/** Boots a system in virtual time. */
export function createWorld(
  options: Partial<SystemOptions> & Pick<SystemOptions, 'program'> & { seed?: number; isTraced?: boolean },
): World {
  const { seed = 1, isTraced = false, ...given } = options;
  const memory = createStackMemory({ smallPackets: 2048, largePackets: 16, ringBytes: 1 << 20 });
  const cable = createCable({ a: { name: 'far', pool: memory.packets }, b: { name: 'pc', pool: memory.packets } });
  const log: string[] = [];
  const trace: string[] = [];
  const panics: string[] = [];
  let text = '';
  const system = createSystem({
    args: [],
    time: { mode: 'virtual' },
    entropy: createTestEntropy(seed),
    device: cable.b,
    place: { address: '10.0.0.2/24', gateway: '10.0.0.1' },
    onConsole: (bytes) => {
      text += String.fromCharCode(...bytes);
    },
    onLog: (line) => log.push(line),
    onPanic: (words) => panics.push(words),
    ...(isTraced && { onTrace: (line: string) => trace.push(line) }),
    ...given,
  });
  const { machine, kernel } = system;
  const ticksPerMs = machine.tscHz / 1000;
  return {
    ...system,
    far: cable.a,
    console: () => text,
    log,
    trace,
    panics,
    packetsOut: () => memory.packets.used,
    run({ until = () => false, limitMs, others = [] }) {
      const endMs = machine.clock.now() + limitMs;
      for (;;) {
        const state = kernel.step(turnTicks);
        if (state === 'off') return 'off';
        for (const other of others) other.poll();
        if (until()) return 'until';
        if (machine.clock.now() >= endMs) return 'limit';
        if (state !== 'idle') continue;
        const deadlines = others.map((other) => Math.ceil(other.nextDeadline() * ticksPerMs));
        const tsc = Math.min(kernel.nextDeadline(), endMs * ticksPerMs, ...deadlines);
        const vector = machine.idle(tsc) as number;
        if (vector >= 0) kernel.interrupt(vector);
      }
    },
  };
}
