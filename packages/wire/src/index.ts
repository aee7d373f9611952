export * from './address.js';
export * from './arp.js';
export * from './block-pool.js';
export * from './bytes.js';
export * from './checksum.js';
export * from './ethernet.js';
export * from './icmp.js';
export * from './integers.js';
export * from './ipv4.js';
export * from './offload.js';
export * from './packet-pool.js';
export type { Malformed } from './parsed.js';
export * from './sequence.js';
export * from './stack-memory.js';
export * from './tcp.js';
export {
  createTcpOptions,
  paddedTimestamp,
  readTcpOptions,
  type TcpOptions,
  writeMssOption,
  writeSackOption,
  writeSackPermittedOption,
  writeTimestampOption,
  writeWindowScaleOption,
} from './tcp-options.js';
export * from './udp.js';
