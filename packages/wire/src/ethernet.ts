import { type Malformed, memoryOf } from './parsed.js';

// Offsets, IEEE 802.3 §3.2: 0 destination, 6 source, 12 type. Here and in the files of the other protocols offsets are
// plain numbers, each used by its accessor and by the writer: names for them would be a tenth of the whole bundle.

/** Bytes of an Ethernet II header. */
export const ethernetHeaderBytes = 14;

/** What an Ethernet frame carries. */
export const etherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

/** `ff:ff:ff:ff:ff:ff`: every station. Not to be written to. */
export const broadcastMac: Uint8Array<ArrayBuffer> = /* @__PURE__ */ new Uint8Array([255, 255, 255, 255, 255, 255]);

/** The type field. */
export function ethernetType(view: DataView, at: number): number {
  return view.getUint16(at + 12);
}

/** Whether the six bytes at `at` are this address. A frame's destination is at its start, its source 6 later. */
export function macEquals(bytes: Uint8Array, at: number, mac: Uint8Array): boolean {
  return (
    bytes[at + 5] === mac[5] &&
    bytes[at + 4] === mac[4] &&
    bytes[at + 3] === mac[3] &&
    bytes[at + 2] === mac[2] &&
    bytes[at + 1] === mac[1] &&
    bytes[at] === mac[0]
  );
}

/** Whether the address at `at` is a group: multicast or broadcast. */
export function isGroupMac(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! & 1) === 1;
}

/** Writes the 14 bytes of a header at `at`. */
export function setEthernetHeader(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  destinationMac: Uint8Array,
  sourceMac: Uint8Array,
  type: number,
): void {
  for (let i = 0; i < 6; i++) {
    bytes[at + i] = destinationMac[i]!;
    bytes[at + 6 + i] = sourceMac[i]!;
  }
  view.setUint16(at + 12, type);
}

/** A hardware address as text, `02:00:00:00:00:01`. */
export function formatMac(bytes: Uint8Array, at = 0): string {
  return Array.from(bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Reads a hardware address, six pairs of hexadecimal digits between colons or hyphens; else `undefined`. */
export function parseMac(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (pair) => Number.parseInt(pair, 16));
}

/** An Ethernet II frame as a value. */
export interface EthernetFrame {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** One of {@link etherType}, or another. */
  readonly type: number;
  /** All that follows the header, padding included. */
  readonly payload: Uint8Array;
}

/** Reads a frame (without its check sequence). The value owns its bytes. */
export function parseEthernet(bytes: Uint8Array, from?: number, to?: number): EthernetFrame | Malformed<'truncated'> {
  const { bytes: own, view } = memoryOf(bytes, from, to);
  if (own.length < ethernetHeaderBytes) return { error: 'truncated' };
  return {
    destination: own.subarray(0, 6),
    source: own.subarray(6, 12),
    type: ethernetType(view, 0),
    payload: own.subarray(ethernetHeaderBytes),
  };
}

/** The bytes of a frame, not padded to the 60 that a cable wants (IEEE 802.3 §3.2.8): the card's business. */
export function emitEthernet(frame: EthernetFrame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ethernetHeaderBytes + frame.payload.length);
  setEthernetHeader(bytes, new DataView(bytes.buffer), 0, frame.destination, frame.source, frame.type);
  bytes.set(frame.payload, ethernetHeaderBytes);
  return bytes;
}
