import { SimulatedMachine } from './machine.js';
import type { SimulatedPc, SimulatedPcOptions } from './simulated-pc.js';
import { createStoppedCpu } from './stopped-cpu.js';

/**
 * Makes a PC and switches it on: memory laid out as a boot loader leaves it, page tables that map all of it at
 * `directMapBase`, devices as firmware leaves them. The kernel is the caller's.
 */
export function createSimulatedPc(options: SimulatedPcOptions): SimulatedPc {
  return new SimulatedMachine(options, createStoppedCpu);
}
