export type { UdpCounters } from './counters.js';
export { createUdp, type UdpOptions } from './protocol.js';
