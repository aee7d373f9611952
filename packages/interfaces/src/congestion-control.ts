/** What an acknowledgement taught. One record per transport, reused: valid during the call only. */
export interface AckSample {
  nowMs: number;
  /** Bytes newly acknowledged cumulatively. */
  acknowledgedBytes: number;
  /** Bytes newly known to be delivered, cumulatively or selectively. */
  deliveredBytes: number;
  /** Bytes believed to be in the network after this acknowledgement. */
  inFlightBytes: number;
  /** A new round-trip measurement, or -1. */
  rttMs: number;
  /** The peer echoed congestion (RFC 3168). */
  ecnEcho: boolean;
  /** The sender was held back by the congestion window, not by its user or the peer's window (RFC 9293 §3.8.2, RFC 2861). */
  windowLimited: boolean;
}

/**
 * How much may be in flight. One object per connection; plain data goes out and in by `snapshot` and `restore`.
 */
export interface CongestionControl {
  readonly name: string;
  /** How many bytes may be in flight. */
  readonly windowBytes: number;
  readonly slowStartThresholdBytes: number;
  /** Bytes per millisecond at which to space segments; 0 = no pacing. */
  readonly pacingBytesPerMs: number;
  /** The segment size is known (handshake) or has changed (path MTU). */
  segmentBytesChanged(segmentBytes: number): void;
  acknowledged(sample: AckSample): void;
  /** Loss was seen by duplicates or selective acknowledgements: recovery begins (RFC 5681 §3.2). */
  lossDetected(inFlightBytes: number, nowMs: number): void;
  /** A further duplicate acknowledgement during recovery: a segment has left the network. */
  duplicateAcknowledged(): void;
  /** An acknowledgement that covers only a part of what was lost (RFC 6582 §3.2). */
  partiallyAcknowledged(acknowledgedBytes: number): void;
  /** All that was outstanding when loss was seen is acknowledged. */
  recovered(inFlightBytes: number): void;
  /** The retransmission timer ran out (RFC 5681 §3.1). */
  timedOut(inFlightBytes: number, nowMs: number): void;
  /** Nothing was sent for longer than a retransmission timeout (RFC 5681 §4.1). */
  idleRestart(): void;
  snapshot(): CongestionSnapshot;
  restore(snapshot: CongestionSnapshot): void;
}

/** A congestion control's state as plain numbers. */
export type CongestionSnapshot = Readonly<Record<string, number>>;

/** Makes one for a connection. `segmentBytes` is a first guess; {@link CongestionControl.segmentBytesChanged} follows. */
export type CongestionControlFactory = (segmentBytes: number) => CongestionControl;
