import type { CongestionControlFactory } from '@synos/interfaces';
import { newReno } from './congestion/new-reno.js';
import type { FastPath } from './fast-path/fast-path.js';

/** What a TCP can be told when it is made. Times in milliseconds, sizes in bytes. */
export interface TcpSettings {
  /** Limit of a connection's send ring; 256 KB unless told. */
  readonly sendBufferBytes: number;
  /** Limit of a connection's receive ring and so of its window; 256 KB unless told. */
  readonly receiveBufferBytes: number;
  /** The shortest retransmission timeout. 200 as Linux has it; RFC 6298 §2.4 says 1,000. */
  readonly minRtoMs: number;
  /** The timeout before the first measurement (RFC 6298 §2.1). */
  readonly initialRtoMs: number;
  /** The longest timeout, at least 60,000 (RFC 6298 §2.5). */
  readonly maxRtoMs: number;
  /** Retransmissions before a connection is given up: R2 of RFC 9293 §3.8.3. */
  readonly retries: number;
  /** Retransmissions of a SYN before a connect is given up. */
  readonly synRetries: number;
  /** Retransmissions of a SYN-ACK before a half-open connection is forgotten. */
  readonly synAckRetries: number;
  /** The longest that an acknowledgement is held back, below 500 (RFC 9293 §3.8.6.3). */
  readonly delayedAckMs: number;
  /** 2 MSL (RFC 9293 §3.4.2 says four minutes; 60 s as Linux has it). */
  readonly timeWaitMs: number;
  /** How long a closed endpoint waits in FIN-WAIT-2 for the peer's FIN. */
  readonly finWait2Ms: number;
  /** How many flows may be in TIME-WAIT; beyond it the state is skipped (and counted). */
  readonly timeWaitLimit: number;
  /** How many half-open connections a listener holds; the oldest gives way. */
  readonly synQueueLimit: number;
  /** The largest backlog that `listen` grants. */
  readonly maxBacklog: number;
  /** How many endpoints may be open. */
  readonly endpointLimit: number;
  /** Challenge acknowledgements that a connection sends in a second (RFC 5961 §7). */
  readonly challengeAcksPerSecond: number;
  /** Offer timestamps (RFC 7323). */
  readonly timestamps: boolean;
  /** Offer selective acknowledgements (RFC 2018). */
  readonly selectiveAcknowledgements: boolean;
  /** Offer window scaling (RFC 7323). */
  readonly windowScaling: boolean;
  /** The shift to offer; null: the smallest that can say the receive buffer. */
  readonly windowScale: number | null;
  /** Every connection's first sequence number, for tests alone; null: unpredictable, as RFC 6528 has it. */
  readonly initialSequence: number | null;
  /** Makes each connection's congestion control. */
  readonly congestionControl: CongestionControlFactory;
  /** A short way for what comes most often, say `headerPrediction`; null: none. */
  readonly fastPath: FastPath | null;
}

/** The settings where nothing is told. */
export const defaultSettings: TcpSettings = {
  sendBufferBytes: 262_144,
  receiveBufferBytes: 262_144,
  minRtoMs: 200,
  initialRtoMs: 1000,
  maxRtoMs: 120_000,
  retries: 15,
  synRetries: 6,
  synAckRetries: 5,
  delayedAckMs: 40,
  timeWaitMs: 60_000,
  finWait2Ms: 60_000,
  timeWaitLimit: 262_144,
  synQueueLimit: 1024,
  maxBacklog: 4096,
  endpointLimit: 1_048_576,
  challengeAcksPerSecond: 10,
  timestamps: true,
  selectiveAcknowledgements: true,
  windowScaling: true,
  windowScale: null,
  initialSequence: null,
  congestionControl: newReno,
  fastPath: null,
};
