export { createClock, type MachineClock } from './clock.js';
export { type ConsoleCounters, type ConsoleOptions, createConsole, type SerialConsole } from './console.js';
export {
  createInterruptController,
  type InterruptController,
  type InterruptControllerCounters,
  type InterruptControllerOptions,
  type Trigger,
} from './interrupt-controller.js';
export { pciCommand, pciRegister } from './pci/configuration.js';
export type { PciBar, PciCapability, PciFunction } from './pci/pci-function.js';
export { scanPci } from './pci/scan-pci.js';
export { interruptLine, port } from './ports.js';
export { createTimer, type Timer, timerHz } from './timer.js';
export { createVirtioNet, type VirtioNetFault, type VirtioNetOptions } from './virtio/create-virtio-net.js';
export type { VirtioNetCounters } from './virtio/net-counters.js';
export { isVirtioNet } from './virtio/pci-transport.js';
export type { VirtioNetDevice } from './virtio/virtio-net.js';
