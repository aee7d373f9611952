import { describe, expect, test } from 'vitest';
import { ack, brief, Conversation, rst, syn } from './conversation.js';

const challenge = (c: Conversation): object => ({ flags: ack, sequence: c.acked, acknowledgment: c.seq, text: 0 });

describe('RFC 5961 §3, blind resets', () => {
  test('exactly in sequence: the connection ends', () => {
    const c = new Conversation().connected();
    c.say({ flags: rst });
    expect(c.state).toBe(null);
    expect(c.receive()).toBe('reset');
  });

  test('elsewhere in the window: a challenge, and the peer’s answer ends it', () => {
    const c = new Conversation().connected();
    c.say({ flags: rst, seq: c.seq + 1 });
    expect(c.heard().map(brief)).toMatchObject([challenge(c)]);
    expect(c.state).toBe('ESTABLISHED');
  });

  test('outside: nothing at all', () => {
    const c = new Conversation().connected();
    c.say({ flags: rst, seq: c.seq - 1 });
    c.say({ flags: rst, seq: c.seq + 1_000_000 });
    expect(c.heard()).toEqual([]);
    expect(c.state).toBe('ESTABLISHED');
  });

  test('with a shut window only the exact one counts', () => {
    const c = new Conversation({ receiveBufferBytes: 100 }).connected();
    c.tell({ text: 100 });
    c.heard();
    c.say({ flags: rst, seq: c.seq + 1 });
    expect(c.state).toBe('ESTABLISHED');
    c.say({ flags: rst });
    expect(c.state).toBe(null);
  });
});

describe('RFC 5961 §4, blind SYNs', () => {
  test.each([0, 1, -1, 500_000])('%i from rcv.nxt: a challenge, whatever the number', (offset) => {
    const c = new Conversation().connected();
    c.say({ flags: syn, seq: c.seq + offset });
    expect(c.heard().map(brief)).toMatchObject([challenge(c)]);
    expect(c.state).toBe('ESTABLISHED');
  });
});

describe('RFC 5961 §5, blind data', () => {
  test('an acknowledgement older than the largest window is challenged, its text is not taken', () => {
    const c = new Conversation({ peerWindow: 1000 }).connected();
    c.say({ ack: c.acked - 1001, text: 10 });
    expect(c.heard().map(brief)).toMatchObject([challenge(c)]);
    expect(c.receive()).toBe('would-block');
  });

  test('one within the window is taken', () => {
    const c = new Conversation({ peerWindow: 1000 }).connected();
    c.say({ ack: c.acked - 1000, text: 10 });
    expect((c.receive() as Uint8Array).length).toBe(10);
  });

  test('an acknowledgement of what was never sent is challenged', () => {
    const c = new Conversation().connected();
    c.say({ ack: c.acked + 1, text: 10 });
    expect(c.heard().map(brief)).toMatchObject([challenge(c)]);
    expect(c.receive()).toBe('would-block');
  });
});

describe('RFC 5961 §7, limits', () => {
  test('ten challenges a second', () => {
    const c = new Conversation().connected();
    for (let i = 0; i < 50; i++) c.say({ flags: syn });
    expect(c.heard()).toHaveLength(10);
    c.wait(1000);
    for (let i = 0; i < 50; i++) c.say({ flags: syn });
    expect(c.heard()).toHaveLength(10);
  });

  test('each connection has its own ten', () => {
    const c = new Conversation().listen();
    const flows = [4000, 4001].map((port) => {
      c.remotePort = port;
      c.knock();
      c.say();
      return { port, seq: c.seq };
    });
    for (const { port, seq } of flows) {
      c.remotePort = port;
      for (let i = 0; i < 50; i++) c.say({ flags: syn, seq });
    }
    expect(c.heard().map(({ destinationPort }) => destinationPort)).toEqual([
      ...new Array(10).fill(4000),
      ...new Array(10).fill(4001),
    ]);
  });

  test('so has a half-open one, and what it has spent is spent when it is whole', () => {
    const c = new Conversation().listen();
    c.knock();
    for (let i = 0; i < 50; i++) c.say({ flags: rst, seq: c.seq + 1 });
    expect(c.heard().map(({ flags }) => flags)).toEqual(new Array(10).fill(ack));
    c.say();
    expect(c.state).toBe('ESTABLISHED');
    for (let i = 0; i < 50; i++) c.say({ flags: syn });
    expect(c.heard()).toEqual([]);
    c.wait(1000);
    for (let i = 0; i < 50; i++) c.say({ flags: syn });
    expect(c.heard()).toHaveLength(10);
  });

  test('and one in TIME-WAIT', () => {
    const c = new Conversation().reach('TIME_WAIT');
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 50; i++) c.say({ flags: syn });
      expect(c.heard()).toHaveLength(10);
      c.wait(1000);
    }
  });

  test('text that is sent again is acknowledged each time, limit or not', () => {
    const c = new Conversation().connected();
    c.tell({ text: 10 });
    c.heard();
    for (let i = 0; i < 50; i++) c.say({ seq: c.seq - 10, text: 10 });
    expect(c.heard()).toHaveLength(50);
  });
});
