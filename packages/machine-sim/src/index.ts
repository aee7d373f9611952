export type { SimulatedPc, SimulatedPcOptions, TimeSource } from './simulated-pc.js';
