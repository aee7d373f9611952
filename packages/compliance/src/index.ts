export { type Case, type CaseResult, type CaseSelection, runCases, selectCases } from './case.js';
export { ComplianceError } from './check.js';
export { type ClockAbility, type ClockFixture, clockSuite } from './clock/suite.js';
export { type DeviceAbility, type DeviceFixture, netDeviceSuite } from './device/suite.js';
export { createSeededEntropy, createSeededRandom } from './seeded.js';
export * from './tcp-target.js';
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
