import type { Malformed } from '@synos/wire';

/** Message types, RFC 2132 §9.6. */
export const dhcpType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

/** Options that server and clients speak of, RFC 2132 and, for the last, RFC 6842. */
export const dhcpOption = {
  subnetMask: 1,
  router: 3,
  domainNameServer: 6,
  broadcastAddress: 28,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverIdentifier: 54,
  message: 56,
  renewalTime: 58,
  rebindingTime: 59,
  clientIdentifier: 61,
} as const;

const pad = 0;
const end = 255;
/** Where the options begin: a BOOTP header and the cookie (RFC 2131 §2, §3). */
const headerBytes = 236;
const cookie = 0x63825363;
/** What BOOTP relays and clients expect at least (RFC 1542 §2.1). */
const leastMessageBytes = 300;
const ethernet = 1;
const macBytes = 6;
const broadcastFlag = 0x8000;
/** RFC 2131 §2, figure 1: server name and boot file, which options may spill into. */
const serverNameField = { at: 44, length: 64 } as const;
const bootFileField = { at: 108, length: 128 } as const;

/** A message in the words of RFC 2131 §2. Addresses are 32-bit words, 0 for none. */
export interface DhcpMessage {
  /** From a client (1) or from a server (2). */
  readonly op: 1 | 2;
  readonly type: number;
  readonly xid: number;
  readonly secs: number;
  /** The client wants answers by broadcast. */
  readonly broadcast: boolean;
  /** The client's address, if it has one. */
  readonly ciaddr: number;
  /** The address that the server gives. */
  readonly yiaddr: number;
  /** A relay's address. */
  readonly giaddr: number;
  /** The client's hardware address, 6 bytes. */
  readonly chaddr: Uint8Array<ArrayBuffer>;
  /** Options by code, the message type aside; parts of one option are joined (RFC 3396). */
  readonly options: ReadonlyMap<number, Uint8Array<ArrayBuffer>>;
}

/** Why bytes are no message: too short, no BOOTP over Ethernet, no DHCP, an option that runs out, no message type. */
export type DhcpFault = 'truncated' | 'not-ethernet' | 'no-cookie' | 'bad-option' | 'no-type';

/** Reads a message. What it answers owns its bytes. Never throws. */
export function parseDhcp(bytes: Uint8Array): DhcpMessage | Malformed<DhcpFault> {
  if (bytes.length < headerBytes + 4) return { error: 'truncated' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const op = view.getUint8(0);
  if ((op !== 1 && op !== 2) || view.getUint8(1) !== ethernet || view.getUint8(2) !== macBytes) {
    return { error: 'not-ethernet' };
  }
  if (view.getUint32(headerBytes) !== cookie) return { error: 'no-cookie' };
  const options = new Map<number, Uint8Array<ArrayBuffer>>();
  if (!readOptions(bytes, headerBytes + 4, bytes.length, options)) return { error: 'bad-option' };
  // RFC 2131 §4.1: "file" before "sname", and an overload in there means nothing.
  const overload = options.get(dhcpOption.overload)?.[0] ?? 0;
  for (const [bit, field] of [[1, bootFileField] as const, [2, serverNameField] as const]) {
    const isUsed = (overload & bit) !== 0;
    if (isUsed && !readOptions(bytes, field.at, field.at + field.length, options)) return { error: 'bad-option' };
  }
  const type = options.get(dhcpOption.messageType);
  if (type?.length !== 1) return { error: 'no-type' };
  options.delete(dhcpOption.messageType);
  options.delete(dhcpOption.overload);
  return {
    op,
    type: type[0] as number,
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    broadcast: (view.getUint16(10) & broadcastFlag) !== 0,
    ciaddr: view.getInt32(12),
    yiaddr: view.getInt32(16),
    giaddr: view.getInt32(24),
    chaddr: bytes.slice(28, 28 + macBytes) as Uint8Array<ArrayBuffer>,
    options,
  };
}

/** Writes a message, 300 bytes at least. Options longer than 255 bytes come in parts (RFC 3396). */
export function emitDhcp(message: DhcpMessage): Uint8Array<ArrayBuffer> {
  const options: number[] = [dhcpOption.messageType, 1, message.type];
  for (const [code, value] of message.options) {
    for (let at = 0; at === 0 || at < value.length; at += 255) {
      const part = value.subarray(at, at + 255);
      options.push(code, part.length, ...part);
    }
  }
  options.push(end);
  const bytes = new Uint8Array(Math.max(leastMessageBytes, headerBytes + 4 + options.length));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, message.op);
  view.setUint8(1, ethernet);
  view.setUint8(2, macBytes);
  view.setUint32(4, message.xid);
  view.setUint16(8, message.secs);
  view.setUint16(10, message.broadcast ? broadcastFlag : 0);
  view.setInt32(12, message.ciaddr);
  view.setInt32(16, message.yiaddr);
  view.setInt32(24, message.giaddr);
  bytes.set(message.chaddr.subarray(0, macBytes), 28);
  view.setUint32(headerBytes, cookie);
  bytes.set(options, headerBytes + 4);
  return bytes;
}

/** An option's value as one address, or 0 when it is absent or no address. */
export function addressOption(message: DhcpMessage, code: number): number {
  const value = message.options.get(code);
  if (value?.length !== 4) return 0;
  return new DataView(value.buffer, value.byteOffset, 4).getInt32(0);
}

/** Addresses, or any numbers of 32 bits, as an option's value. */
export function wordsOption(...words: number[]): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(4 * words.length);
  const view = new DataView(value.buffer);
  words.forEach((word, index) => {
    view.setInt32(4 * index, word | 0);
  });
  return value;
}

/** Reads options up to the end mark or `stop`; false: one runs beyond it. */
function readOptions(
  bytes: Uint8Array,
  start: number,
  stop: number,
  into: Map<number, Uint8Array<ArrayBuffer>>,
): boolean {
  let at = start;
  while (at < stop) {
    const code = bytes[at++] as number;
    if (code === pad) continue;
    if (code === end) return true;
    const length = bytes[at++];
    if (length === undefined || at + length > stop) return false;
    const value = bytes.slice(at, at + length) as Uint8Array<ArrayBuffer>;
    const before = into.get(code);
    into.set(code, before === undefined ? value : joined(before, value));
    at += length;
  }
  // The end mark is the last option always (RFC 2132 §3.2); without it nothing else is missing.
  return true;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
