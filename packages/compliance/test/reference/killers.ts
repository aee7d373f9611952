import type { Case } from '../../src/index.js';

/** Which case sees which planted bug (the quickest of those that do). */
export const datagramKillers: Readonly<Record<string, string>> = {
  'merges-datagrams': 'readable while something waits, and only then',
  'no-sender': 'a peek leaves the datagram, cut or not',
  'no-truncation-mark': 'what does not fit is gone, and said so',
  'whole-length-always': 'a peek leaves the datagram, cut or not',
  'drops-empty': 'an empty datagram arrives',
  'peek-takes': 'a peek leaves the datagram, cut or not',
  'no-filter': 'a connected endpoint hears its peer alone',
  'no-error': 'errors reach the endpoint whose packet is quoted',
  'sticky-error': 'a connected sender learns that nobody listens',
  'tells-unconnected': 'an unconnected sender is not told',
  'no-permission': 'broadcasting needs permission',
  unbounded: 'a queue that nobody reads is bounded, and works again',
  'no-checksum': 'true packets cut short or damaged never throw and harm nobody',
  'calls-at-once': 'the bits told are those that hold, merged',
  'leaks-port': 'ports and endpoints are given back: a thousand in turn',
  'leaks-packet': 'garbage never throws, is released, and harms nobody',
  'throws-on-short': 'true packets cut short or damaged never throw and harm nobody',
  'ignores-closed': 'after close every call answers closed',
  'wildcard-first': 'a connected endpoint comes before an unconnected one',
  'silent-too-long': 'a datagram longer than any packet is refused',
  'calls-twice': 'the bits told are those that hold, merged',
  'any-option': 'what is only told cannot be set, and values have bounds',
  'foreign-bind': 'an address of another host cannot be bound',
  lifo: 'a datagram into no room is taken and truncated',
  'believes-anything': 'errors reach the endpoint whose packet is quoted',
};

export const tcpKillers: Readonly<Record<string, string>> = {
  'any sequence number is accepted': 'SYN_RECEIVED by LISTEN: text at every window and ACK position',
  'the window ends a byte late': 'SYN_RECEIVED: text at every window and ACK position',
  'resets are ignored': 'a reset needs no timestamp, an old one does not save the connection',
  'a reset anywhere in the window kills':
    'a reset guessed within the window is challenged, the true one ends the connection',
  'a SYN in the window kills': 'after a challenge a peer that was restarted resets the connection',
  'a SYN in the window is ignored': 'after a challenge a peer that was restarted resets the connection',
  'what is not sent yet may be acknowledged': 'ESTABLISHED: FIN ACK text at every window and ACK position',
  'old acknowledgments have no bound': 'ESTABLISHED: FIN ACK text at every window and ACK position',
  'no reset for what is closed': 'TIME_WAIT ends after two MSL, not before',
  'a reset answers a reset': 'CLOSED: RST ACK at every window and ACK position',
  'LISTEN ignores an ACK': 'LISTEN: SYN ACK text at every window and ACK position',
  'LISTEN answers a reset': 'LISTEN: RST ACK at every window and ACK position',
  'SYN_SENT takes any SYN-ACK': 'an old SYN-ACK does not disturb; a wrong one is reset',
  'SYN_SENT is killed by any reset': 'SYN_SENT: RST ACK at every window and ACK position',
  'no simultaneous open': 'SYN_RECEIVED: ABORT',
  'SYN_RECEIVED takes any ACK': 'SYN_RECEIVED by LISTEN: ACK text at every window and ACK position',
  'SYN_RECEIVED survives a reset': 'recovery from an old duplicate SYN (figure 9)',
  'FIN is not acknowledged': 'LAST_ACK is reached by segments and calls alone',
  'FIN is taken too early': 'a FIN that comes before its text waits for it',
  'FIN_WAIT_1 skips CLOSING': 'CLOSING: CLOSE',
  'LAST_ACK never ends': 'LAST_ACK: ACK text at every window and ACK position',
  'TIME_WAIT never ends': 'TIME_WAIT ends after two MSL, not before',
  'TIME_WAIT is short': 'TIME_WAIT ends after two MSL, not before',
  'TIME_WAIT is not begun anew': 'the FIN again in TIME_WAIT begins the wait anew',
  'TIME_WAIT takes old SYNs': 'an old SYN does not end TIME_WAIT',
  'text is not trimmed': 'overlapping text is trimmed on both sides',
  'text out of order is lost': 'text that arrives as 30120 is read in order, once',
  'text out of order is not acknowledged': 'SYN_RECEIVED by LISTEN: FIN ACK text at every window and ACK position',
  'no text in FIN_WAIT_2': 'FIN_WAIT_1: ACK text at every window and ACK position',
  'text without ACK is taken': 'FIN_WAIT_1: text at every window and ACK position',
  'unacceptable segments are ignored': 'an old SYN does not end TIME_WAIT',
  'no PAWS': 'timestamps wrap: a value beyond 2^31 behind is old',
  'PAWS for resets too': 'a reset needs no timestamp, an old one does not save the connection',
  'TS.Recent moves on anything': 'TS.Recent does not move on segments out of order',
  'the MSS is ignored': 'without an MSS option segments bear 536 bytes at most',
  'the window is ignored': 'a closed window is probed until it opens',
  'checksums are ignored': 'a segment with a wrong checksum is as if it had not come',
  'nothing is sent again': 'a closed window is probed until it opens',
  'the timeout never grows': 'text is sent again, the same, until it is acknowledged',
  'no fast retransmit': 'three duplicate ACKs bring the lost segment back at once',
  'no window probe': 'a closed window is probed until it opens',
  'accept comes early': 'a connection is accepted once, after the third segment only',
  'accept comes twice': 'a connection is accepted once, after the third segment only',
  'close sends nothing': 'CLOSING: ABORT',
  'close resets': 'CLOSING is reached by segments and calls alone',
  'abort says nothing': 'FIN_WAIT_1: ABORT',
  'abort resets in LAST_ACK': 'LAST_ACK: ABORT',
  'send after close': 'FIN_WAIT_2: SEND',
  'challenges without end': 'challenge ACKs are limited, and the connection goes on',
  'a refused connection is reset': 'SYN_SENT: RST ACK at every window and ACK position',
  'a failure says nothing': 'a connection to nobody fails, and says so',
  'a snapshot is the thing itself': 'ESTABLISHED: what is restored goes on the same, again and again',
  'a snapshot forgets its timers': 'SYN_SENT: what is restored goes on the same, again and again',
  'a snapshot forgets what came early': 'ESTABLISHED: a step is what the input does, and changes nothing else',
  'a step changes the target': 'ESTABLISHED: a step is what the input does, and changes nothing else',
};

/** Runs the case of that name; answers what it throws. */
export async function failureOf(cases: readonly Case[], name: string): Promise<unknown> {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no case '${name}'`);
  try {
    await found.run();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}
