/** What happened to datagrams; frames are counted by the device. */
export type DgramCounters = {
  /** Datagrams of somebody else than the peer: dropped. */
  rxForeign: number;
  /** Frames that the system refused to send. */
  txFailed: number;
};
