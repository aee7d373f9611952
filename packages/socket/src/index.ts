export { type BlockingAccept, type BlockingCall, block, type Cancel } from './blocking.js';
export { errnoOfFailure, PENDING } from './errno-of-failure.js';
export { Socket } from './socket.js';
export type { SocketName } from './socket-name.js';
export { lingerOption, timeoutOption } from './socket-options.js';
export { createSockets, type Sockets, type SocketsOptions } from './sockets.js';
export { Waiter, WaiterList, type WaiterTarget } from './waiter-list.js';
