import type { TcpState } from '@synos/interfaces';

/** The eleven states of RFC 9293 §3.3.2 as small integers, so that a comparison costs nothing. */
export const state = {
  closed: 0,
  listen: 1,
  synSent: 2,
  synReceived: 3,
  established: 4,
  finWait1: 5,
  finWait2: 6,
  closeWait: 7,
  closing: 8,
  lastAck: 9,
  timeWait: 10,
} as const;
/** One of {@link state}. */
export type State = (typeof state)[keyof typeof state];

const names: readonly TcpState[] = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RECEIVED',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
];

/** The name of a state as the RFC writes it. */
export function stateName(value: State): TcpState {
  return names[value]!;
}

/** The number of a state's name. */
export function stateNumber(name: TcpState): State {
  return names.indexOf(name) as State;
}

/** Whether the peer may still send text: its FIN has not been taken. */
export function mayReceiveText(value: State): boolean {
  return value === state.established || value === state.finWait1 || value === state.finWait2;
}
