import type { TcpTargetState } from '../tcp-target.js';

/** What the model knows of a connection: the variables of RFC 9293 §3.3.1 that decide on a segment. int32 numbers. */
export interface ModelTcb {
  readonly state: TcpTargetState;
  readonly iss: number;
  readonly sndUna: number;
  readonly sndNxt: number;
  /** The largest window the peer has offered (RFC 5961 §5.2 MAX.SND.WND), in bytes. */
  readonly maxSndWndBytes: number;
  readonly rcvNxt: number;
  /** What this side has offered, in bytes. */
  readonly rcvWndBytes: number;
  /** SYN_RECEIVED came out of LISTEN: a reset or a SYN leads back there (RFC 9293 §3.10.7.4). */
  readonly openedPassively: boolean;
  /** A listener stands on the port (for a SYN that comes into TIME_WAIT). */
  readonly hasListener: boolean;
  /** RFC 7323: timestamps are in use, and the last one seen. */
  readonly tsRecent?: number;
}

/** A segment, as far as it decides. */
export interface ModelSegment {
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  /** int32. */
  readonly sequence: number;
  /** int32; without meaning when `ack` is off. */
  readonly acknowledgment: number;
  readonly textBytes: number;
  /** TSval of RFC 7323, if the option is there. */
  readonly timestamp?: number;
}

/** A segment sent in answer. Sequence numbers are int32. */
export type ModelReply =
  | { readonly kind: 'none' }
  | { readonly kind: 'ack' | 'syn-ack'; readonly sequence: number; readonly acknowledgment: number }
  /** `acknowledgment` is missing where RFC 9293 §3.10.7.1 sends a reset without ACK. */
  | { readonly kind: 'rst'; readonly sequence: number; readonly acknowledgment?: number };

/** One thing that may happen. */
export interface ModelOutcome {
  readonly state: TcpTargetState;
  /** Any one of these. `none` beside `ack`: the acknowledgement may wait (RFC 9293 §3.8.6.3). */
  readonly replies: readonly ModelReply[];
  /** New bytes that become readable. */
  readonly textBytes: number;
  /** The peer's FIN is processed. */
  readonly finTaken: boolean;
  /** How the user learns of an end by force. */
  readonly error?: 'refused' | 'reset';
  /** The clause that rules. */
  readonly clause: string;
}

/** Where implementations may differ. */
export interface ModelVariant {
  /** The extra ACK check of RFC 5961 §5.2 (RFC 9293 §3.10.7.4 takes it in). Default true. */
  readonly rfc5961?: boolean;
  /** true: a reset is ignored in TIME_WAIT (RFC 1337); false: it ends it. Default: either is allowed. */
  readonly rfc1337?: boolean;
}

/** A user call of RFC 9293 §3.10.1 to §3.10.5. */
export type ModelCall = 'send' | 'receive' | 'close' | 'abort';

/** What a user call may bring. */
export interface ModelCallOutcome {
  readonly state: TcpTargetState;
  /** Another state that is as good. */
  readonly orState?: TcpTargetState;
  /** `ok`, or the errors that may be answered. */
  readonly answer: 'ok' | 'error' | 'either';
  readonly segments: 'none' | 'text' | 'fin' | 'rst';
  readonly clause: string;
}
