export {
  type CallPlan,
  callPlan,
  type EventPlan,
  eventPlan,
  type PeerView,
  resolveEvent,
  resolveSegment,
  type SegmentPlan,
  segmentPlan,
  textByte,
  type WaitPlan,
  waitPlan,
} from './arbitraries.js';
export { createTcpTarget } from './target.js';
