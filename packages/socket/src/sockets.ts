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
import { nonblocking } from './socket-state.js';

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
  private readonly options: SocketsOptions;
  private readonly deadlines: DeadlineQueue;
  /** Sockets of a kind share its record: a program has thousands of one. */
  private readonly kinds: Record<number, SocketKind>;

  /** @internal */
  constructor(options: SocketsOptions) {
    this.options = options;
    this.deadlines = new DeadlineQueue();
    this.kinds = {};
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
    const domainName = domainNames[domain];
    if (domainName === undefined) return -EAFNOSUPPORT;
    const plainType = type & SOCK_TYPE_MASK;
    if (plainType > SOCK_PACKET) return -EINVAL;
    const supports = (typeName: SocketKind['type']): boolean =>
      this.providerOf({ domain: domainName, type: typeName, protocol: 0 }) !== undefined;
    if (!typeNames.some(supports)) return -EAFNOSUPPORT;
    if (!(protocol >= 0 && protocol < IPPROTO_MAX)) return -EINVAL;
    const typeName = typeNames[plainType - SOCK_STREAM];
    if (typeName === undefined) return -ESOCKTNOSUPPORT;
    const wanted = protocol !== 0 || domain === AF_UNIX ? protocol : (usualProtocols[plainType] ?? 0);
    const place = (domain * 16 + plainType) * IPPROTO_MAX + wanted;
    const kind = this.kinds[place] ?? { domain: domainName, type: typeName, protocol: wanted };
    this.kinds[place] = kind;
    const endpoint = this.openEndpoint(kind);
    if (typeof endpoint === 'number') {
      if (endpoint !== failure.notSupported) return errnoOfFailure(endpoint);
      return supports(typeName) ? -EPROTONOSUPPORT : -ESOCKTNOSUPPORT;
    }
    return new Socket(this, endpoint, kind, domain, plainType, (type & SOCK_NONBLOCK) !== 0 ? nonblocking : 0);
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
    return this.options.clock.now();
  }

  /** @internal */
  arm(deadline: Deadline): void {
    const before = this.deadlines.next();
    this.deadlines.add(deadline);
    if (deadline.deadlineMs < before) this.options.onWork?.();
  }

  /** @internal */
  disarm(deadline: Deadline): void {
    this.deadlines.remove(deadline);
  }

  /** @internal */
  deviceIndex(kind: SocketKind, name: string): Result {
    return this.providerOf(kind)?.deviceIndex?.(name) ?? failure.noSuchDevice;
  }

  /** @internal */
  openEndpoint(kind: SocketKind): TransportEndpoint | Result {
    return this.providerOf(kind)?.open(kind) ?? failure.notSupported;
  }

  private providerOf(kind: SocketKind): SocketProvider | undefined {
    return this.options.providers.find((provider) => provider.supports(kind));
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

const domainNames: Readonly<Record<number, SocketKind['domain']>> = {
  [AF_INET]: 'inet',
  [AF_INET6]: 'inet6',
  [AF_UNIX]: 'unix',
};

/** Of SOCK_STREAM, SOCK_DGRAM and SOCK_RAW, which follow one another. */
const typeNames: readonly SocketKind['type'][] = ['stream', 'datagram', 'raw'];

/** Where a program names none. */
const usualProtocols: Readonly<Record<number, number>> = { [SOCK_STREAM]: IPPROTO_TCP, [SOCK_DGRAM]: IPPROTO_UDP };
