import type { Result } from './failure.js';
import type { TransportEndpoint } from './transport-protocol.js';

/** Kinds of sockets in words; numbers (AF_, SOCK_) are the ABI's business. */
export interface SocketKind {
  readonly domain: 'inet' | 'inet6' | 'unix';
  readonly type: 'stream' | 'datagram' | 'raw';
  /** IP protocol number; 0 = the type's usual one. */
  readonly protocol: number;
}

/**
 * A network under the sockets: our stack, the host's own, an in-memory toy. Programs above do not notice which.
 */
export interface SocketProvider {
  readonly name: string;
  /** Whether it answers for such sockets. */
  supports(kind: SocketKind): boolean;
  /** A new endpoint, or a failure (`notSupported`, `noBuffers`). */
  open(kind: SocketKind): TransportEndpoint | Result;
  /** The index of a device by its name, for the option `device`, or `noSuchDevice`. A network without devices lacks it. */
  deviceIndex?(name: string): Result;
  /**
   * Names of abilities that it lacks, for suites and messages to print: kinds (`inet6`, `unix`, `raw`), things to do
   * (`listen`, `half-close`, `collect`, …), options behind the kind of endpoint (`stream ttl`). `socketProviderSuite` of
   * `@synos/compliance` has them all.
   */
  readonly lacks: readonly string[];
}
