import { describe, expect, test } from 'vitest';
import { ack, brief, Conversation, rst, syn } from './conversation.js';

/** The times at which the target says something within a span, relative to its beginning. */
function timesWithin(c: Conversation, ms: number): number[] {
  const begin = c.now;
  c.wait(ms);
  return c.heard().map((said) => Math.round(said.timeMs - begin));
}

const settings = { timestamps: false };

describe('RFC 6298, the timer', () => {
  test('(2.1): one second before the first measurement, doubled each time (5.5)', () => {
    const c = new Conversation();
    c.open();
    expect(timesWithin(c, 70_000)).toEqual([1000, 3000, 7000, 15_000, 31_000, 63_000]);
  });

  test('a SYN is given up after 6 retransmissions', () => {
    const c = new Conversation();
    c.open();
    c.wait(126_000);
    expect(c.state).toBe('SYN_SENT');
    c.wait(2000);
    expect(c.state).toBe(null);
    expect(c.target.events().at(-1)).toMatchObject({ kind: 'failed', error: 'timed-out', timeMs: 128_000 });
  });

  test('(2.2), (2.3): SRTT and RTTVAR', () => {
    const c = new Conversation({ settings: { ...settings, minRtoMs: 1 } });
    c.open();
    c.wait(100);
    c.tell({ flags: syn | ack });
    c.heard();
    // R = 100: SRTT 100, RTTVAR 50, RTO 300.
    expect(c.view()!.rtoMs).toBe(300);
    c.send(1);
    c.hearAll();
    c.wait(60);
    c.say();
    // RTTVAR = 3/4 * 50 + 1/4 * 40 = 47.5, SRTT = 7/8 * 100 + 1/8 * 60 = 95, RTO = 285.
    expect(c.view()!.rtoMs).toBe(285);
  });

  test('the minimum is 200 ms and can be told', () => {
    expect(new Conversation().connected().view()!.rtoMs).toBe(200);
    expect(new Conversation({ settings: { minRtoMs: 1000 } }).connected().view()!.rtoMs).toBe(1000);
  });

  test('(5.1) to (5.6): set by text, restarted by acknowledgements, doubled by timeouts', () => {
    const c = new Conversation({ settings }).connected();
    c.send(10);
    const [first] = c.hearAll();
    const begin = c.now;
    c.wait(6300);
    const again = c.heard();
    expect(again.map((said) => said.timeMs - begin)).toEqual([200, 600, 1400, 3000, 6200]);
    for (const said of again) expect(brief(said)).toEqual(brief({ ...first!, flags: said.flags }));
  });

  test('(5.3): an acknowledgement of new text restarts it', () => {
    const c = new Conversation({ settings }).connected();
    c.send(3000);
    const sent = c.hearAll();
    c.wait(150);
    c.say({ ack: sent[0]!.sequence + 1460 });
    expect(timesWithin(c, 199)).toEqual([]);
    expect(timesWithin(c, 400).length).toBeGreaterThan(0);
  });

  test('Karn: what was sent twice measures nothing, and the back-off stays until something does', () => {
    const c = new Conversation({ settings }).connected();
    c.send(10);
    c.hearAll();
    c.wait(650);
    c.heard();
    c.say();
    expect(c.view()!.rtoMs).toBe(800);
    c.send(10);
    c.hearAll();
    c.say();
    expect(c.view()!.rtoMs).toBe(200);
  });

  test('timestamps tell which transmission is answered (RFC 7323 §4.1)', () => {
    const c = new Conversation({ peerOptions: { hasTimestamp: true } }).connected();
    c.send(10);
    c.hearAll();
    c.wait(650);
    const again = c.heard().at(-1)!;
    c.say({ options: { timestampEcho: again.options.timestampValue! } });
    expect(c.view()!.rtoMs).toBeLessThan(400);
  });

  test('(5.7): after a SYN that was sent twice text waits three seconds', () => {
    const c = new Conversation({ settings });
    c.open();
    c.wait(1000);
    c.heard();
    c.tell({ flags: syn | ack });
    c.heard();
    c.send(10);
    c.heard();
    expect(timesWithin(c, 4000)).toEqual([3000]);
  });

  test('RFC 9293 §3.8.3: given up after 15 retransmissions; the peer is told', () => {
    const c = new Conversation({ settings }).connected();
    c.send(10);
    c.hearAll();
    c.wait(3_600_000);
    const said = c.heard();
    expect(said.filter((one) => one.payload.length > 0)).toHaveLength(15);
    expect(said.at(-1)!.flags & rst).toBe(rst);
    expect(c.receive()).toBe('timed-out');
  });

  test('a user timeout ends it earlier', () => {
    const c = new Conversation({ settings, userTimeoutMs: 5000 }).connected();
    c.send(10);
    c.wait(20_000);
    expect(c.target.events().at(-1)).toMatchObject({ kind: 'failed', error: 'timed-out' });
    expect(c.target.events()).toEqual([]);
  });

  test('one shorter than the first timeout still lets something be tried', () => {
    const c = new Conversation({ settings, userTimeoutMs: 1 }).connected();
    c.send(10);
    c.heard();
    for (let ms = 0; ms < 20_000 && c.heard().length === 0; ms += 10) c.wait(10);
    expect(c.state).toBe('ESTABLISHED');
    c.wait(20_000);
    expect(c.target.events().at(-1)).toMatchObject({ kind: 'failed', error: 'timed-out' });
  });

  test('a clock that jumps an hour aborts nothing unprobed, user timeout or not', () => {
    for (const userTimeoutMs of [0, 5000]) {
      const c = new Conversation({ settings, userTimeoutMs }).connected();
      c.send(10);
      c.hearAll();
      // A host that slept: its TCP learns of the time at once, not in the order of the deadlines.
      const target = c.target as unknown as { host: { now: number }; tcp: { advance(nowMs: number): void } };
      target.host.now += 3_600_000;
      target.tcp.advance(target.host.now);
      expect(c.heard().map((said) => said.payload.length)).toEqual([10]);
      c.say();
      expect(c.state).toBe('ESTABLISHED');
      expect(c.view()!.sndUna).toBe(c.acked >>> 0);
    }
  });
});
