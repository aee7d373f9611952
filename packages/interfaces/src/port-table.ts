import type { Address } from './address.js';
import type { Result } from './failure.js';

/** Who holds a port. The table reads these each time: they may change while the port is held. */
export interface PortOwner {
  /** SO_REUSEADDR as it was set on this endpoint. */
  readonly reuseAddress: boolean;
  /** SO_REUSEPORT as it was set on this endpoint; `false` when left out. */
  readonly reusePort?: boolean;
  /** The index of the device that this endpoint is bound to; 0 or left out: all of them. */
  readonly device?: number;
  /** A stream endpoint that listens: who shares with it has `reusePort`, as it has. */
  readonly listening: boolean;
  /** The port was chosen by `connect`: such owners share a port as long as their flows differ. */
  readonly autobound: boolean;
  /** For {@link PortTable.ephemeral}: whether this port would do (the flow is not taken). */
  acceptsPort(port: number): boolean;
}

/**
 * Which endpoint holds which local port, one table for all transports of a host, keyed by protocol number. Rules as
 * Linux has them: exact and wildcard addresses collide, unless the owners are bound to different devices; two owners may
 * share when both set `reusePort`, or when both set `reuseAddress` and neither listens.
 */
export interface PortTable {
  /**
   * Takes a port for an owner.
   *
   * @param protocol - IP protocol number
   * @param local - a local address, or an unspecified one for all
   * @param port - 1 to 65535
   * @returns 0, or `failure.addressInUse`
   */
  claim(protocol: number, local: Address, port: number, owner: PortOwner): Result;
  /**
   * Chooses a random free port of the ephemeral range (RFC 6056 §3.3.1) and takes it.
   *
   * @returns the port, or `failure.addressInUse` when none is left
   */
  ephemeral(protocol: number, local: Address, owner: PortOwner): Result;
  /** Whether a holder may go over to listening: it may share with everybody else who holds the port. 0 or `addressInUse`. */
  mayListen(protocol: number, local: Address, port: number, owner: PortOwner): Result;
  /** Gives a port back. What was never claimed is a bug and asserts. */
  release(protocol: number, local: Address, port: number, owner: PortOwner): void;
}
