import type { Machine } from '@synos/interfaces';
import { port } from '../ports.js';

// PCI Local Bus Specification 3.0, §3.2.2.3.2 (configuration mechanism #1) and chapter 6.

/** Where registers of a function's configuration space lie; those from 0x10 on depend on the header's type. */
export const pciRegister = {
  vendorId: 0x00,
  deviceId: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  programmingInterface: 0x09,
  subclass: 0x0a,
  classCode: 0x0b,
  headerType: 0x0e,
  bar0: 0x10,
  /** Of a bridge: the bus behind it. */
  secondaryBus: 0x19,
  subsystemVendorId: 0x2c,
  subsystemId: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;

/** Bits of the command register (§6.2.2). */
export const pciCommand = {
  ioSpace: 1 << 0,
  memorySpace: 1 << 1,
  busMaster: 1 << 2,
  interruptDisable: 1 << 10,
} as const;

/** The address of a function's configuration space, as the address port takes it. */
export function configurationAddress(bus: number, device: number, fn: number): number {
  return (0x8000_0000 | (bus << 16) | (device << 11) | (fn << 8)) >>> 0;
}

/**
 * Reads a register.
 *
 * @param address - of {@link configurationAddress}
 * @param offset - 0 to 255, a multiple of `bytes`
 */
export function readConfiguration(machine: Machine, address: number, offset: number, bytes: 1 | 2 | 4): number {
  machine.writePort(port.pciAddress, 4, address + (offset & 0xfc));
  return machine.readPort(port.pciData + (offset & 3), bytes) >>> 0;
}

/** Writes a register. */
export function writeConfiguration(
  machine: Machine,
  address: number,
  offset: number,
  bytes: 1 | 2 | 4,
  value: number,
): void {
  machine.writePort(port.pciAddress, 4, address + (offset & 0xfc));
  machine.writePort(port.pciData + (offset & 3), bytes, value >>> 0);
}
