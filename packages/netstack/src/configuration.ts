import type { Address } from '@synos/interfaces';
import { ipv4Any, parseDottedAddress } from '@synos/wire';
import { invalidArgument } from './errors.js';

/** An interface address, bits of 128: `'10.0.0.2/24'` is 10.0.0.2 on 10.0.0.0/24. */
export function parseInterface(text: string): { address: Address; bits: number } {
  // Without its prefix an address has no network: nobody would be reached, and nobody would be told.
  const [, host = '', length] = /^(.*)\/(\d|[12]\d|3[0-2])$/.exec(String(text)) ?? [];
  const address = parseDottedAddress(host);
  if (!address) throw invalidArgument(`not an address (like 10.0.0.1/24): ${text}`);
  return { address, bits: 96 + Number(length) };
}

/** The route to everywhere, through a gateway. */
export function defaultRoute(gateway: string): { prefix: Address; bits: number; gateway: Address } {
  const address = parseDottedAddress(String(gateway));
  if (!address) throw invalidArgument(`not an address (like 10.0.0.1): ${gateway}`);
  return { prefix: ipv4Any, bits: 96, gateway: address };
}
