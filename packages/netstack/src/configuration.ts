import type { Address } from '@synos/interfaces';
import { parseAddress, parsePrefix } from '@synos/wire';
import { invalidArgument } from './errors.js';

/** An interface address as `parsePrefix` gives it, host bits kept: `'10.0.0.2/24'` is 10.0.0.2 on 10.0.0.0/24. */
export function parseInterface(text: string): { address: Address; bits: number } {
  // Without its prefix an address has no network: nobody would be reached, and nobody would be told.
  const prefix = String(text).includes('/') ? parsePrefix(text) : undefined;
  if (!prefix) throw invalidArgument(`not an address with a prefix (like 10.0.0.2/24): ${text}`);
  return prefix;
}

/** The route to everywhere, through a gateway. */
export function defaultRoute(gateway: string): { prefix: Address; bits: number; gateway: Address } {
  const address = parseAddress(String(gateway));
  if (!address) throw invalidArgument(`not an address (like 10.0.0.1): ${gateway}`);
  return { prefix: { w0: 0, w1: 0, w2: 0xffff, w3: 0 }, bits: 96, gateway: address };
}
