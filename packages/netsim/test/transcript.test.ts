import { createCable } from '@synos/nic';
import { createStackMemory } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import {
  createRandom,
  createSimulatedLink,
  createTranscript,
  createVirtualClock,
  formatEntry,
  replay,
  type Side,
  type TranscriptOptions,
} from '../src/index.js';

const { packets } = createStackMemory({ smallPackets: 256, largePackets: 1, ringBytes: 65_536 });

function frame(...bytes: number[]) {
  const packet = packets.take(bytes.length, false);
  if (packet === null) throw new Error('no packet');
  packet.start -= 14;
  packet.memory.bytes.fill(0, packet.start, packet.start + 14);
  packet.memory.bytes.set(bytes, packet.start + 14);
  packet.end = packet.start + 14 + bytes.length;
  return packet;
}

/** Frames as [time, side, byte], recorded. */
function record(sent: readonly (readonly [number, Side, number])[], options: Partial<TranscriptOptions> = {}) {
  const clock = createVirtualClock();
  const cable = createCable();
  const transcript = createTranscript({ clock, ...options });
  const devices = { a: transcript.watch(cable.a, 'a'), b: transcript.watch(cable.b, 'b') };
  for (const [timeMs, side, byte] of sent) {
    clock.advanceTo(timeMs);
    devices[side].transmit(frame(byte));
    const packet = devices[side === 'a' ? 'b' : 'a'].receive();
    if (packet !== null) packets.release(packet);
  }
  return transcript;
}

describe('a transcript', () => {
  const one = [
    [0, 'a', 1],
    [1, 'b', 2],
  ] as const;

  test('its hash follows from bytes, times, sides and number of frames', () => {
    const hash = record(one).transcriptHash;
    expect(record(one).transcriptHash).toBe(hash);
    const others = [
      record([[0, 'a', 1]]),
      record([one[0], [1, 'b', 3]]),
      record([one[0], [1.001, 'b', 2]]),
      record([one[0], [1, 'a', 2]]),
      record([
        [0, 'a', 2],
        [1, 'b', 1],
      ]),
    ];
    expect(new Set([hash, ...others.map((other) => other.transcriptHash)]).size).toBe(6);
  });

  test('the hash does not depend on what is kept', () => {
    const hash = record(one).transcriptHash;
    const short = record(one, { detail: 'hash', limit: 1 });
    expect(short.transcriptHash).toBe(hash);
    expect(short.entries).toHaveLength(1);
    expect(short.frameCount).toBe(4);
    expect(short.entries[0]?.text).toBe('');
  });

  test('numbers the frames of each side and prints a line for each', () => {
    const transcript = record(one);
    expect(transcript.entries.map(({ side, kind, ordinal }) => [side, kind, ordinal])).toEqual([
      ['a', 'send', 0],
      ['b', 'arrive', 0],
      ['b', 'send', 0],
      ['a', 'arrive', 0],
    ]);
    expect(transcript.toString().split('\n')).toHaveLength(4);
    const [first] = transcript.entries;
    expect(first && formatEntry(first)).toMatch(/^0\.000 a > #0 /);
  });

  test('replay finds a difference behind the last frame kept', () => {
    let runs = 0;
    const run = () => record([one[0], [1, 'b', runs++]], { limit: 2 });
    expect(() => replay(run)).toThrow('differ after the 2 frames kept');
    expect(replay(() => record(one)).frameCount).toBe(4);
  });
});

test('the two directions of a link have chances of their own', () => {
  const clock = createVirtualClock();
  const link = createSimulatedLink({ clock, random: createRandom(1), profile: { lossRate: 0.5 }, detail: 'none' });
  for (let i = 0; i < 64; i++) {
    link.a.transmit(frame(i));
    link.b.transmit(frame(i));
    for (const device of [link.a, link.b]) {
      const packet = device.receive();
      if (packet !== null) packets.release(packet);
    }
  }
  const lost = (side: Side) => link.chanceFaults.filter(({ from }) => from === side).map(({ ordinal }) => ordinal);
  expect(lost('a').length).toBeGreaterThan(16);
  expect(lost('a')).not.toEqual(lost('b'));
  expect(link.transcript.frameCount).toBe(0);
  link.close();
  expect(packets.used).toBe(0);
});
