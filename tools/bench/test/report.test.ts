import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readArguments } from '../harness/arguments.js';
import { engineFlagsFor, inliningFlags } from '../harness/engine.js';
import { comparedOutcome, metricsFile, type RowHead, type RowOutcome } from '../harness/metric.js';
import { compare, type Sample } from '../harness/statistics.js';
import { formatTable, verdict } from '../harness/table.js';
import { rows } from '../rows/index.js';

const names = rows.map((row) => row.name);
const sample = (amount: number, cpuSeconds = 1): Sample => ({ amount, seconds: 1, cpuSeconds });
const compared = comparedOutcome('bulk_1500', compare([sample(2e9, 2)], [sample(1e9)]), ['a note']);
const alone: RowOutcome = { metric: { ours: 900, peer: null, ratio: null }, comparison: null, more: {}, notes: [] };
const head: RowHead = { name: 'bulk_1500', title: 't', unit: 'MB/s', marks: { floor: 0.5, goal: 1.2 } };

describe('--json', () => {
  const file = metricsFile(
    new Map([
      ['bulk_1500', compared],
      ['idle_pair_bytes', alone],
    ]),
  );

  test('has ours, peer and ratio for each metric and nothing else', () => {
    expect(Object.keys(file)).toEqual(['metrics']);
    for (const metric of Object.values(file.metrics)) expect(Object.keys(metric)).toEqual(['ours', 'peer', 'ratio']);
    expect(file.metrics.bulk_1500).toEqual({ ours: 2e9, peer: 1e9, ratio: 2 });
  });

  test('says null where there is no peer', () => {
    expect(JSON.parse(JSON.stringify(file)).metrics.idle_pair_bytes).toEqual({ ours: 900, peer: null, ratio: null });
  });

  test('has the numbers per CPU-second as a metric of their own', () => {
    expect(file.metrics.bulk_1500_per_cpu_second).toEqual({ ours: 1e9, peer: 1e9, ratio: 1 });
  });
});

describe('the table', () => {
  test('shows floor and goal beside the ratio, and where the ratio stands', () => {
    const line = formatTable([{ head, outcome: compared, error: null }]).split('\n')[2];
    expect(line).toMatch(/bulk_1500 +2000 MB\/s +1000 MB\/s +2\.00 .* 0\.5 +1\.2 +goal/);
  });

  test('judges sizes downwards', () => {
    const sizes: RowHead = { ...head, unit: 'bytes', marks: { floor: 4096, goal: 1024 } };
    const outcome = (ours: number): RowOutcome => ({ ...alone, metric: { ours, peer: null, ratio: null } });
    expect(verdict(sizes, outcome(1000))).toBe('goal');
    expect(verdict(sizes, outcome(2000))).toBe('above the floor');
    expect(verdict(sizes, outcome(5000))).toBe('BELOW THE FLOOR');
  });

  test('judges bytes for a byte asked for downwards as well', () => {
    const span: RowHead = { ...head, unit: 'B/B', marks: { floor: 1.25, goal: 1.15 } };
    const outcome = (ratio: number): RowOutcome => ({ ...alone, metric: { ours: ratio, peer: 1, ratio } });
    expect(verdict(span, outcome(1.1))).toBe('goal');
    expect(verdict(span, outcome(1.2))).toBe('above the floor');
    expect(verdict(span, outcome(1.3))).toBe('BELOW THE FLOOR');
  });

  test('shows why a row has no numbers', () => {
    expect(formatTable([{ head, outcome: null, error: 'failed: stalled' }])).toContain('failed: stalled');
  });
});

describe('arguments', () => {
  test('by default every row runs in at least five pairs', () => {
    const { only, pairs, json } = readArguments([], names);
    expect(only).toBeNull();
    expect(json).toBeNull();
    expect(pairs).toBeGreaterThanOrEqual(5);
  });

  test('fewer than five pairs are for --quick alone', () => {
    expect(() => readArguments(['--pairs', '4'], names)).toThrow('--pairs');
    expect(readArguments(['--quick', '--pairs', '1'], names).pairs).toBe(1);
  });

  test('the option for V8 is left out where it is asked for, and this Node knows it', () => {
    expect(readArguments([], names).isPlain).toBe(false);
    expect(readArguments(['--plain'], names).isPlain).toBe(true);
    expect(engineFlagsFor({}, false)).toBe(inliningFlags);
    expect([...engineFlagsFor({ isPlain: true }, false), ...engineFlagsFor({}, true)]).toEqual([]);
    expect(spawnSync(process.execPath, [...inliningFlags, '-e', '']).status).toBe(0);
    // Node refuses what it does not know.
    expect(spawnSync(process.execPath, ['--no-such-option', '-e', '']).status).not.toBe(0);
  });

  test('an unknown row is refused, not skipped', () => {
    expect(() => readArguments(['--only', 'bulk_1500,bulk_9000'], names)).toThrow('no row bulk_9000');
    expect(readArguments(['--only', 'bulk_1500,connections'], names).only).toEqual(['bulk_1500', 'connections']);
    for (const option of ['--profile', '--instructions']) {
      expect(() => readArguments([option, 'bulk_9000'], names)).toThrow('no row bulk_9000');
    }
    expect(readArguments(['--instructions', 'round_trips'], names).instructions).toBe('round_trips');
    expect(readArguments([], names).instructions).toBeNull();
  });
});

test('the rows that the project promises are there, with their floors and goals', () => {
  const marks = Object.fromEntries(rows.map((row) => [row.name, row.marks]));
  expect(marks).toMatchObject({
    bulk_1500: { floor: 0.5, goal: 1.2 },
    bulk_loopback: { floor: 1, goal: 2.5 },
    round_trips: { floor: 8, goal: 25 },
    connections: { floor: 5, goal: 25 },
    idle_pair_bytes: { floor: 4096, goal: 1024 },
    malloc_uniform: { floor: 30, goal: 100 },
    malloc_mixed: { floor: 18 },
    malloc_lifo: { floor: 1.5 },
    malloc_span: { floor: 1.25 },
  });
  expect(names).toContain('alloc_per_segment_bytes');
});
