import type { Address } from '@synos/interfaces';
import { parseAddress, parsePrefix } from '@synos/wire';

/** An interface address as `parsePrefix` gives it, host bits kept: `'10.0.0.2/24'` is 10.0.0.2 on 10.0.0.0/24. */
export function parseInterface(text: string): { address: Address; bits: number } {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  const prefix = parsePrefix(text);
  if (!address || !prefix) throw new TypeError(`not an address with a prefix (like 10.0.0.2/24): ${text}`);
  return { address, bits: prefix.bits };
}

/** The route to everywhere, through a gateway. */
export function defaultRoute(gateway: string): { prefix: Address; bits: number; gateway: Address } {
  const address = parseAddress(gateway);
  if (!address) throw new TypeError(`not an address (like 10.0.0.1): ${gateway}`);
  return { prefix: { w0: 0, w1: 0, w2: 0xffff, w3: 0 }, bits: 96, gateway: address };
}
