export type { Reading } from './decode.js';
export * from './describe-table.js';
export { createDispatcher, type Dispatcher, type DispatcherOptions, type Outcome } from './dispatcher.js';
export { type CancelReason, type ParkedCall, type ParkedPlan, park } from './parked-call.js';
export * from './table.js';
export { createTrace, type TraceOptions } from './trace/trace.js';
export {
  copyInBytes,
  copyInInt,
  copyInStruct,
  copyOutBytes,
  copyOutInts,
  copyOutStruct,
} from './user-memory/bytes.js';
export * from './user-memory/control.js';
export * from './user-memory/epoll.js';
export * from './user-memory/iovec.js';
export * from './user-memory/message.js';
export * from './user-memory/pollfds.js';
export * from './user-memory/received.js';
export * from './user-memory/sockaddr.js';
export * from './user-memory/strings.js';
export * from './user-memory/time.js';
