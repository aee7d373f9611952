import { describe, expect, test } from 'vitest';
import { ack, brief, Conversation, fin } from './conversation.js';

describe('RFC 9293 §3.8.6.1, zero-window probes', () => {
  test('the window shuts: probes with doubling distances, of an octet each, for ever while they are answered', () => {
    const c = new Conversation({ peerWindow: 100 }).connected();
    c.send(300);
    expect(c.hearAll().map((one) => one.payload.length)).toEqual([100]);
    c.say({ window: 0 });
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      c.wait(120_000);
      for (const said of c.heard()) {
        expect(said.payload.length).toBe(1);
        times.push(said.timeMs);
        c.say({ window: 0 });
      }
    }
    expect(c.state).toBe('ESTABLISHED');
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    expect(gaps[0]).toBeGreaterThanOrEqual(200);
    for (let i = 1; i < 8; i++) expect(gaps[i]! / gaps[i - 1]!).toBeCloseTo(2, 1);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(120_001);
  });

  test('unanswered, they end like any retransmission', () => {
    const c = new Conversation({ peerWindow: 0 }).connected();
    c.send(10);
    c.wait(3_600_000);
    expect(c.state).toBe(null);
    expect(c.target.events().at(-1)).toMatchObject({ kind: 'failed', error: 'timed-out' });
  });

  test('the window opens: what was probed goes out with the rest, at once', () => {
    const c = new Conversation({ peerWindow: 0 }).connected();
    c.send(300);
    c.wait(250);
    expect(c.heard().map((one) => one.payload.length)).toEqual([1]);
    const first = c.acked;
    c.say({ window: 1000 });
    expect(c.heard().map(brief)).toMatchObject([{ sequence: first, text: 300 }]);
  });

  test('the window opens after long: what is lost then is not waited for as long as the probes were apart', () => {
    const c = new Conversation({ peerWindow: 0 }).connected();
    c.send(300);
    for (let i = 0; i < 60; i++) {
      c.wait(1000);
      for (const _ of c.heard()) c.say({ window: 0 });
    }
    c.say({ window: 1000 });
    expect(c.heard().map((one) => one.payload.length)).toEqual([300]);
    c.wait(1000);
    expect(c.heard().map((one) => one.payload.length)).toContain(300);
  });

  test('a FIN waits for the window, too', () => {
    const c = new Conversation({ peerWindow: 0 }).connected();
    c.close();
    expect(c.heard()).toEqual([]);
    c.wait(250);
    expect(c.heard().map(brief)).toMatchObject([{ flags: fin | ack, text: 0 }]);
  });

  test('a shut window of ours still takes acknowledgements; text is not taken and answered', () => {
    const c = new Conversation({ receiveBufferBytes: 100 }).connected();
    c.tell({ text: 100 });
    c.heard();
    c.send(10);
    const sent = c.hearAll();
    expect(sent.at(-1)!.window).toBe(0);
    c.say({ text: 1 });
    expect(c.heard().map(brief)).toMatchObject([{ flags: ack, acknowledgment: c.seq, window: 0 }]);
    expect(c.view()!.sndUna).toBe(c.acked >>> 0);
  });
});

describe('RFC 9293 §3.8.6.2, silly windows', () => {
  test('receiver: the right edge moves by half the buffer or a full segment at least', () => {
    const c = new Conversation({ receiveBufferBytes: 4000 }).connected();
    for (let i = 0; i < 4; i++) c.tell({ text: 1000 });
    expect(c.heard().at(-1)!.window).toBe(0);
    c.receive(100);
    c.receive(100);
    expect(c.heard()).toEqual([]);
    c.receive(1300);
    expect(c.heard().map(brief)).toMatchObject([{ window: 1500 }]);
  });

  test('the right edge never moves left', () => {
    const c = new Conversation({ receiveBufferBytes: 8000 }).connected();
    const edges: number[] = [];
    for (let i = 0; i < 12; i++) {
      c.tell({ text: 500 });
      if (i % 3 === 0) c.receive(200);
      for (const said of c.heard()) edges.push((said.acknowledgment + said.window) >>> 0);
      c.wait(50);
      for (const said of c.heard()) edges.push((said.acknowledgment + said.window) >>> 0);
    }
    expect(edges.every((edge, i) => i === 0 || edge >= edges[i - 1]!)).toBe(true);
  });

  test('sender: no short segment for a small window while more could come, until half the largest window', () => {
    const c = new Conversation({ peerWindow: 1000 }).connected();
    c.send(5000);
    expect(c.hearAll().map((one) => one.payload.length)).toEqual([1000]);
    c.say({ window: 400 });
    expect(c.heard()).toEqual([]);
    c.say({ window: 500 });
    expect(c.hearAll().map((one) => one.payload.length)).toEqual([500]);
  });

  test('sender: the override timer ends a wait that nothing else would end', () => {
    const c = new Conversation({ peerWindow: 1000 }).connected();
    c.send(5000);
    c.hearAll();
    c.say({ window: 400 });
    c.wait(300);
    expect(c.heard().map((one) => one.payload.length)).toEqual([400]);
  });
});

describe('RFC 9293 §3.7.4, Nagle', () => {
  test('a short segment waits while another short one is not acknowledged', () => {
    const c = new Conversation().connected();
    c.send(1);
    c.send(1);
    c.send(1);
    expect(c.hearAll().map((one) => one.payload.length)).toEqual([1]);
    c.say();
    expect(c.hearAll().map((one) => one.payload.length)).toEqual([2]);
  });

  test('switched off, each goes at once', () => {
    const c = new Conversation({ noDelay: true }).connected();
    for (let i = 0; i < 3; i++) c.send(1);
    expect(c.heard().map((one) => one.payload.length)).toEqual([1, 1, 1]);
  });

  test('closing pushes the rest out', () => {
    const c = new Conversation().connected();
    c.send(1);
    c.send(1);
    c.close();
    expect(c.heard().map(brief)).toMatchObject([{ text: 1 }, { text: 1, flags: 0x19 }]);
  });
});

describe('RFC 9293 §3.7.1, segment size', () => {
  test('the peer that says nothing gets 536 bytes at most', () => {
    const c = new Conversation({ peerOptions: { mssBytes: 0 } }).connected();
    c.send(2000);
    expect(c.heard().map((one) => one.payload.length)).toEqual([536, 536, 536, 392]);
  });

  test('our option is the MTU less 40; timestamps come off each segment, not off the option (RFC 6691)', () => {
    const c = new Conversation({ peerOptions: { mssBytes: 1460, hasTimestamp: true } });
    expect(c.open().options.mssBytes).toBe(1460);
    c.tell({ flags: 0x12, options: { mssBytes: 1460 } });
    c.heard();
    c.send(1448 * 2);
    expect(c.heard().map((one) => one.payload.length)).toEqual([1448, 1448]);
  });

  test('a peer that asks for less than 48 bytes gets 48', () => {
    const c = new Conversation({ peerOptions: { mssBytes: 1 } }).connected();
    c.send(96);
    expect(c.heard().map((one) => one.payload.length)).toEqual([48, 48]);
  });
});

test('RFC 6093: urgent text stays in line', () => {
  const c = new Conversation().connected();
  c.tell({ text: 10, flags: ack | 32, urgent: 5 });
  expect((c.receive() as Uint8Array).length).toBe(10);
});
