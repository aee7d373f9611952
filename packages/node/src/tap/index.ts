export type { TapCounters } from './counters.js';
export { openTap, type TapOptions } from './tap.js';
export type { Tap, TapEvents } from './tap-device.js';
