import type { TcpTargetState } from '../tcp-target.js';
import type { ModelCall, ModelCallOutcome } from './types.js';

/**
 * What a user call may bring in each state (RFC 9293 §3.10.2 to §3.10.5). LISTEN is a listener's handle,
 * SYN_RECEIVED a connection that was opened actively.
 */
export function tcpModelCall(state: TcpTargetState, call: ModelCall): ModelCallOutcome {
  return { send, receive, close, abort }[call](state);
}

type Rule = (state: TcpTargetState) => ModelCallOutcome;

function result(
  state: TcpTargetState,
  answer: ModelCallOutcome['answer'],
  segments: ModelCallOutcome['segments'],
  clause: string,
): ModelCallOutcome {
  return { state, answer, segments, clause };
}

const send: Rule = (state) => {
  const clause = 'RFC 9293 §3.10.2';
  switch (state) {
    case 'SYN_SENT':
    case 'SYN_RECEIVED':
      // Queue the data, or say that the connection does not stand yet.
      return result(state, 'either', 'none', clause);
    case 'ESTABLISHED':
    case 'CLOSE_WAIT':
      return result(state, 'ok', 'text', clause);
    default:
      return result(state, 'error', 'none', clause);
  }
};

const receive: Rule = (state) => {
  const clause = 'RFC 9293 §3.10.3';
  switch (state) {
    case 'CLOSE_WAIT':
      // All data was taken: what is left is the end.
      return result(state, 'ok', 'none', clause);
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      // "connection closing", or the end that came with the FIN.
      return result(state, 'either', 'none', clause);
    default:
      // Nothing is there: queued by the RFC, would-block here.
      return result(state, 'error', 'none', clause);
  }
};

const close: Rule = (state) => {
  const clause = 'RFC 9293 §3.10.4';
  switch (state) {
    case 'LISTEN':
    case 'SYN_SENT':
      return result('CLOSED', 'ok', 'none', clause);
    case 'SYN_RECEIVED':
    case 'ESTABLISHED':
      return result('FIN_WAIT_1', 'ok', 'fin', clause);
    case 'CLOSE_WAIT':
      return result('LAST_ACK', 'ok', 'fin', clause);
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
      // "Strictly speaking, this is an error", yet an ok is acceptable as long as no second FIN is sent.
      return result(state, 'either', 'none', clause);
    default:
      return result(state, 'error', 'none', clause);
  }
};

const abort: Rule = (state) => {
  const clause = 'RFC 9293 §3.10.5';
  switch (state) {
    case 'SYN_RECEIVED':
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
    case 'CLOSE_WAIT':
      return result('CLOSED', 'ok', 'rst', clause);
    case 'CLOSED':
      return result('CLOSED', 'error', 'none', clause);
    case 'TIME_WAIT':
      // The RFC deletes the TCB; to go on waiting for old segments harms nobody.
      return { ...result('CLOSED', 'ok', 'none', clause), orState: 'TIME_WAIT' };
    default:
      return result('CLOSED', 'ok', 'none', clause);
  }
};
