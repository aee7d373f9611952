/**
 * The closed set of what an endpoint can answer besides success. All negative, so that a result is a count (0 or
 * more) or one of these. `socket` maps them to errno in one table.
 */
export const failure = {
  /** Nothing to read, no room to write, nobody to accept: come back when readiness says so. */
  wouldBlock: -1,
  /** The operation runs; readiness `completed` announces its end and `takeResult()` tells it. */
  pending: -2,
  /** `connect` has begun; writable readiness (or error) announces its end. */
  inProgress: -3,
  /** A `connect` is under way already. */
  alreadyInProgress: -4,
  addressInUse: -5,
  addressNotAvailable: -6,
  /** `connect` on what is connected. */
  alreadyConnected: -7,
  notConnected: -8,
  connectionRefused: -9,
  connectionReset: -10,
  connectionAborted: -11,
  timedOut: -12,
  networkUnreachable: -13,
  hostUnreachable: -14,
  networkDown: -15,
  protocolUnreachable: -16,
  /** The sending side is shut down. */
  brokenPipe: -17,
  noBuffers: -18,
  messageTooLong: -19,
  /** The argument or the endpoint's state does not allow this. */
  invalid: -20,
  notSupported: -21,
  /** A datagram endpoint without a peer was given no destination. */
  destinationRequired: -22,
  /** Not permitted: a broadcast without the option that allows it. */
  accessDenied: -23,
  /** The endpoint is closed. */
  closed: -24,
  /** No such option here. */
  noSuchOption: -25,
  /** No such device here, or not any more. */
  noSuchDevice: -26,
} as const;
/** One of {@link failure}. */
export type Failure = (typeof failure)[keyof typeof failure];
/** A name of {@link failure}, as messages print it. */
export type FailureName = keyof typeof failure;
/** 0 or more: success, often a count. Negative: a {@link Failure}. */
export type Result = number;

const failureNames: readonly (FailureName | undefined)[] = /* @__PURE__ */ namesByCode();

/** The name of a failure code, `undefined` for anything else. */
export function failureName(code: number): FailureName | undefined {
  return failureNames[-code];
}

function namesByCode(): (FailureName | undefined)[] {
  const names: (FailureName | undefined)[] = [];
  for (const name of Object.keys(failure) as FailureName[]) names[-failure[name]] = name;
  return names;
}
