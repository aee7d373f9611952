/** What happened to a stream's connections; frames are counted by its device. */
export type StreamCounters = {
  /** Connections that stood. */
  connections: number;
  /** Attempts to connect that failed. */
  failedAttempts: number;
  /** Connections ended because of a length that no frame has. */
  badLength: number;
  /** Connections that ended inside a frame. */
  truncated: number;
  /** Frames that the stack had sent and no connection took any more. */
  txLost: number;
  /** How often reading paused because the stack did not come for its frames. */
  rxPauses: number;
};

/** All zero. */
export function createStreamCounters(): StreamCounters {
  return { connections: 0, failedAttempts: 0, badLength: 0, truncated: 0, txLost: 0, rxPauses: 0 };
}
