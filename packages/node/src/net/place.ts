import { type Address, isIpv4Mapped, type MutableSocketAddress } from '@synos/interfaces';
import { formatAddress } from '@synos/wire';

/** One end of a connection as `address()` answers it. */
export interface AddressInfo {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly port: number;
}

/** A fresh record for getsockname and getpeername to fill in. */
export function emptySocketAddress(): MutableSocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
}

/** A socket address in Node's words. */
export function addressInfo({ address, port }: { readonly address: Address; readonly port: number }): AddressInfo {
  return { address: formatAddress(address), family: isIpv4Mapped(address) ? 'IPv4' : 'IPv6', port };
}
