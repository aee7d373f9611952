import { type Address, isUnspecified, type PortOwner, type PortTable, type Result } from '@synos/interfaces';
import { protocolNumber } from '@synos/wire';
import type { Demux } from './demux.js';

/**
 * A local port, held by an endpoint, then by its connection, then by the connection's TIME-WAIT; a listener's is held
 * by the connections that it took too, so that nobody else gets the port while one of them lives (as on Linux).
 */
export class PortHold implements PortOwner {
  reuseAddress: boolean;
  listening: boolean;
  readonly autobound: boolean;
  readonly local: Address;
  port: number;
  private users: number;
  /** The flow that an ephemeral port is sought for. */
  private demux: Demux | null;
  private source: Address;
  private remote: Address;
  private remotePort: number;

  constructor(local: Address, reuseAddress: boolean, autobound: boolean) {
    this.reuseAddress = reuseAddress;
    this.listening = false;
    this.autobound = autobound;
    this.local = local;
    this.port = 0;
    this.users = 0;
    this.demux = null;
    this.source = local;
    this.remote = local;
    this.remotePort = 0;
  }

  /** Takes `port`, or a random one for 0. Answers 0 or `addressInUse`. */
  claim(ports: PortTable, port: number): Result {
    if (port === 0) {
      const found = ports.ephemeral(protocolNumber.tcp, this.local, this);
      if (found < 0) return found;
      this.port = found;
    } else {
      const result = ports.claim(protocolNumber.tcp, this.local, port, this);
      if (result < 0) return result;
      this.port = port;
    }
    this.users = 1;
    return 0;
  }

  /** As {@link claim} with any port whose flow to a peer is free. */
  claimForFlow(ports: PortTable, demux: Demux, source: Address, remote: Address, remotePort: number): Result {
    this.demux = demux;
    this.source = source;
    this.remote = remote;
    this.remotePort = remotePort;
    const result = this.claim(ports, 0);
    this.demux = null;
    return result;
  }

  acceptsPort(port: number): boolean {
    return this.demux === null || this.demux.find(this.source, port, this.remote, this.remotePort) === null;
  }

  share(): void {
    this.users++;
  }

  drop(ports: PortTable): void {
    this.users--;
    if (this.users === 0) ports.release(protocolNumber.tcp, this.local, this.port, this);
  }

  /** Whether segments to an address and this port are for a listener that holds this. 2: exactly, 1: by wildcard. */
  matches(address: Address): 0 | 1 | 2 {
    const { local } = this;
    if (isUnspecified(local)) {
      // 0.0.0.0 stands for IPv4 addresses, :: for all.
      return local.w2 === 0 || (address.w2 === local.w2 && address.w1 === 0 && address.w0 === 0) ? 1 : 0;
    }
    return local.w3 === address.w3 && local.w2 === address.w2 && local.w1 === address.w1 && local.w0 === address.w0
      ? 2
      : 0;
  }
}
