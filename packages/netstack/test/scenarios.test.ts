import { type Scenario, scenarioNamed, scenarios } from '@synos/netsim';
import { createTcp, type FastPath, headerPrediction } from '@synos/tcp';
import { createSimdMemory } from '@synos/wire/simd';
import { describe, expect, test } from 'vitest';
import { leftOver, runScenario } from './scenario-run.js';

const seeds = process.env.SYNOS_LONG ? 200 : 10;

/** Where the clock has to begin so that a flow's numbers, which rise by 250 a millisecond, are near their end. */
function startOfWrap(scenario: Scenario, seed: number, side: 'a' | 'b'): number {
  const { pair } = runScenario({ scenario: { ...scenario, payloadBytes: 0 }, seed, detail: 'text' });
  const isn = pair.transcript.entries
    .filter((entry) => entry.side === side && entry.kind === 'send')
    .map((entry) => /\[S\.?\].* seq (\d+)/.exec(entry.text)?.[1])
    .find((number) => number !== undefined);
  leftOver(pair);
  const wrapAt = 2 ** 32 - scenario.payloadBytes / 2;
  return Math.floor((wrapAt - Number(isn) + 2 ** 32) % 2 ** 32) / 250;
}

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
  test(`${scenario.about}: ${scenario.payloadBytes} bytes each way, byte for byte, ${seeds} seeds`, () => {
    for (let seed = 0; seed < seeds; seed += 1) {
      const startMs = scenario.isSequenceWrapped ? startOfWrap(scenario, seed, seed % 2 === 0 ? 'a' : 'b') : 0;
      const { pair, failures } = runScenario({ scenario, seed, startMs });
      expect(failures, `seed ${seed}`).toEqual([]);
      expect(leftOver(pair), `seed ${seed}`).toEqual([]);
    }
  });
});

test.each(['a', 'b'] as const)('the sequence-wrap scenario lets the numbers of %s wrap', (side) => {
  const scenario = scenarioNamed('sequence-wrap') as Scenario;
  const { pair } = runScenario({ scenario, seed: 0, startMs: startOfWrap(scenario, 0, side), detail: 'text' });
  const numbers = pair.transcript.entries
    .filter((entry) => entry.side === side && entry.kind === 'send')
    .flatMap((entry) => /, seq (\d+)/.exec(entry.text)?.[1] ?? [])
    .map(Number);
  leftOver(pair);
  expect(numbers.some((number) => number > 2 ** 32 - 500_000)).toBe(true);
  expect(numbers.some((number) => number < 1_000_000)).toBe(true);
});

test('one seed, one transcript', () => {
  const scenario = scenarioNamed('everything') as Scenario;
  const run = (seed: number): string => {
    const { pair, transcriptHash } = runScenario({ scenario, seed });
    leftOver(pair);
    return transcriptHash;
  };
  expect(run(1)).toBe(run(1));
  expect(run(1)).not.toBe(run(2));
});

describe('header prediction changes nothing that goes over the wire', () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    let taken = 0;
    const counted: FastPath = {
      receive: (...args) => headerPrediction.receive(...args) && ++taken > 0,
      send: (...args) => headerPrediction.send(...args) && ++taken > 0,
    };
    const run = (fastPath: FastPath | null): string => {
      const { pair, failures, transcriptHash } = runScenario({
        scenario: { ...scenario, payloadBytes: Math.min(scenario.payloadBytes, 20_000) },
        wordBytes: 73,
        seed: 11,
        tcp: (settings) => createTcp({ ...settings, fastPath }),
        allocate: createSimdMemory,
      });
      expect(failures).toEqual([]);
      expect(leftOver(pair)).toEqual([]);
      return transcriptHash;
    };
    expect(run(counted)).toBe(run(null));
    expect(taken).toBeGreaterThan(100);
  });
});

test('one slot for 100 flows: nothing is lost, and half way none has more than twice another', () => {
  const flows = 100;
  const scenario = { ...(scenarioNamed('one-slot') as Scenario), flows, payloadBytes: 100_000 };
  const noteAtBytes = flows * scenario.payloadBytes;
  const { pair, failures, noted } = runScenario({ scenario, seed: 3, bareCable: true, noteAtBytes });
  expect(failures).toEqual([]);
  for (const stack of [pair.a, pair.b]) {
    const counters = stack.counters();
    expect(counters).toMatchObject({ 'tcp.retransmits': 0, 'ip.queueFull': 0, 'ip.neighbourQueueDropped': 0 });
  }
  expect(noted).toHaveLength(2 * flows);
  // Ends come in pairs of unlike kind: those of the clients first.
  for (const ends of [noted.slice(0, flows), noted.slice(flows)]) {
    expect(Math.min(...ends)).toBeGreaterThan(0);
    expect(Math.max(...ends) / Math.min(...ends)).toBeLessThanOrEqual(2);
  }
  expect(leftOver(pair)).toEqual([]);
});
