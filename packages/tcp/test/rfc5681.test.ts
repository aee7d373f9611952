import type { CongestionControl } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { createAckSample, initialWindowBytes } from '../src/congestion/control.js';
import { fixedWindow, newReno, type TcpSnapshot } from '../src/index.js';
import { Conversation } from './conversation.js';

const mss = 1000;
const options = { peerOptions: { mssBytes: mss }, timestamps: false, sendBufferBytes: 1 << 20 } as const;
const sizes = (c: Conversation): number[] => c.hearAll().map((said) => said.payload.length);

function acknowledged(control: CongestionControl, bytes: number, windowLimited = true): void {
  control.acknowledged({ ...createAckSample(), acknowledgedBytes: bytes, windowLimited });
}

describe('RFC 6928, the initial window', () => {
  test.each([
    [1460, 14_600],
    [536, 5360],
    [1000, 10_000],
    [2000, 14_600],
    [8000, 16_000],
  ])('%i-byte segments: %i bytes', (segment, window) => {
    expect(initialWindowBytes(segment)).toBe(window);
  });

  test('ten segments go out before the first acknowledgement', () => {
    const c = new Conversation(options).connected();
    c.send(50_000);
    expect(sizes(c)).toEqual(Array.from({ length: 10 }, () => mss));
  });

  test('one segment after a lost SYN (RFC 5681 §3.1)', () => {
    const c = new Conversation(options);
    c.open();
    c.wait(1000);
    c.heard();
    c.tell({ flags: 0x12, options: { mssBytes: mss } });
    c.heard();
    c.send(50_000);
    expect(sizes(c)).toEqual([mss]);
  });
});

describe('RFC 5681 §3.1, slow start and congestion avoidance', () => {
  test('slow start: a segment more for each one acknowledged, eight at most (RFC 9406 §4.2)', () => {
    const control = newReno(mss);
    acknowledged(control, mss);
    expect(control.windowBytes).toBe(11 * mss);
    acknowledged(control, 8 * mss);
    expect(control.windowBytes).toBe(19 * mss);
    acknowledged(control, 9 * mss);
    expect(control.windowBytes).toBe(27 * mss);
  });

  test('congestion avoidance: a segment for each window', () => {
    const control = newReno(mss);
    control.timedOut(20 * mss, 0);
    expect([control.windowBytes, control.slowStartThresholdBytes]).toEqual([mss, 10 * mss]);
    for (let i = 0; i < 9; i++) acknowledged(control, mss);
    expect(control.windowBytes).toBe(10 * mss);
    for (let i = 0; i < 9; i++) acknowledged(control, mss);
    expect(control.windowBytes).toBe(10 * mss);
    acknowledged(control, mss);
    expect(control.windowBytes).toBe(11 * mss);
  });

  test('a window that is not used does not grow (RFC 9293 §3.8.2)', () => {
    const control = newReno(mss);
    acknowledged(control, mss, false);
    expect(control.windowBytes).toBe(10 * mss);
  });

  test('a timeout leaves one segment and half of what was in flight, two segments at least', () => {
    const control = newReno(mss);
    control.timedOut(3 * mss, 0);
    expect([control.windowBytes, control.slowStartThresholdBytes]).toEqual([mss, 2 * mss]);
  });

  test('further timeouts of the same segment leave the threshold alone (§3.1)', () => {
    const c = new Conversation(options).connected();
    c.send(50_000);
    c.wait(20_000);
    expect(c.heard().length).toBeGreaterThan(10 + 3);
    const { tcp } = c.target.snapshot() as { tcp: TcpSnapshot };
    expect(tcp.connections[0]!.congestion).toMatchObject({ windowBytes: mss, slowStartThresholdBytes: 5 * mss });
  });

  test('§4.1: after idleness the window is the initial one at most', () => {
    const c = new Conversation(options).connected();
    c.send(10_000);
    sizes(c);
    for (let i = 0; i < 5; i++) {
      c.say();
      c.send(30_000);
      sizes(c);
    }
    c.say();
    while (sizes(c).length > 0) c.say();
    c.wait(5000);
    c.heard();
    c.send(100_000);
    expect(sizes(c)).toHaveLength(10);
  });
});

describe('RFC 5681 §3.2, fast retransmit and fast recovery', () => {
  test('the third duplicate sends the lost segment; window and threshold as in steps 2 to 6', () => {
    const c = new Conversation(options).connected();
    c.send(100_000);
    const [lost] = c.heard();
    const una = lost!.sequence;
    c.say({ ack: una });
    c.say({ ack: una });
    expect(c.heard()).toHaveLength(2);
    c.say({ ack: una });
    expect(c.heard()).toMatchObject([{ sequence: una }]);
    // ssthresh 5, window 5 + 3; 12 are out: the fifth further duplicate lets a new one go.
    for (let i = 0; i < 4; i++) c.say({ ack: una });
    expect(c.heard()).toHaveLength(0);
    c.say({ ack: una });
    expect(c.heard()).toHaveLength(1);
    // All 13 are acknowledged: the window is min(ssthresh, flight + 1) and goes out at once.
    c.say({ ack: una + 13 * mss });
    expect(c.heard()).toHaveLength(2);
  });

  test('what differs in its window, carries text or comes with nothing out is no duplicate (§2)', () => {
    const c = new Conversation(options).connected();
    for (let i = 0; i < 5; i++) c.say();
    expect(c.heard()).toEqual([]);
    c.send(5000);
    const [first] = c.heard();
    const una = first!.sequence;
    for (let i = 0; i < 5; i++) c.say({ ack: una, window: 60_000 - i });
    for (let i = 0; i < 5; i++) c.tell({ ack: una, window: 60_000 - 4, text: 10 });
    expect(c.heard().filter((said) => said.payload.length > 0)).toEqual([]);
  });
});

describe('RFC 3042, limited transmit', () => {
  test('each of the first two duplicates lets a new segment go, beyond the congestion window', () => {
    const c = new Conversation(options).connected();
    c.send(100_000);
    const sent = c.heard();
    c.say({ ack: sent[0]!.sequence });
    expect(c.heard()).toMatchObject([{ sequence: sent[9]!.sequence + mss }]);
    c.say({ ack: sent[0]!.sequence });
    expect(c.heard()).toMatchObject([{ sequence: sent[9]!.sequence + 2 * mss }]);
  });

  test('not beyond the peer’s window', () => {
    const c = new Conversation({ ...options, peerWindow: 10_000 }).connected();
    c.send(100_000);
    const sent = c.heard();
    c.say({ ack: sent[0]!.sequence });
    expect(c.heard()).toEqual([]);
  });
});

describe('RFC 6582, NewReno', () => {
  test('a partial acknowledgement sends the next hole at once; recovery ends with all that was out', () => {
    const c = new Conversation(options).connected();
    c.send(10_000);
    const sent = c.heard();
    const una = sent[0]!.sequence;
    for (let i = 0; i < 3; i++) c.say({ ack: una });
    expect(c.heard()).toMatchObject([{ sequence: una }]);
    c.say({ ack: una + 3000 });
    expect(c.heard()).toMatchObject([{ sequence: una + 3000 }]);
    c.say({ ack: una + 6000 });
    expect(c.heard()).toMatchObject([{ sequence: una + 6000 }]);
    c.say({ ack: una + 10_000 });
    c.send(1000);
    expect(c.heard()).toMatchObject([{ sequence: una + 10_000 }]);
  });

  test('§3.2 step 4: duplicates of what a timeout sent again begin no recovery', () => {
    const c = new Conversation(options).connected();
    c.send(10_000);
    const una = c.heard()[0]!.sequence;
    c.wait(200);
    expect(c.heard()).toMatchObject([{ sequence: una }]);
    for (let i = 0; i < 6; i++) c.say({ ack: una });
    expect(c.heard()).toEqual([]);
  });

  test('§4, impatient: only the first partial acknowledgement restarts the timer', () => {
    const c = new Conversation(options).connected();
    c.send(10_000);
    const una = c.heard()[0]!.sequence;
    for (let i = 0; i < 3; i++) c.say({ ack: una });
    c.wait(100);
    c.say({ ack: una + 2000 });
    c.wait(100);
    c.say({ ack: una + 4000 });
    c.heard();
    c.wait(101);
    expect(c.heard().length).toBeGreaterThan(0);
  });
});

test('fixedWindow never changes', () => {
  const c = new Conversation({ ...options, settings: { congestionControl: fixedWindow(3 * mss) } }).connected();
  c.send(50_000);
  expect(sizes(c)).toHaveLength(3);
  c.wait(200);
  c.heard();
  c.say();
  expect(sizes(c)).toHaveLength(3);
});
