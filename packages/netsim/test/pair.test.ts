import type { Pollable } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import {
  createPair,
  createVirtualClock,
  formatCounterexample,
  type LinkFault,
  type PairOptions,
  replay,
  runPollables,
  scenarioNamed,
  scenarios,
  sequenceDiagram,
  shrinkFaults,
  simulationHangCode,
} from '../src/index.js';
import { type Bug, ToyHost } from './toy-host.js';

const values = Array.from({ length: 60 }, (_, index) => (index * 7) & 0xff);
const memory = { smallPackets: 512, largePackets: 1, ringBytes: 65_536 };

function toyPair(seed: number, bug: Bug, options: Partial<PairOptions<ToyHost>>) {
  return createPair<ToyHost>({
    memory,
    ...options,
    seed,
    createHost: (parts) => new ToyHost(parts, values, bug),
  });
}

function runToys(seed: number, bug: Bug, options: Partial<PairOptions<ToyHost>>) {
  const pair = toyPair(seed, bug, options);
  const report = pair.run(() => pair.a.isDone && pair.b.isDone, 600_000);
  return { pair, report };
}

const trouble = scenarios.filter((scenario) => scenario.flows === undefined);

describe('a pair', () => {
  test.each(trouble.map((scenario) => [scenario.name, scenario] as const))(
    '%s: all arrives, and nothing leaks',
    (_name, scenario) => {
      for (let seed = 0; seed < 5; seed++) {
        const { pair, report } = runToys(seed, 'none', { scenario, detail: 'hash' });
        expect(report.end).toBe('done');
        expect(pair.a.received).toEqual(values);
        expect(pair.b.received).toEqual(values);
        pair.link.close();
        expect([pair.pools.a.used, pair.pools.b.used]).toEqual([0, 0]);
      }
    },
  );

  test('the same seed gives the same transcript, byte for byte; another does not', () => {
    const scenario = scenarioNamed('everything');
    if (scenario === undefined) throw new Error('the scenario is missing');
    const first = replay(() => runToys(1, 'none', { scenario }).pair.transcript);
    expect(first.frameCount).toBeGreaterThan(240);
    expect(runToys(2, 'none', { scenario }).pair.transcript.transcriptHash).not.toBe(first.transcriptHash);
  });

  test('what chance did, run again as a list, gives the same transcript', () => {
    const scenario = scenarioNamed('everything');
    if (scenario === undefined) throw new Error('the scenario is missing');
    const { pair } = runToys(5, 'none', { scenario });
    const again = runToys(99, 'none', { profile: { delayMs: 5 }, faults: pair.link.chanceFaults }).pair;
    expect(again.transcript.transcriptHash).toBe(pair.transcript.transcriptHash);
  });

  test('a run that differs from its twin is found, with the frame', () => {
    let runs = 0;
    const faults: LinkFault[] = [{ from: 'a', ordinal: 3, action: 'drop' }];
    const unstable = () => runToys(1, 'none', { faults: runs++ === 0 ? [] : faults }).pair.transcript;
    expect(() => replay(unstable)).toThrow(/differ at frame \d+/);
  });

  test('a planted reordering bug shrinks to at most six events and prints itself', () => {
    const scenario = scenarioNamed('everything');
    if (scenario === undefined) throw new Error('the scenario is missing');
    const isWrong = (faults: readonly LinkFault[]): boolean => {
      const { pair } = runToys(0, 'believes-order', { profile: { delayMs: 5 }, faults, detail: 'none' });
      return pair.b.received.some((value, index) => value !== values[index]);
    };
    const seed = 3;
    const { pair } = runToys(seed, 'believes-order', { scenario });
    expect(isWrong(pair.link.chanceFaults)).toBe(true);
    expect(pair.link.chanceFaults.length).toBeGreaterThan(20);
    const few = shrinkFaults(pair.link.chanceFaults, isWrong);
    expect(few.length).toBeLessThanOrEqual(6);
    expect(few.length).toBeGreaterThan(0);
    for (let i = 0; i < few.length; i++) expect(isWrong(few.filter((_, index) => index !== i))).toBe(false);
    const { transcript } = runToys(0, 'believes-order', { profile: { delayMs: 5 }, faults: few }).pair;
    const text = formatCounterexample({ title: "b's bytes are out of order", seed, faults: few, transcript });
    expect(text).toContain(`seed ${seed}, ${few.length} faults`);
    expect(text).toContain('runScenario({ seed: 3, faults: [');
    expect(text).toContain('"from":"a"');
    expect(text).toMatch(/\[(drop|delay [\d.]+ ms|flip .*)\]/);
  });
});

describe('the picture', () => {
  test('shows what came, what came twice, what never came, and what came changed', () => {
    const faults: LinkFault[] = [
      { from: 'a', ordinal: 0, action: 'drop' },
      { from: 'a', ordinal: 1, action: 'duplicate' },
      { from: 'a', ordinal: 2, action: 'corrupt' },
      { from: 'b', ordinal: 0, action: { delayMs: 2.5 } },
    ];
    const { pair } = runToys(0, 'none', { profile: { delayMs: 5 }, faults });
    const lines = sequenceDiagram(pair.transcript.entries, { faults, names: { a: 'client', b: 'server' } }).split('\n');
    expect(lines[0]).toMatch(/^ +client +server$/);
    const about = (pattern: RegExp) => lines.find((line) => pattern.test(line));
    expect(about(/\|-- #0 .*-X \|/)).toMatch(/never came \[drop\]$/);
    expect(about(/\|-- #1 /)).toMatch(/-> \| \+5\.000 and \+5\.000 \[duplicate\]$/);
    expect(about(/\|-- #2 /)).toMatch(/never came \[corrupt\]$/);
    expect(about(/~~/)).toContain('came with other bytes');
    expect(about(/<- #0 /)).toMatch(/--\| \+7\.500 \[delay 2\.5 ms\]$/);
    expect(lines.join('').replace(/[ -~]/g, '')).toBe('');
  });

  test('is cut at its limit and says so', () => {
    const { pair } = runToys(0, 'none', {});
    const lines = sequenceDiagram(pair.transcript.entries, { limit: 5 }).split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[6]).toMatch(/and \d+ more/);
  });
});

describe('runPollables', () => {
  const idle = (over: Partial<Pollable> = {}): Pollable => ({
    poll: () => false,
    nextDeadline: () => Infinity,
    onWork: null,
    ...over,
  });

  test('jumps from deadline to deadline and ends when there is none', () => {
    const clock = createVirtualClock();
    const at: number[] = [];
    const pollable = idle({
      poll(nowMs) {
        at.push(nowMs);
        return false;
      },
      nextDeadline: () => [10, 1000, Infinity][at.length - 1] ?? Infinity,
    });
    const report = runPollables({ pollables: [pollable], clock });
    expect(at).toEqual([0, 10, 1000]);
    expect(report).toMatchObject({ end: 'idle', nowMs: 1000, polls: 3, instants: 3 });
  });

  test('polls whom onWork names, in the same instant, and gives onWork back', () => {
    const clock = createVirtualClock();
    let told = 0;
    const former = (): void => void told++;
    const order: string[] = [];
    const b = idle({ poll: () => order.push('b') < 0, onWork: former });
    let isFirst = true;
    const a = idle({
      poll() {
        order.push('a');
        if (isFirst) b.onWork?.();
        isFirst = false;
        return false;
      },
    });
    runPollables({ pollables: [b, a], clock });
    expect(order).toEqual(['b', 'a', 'b']);
    expect(told).toBe(1);
    expect(b.onWork).toBe(former);
    expect(clock.now()).toBe(0);
  });

  test('runs to a time, for a condition, to a deadline', () => {
    const clock = createVirtualClock();
    let polls = 0;
    const ticking = idle({ poll: () => polls++ < 0, nextDeadline: () => polls * 10 });
    expect(runPollables({ pollables: [ticking], clock, until: 25 })).toMatchObject({ end: 'done', nowMs: 25 });
    expect(polls).toBe(3);
    const condition = runPollables({ pollables: [ticking], clock, until: () => polls >= 6 });
    expect(condition).toMatchObject({ end: 'done' });
    const late = runPollables({ pollables: [ticking], clock, until: () => false, deadlineMs: 100 });
    expect(late).toMatchObject({ end: 'deadline', nowMs: 100 });
  });

  test('reports a pollable that never rests, and one whose deadline never moves', () => {
    const clock = createVirtualClock();
    const hang = expect.objectContaining({ code: simulationHangCode, message: expect.stringContaining('pollable 1') });
    const restless = idle({ poll: () => true });
    expect(() => runPollables({ pollables: [idle(), restless], clock, maxPollsPerInstant: 50 })).toThrow(hang);
    const stuck = idle({ nextDeadline: () => 0 });
    expect(() => runPollables({ pollables: [idle(), stuck], clock, maxPollsPerInstant: 50 })).toThrow(hang);
    let nowMs = 0;
    const endless = idle({ nextDeadline: () => ++nowMs });
    expect(() => runPollables({ pollables: [idle(), endless], clock, maxPolls: 500 })).toThrow(hang);
  });
});
