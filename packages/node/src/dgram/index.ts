export type { DgramCounters } from './counters.js';
export { type BindDgramOptions, bindDgram, type DgramAddress, type DgramPort } from './dgram-port.js';
