export { auditAddressSpace } from './address-space/audit.js';
export type { AddressSpaceFixture, AddressSpaceSetup } from './address-space/fixture.js';
export { addressSpaceSuite } from './address-space/suite.js';
export { type Case, type CaseResult, type CaseSelection, runCases, selectCases } from './case.js';
export { ComplianceError } from './check.js';
export { type ClockAbility, type ClockFixture, clockSuite } from './clock/suite.js';
export type { DeviceAbility, DeviceFixture } from './device/fixture.js';
export { netDeviceSuite } from './device/suite.js';
export type { FrameAllocatorAbility, FrameAllocatorSetup } from './frame-allocator/fixture.js';
export { frameAllocatorSuite } from './frame-allocator/suite.js';
export type { HeapAbility, HeapFixture, HeapSuiteBlock } from './heap/fixture.js';
export { heapSuite } from './heap/suite.js';
export {
  type IndependentAccess,
  type IndependentLeaf,
  type IndependentTranslation,
  type IndependentTree,
  translate,
  walkTree,
} from './page-tables/independent-walker.js';
export { createStrictTlb, type StrictTlb } from './page-tables/strict-tlb.js';
export {
  type ProviderAbility,
  type ProviderCase,
  type ProviderFixture,
  type ProviderLevel,
  type ProviderSetup,
  type ProviderSide,
  providerLevels,
} from './provider/fixture.js';
export { type ProviderSuiteOptions, socketProviderSuite } from './provider/suite.js';
export { createSeededEntropy, createSeededRandom } from './seeded.js';
export { tcpModel } from './tcp-model/segment-arrives.js';
export { type TcpAbility, tcpStateSuite } from './tcp-model/suite.js';
export {
  type AckPosition,
  ackPositions,
  cellSegment,
  type FlagSet,
  type ModelCell,
  tableTcb,
  tcpFlagSets,
  tcpModelTable,
  tcpStates,
  type WindowPosition,
  windowPositions,
} from './tcp-model/table.js';
export type {
  ModelCall,
  ModelCallOutcome,
  ModelOutcome,
  ModelReply,
  ModelSegment,
  ModelTcb,
  ModelVariant,
} from './tcp-model/types.js';
export { tcpModelCall } from './tcp-model/user-calls.js';
export { type TcpSocketsAbility, tcpSocketsSuite } from './tcp-sockets/suite.js';
export * from './tcp-target.js';
export * from './tcp-target-error.js';
export * from './tcp-target-perform.js';
export * from './tcp-target-sockets.js';
export * from './toy/index.js';
export type {
  TransportAbility,
  TransportFault,
  TransportFixture,
  TransportSetup,
  TransportSide,
} from './transport/fixture.js';
export { transportSuite } from './transport/suite.js';
export { toyTransportSetup } from './transport/toy-setup.js';
