/** What a TCP counts. Drops have a name per reason. */
export interface TcpCounters extends Record<string, number> {
  segmentsIn: number;
  segmentsOut: number;
  bytesIn: number;
  bytesOut: number;
  retransmits: number;
  fastRetransmits: number;
  timeouts: number;
  activeOpens: number;
  passiveOpens: number;
  failedOpens: number;
  established: number;
  resetsIn: number;
  resetsOut: number;
  challengeAcks: number;
  duplicateAcks: number;
  delayedAcks: number;
  windowProbes: number;
  keepAliveProbes: number;
  outOfOrder: number;
  timeWaits: number;
  timeWaitReused: number;
  /** Drops of arriving segments. */
  dropTruncated: number;
  dropHeaderLength: number;
  dropChecksum: number;
  dropGroupAddress: number;
  dropMalformedOptions: number;
  dropNoEndpoint: number;
  /** SYNs whose answer somebody else takes upon himself (`onUnclaimed`). */
  held: number;
  dropSynQueueFull: number;
  dropAcceptQueueFull: number;
  dropHalfOpenReplaced: number;
  dropOutsideWindow: number;
  dropPaws: number;
  dropNoTimestamp: number;
  dropBlindAck: number;
  dropNoAck: number;
  dropTimeWaitReset: number;
  dropNoMemory: number;
  dropTooManyIntervals: number;
  dropNoRoute: number;
  dropListenNotSyn: number;
  dropAfterClose: number;
  /** What was not sent, or not at once. */
  noPackets: number;
  sendFailed: number;
  challengeAcksSuppressed: number;
  timeWaitOverflow: number;
  /** Errors that the network reported. */
  networkErrors: number;
  networkErrorsIgnored: number;
  pathMtuChanges: number;
}

/** All at zero. */
export function createCounters(): TcpCounters {
  return {
    segmentsIn: 0,
    segmentsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    retransmits: 0,
    fastRetransmits: 0,
    timeouts: 0,
    activeOpens: 0,
    passiveOpens: 0,
    failedOpens: 0,
    established: 0,
    resetsIn: 0,
    resetsOut: 0,
    challengeAcks: 0,
    duplicateAcks: 0,
    delayedAcks: 0,
    windowProbes: 0,
    keepAliveProbes: 0,
    outOfOrder: 0,
    timeWaits: 0,
    timeWaitReused: 0,
    dropTruncated: 0,
    dropHeaderLength: 0,
    dropChecksum: 0,
    dropGroupAddress: 0,
    dropMalformedOptions: 0,
    dropNoEndpoint: 0,
    held: 0,
    dropSynQueueFull: 0,
    dropAcceptQueueFull: 0,
    dropHalfOpenReplaced: 0,
    dropOutsideWindow: 0,
    dropPaws: 0,
    dropNoTimestamp: 0,
    dropBlindAck: 0,
    dropNoAck: 0,
    dropTimeWaitReset: 0,
    dropNoMemory: 0,
    dropTooManyIntervals: 0,
    dropNoRoute: 0,
    dropListenNotSyn: 0,
    dropAfterClose: 0,
    noPackets: 0,
    sendFailed: 0,
    challengeAcksSuppressed: 0,
    timeWaitOverflow: 0,
    networkErrors: 0,
    networkErrorsIgnored: 0,
    pathMtuChanges: 0,
  };
}
