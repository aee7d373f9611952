import type { Address, MutableAddress } from '@synos/interfaces';

/**
 * The toy network's header, 40 bytes: magic, protocol, hop limit, traffic class, payload length (16 bits), flags,
 * a spare byte, source and destination (16 bytes each).
 */
export const toyHeaderBytes = 40;
/** Protocol number of the toy's own error messages. */
export const toyControlProtocol = 253;
/** Flag: fragments are forbidden. */
export const toyDontFragment = 1;

const magic = 0x54;
const lengthAt = 4;
const flagsAt = 6;
const sourceAt = 8;
const destinationAt = 24;

export function writeToyHeader(
  view: DataView,
  at: number,
  protocol: number,
  hopLimit: number,
  trafficClass: number,
  payloadBytes: number,
  flags: number,
  source: Address,
  destination: Address,
): void {
  view.setUint8(at, magic);
  view.setUint8(at + 1, protocol);
  view.setUint8(at + 2, hopLimit);
  view.setUint8(at + 3, trafficClass);
  view.setUint16(at + lengthAt, payloadBytes);
  view.setUint8(at + flagsAt, flags);
  view.setUint8(at + flagsAt + 1, 0);
  writeAddress(view, at + sourceAt, source);
  writeAddress(view, at + destinationAt, destination);
}

export function isToyPacket(view: DataView, byteLength: number): boolean {
  return (
    byteLength >= toyHeaderBytes &&
    view.getUint8(0) === magic &&
    view.getUint16(lengthAt) === byteLength - toyHeaderBytes
  );
}

export function readToyProtocol(view: DataView): number {
  return view.getUint8(1);
}

export function readToyHopLimit(view: DataView): number {
  return view.getUint8(2);
}

export function readToyTrafficClass(view: DataView): number {
  return view.getUint8(3);
}

export function readToySource(view: DataView, into: MutableAddress): void {
  readAddress(view, sourceAt, into);
}

export function readToyDestination(view: DataView, into: MutableAddress): void {
  readAddress(view, destinationAt, into);
}

export function writeAddress(view: DataView, at: number, address: Address): void {
  view.setInt32(at, address.w0);
  view.setInt32(at + 4, address.w1);
  view.setInt32(at + 8, address.w2);
  view.setInt32(at + 12, address.w3);
}

export function readAddress(view: DataView, at: number, into: MutableAddress): void {
  into.w0 = view.getInt32(at);
  into.w1 = view.getInt32(at + 4);
  into.w2 = view.getInt32(at + 8);
  into.w3 = view.getInt32(at + 12);
}
