export { createSimulatedPc } from './create-simulated-pc.js';
export type { SimulatedPc, SimulatedPcOptions, TimeSource } from './simulated-pc.js';
