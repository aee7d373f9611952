import { createCpu } from './cpu/engine/create-cpu.js';
import { createLifter } from './cpu/lift/lift.js';
import { SimulatedMachine } from './machine.js';
import type { SimulatedPc, SimulatedPcOptions } from './simulated-pc.js';

/**
 * Makes a PC and switches it on: memory laid out as a boot loader leaves it, page tables that map all of it at
 * `directMapBase`, devices as firmware leaves them. The kernel is the caller's: it lays out its tables through
 * {@link SimulatedPc.mem}, loads them, and runs programs by {@link SimulatedPc.run}.
 *
 * @throws an assertion where an option is out of its range, or boot modules do not fit into memory
 * @example
 * ```ts
 * import { createSimulatedPc } from '@synos/machine-sim';
 *
 * const machine = createSimulatedPc({
 *   time: { mode: 'virtual' },
 *   entropy: { fill: (bytes) => crypto.getRandomValues(bytes) },
 *   onConsole: (bytes) => console.log(new TextDecoder().decode(bytes)),
 * });
 * for (const byte of [72, 105]) machine.writePort(0x3f8, 1, byte);
 * machine.idle(machine.rdtsc() + machine.tscHz); // a second of its time; "Hi" was printed
 * ```
 */
export function createSimulatedPc(options: SimulatedPcOptions): SimulatedPc {
  const lift = createLifter();
  return new SimulatedMachine(options, (cpuOptions) => createCpu({ ...cpuOptions, lift }));
}
