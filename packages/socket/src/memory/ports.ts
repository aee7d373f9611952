import {
  type Address,
  addressEquals,
  failure,
  isUnspecified,
  type Result,
  type SocketAddress,
} from '@synos/interfaces';
import type { MemoryEndpoint } from './memory-endpoint.js';

// RFC 6335 §6: the dynamic ports.
const firstEphemeralPort = 49_152;
const lastPort = 65_535;

/** Who has which port: one table for streams, one for datagrams. */
export class Ports {
  private readonly tables: Readonly<Record<'stream' | 'datagram', Map<number, Set<MemoryEndpoint>>>>;
  private nextEphemeral: number;

  constructor() {
    this.tables = { stream: new Map(), datagram: new Map() };
    this.nextEphemeral = firstEphemeralPort;
  }

  /** Gives a port (0: any free one) of `address` to `endpoint`; answers it, `addressInUse` or `noBuffers`. */
  claim(endpoint: MemoryEndpoint, address: Address, port: number): Result {
    if (port !== 0) return this.give(endpoint, address, port);
    for (let tries = firstEphemeralPort; tries <= lastPort; tries += 1) {
      const candidate = this.nextEphemeral;
      this.nextEphemeral = candidate === lastPort ? firstEphemeralPort : candidate + 1;
      if (this.at(endpoint.kind, candidate).length === 0) return this.give(endpoint, address, candidate);
    }
    return failure.addressInUse;
  }

  release(endpoint: MemoryEndpoint): void {
    const table = this.tables[endpoint.kind];
    const owners = table.get(endpoint.local.port);
    if (owners?.delete(endpoint) && owners.size === 0) table.delete(endpoint.local.port);
  }

  /** Those at a port, the oldest first. */
  at(kind: 'stream' | 'datagram', port: number): MemoryEndpoint[] {
    return [...(this.tables[kind].get(port) ?? [])];
  }

  /** Those that hear what is sent to `to`, the most specific first. */
  hearing(kind: 'stream' | 'datagram', to: SocketAddress): MemoryEndpoint[] {
    const all = this.at(kind, to.port);
    return [
      ...all.filter(({ local }) => addressEquals(local.address, to.address)),
      ...all.filter(({ local }) => isUnspecified(local.address)),
    ];
  }

  /** Whether somebody else listens where `endpoint` is bound. */
  hasOtherListener(endpoint: MemoryEndpoint): boolean {
    const { address, port } = endpoint.local;
    return this.at(endpoint.kind, port).some(
      (other) => other !== endpoint && other.isListening && overlap(address, other.local.address),
    );
  }

  private give(endpoint: MemoryEndpoint, address: Address, port: number): Result {
    for (const other of this.at(endpoint.kind, port)) {
      const isFree = !overlap(address, other.local.address);
      if (!isFree && !(endpoint.reusesAddress && other.reusesAddress && !other.isListening))
        return failure.addressInUse;
    }
    const table = this.tables[endpoint.kind];
    const owners = table.get(port);
    if (owners === undefined) table.set(port, new Set([endpoint]));
    else owners.add(endpoint);
    return port;
  }
}

function overlap(a: Address, b: Address): boolean {
  return isUnspecified(a) || isUnspecified(b) || addressEquals(a, b);
}
