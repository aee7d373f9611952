export { createMemoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from './memory-network.js';
