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
  if (!text.includes(':')) {
    const word = parseDotted(text);
    return word === undefined ? undefined : ipv4FromWord(word);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => (groups[i]! << 16) | groups[i + 1]!;
  return { w0: word(0), w1: word(2), w2: word(4), w3: word(6) };
}

function parseDotted(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    word = (word << 8) | Number(part);
  }
  return word;
}

function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  const groups: number[] = [];
  if (text === '') return groups;
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const dotted = mayEndDotted && index === parts.length - 1 ? parseDotted(part) : undefined;
    if (dotted !== undefined) groups.push(dotted >>> 16, dotted & 0xffff);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** An address as text: IPv4 dotted, IPv6 as of RFC 5952. */
export function formatAddress(a: Address): string {
  if (isIpv4Mapped(a)) return `${a.w3 >>> 24}.${(a.w3 >>> 16) & 255}.${(a.w3 >>> 8) & 255}.${a.w3 & 255}`;
  const groups = [a.w0, a.w1, a.w2, a.w3].flatMap((word) => [word >>> 16, word & 0xffff]);
  let zerosAt = -1;
  let zeros = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > zeros) {
      zerosAt = i;
      zeros = run;
    }
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return zerosAt < 0 ? hex(groups) : `${hex(groups.slice(0, zerosAt))}::${hex(groups.slice(zerosAt + zeros))}`;
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
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash < 0) return { address, bits: 128 };
  const length = text.slice(slash + 1);
  const base = text.includes(':') ? 0 : 96;
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || base + Number(length) > 128) return undefined;
  return { address, bits: base + Number(length) };
}
