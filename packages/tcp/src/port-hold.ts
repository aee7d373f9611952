import {
  type Address,
  addressEquals,
  isIpv4Mapped,
  isUnspecified,
  type PortOwner,
  type PortTable,
  type Result,
  type TransportOption,
} from '@synos/interfaces';
import { protocolNumber } from '@synos/wire';
import type { Demux } from './demux.js';
import type { EndpointOptions } from './endpoint-options.js';

/** What of an endpoint's options decides who may share its port. */
export type SharingOptions = Pick<EndpointOptions, 'reuseAddress' | 'reusePort' | 'device'>;

/**
 * A local port, held by an endpoint, then by its connection, then by the connection's TIME-WAIT; a listener's is held
 * by the connections that it took too, so that nobody else gets the port while one of them lives (as on Linux).
 */
export class PortHold implements PortOwner {
  reuseAddress: boolean;
  reusePort: boolean;
  device: number;
  listening: boolean;
  readonly autobound: boolean;
  readonly local: Address;
  port: number;
  private users: number;
  /** While an ephemeral port is sought for a flow: whether one would do. */
  private suits: ((port: number) => boolean) | null;

  constructor(local: Address, { reuseAddress, reusePort, device }: SharingOptions, autobound: boolean) {
    this.reuseAddress = reuseAddress;
    this.reusePort = reusePort;
    this.device = device;
    this.listening = false;
    this.autobound = autobound;
    this.local = local;
    this.port = 0;
    this.users = 0;
    this.suits = null;
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
    this.suits = (port) => demux.find(source, port, remote, remotePort) === null;
    const result = this.claim(ports, 0);
    this.suits = null;
    return result;
  }

  /** An option of the endpoint that holds it was set. */
  follow(option: TransportOption, options: SharingOptions): void {
    if (option === 'reuseAddress') this.reuseAddress = options.reuseAddress;
    if (option === 'reusePort') this.reusePort = options.reusePort;
    if (option === 'device') this.device = options.device;
  }

  acceptsPort(port: number): boolean {
    return this.suits === null || this.suits(port);
  }

  share(): void {
    this.users++;
  }

  drop(ports: PortTable): void {
    this.users--;
    if (this.users === 0) ports.release(protocolNumber.tcp, this.local, this.port, this);
  }

  /**
   * How well a listener that holds this fits an address and a device of arrival: 0 not at all, 1 by wildcard, 3 exactly,
   * one more where it is bound to the very device.
   */
  matches(address: Address, device: number): number {
    const { local } = this;
    if (this.device !== 0 && this.device !== device) return 0;
    const chosen = this.device === 0 ? 0 : 1;
    if (isUnspecified(local)) {
      // 0.0.0.0 stands for IPv4 addresses, :: for all.
      return local.w2 === 0 || isIpv4Mapped(address) ? chosen + 1 : 0;
    }
    return addressEquals(local, address) ? chosen + 3 : 0;
  }
}
