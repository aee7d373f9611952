/**
 * A network address of 128 bits as four 32-bit words, most significant first, each stored as a signed int32 (`| 0`)
 * so that engines keep it as a small integer. An IPv4 address is its IPv4-mapped form `::ffff:a.b.c.d`
 * (RFC 4291 §2.5.5.2): words 0, 0, 0xffff and the address.
 *
 * Values are immutable by convention: whoever keeps an `Address` may share it. Records that are reused from call to
 * call say so by the type {@link MutableAddress}; copy them before keeping them.
 */
export interface Address {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** An address record that its owner overwrites. Copy it (`{ ...a }` or `copyAddress`) before keeping it. */
export interface MutableAddress {
  w0: number;
  w1: number;
  w2: number;
  w3: number;
}

/** An address and a port (0 to 65535): one end of a flow. */
export interface SocketAddress {
  readonly address: Address;
  readonly port: number;
}

/** A socket address that a callee fills in. */
export interface MutableSocketAddress {
  readonly address: MutableAddress;
  port: number;
}

/** Whether two addresses are the same 128 bits. */
export function addressEquals(a: Address, b: Address): boolean {
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0;
}

/** Overwrites `target` with `source`. */
export function copyAddress(target: MutableAddress, source: Address): void {
  target.w0 = source.w0;
  target.w1 = source.w1;
  target.w2 = source.w2;
  target.w3 = source.w3;
}

/** Whether an address is IPv4, that is `::ffff:0:0/96`. */
export function isIpv4Mapped(a: Address): boolean {
  return a.w2 === 0xffff && a.w1 === 0 && a.w0 === 0;
}

/** Whether an address stands for "any": `0.0.0.0` (mapped) or `::`. */
export function isUnspecified(a: Address): boolean {
  return a.w3 === 0 && (a.w2 === 0xffff || a.w2 === 0) && a.w1 === 0 && a.w0 === 0;
}
