/** Bytes of a string that are shown; strace's `-s`. */
export const SHOWN_BYTES = 32;

/**
 * Bytes as a C string in quotes, as strace writes one: what is not printable in octal, as short as the next character
 * allows.
 *
 * @param isCut - whether there was more: `...` follows
 */
export function quoted(bytes: Uint8Array, isCut = false): string {
  let text = '';
  for (const [index, byte] of bytes.entries()) text += escaped(byte, bytes[index + 1]);
  return `"${text}"${isCut ? '...' : ''}`;
}

function escaped(byte: number, next: number | undefined): string {
  switch (byte) {
    case 0x22:
      return '\\"';
    case 0x5c:
      return '\\\\';
    case 0x09:
      return '\\t';
    case 0x0a:
      return '\\n';
    case 0x0b:
      return '\\v';
    case 0x0c:
      return '\\f';
    case 0x0d:
      return '\\r';
  }
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  const octal = byte.toString(8);
  // A digit behind a short escape would be read as a part of it.
  return next !== undefined && next >= 0x30 && next <= 0x39 ? `\\${octal.padStart(3, '0')}` : `\\${octal}`;
}

/** 64 bits in halves as a hexadecimal number. */
export function hex(low: number, high: number): string {
  if (high === 0) return `0x${(low >>> 0).toString(16)}`;
  return `0x${(high >>> 0).toString(16)}${(low >>> 0).toString(16).padStart(8, '0')}`;
}

/** An address that is a number: `NULL`, or hexadecimal, the kernel half in 64 bits. */
export function addressText(address: number): string {
  return address === 0 ? 'NULL' : hex(address >>> 0, Math.floor(address / 0x1_0000_0000) >>> 0);
}

/** An IPv4 address, as a signed int32. */
export function ipv4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** An IPv6 address in the form of RFC 5952; a mapped one ends as IPv4, as inet_ntop(3) writes it. */
export function ipv6Text({ w0, w1, w2, w3 }: { w0: number; w1: number; w2: number; w3: number }): string {
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${ipv4Text(w3)}`;
  const groups = [w0, w1, w2, w3].flatMap((word) => [word >>> 16, word & 0xffff]);
  let [from, length] = [0, 0];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - start > length) [from, length] = [start, end - start];
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}
