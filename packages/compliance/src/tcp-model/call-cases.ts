import { tcpFlag } from '@synos/wire';
import { check, equal } from '../check.js';
import type { TcpTarget } from '../tcp-target.js';
import { describeSegment, type SeenSegment } from './peer.js';
import { reach, situationNames, stateInside } from './situation.js';
import type { AddCase } from './suite.js';
import type { ModelCall, ModelCallOutcome } from './types.js';
import { tcpModelCall } from './user-calls.js';

const calls: readonly ModelCall[] = ['send', 'receive', 'close', 'abort'];

/** Every user call in every state (RFC 9293 §3.10.2 to §3.10.5). */
export function addCallCases(add: AddCase): void {
  for (const name of situationNames) {
    // Nobody holds a handle in CLOSED, nor of a connection that was not accepted yet.
    if (name === 'CLOSED' || name === 'SYN_RECEIVED by LISTEN') continue;
    for (const call of calls) {
      const expected = tcpModelCall(name, call);
      add(expected.clause, `${name}: ${call.toUpperCase()}`, (target) => {
        const situation = reach(target, name);
        const { peer, tcb } = situation;
        const handle = situation.handle!;
        const answer = perform(target, call, handle);
        const isError = typeof answer === 'string';
        if (expected.answer === 'ok') check(!isError, `${call} answered '${String(answer)}'`);
        if (expected.answer === 'error') check(isError, `${call} answered ${String(answer)}, expected an error`);
        const seen = peer.take();
        const inside = stateInside(situation);
        check(
          inside === undefined || inside === expected.state || inside === expected.orState,
          `now in ${inside}, expected ${expected.state}`,
        );
        const listing = seen.map(describeSegment).join('; ') || 'nothing';
        if (expected.segments === 'none') {
          equal(seen.length, 0, `segments sent (${listing})`);
          return;
        }
        check(seen.length === 1, `one segment is sent, not ${listing}`);
        checkSegment(expected, seen[0]!, tcb.sndNxt, listing);
      });
    }
  }
}

function perform(target: TcpTarget, call: ModelCall, handle: number): number | string | Uint8Array {
  switch (call) {
    case 'send':
      return target.send(handle, Uint8Array.of(0x78, 0x79));
    case 'receive':
      return target.receive(handle, 100);
    case 'close':
      return target.close(handle);
    default:
      return target.abort(handle);
  }
}

function checkSegment(expected: ModelCallOutcome, segment: SeenSegment, sndNxt: number, listing: string): void {
  equal(segment.sequence, sndNxt, `sequence number of ${listing}`);
  const control = segment.flags & (tcpFlag.syn | tcpFlag.fin | tcpFlag.rst);
  if (expected.segments === 'text') {
    equal(control, 0, `flags of ${listing}`);
    equal(segment.payload.length, 2, 'text sent');
  } else {
    equal(control, expected.segments === 'fin' ? tcpFlag.fin : tcpFlag.rst, `flags of ${listing}`);
  }
}
