export { createHostSockets, type HostSockets, type HostSocketsOptions } from './host-sockets.js';
