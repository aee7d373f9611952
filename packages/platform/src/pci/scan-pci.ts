import type { Machine } from '@synos/interfaces';
import { configurationAddress, pciRegister, readConfiguration } from './configuration.js';
import { type PciFunction, readFunction } from './pci-function.js';

const bridgeClass = 0x06;
const pciToPciSubclass = 0x04;

/**
 * Finds what is on PCI, by configuration mechanism #1: bus 0, and the buses behind bridges as firmware numbered them.
 * Where there is no PCI the list is empty. Each function's base address registers are measured and put back.
 *
 * @returns in the order of bus, device and function; 65,536 at most
 * @example
 * ```ts
 * const cards = scanPci(machine).filter((pci) => pci.classCode === 2);
 * ```
 */
export function scanPci(machine: Machine): PciFunction[] {
  const found: PciFunction[] = [];
  const isListed = new Uint8Array(256);
  const buses = [0];
  isListed[0] = 1;
  for (let bus = buses.shift(); bus !== undefined; bus = buses.shift()) {
    for (let device = 0; device < 32; device++) {
      for (let fn = 0, count = functionsOf(machine, bus, device); fn < count; fn++) {
        if (!isThere(machine, bus, device, fn)) continue;
        const pci = readFunction(machine, bus, device, fn);
        found.push(pci);
        const next = bridgedBus(machine, pci);
        // A bus that is named twice, or by itself, is gone through once.
        if (next > 0 && isListed[next] === 0) {
          isListed[next] = 1;
          buses.push(next);
        }
      }
    }
  }
  return found.sort((a, b) => a.bus - b.bus || a.device - b.device || a.function - b.function);
}

/** How many functions a device may have: a bit of the first one's header says whether there are more (§6.2.1). */
function functionsOf(machine: Machine, bus: number, device: number): number {
  if (!isThere(machine, bus, device, 0)) return 0;
  const headerType = readConfiguration(machine, configurationAddress(bus, device, 0), pciRegister.headerType, 1);
  return (headerType & 0x80) !== 0 ? 8 : 1;
}

function isThere(machine: Machine, bus: number, device: number, fn: number): boolean {
  // Nobody has the vendor 0xffff: it is what a read that no one answers gives (§6.1).
  return readConfiguration(machine, configurationAddress(bus, device, fn), pciRegister.vendorId, 2) !== 0xffff;
}

/** The bus behind a PCI-to-PCI bridge; 0 for anything else. */
function bridgedBus(machine: Machine, pci: PciFunction): number {
  const address = configurationAddress(pci.bus, pci.device, pci.function);
  const headerType = readConfiguration(machine, address, pciRegister.headerType, 1) & 0x7f;
  const isBridge = pci.classCode === bridgeClass && pci.subclass === pciToPciSubclass && headerType === 1;
  return isBridge ? readConfiguration(machine, address, pciRegister.secondaryBus, 1) : 0;
}
