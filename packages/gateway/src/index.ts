export type { Forwarding, ForwardingStats } from './forwarding.js';
export { createGateway, type ForwardOptions, type Gateway, type GatewayOptions } from './gateway.js';
