/** What a UDP has counted since it was made. */
export interface UdpCounters {
  /** Datagrams that went into an endpoint's queue (a group datagram once per endpoint). */
  received: number;
  /** Datagrams handed to the network. */
  sent: number;
  /** Sends that the network refused, or for which there was no packet. */
  sendFailures: number;
  /** Shorter than a header. */
  droppedTruncated: number;
  /** A length field that the packet cannot hold. */
  droppedLength: number;
  droppedChecksum: number;
  /** Nobody is bound there: answered with port unreachable. */
  droppedNoPort: number;
  /** Nobody is bound there, but somebody else sees to them (`onUnclaimed`). */
  held: number;
  /** Nobody is bound there, and a group address is not answered. */
  droppedGroupNoPort: number;
  /** The endpoint's queue is at its limit. */
  droppedQueueFull: number;
  /** No ring memory is left. */
  droppedNoMemory: number;
  /** The endpoint's receiving side is shut down. */
  droppedShutDown: number;
  /** Errors from the network that belonged to an endpoint. */
  errorsBelieved: number;
  /** Errors about packets that no endpoint here can have sent. */
  errorsIgnored: number;
}

/** All zero. */
export function createUdpCounters(): UdpCounters {
  return {
    received: 0,
    sent: 0,
    sendFailures: 0,
    droppedTruncated: 0,
    droppedLength: 0,
    droppedChecksum: 0,
    droppedNoPort: 0,
    held: 0,
    droppedGroupNoPort: 0,
    droppedQueueFull: 0,
    droppedNoMemory: 0,
    droppedShutDown: 0,
    errorsBelieved: 0,
    errorsIgnored: 0,
  };
}
