import type { Address } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { formatAddress, inPrefix, type Prefix, parseAddress, parsePrefix } from '@synos/wire';

/** 127.0.0.1 as the host has it: what the gateway's own address stands for. */
const hostLoopback = '127.0.0.1';

/** Where on the host's side a guest's destination lies. */
export interface HostPlace {
  readonly address: string;
  readonly port: number;
}

/** Options of {@link Destinations}. */
export interface DestinationsOptions {
  readonly ip: Netstack['ip'];
  readonly allow: readonly string[];
  readonly toHost: ((destination: string) => string | null) | undefined;
}

/** Which destinations guests may reach, and what they are called on the host's side. */
export class Destinations {
  readonly #ip: Netstack['ip'];
  readonly #allowed: readonly Prefix[];
  readonly #toHost: (destination: string) => string | null;

  /** @throws TypeError when a network does not parse */
  constructor({ ip, allow, toHost }: DestinationsOptions) {
    this.#ip = ip;
    this.#toHost = toHost ?? ((destination) => destination);
    this.#allowed = allow.map((text) => {
      const prefix = parsePrefix(text);
      if (prefix === undefined) throw new TypeError(`not a network (like 192.0.2.0/24): ${text}`);
      return prefix;
    });
  }

  /** Whether it is an address of the gateway on this device. */
  isOwn(destination: Address, device: number): boolean {
    return this.#ip.addresses(device).some(({ address }) => address.w3 === destination.w3);
  }

  /** The host's name for a destination, `null` where guests may not go. */
  onHost(destination: Address, device: number): string | null {
    const host = this.isOwn(destination, device) ? hostLoopback : this.#toHost(formatAddress(destination));
    if (host === null) return null;
    const address = parseAddress(host);
    const isAllowed =
      address !== undefined && this.#allowed.some(({ address: network, bits }) => inPrefix(address, network, bits));
    return isAllowed ? host : null;
  }
}
