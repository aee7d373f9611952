export { configure } from './configure.js';
export { initialWindowBytes } from './congestion/control.js';
export { fixedWindow } from './congestion/fixed-window.js';
export { newReno } from './congestion/new-reno.js';
export { type ConnectionView, connections, type FlowView } from './connections.js';
export type { TcpCounters } from './counters.js';
export { type FastPath, headerPrediction } from './fast-path/fast-path.js';
export { createTcp } from './protocol.js';
export { defaultSettings, type TcpSettings } from './settings.js';
export {
  type ConnectionSnapshot,
  type EndpointSnapshot,
  type RecordSnapshot,
  restore,
  snapshot,
  type TcpSnapshot,
} from './snapshot.js';
export { emptySnapshot, type StepCall, type StepInput, type StepOutput, step } from './step.js';
