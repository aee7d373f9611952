import { describe, expect, test } from 'vitest';
import { ack, brief, Conversation, fin, rst, syn } from './conversation.js';

/** A server's connection in TIME-WAIT, its listener still there. */
function timeWaiting(timestamps: boolean): Conversation {
  const c = new Conversation(timestamps ? { peerOptions: { hasTimestamp: true } } : { timestamps: false }).accepted();
  c.close();
  c.hearAll();
  c.tell({ flags: fin | ack });
  c.heard();
  if (c.state !== 'TIME_WAIT') throw new Error(`in ${c.state}`);
  return c;
}

describe('RFC 6191, a SYN in TIME-WAIT', () => {
  test('a later timestamp: a new connection, numbered beyond the old one', () => {
    const c = timeWaiting(true);
    c.wait(1);
    const old = c.acked;
    c.say({ flags: syn, seq: c.seq - 100_000, options: { mssBytes: 1460 } });
    const [answer] = c.heard();
    expect(answer!.flags).toBe(syn | ack);
    expect((answer!.sequence - old) | 0).toBeGreaterThan(0);
    expect(c.state).toBe('SYN_RECEIVED');
  });

  test('the same timestamp: only with a later sequence number', () => {
    const c = timeWaiting(true);
    c.say({ flags: syn, seq: c.seq - 1 });
    expect(c.state).toBe('TIME_WAIT');
    c.say({ flags: syn, seq: c.seq + 1 });
    expect(c.state).toBe('SYN_RECEIVED');
  });

  test('an earlier timestamp: acknowledged, no more', () => {
    const c = timeWaiting(true);
    c.say({ flags: syn, seq: c.seq + 1000, options: { timestampValue: 5 } });
    expect(c.heard().map(brief)).toMatchObject([{ flags: ack, acknowledgment: c.seq }]);
    expect(c.state).toBe('TIME_WAIT');
  });

  test('without timestamps the sequence number decides', () => {
    const c = timeWaiting(false);
    c.say({ flags: syn, seq: c.seq });
    expect(c.state).toBe('TIME_WAIT');
    c.say({ flags: syn, seq: c.seq + 1 });
    expect(c.state).toBe('SYN_RECEIVED');
  });

  test('with nobody listening it is only acknowledged', () => {
    const c = timeWaiting(true);
    c.target.close(c.listener);
    c.wait(1);
    c.say({ flags: syn, seq: c.seq + 1000 });
    expect(c.heard().map(brief)).toMatchObject([{ flags: ack }]);
    expect(c.state).toBe('TIME_WAIT');
  });
});

describe('TIME-WAIT otherwise', () => {
  test('RFC 1337: a reset does not end it', () => {
    const c = timeWaiting(true);
    c.say({ flags: rst });
    expect(c.state).toBe('TIME_WAIT');
    expect(c.heard()).toEqual([]);
  });

  test('the FIN again is acknowledged and restarts the 2 MSL', () => {
    const c = timeWaiting(true);
    c.wait(50_000);
    c.say({ flags: fin | ack, seq: c.seq - 1 });
    expect(c.heard().map(brief)).toMatchObject([{ flags: ack, acknowledgment: c.seq }]);
    c.wait(50_000);
    expect(c.state).toBe('TIME_WAIT');
    c.wait(10_001);
    expect(c.state).toBe(null);
  });

  test('unread bytes stay readable; afterwards the stream is at its end', () => {
    const c = new Conversation().connected();
    c.close();
    c.hearAll();
    c.tell({ text: 10, flags: fin | ack });
    expect(c.state).toBe('TIME_WAIT');
    expect((c.receive() as Uint8Array).length).toBe(10);
    expect((c.receive() as Uint8Array).length).toBe(0);
    c.wait(61_000);
    expect(c.target.events().map((event) => event.kind)).toEqual(['connected', 'end', 'closed']);
  });
});
