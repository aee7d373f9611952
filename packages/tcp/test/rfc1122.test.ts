import { describe, expect, test } from 'vitest';
import { ack, brief, Conversation } from './conversation.js';

/** Past the start, where every segment is acknowledged at once. */
function settled(options: ConstructorParameters<typeof Conversation>[0] = {}): Conversation {
  const c = new Conversation(options).connected();
  for (let i = 0; i < 20; i++) {
    c.tell({ text: 10 });
    c.receive();
  }
  c.wait(100);
  c.heard();
  return c;
}

describe('RFC 1122 §4.2.3.2, delayed acknowledgements', () => {
  test('at the start none is delayed', () => {
    const c = new Conversation().connected();
    c.tell({ text: 10 });
    expect(c.heard()).toHaveLength(1);
  });

  test('later 40 ms, well below the 500 that the RFC allows', () => {
    const c = settled();
    c.tell({ text: 10 });
    expect(c.heard()).toEqual([]);
    c.wait(39);
    expect(c.heard()).toEqual([]);
    c.wait(1);
    expect(c.heard().map(brief)).toMatchObject([{ flags: ack, acknowledgment: c.seq }]);
  });

  test('every second full segment is acknowledged at once', () => {
    const c = settled();
    c.tell({ text: 1460 });
    c.tell({ text: 1460 });
    c.wait(50);
    c.heard();
    for (let i = 0; i < 10; i++) c.tell({ text: 1460 });
    expect(c.heard()).toHaveLength(5);
  });

  test('it rides on an answer', () => {
    const c = settled();
    c.tell({ text: 10 });
    c.send(5);
    expect(c.heard().map(brief)).toMatchObject([{ text: 5, acknowledgment: c.seq }]);
    c.wait(100);
    expect(c.heard()).toEqual([]);
  });

  test('RFC 5681 §4.2: out of order, and when a hole is filled, at once', () => {
    const c = settled();
    c.say({ seq: c.seq + 10, text: 10 });
    expect(c.heard()).toHaveLength(1);
    c.tell({ text: 10 });
    expect(c.heard().map(brief)).toMatchObject([{ acknowledgment: c.seq + 10 }]);
  });
});

describe('RFC 9293 §3.8.4, keepalive', () => {
  const options = { keepAliveIdleMs: 10_000 };

  test('off unless asked for', () => {
    const c = new Conversation().connected();
    c.wait(86_400_000);
    expect(c.heard()).toEqual([]);
  });

  test('after idleness a segment at SND.NXT - 1 without text; an answer starts over', () => {
    const c = new Conversation(options).connected();
    c.wait(9999);
    expect(c.heard()).toEqual([]);
    c.wait(1);
    expect(c.heard().map(brief)).toMatchObject([{ sequence: c.acked - 1, text: 0, flags: ack }]);
    c.say();
    c.wait(9999);
    expect(c.heard()).toEqual([]);
    c.wait(2);
    expect(c.heard()).toHaveLength(1);
  });

  test('whatever is heard counts', () => {
    const c = new Conversation(options).connected();
    c.wait(6000);
    c.tell({ text: 1 });
    c.heard();
    c.wait(6000);
    expect(c.heard()).toEqual([]);
  });

  test('while something is on its way, or waits for a window, retransmission and probes find out alone', () => {
    for (const [window, text] of [
      [1000, 10],
      [0, 1],
    ] as const) {
      const c = new Conversation(options).connected();
      c.say({ window });
      c.send(10);
      c.wait(60_000);
      const heard = c.heard().map((one) => one.payload.length);
      expect(heard.length).toBeGreaterThan(4);
      expect(new Set(heard)).toEqual(new Set([text]));
    }
  });

  test('nine probes 75 s apart without an answer end it', () => {
    const c = new Conversation(options).connected();
    c.wait(10_000 + 8 * 75_000);
    expect(c.heard()).toHaveLength(9);
    expect(c.state).toBe('ESTABLISHED');
    c.wait(75_000);
    expect(c.state).toBe(null);
    expect(c.receive()).toBe('timed-out');
  });

  test('a clock that jumps a day sends one probe and ends nothing', () => {
    const c = new Conversation(options).connected();
    const target = c.target as unknown as { host: { now: number }; tcp: { advance(nowMs: number): void } };
    target.host.now += 86_400_000;
    target.tcp.advance(target.host.now);
    expect(c.heard()).toHaveLength(1);
    expect(c.state).toBe('ESTABLISHED');
  });
});
