import { assert } from '@synos/interfaces';

/** Bounds and times of a network layer. Every one has a default that suits a host. */
export interface IpOptions {
  /** Neighbours remembered over all devices; beyond it the least recently used is forgotten, never a static one. */
  readonly neighbourLimit?: number;
  /** Packets that wait for one neighbour's answer; beyond it the oldest is dropped (RFC 1122 §2.3.2.2 wants at least 1). */
  readonly neighbourQueuePackets?: number;
  /** Packets that wait for answers over all neighbours. */
  readonly neighbourQueueTotal?: number;
  /** How long an answer is believed before it is asked about again, in milliseconds (RFC 1122 §2.3.2.1). */
  readonly neighbourReachableMs?: number;
  /** Datagrams in reassembly; beyond it the oldest is dropped. */
  readonly reassemblyDatagrams?: number;
  /** Bytes of packet memory held by fragments; beyond it the oldest datagram is dropped. */
  readonly reassemblyBytes?: number;
  /** How long the first fragment waits for the last, in milliseconds (RFC 791 §3.2). */
  readonly reassemblyTimeoutMs?: number;
  /** Routing table entries. */
  readonly routeLimit?: number;
  /** Destinations whose route object is shared; beyond it the least recently used is no longer shared. */
  readonly routeCacheLimit?: number;
  /** Destinations whose path MTU is remembered. */
  readonly pathMtuLimit?: number;
  /** The smallest path MTU that is believed, in bytes; 68 at least (RFC 791), 552 by default. */
  readonly minimumPathMtuBytes?: number;
  /** After this time a larger path MTU is tried again, in milliseconds (RFC 1191 §6.3). */
  readonly pathMtuExpiryMs?: number;
  /** Frames in a device's queue at which `Route.hasRoom` turns false. */
  readonly queueSoftPackets?: number;
  /** Bytes in a device's queue at which `Route.hasRoom` turns false. */
  readonly queueSoftBytes?: number;
  /** Frames in a device's queue at which everything is dropped. */
  readonly queueHardPackets?: number;
  /** ICMP errors sent per second over all destinations (RFC 1812 §4.3.2.8). */
  readonly icmpErrorsPerSecond?: number;
  /** ICMP errors sent at once over all destinations. */
  readonly icmpErrorsBurst?: number;
  /** ICMP errors sent per second to one destination. */
  readonly icmpErrorsPerDestinationPerSecond?: number;
  /** ICMP errors sent at once to one destination. */
  readonly icmpErrorsPerDestinationBurst?: number;
  /** Answer echo requests; true by default (RFC 1122 §3.2.2.6). Never those to a group. */
  readonly answersEcho?: boolean;
}

/** All of {@link IpOptions}, filled in. */
export type IpLimits = Required<IpOptions>;

/**
 * Defaults for everything that was not said.
 *
 * @throws Error (`ERR_ASSERTION`) for what is no bound
 */
export function limitsFrom(options: IpOptions): IpLimits {
  const limits = {
    neighbourLimit: 1024,
    // As many as Linux holds (unres_qlen_bytes): 100 flows that begin at once lose nothing.
    neighbourQueuePackets: 128,
    neighbourQueueTotal: 512,
    neighbourReachableMs: 30_000,
    reassemblyDatagrams: 64,
    reassemblyBytes: 1 << 20,
    reassemblyTimeoutMs: 30_000,
    routeLimit: 16_384,
    routeCacheLimit: 4096,
    pathMtuLimit: 1024,
    minimumPathMtuBytes: 552,
    pathMtuExpiryMs: 600_000,
    queueSoftPackets: 128,
    queueSoftBytes: 512 * 1024,
    queueHardPackets: 512,
    icmpErrorsPerSecond: 1000,
    icmpErrorsBurst: 50,
    icmpErrorsPerDestinationPerSecond: 1,
    icmpErrorsPerDestinationBurst: 6,
    answersEcho: true,
    ...options,
  };
  for (const [name, value] of Object.entries(limits)) {
    assert(Number(value) >= 0, `${name} is no bound`);
  }
  assert(Number.isInteger(limits.queueHardPackets) && limits.queueHardPackets > 0, 'queueHardPackets is no bound');
  // RFC 1122 §2.3.2.2: one packet waits at least.
  assert(limits.neighbourQueuePackets >= 1, 'neighbourQueuePackets is no bound');
  // Room is never promised where everything is dropped.
  limits.queueSoftPackets = Math.min(limits.queueSoftPackets, limits.queueHardPackets);
  // RFC 791: every network passes 68 bytes, so nothing below it can be an honest report.
  limits.minimumPathMtuBytes = Math.max(68, limits.minimumPathMtuBytes);
  return limits;
}
