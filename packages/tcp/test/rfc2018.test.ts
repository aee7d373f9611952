import { describe, expect, test } from 'vitest';
import { Conversation, type Said } from './conversation.js';

const blocks = (said: Said, base: number): [number, number][] => {
  const { sackCount = 0, sackLeft, sackRight } = said.options;
  return Array.from({ length: sackCount }, (_, i) => [sackLeft![i]! - base, sackRight![i]! - base]);
};

describe('RFC 2018, what the receiver tells', () => {
  test('§4: the block with the latest segment first, then the others by age; three beside timestamps', () => {
    const c = new Conversation({ peerOptions: { sackPermitted: true, hasTimestamp: true } }).connected();
    const base = c.seq;
    const at = (offset: number): Said => {
      c.say({ seq: base + offset, text: 10 });
      return c.heardOne();
    };
    expect(blocks(at(100), base)).toEqual([[100, 110]]);
    expect(blocks(at(200), base)).toEqual([
      [200, 210],
      [100, 110],
    ]);
    expect(blocks(at(110), base)).toEqual([
      [100, 120],
      [200, 210],
    ]);
    expect(blocks(at(300), base)).toEqual([
      [300, 310],
      [100, 120],
      [200, 210],
    ]);
    expect(blocks(at(400), base)).toEqual([
      [400, 410],
      [300, 310],
      [100, 120],
    ]);
  });

  test('without timestamps four blocks; none once the hole is filled', () => {
    const c = new Conversation({ peerOptions: { sackPermitted: true }, timestamps: false }).connected();
    const base = c.seq;
    for (const offset of [10, 30, 50, 70, 90]) c.say({ seq: base + offset, text: 10 });
    expect(blocks(c.heard().at(-1)!, base)).toHaveLength(4);
    for (const offset of [0, 20, 40, 60, 80]) c.say({ seq: base + offset, text: 10 });
    const last = c.heard().at(-1)!;
    expect(last.acknowledgment - base).toBe(100);
    expect(blocks(last, base)).toEqual([]);
  });

  test('not permitted: no blocks', () => {
    const c = new Conversation().connected();
    c.say({ seq: c.seq + 10, text: 10 });
    expect(c.heardOne().options.sackCount ?? 0).toBe(0);
  });

  test('the option is answered only when it is asked for', () => {
    expect(new Conversation({ peerOptions: { sackPermitted: true } }).listen().knock().options.sackPermitted).toBe(
      true,
    );
    expect(new Conversation().listen().knock().options.sackPermitted).toBe(false);
  });
});
