import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  EAFNOSUPPORT,
  EINVAL,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  IPPROTO_MAX,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_PACKET,
  SOCK_RAW,
  SOCK_STREAM,
  SOCK_TYPE_MASK,
} from '@synos/abi';
import {
  type Clock,
  failure,
  type Result,
  type SocketKind,
  type SocketProvider,
  type TransportEndpoint,
} from '@synos/interfaces';
import { type Deadline, DeadlineQueue } from './deadline-queue.js';
import { errnoOfFailure } from './errno-of-failure.js';
import { Socket } from './socket.js';
import type { SocketContext } from './socket-context.js';

/** What {@link createSockets} is given. */
export interface SocketsOptions {
  /** The networks, in the order in which they are asked; the first that supports a kind of socket gets it. */
  readonly providers: readonly SocketProvider[];
  /** Time for SO_RCVTIMEO, SO_SNDTIMEO, SO_LINGER and poll. */
  readonly clock: Clock;
  /** Called when {@link Sockets.nextDeadline} has become earlier. It may only take note. */
  readonly onWork?: () => void;
}

/** All sockets of one system. Owns no timer: its owner calls {@link advance} at {@link nextDeadline}. */
export class Sockets implements SocketContext {
  private readonly providers: readonly SocketProvider[];
  private readonly clock: Clock;
  private readonly onWork: (() => void) | null;
  private readonly deadlines: DeadlineQueue;

  /** @internal */
  constructor(options: SocketsOptions) {
    this.providers = options.providers;
    this.clock = options.clock;
    this.onWork = options.onWork ?? null;
    this.deadlines = new DeadlineQueue();
  }

  /**
   * socket(2).
   *
   * @param domain - AF_INET, AF_INET6 or AF_UNIX
   * @param type - SOCK_STREAM, SOCK_DGRAM or SOCK_RAW, with SOCK_NONBLOCK and SOCK_CLOEXEC
   * @param protocol - IPPROTO_*, 0 = the type's usual one
   * @returns a socket, or `-EINVAL`, `-EAFNOSUPPORT`, `-ESOCKTNOSUPPORT`, `-EPROTONOSUPPORT`, `-ENOBUFS`
   */
  socket(domain: number, type: number, protocol = 0): Socket | number {
    // __sys_socket, __sock_create and inet_create, in their order.
    if ((type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -EINVAL;
    const domainName = domainNameOf(domain);
    if (domainName === undefined) return -EAFNOSUPPORT;
    const plainType = type & SOCK_TYPE_MASK;
    if (plainType > SOCK_PACKET) return -EINVAL;
    const supportsDomain = this.supportsAny(domainName);
    if (!supportsDomain) return -EAFNOSUPPORT;
    if (!(protocol >= 0 && protocol < IPPROTO_MAX)) return -EINVAL;
    const typeName = typeNameOf(plainType);
    if (typeName === undefined) return -ESOCKTNOSUPPORT;
    const wanted = protocol !== 0 ? protocol : domain === AF_UNIX ? 0 : usualProtocolOf(plainType);
    const kind: SocketKind = { domain: domainName, type: typeName, protocol: wanted };
    const endpoint = this.openEndpoint(kind);
    if (typeof endpoint === 'number') {
      if (endpoint !== failure.notSupported) return errnoOfFailure(endpoint);
      const supportsType = this.supports({ domain: domainName, type: typeName, protocol: 0 });
      return supportsType ? -EPROTONOSUPPORT : -ESOCKTNOSUPPORT;
    }
    return new Socket(this, endpoint, domain, plainType, wanted, (type & SOCK_NONBLOCK) !== 0, false);
  }

  /** When {@link advance} is wanted next, `Infinity` when never. */
  nextDeadline(): number {
    return this.deadlines.next();
  }

  /** Ends the waits whose time is over. */
  advance(nowMs: number): void {
    this.deadlines.advance(nowMs);
  }

  /** @internal */
  now(): number {
    return this.clock.now();
  }

  /** @internal */
  arm(deadline: Deadline): void {
    const before = this.deadlines.next();
    this.deadlines.add(deadline);
    if (deadline.deadlineMs < before && this.onWork !== null) this.onWork();
  }

  /** @internal */
  disarm(deadline: Deadline): void {
    this.deadlines.remove(deadline);
  }

  /** @internal */
  deviceIndex(kind: SocketKind, name: string): Result {
    const provider = this.providers.find((each) => each.supports(kind));
    return provider?.deviceIndex?.(name) ?? failure.noSuchDevice;
  }

  /** @internal */
  openEndpoint(kind: SocketKind): TransportEndpoint | Result {
    for (const provider of this.providers) {
      if (provider.supports(kind)) return provider.open(kind);
    }
    return failure.notSupported;
  }

  private supports(kind: SocketKind): boolean {
    return this.providers.some((provider) => provider.supports(kind));
  }

  private supportsAny(domain: SocketKind['domain']): boolean {
    return (
      this.supports({ domain, type: 'stream', protocol: 0 }) ||
      this.supports({ domain, type: 'datagram', protocol: 0 }) ||
      this.supports({ domain, type: 'raw', protocol: 0 })
    );
  }
}

/**
 * POSIX sockets over any providers.
 *
 * @example
 * ```ts
 * const sockets = createSockets({ providers: [netstack], clock });
 * const socket = sockets.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
 * if (typeof socket === 'number') throw new Error(`errno ${-socket}`);
 * socket.connect({ address: ipv4(10, 0, 0, 2), port: 80 }); // -EINPROGRESS
 * ```
 */
export function createSockets(options: SocketsOptions): Sockets {
  return new Sockets(options);
}

function domainNameOf(domain: number): SocketKind['domain'] | undefined {
  if (domain === AF_INET) return 'inet';
  if (domain === AF_INET6) return 'inet6';
  return domain === AF_UNIX ? 'unix' : undefined;
}

function typeNameOf(type: number): SocketKind['type'] | undefined {
  if (type === SOCK_STREAM) return 'stream';
  if (type === SOCK_DGRAM) return 'datagram';
  return type === SOCK_RAW ? 'raw' : undefined;
}

function usualProtocolOf(type: number): number {
  if (type === SOCK_STREAM) return IPPROTO_TCP;
  return type === SOCK_DGRAM ? IPPROTO_UDP : 0;
}
