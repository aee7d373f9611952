import { type Address, isIpv4Mapped, type MutableAddress } from '@synos/interfaces';

/** `::`, the unspecified IPv6 address. */
export const ipv6Any: Address = { w0: 0, w1: 0, w2: 0, w3: 0 };

/** `0.0.0.0`, the unspecified IPv4 address in its mapped form. */
export const ipv4Any: Address = { w0: 0, w1: 0, w2: 0xffff, w3: 0 };

/** The IPv4 address `a.b.c.d`, mapped. */
export function ipv4(a: number, b: number, c: number, d: number): Address {
  return ipv4FromWord((a << 24) | (b << 16) | (c << 8) | d);
}

/** An IPv4 address from its 32 bits, mapped. */
export function ipv4FromWord(word: number): Address {
  return { w0: 0, w1: 0, w2: 0xffff, w3: word | 0 };
}

/** Overwrites a record with four words. */
export function setWords(target: MutableAddress, w0: number, w1: number, w2: number, w3: number): void {
  target.w0 = w0 | 0;
  target.w1 = w1 | 0;
  target.w2 = w2 | 0;
  target.w3 = w3 | 0;
}

/** Overwrites a record with an IPv4 address from its 32 bits. */
export function setIpv4(target: MutableAddress, word: number): void {
  setWords(target, 0, 0, 0xffff, word);
}

/** Whether it is `127.0.0.0/8` (RFC 1122 §3.2.1.3) or `::1`. */
export function isLoopback(a: Address): boolean {
  return isIpv4Mapped(a) ? a.w3 >>> 24 === 127 : a.w3 === 1 && a.w2 === 0 && a.w1 === 0 && a.w0 === 0;
}

/** Whether it is `224.0.0.0/4` (RFC 1112 §4) or `ff00::/8` (RFC 4291 §2.7). */
export function isMulticast(a: Address): boolean {
  return isIpv4Mapped(a) ? a.w3 >>> 28 === 14 : a.w0 >>> 24 === 0xff;
}

/** Whether it is `255.255.255.255` (RFC 919 §7). */
export function isLimitedBroadcast(a: Address): boolean {
  return a.w3 === -1 && isIpv4Mapped(a);
}

/**
 * Whether an address lies in a network.
 *
 * @param bits - length of the prefix, 0 to 128; for IPv4 96 more than in dotted notation
 */
export function inPrefix(a: Address, network: Address, bits: number): boolean {
  return (
    sameBits(a.w0, network.w0, bits) &&
    sameBits(a.w1, network.w1, bits - 32) &&
    sameBits(a.w2, network.w2, bits - 64) &&
    sameBits(a.w3, network.w3, bits - 96)
  );
}

function sameBits(a: number, b: number, bits: number): boolean {
  return bits <= 0 || (a ^ b) >>> (bits < 32 ? 32 - bits : 0) === 0;
}

/**
 * Reads an address: dotted IPv4 (four decimal numbers, no leading zeros: RFC 6943 §3.1.1) or IPv6 as of RFC 4291 §2.2.
 *
 * @returns the address, or `undefined` when the text is none
 */
export function parseAddress(text: string): Address | undefined {
  const at = text.lastIndexOf(':') + 1;
  if (at === 0) return parseDottedAddress(text);
  const word = parseDotted(text.slice(at));
  const hex =
    word === undefined ? text : `${text.slice(0, at)}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
  const [head = [], tail, more] = hex.split('::').map((half) => (half ? half.split(':') : []));
  const missing = 8 - head.length - (tail ? tail.length : 0);
  if (more || (tail ? missing < 1 : missing !== 0)) return undefined;
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const word32 = (i: number): number => Number.parseInt(groups[i]! + groups[i + 1]!.padStart(4, '0'), 16) | 0;
  return { w0: word32(0), w1: word32(2), w2: word32(4), w3: word32(6) };
}

/** Reads a dotted IPv4 address, as {@link parseAddress} does: for who takes no other. */
export function parseDottedAddress(text: string): Address | undefined {
  const word = parseDotted(text);
  return word === undefined ? undefined : ipv4FromWord(word);
}

function parseDotted(text: string): number | undefined {
  const parts = text.split('.');
  // Nothing else is written as its lowest byte is: no sign, no space, no zero in front.
  const isByte = (part: string): boolean => String(Number(part) & 0xff) === part;
  return parts.length === 4 && parts.every(isByte)
    ? parts.reduce((word, part) => (word << 8) | Number(part), 0)
    : undefined;
}

/** An address as text: IPv4 dotted, IPv6 as of RFC 5952. */
export function formatAddress(a: Address): string {
  if (isIpv4Mapped(a)) return [24, 16, 8, 0].map((shift) => (a.w3 >>> shift) & 255).join('.');
  const groups = [a.w0, a.w1, a.w2, a.w3].flatMap((word) => [word >>> 16, word & 0xffff]);
  const text = groups.map((group) => group.toString(16)).join(':');
  // The first of the longest runs of two zero groups or more (RFC 5952 §4.2).
  let longest = '';
  for (const run of text.match(/(^|:)0(:0)+(:|$)/g) ?? []) {
    if (run.split('0').length > longest.split('0').length) longest = run;
  }
  return longest ? text.replace(longest, '::') : text;
}

/** A network: its first address and how many leading bits of 128 it fixes. */
export interface Prefix {
  readonly address: Address;
  /** 0 to 128; IPv4 prefixes are 96 and more. */
  readonly bits: number;
}

/**
 * Reads a network in the notation of RFC 4632, `10.0.0.0/24` or `2001:db8::/32`. Without a length it is one address.
 *
 * @returns address (as written, host bits included) and length, or `undefined` when the text is none
 */
export function parsePrefix(text: string): Prefix | undefined {
  const [host = '', length, more] = text.split('/');
  const address = parseAddress(host);
  const base = host.includes(':') ? 0 : 96;
  const bits = length === undefined ? 128 : base + Number(length);
  if (!address || more !== undefined || !/^(0|[1-9]\d{0,2})$/.test(length ?? '0') || bits > 128) return undefined;
  return { address, bits };
}
