import { describe, expect, test } from 'vitest';
import { ack, brief, Conversation, fin, rst, syn } from './conversation.js';

describe('RFC 9293 §3.5, establishing', () => {
  test('figure 7: both open at once', () => {
    const c = new Conversation({ iss: 100, peerIss: 300 });
    expect(brief(c.open())).toMatchObject({ sequence: 100, flags: syn });
    c.tell({ flags: syn });
    expect(c.state).toBe('SYN_RECEIVED');
    expect(brief(c.heardOne())).toMatchObject({ sequence: 100, acknowledgment: 301, flags: syn | ack });
    c.say({ seq: 300, flags: syn | ack, ack: 101 });
    expect(c.state).toBe('ESTABLISHED');
    c.tell({ text: 3 });
    expect(c.receive()).toEqual(new Uint8Array([0, 1, 2]));
  });

  test('figure 8: an old SYN comes first; the reset makes way for the new one', () => {
    const c = new Conversation().listen();
    c.seq = 90;
    const old = c.knock();
    expect(old.acknowledgment).toBe(91);
    c.say({ flags: rst, seq: 91 });
    expect(c.state).toBe(null);
    c.seq = 100;
    expect(c.knock().acknowledgment).toBe(101);
    c.say();
    expect(c.state).toBe('ESTABLISHED');
  });

  test('a socket that connects to itself talks to itself', () => {
    // Over the two-host network of the other tests this is the loopback: see self-connect there. Here by hand.
    const c = new Conversation();
    const own = c.open();
    c.say({ flags: syn, seq: own.sequence });
    const both = c.heardOne();
    c.say({ flags: both.flags, seq: both.sequence, ack: both.acknowledgment });
    expect(c.state).toBe('ESTABLISHED');
  });
});

describe('RFC 9293 §3.6, closing', () => {
  test('figure 12: an orderly close', () => {
    const c = new Conversation().connected();
    c.close();
    const ours = c.hearAll();
    expect(ours.map(brief)).toMatchObject([{ flags: fin | ack }]);
    expect(c.state).toBe('FIN_WAIT_1');
    c.say();
    expect(c.state).toBe('FIN_WAIT_2');
    c.tell({ flags: fin | ack });
    expect(brief(c.heardOne())).toMatchObject({ flags: ack, acknowledgment: c.seq });
    expect(c.state).toBe('TIME_WAIT');
    c.wait(59_999);
    expect(c.state).toBe('TIME_WAIT');
    c.wait(2);
    expect(c.state).toBe(null);
  });

  test('figure 13: both close at once', () => {
    const c = new Conversation().connected();
    c.close();
    c.heard();
    c.tell({ flags: fin | ack });
    expect(c.state).toBe('CLOSING');
    c.acked = (c.acked + 1) | 0;
    c.heard();
    c.say();
    expect(c.state).toBe('TIME_WAIT');
  });

  test('half-closed, data still comes; all that was sent before the FIN comes before it', () => {
    const c = new Conversation().connected();
    c.send(5000);
    c.close();
    const said = c.hearAll();
    expect(said.reduce((sum, one) => sum + one.payload.length, 0)).toBe(5000);
    expect(said.at(-1)!.flags & fin).toBe(fin);
    expect(said.slice(0, -1).every((one) => (one.flags & fin) === 0)).toBe(true);
    c.tell({ text: 100 });
    expect(c.state).toBe('FIN_WAIT_2');
    expect((c.receive() as Uint8Array).length).toBe(100);
  });

  test('§3.6.1: a FIN in FIN-WAIT-1 that acknowledges ours leads to TIME-WAIT at once', () => {
    const c = new Conversation().connected();
    c.close();
    c.hearAll();
    c.tell({ flags: fin | ack });
    expect(c.state).toBe('TIME_WAIT');
  });

  test('a FIN behind a hole is not taken', () => {
    const c = new Conversation().connected();
    c.say({ seq: c.seq + 10, text: 5, flags: fin | ack });
    expect(c.state).toBe('ESTABLISHED');
    c.tell({ text: 10 });
    expect(c.state).toBe('ESTABLISHED');
    c.heard();
    c.say({ seq: c.seq, text: 5, flags: fin | ack });
    expect(c.state).toBe('CLOSE_WAIT');
  });

  test('the FIN is sent again until it is acknowledged', () => {
    const c = new Conversation().connected();
    c.close();
    c.heard();
    c.wait(200);
    expect(c.heard().map(brief)).toMatchObject([{ flags: fin | ack }]);
  });
});

test('a peer that sends beyond its own FIN: nothing of that is kept', () => {
  const c = new Conversation().connected();
  c.say({ seq: c.seq + 1, text: 1 });
  c.tell({ flags: fin | ack });
  expect(c.state).toBe('CLOSE_WAIT');
  expect((c.receive() as Uint8Array).length).toBe(0);
  expect((c.target as unknown as { host: { blocks: { usedBytes: number } } }).host.blocks.usedBytes).toBe(0);
});
