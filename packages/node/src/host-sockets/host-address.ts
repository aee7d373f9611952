import { isIpv4Mapped, isUnspecified, type SocketAddress } from '@synos/interfaces';
import { formatAddress, parseAddress } from '@synos/wire';

/** Domains that the host's sockets have here. */
export type HostDomain = 'inet' | 'inet6';

/** An address as Node takes it, `undefined` where it is of the other family. */
export function hostText(domain: HostDomain, { address }: SocketAddress): string | undefined {
  if (isUnspecified(address)) return domain === 'inet' ? '0.0.0.0' : '::';
  if (domain === 'inet') return isIpv4Mapped(address) ? formatAddress(address) : undefined;
  return isIpv4Mapped(address) ? `::ffff:${formatAddress(address)}` : formatAddress(address);
}

/** What Node says of an address; a zone (`%eth0`) is not kept. */
export function socketAddress(text: string | undefined, port: number | undefined): SocketAddress | null {
  const address = text === undefined ? undefined : parseAddress(text.split('%', 1)[0] as string);
  return address === undefined || port === undefined ? null : { address, port };
}

/** The name of what has none. */
export function anyName(domain: HostDomain): SocketAddress {
  return { address: { w0: 0, w1: 0, w2: domain === 'inet' ? 0xffff : 0, w3: 0 }, port: 0 };
}
