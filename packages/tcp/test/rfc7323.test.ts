import { describe, expect, test } from 'vitest';
import { ack, brief, Conversation, rst, syn } from './conversation.js';

const peerOptions = { hasTimestamp: true, windowScale: 7, sackPermitted: true };

describe('RFC 7323 §2, window scale', () => {
  test('offered with the smallest shift that says the buffer; used when both offer it', () => {
    const c = new Conversation({ receiveBufferBytes: 1_000_000, peerOptions: { windowScale: 3 }, peerWindow: 1000 });
    expect(c.open().options.windowScale).toBe(4);
    c.tell({ flags: syn | ack, options: { mssBytes: 1460, windowScale: 3 } });
    const answer = c.heardOne();
    expect(answer.window).toBeGreaterThan(60_000);
    // The SYN-ACK's own window is not scaled, later ones are.
    expect(c.view()!.sndWndBytes).toBe(1000);
    c.say();
    expect(c.view()!.sndWndBytes).toBe(8000);
  });

  test('not offered by the peer: not used, whatever we said', () => {
    const c = new Conversation({ receiveBufferBytes: 1_000_000 }).connected();
    expect(c.view()!.rcvWndBytes).toBe(65_535);
    c.say({ window: 500 });
    expect(c.view()!.sndWndBytes).toBe(500);
  });

  test('a shift above 14 is 14', () => {
    const c = new Conversation({ peerOptions: { windowScale: 200 }, peerWindow: 1 }).accepted();
    c.say();
    expect(c.view()!.sndWndBytes).toBe(1 << 14);
  });

  test('a listener answers with the option only if asked', () => {
    expect(new Conversation().listen().knock().options.windowScale).toBe(-1);
    expect(new Conversation({ peerOptions: { windowScale: 1 } }).listen().knock().options.windowScale).toBe(3);
  });
});

describe('RFC 7323 §3 and §4, timestamps', () => {
  test('on every segment once negotiated; the echo is what the peer said', () => {
    const c = new Conversation({ peerOptions }).accepted();
    c.wait(10);
    c.tell({ text: 3000 - 1552 });
    const one = c.heardOne();
    expect(one.options.hasTimestamp).toBe(true);
    expect(one.options.timestampEcho).toBe(1010);
  });

  test('the value counts milliseconds', () => {
    const c = new Conversation({ peerOptions }).connected();
    c.send(1);
    const first = c.heardOne();
    c.hearAll();
    c.wait(150);
    c.acked = (c.acked + 1) | 0;
    c.say();
    c.send(1);
    const second = c.heard().at(-1)!;
    expect((second.options.timestampValue! - first.options.timestampValue!) | 0).toBe(150);
  });

  test('§3.2: a segment without one is dropped, a reset is not', () => {
    const c = new Conversation({ peerOptions }).connected();
    c.withTimestamps = false;
    c.say({ text: 10 });
    expect(c.heard()).toEqual([]);
    expect(c.receive()).toBe('would-block');
    c.say({ flags: rst });
    expect(c.state).toBe(null);
  });

  test('§4.3: TS.Recent follows only segments that begin at or before Last.ACK.sent', () => {
    const c = new Conversation({ peerOptions }).connected();
    c.wait(5);
    const value = 50_000;
    c.say({ seq: c.seq + 100, text: 10, options: { timestampValue: value } });
    expect(c.view()!.tsRecent).not.toBe(value);
    expect(c.heardOne().options.timestampEcho).not.toBe(value);
    c.say({ text: 100, options: { timestampValue: value } });
    expect(c.heardOne().options.timestampEcho).toBe(value);
  });

  test('§4.3: of two segments that one acknowledgement answers, the first is echoed', () => {
    const c = new Conversation({ peerOptions }).connected();
    // Past the quick acknowledgements of the start.
    for (let i = 0; i < 20; i++) c.tell({ text: 10 });
    c.wait(100);
    c.heard();
    c.tell({ text: 10, options: { timestampValue: 2000 } });
    c.tell({ text: 10, options: { timestampValue: 2010 } });
    c.wait(100);
    expect(c.heardOne().options.timestampEcho).toBe(2000);
  });
});

describe('RFC 7323 §5, PAWS', () => {
  test('R1: an old segment is acknowledged and dropped', () => {
    const c = new Conversation({ peerOptions }).connected();
    c.say({ text: 10, options: { timestampValue: 999 } });
    expect(c.heard().map(brief)).toMatchObject([{ flags: ack, acknowledgment: c.seq }]);
    expect(c.receive()).toBe('would-block');
  });

  test('a reset is not judged by its timestamp', () => {
    const c = new Conversation({ peerOptions }).connected();
    c.say({ flags: rst | ack, options: { timestampValue: 1 } });
    expect(c.state).toBe(null);
  });

  test('§5.5: after 24 days of silence the last timestamp judges nothing', () => {
    // The peer's clock has gone more than half round meanwhile: by the difference alone it has gone back.
    for (const [days, taken] of [
      [23, 'would-block'],
      [25, new Uint8Array(10).map((_, i) => i)],
    ] as const) {
      const c = new Conversation({ peerOptions }).connected();
      c.wait(days * 86_400_000);
      c.say({ text: 10, options: { timestampValue: -1 } });
      expect(c.receive()).toEqual(taken);
    }
  });

  test('timestamps may wrap', () => {
    const c = new Conversation({ peerOptions, startMs: 1000 });
    c.listen();
    c.say({ flags: syn, options: { ...peerOptions, timestampValue: -5 } });
    const answer = c.heardOne();
    c.seq++;
    c.acked = (answer.sequence + 1) | 0;
    c.tell({ options: { timestampValue: -4 }, text: 1 });
    c.tell({ options: { timestampValue: 3 }, text: 1 });
    c.handle = c.target.accept(c.listener) as number;
    expect((c.receive() as Uint8Array).length).toBe(2);
  });
});
