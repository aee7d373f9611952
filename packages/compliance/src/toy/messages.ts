import { type Address, type NetworkErrorKind, networkErrorKind } from '@synos/interfaces';
import { toyHeaderBytes, writeAddress, writeToyHeader } from './header.js';

/** The kind of error that a number on the wire is, `undefined` for what is none. */
export function errorKindOf(code: number): NetworkErrorKind | undefined {
  return Object.values(networkErrorKind).find((kind) => kind === code);
}

/** What stands in an error message before the quoted transport header. */
export const controlHeaderBytes = 44;

/** A whole toy packet. */
export function withHeader(
  body: Uint8Array,
  protocol: number,
  hopLimit: number,
  trafficClass: number,
  flags: number,
  source: Address,
  destination: Address,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(toyHeaderBytes + body.length);
  const view = new DataView(bytes.buffer);
  writeToyHeader(view, 0, protocol, hopLimit, trafficClass, body.length, flags, source, destination);
  bytes.set(body, toyHeaderBytes);
  return bytes;
}

/** An error message: kind, MTU, the lost packet's addresses and protocol, and what it began with. */
export function errorBody(
  kind: NetworkErrorKind,
  mtuBytes: number,
  from: Address,
  to: Address,
  protocol: number,
  quoted: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(controlHeaderBytes + quoted.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setUint32(4, mtuBytes);
  writeAddress(view, 8, from);
  writeAddress(view, 24, to);
  view.setUint8(40, protocol);
  bytes.set(quoted, controlHeaderBytes);
  return bytes;
}
