import type { RowHead, RowOutcome } from './metric.js';

/** A row with what it came to, or why it did not. */
export interface TableRow {
  readonly head: RowHead;
  readonly outcome: RowOutcome | null;
  readonly error: string | null;
}

/** The table for people. */
export function formatTable(rows: readonly TableRow[]): string {
  const lines = [
    ['row', 'ours', 'peer', 'ratio', 'pairs', 'per CPU-s', 'floor', 'goal', ''],
    ...rows.map((row) => cells(row)),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 || column === 8 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(Math.max(...text.map((line) => line.length)));
  return [text[0], rule, ...text.slice(1)].join('\n');
}

function cells({ head, outcome, error }: TableRow): string[] {
  const marks = head.marks;
  const floor = marks ? mark(marks.floor, head) : '';
  const goal = marks ? mark(marks.goal, head) : '';
  if (!outcome) return [head.name, '', '', '', '', '', floor, goal, error ?? 'not run'];
  const { metric, comparison } = outcome;
  const pairs = comparison
    ? `${comparison.pairRatios.lowest.toFixed(2)}-${comparison.pairRatios.highest.toFixed(2)}`
    : '';
  return [
    head.name,
    amount(metric.ours, head),
    metric.peer === null ? '-' : amount(metric.peer, head),
    metric.ratio === null ? '-' : metric.ratio.toFixed(2),
    pairs,
    comparison ? comparison.cpuRatio.toFixed(2) : '-',
    floor,
    goal,
    verdict(head, outcome),
  ];
}

/** Where a result stands between its marks. */
export function verdict(head: RowHead, outcome: RowOutcome): string {
  const { marks } = head;
  if (!marks) return '';
  const { ratio, ours } = outcome.metric;
  // Less is better, and there is nobody to compare with.
  const isSize = ratio === null || head.unit === 'B/B';
  const reaches = (mark: number): boolean => (isSize ? ours <= mark : ratio >= mark);
  if (reaches(marks.goal)) return 'goal';
  return reaches(marks.floor) ? 'above the floor' : 'BELOW THE FLOOR';
}

function mark(value: number, head: RowHead): string {
  if (head.unit === 'bytes') return `${value} B`;
  return head.unit === 'B/B' ? value.toFixed(2) : value.toFixed(1);
}

function amount(value: number, head: RowHead): string {
  if (head.unit === 'M/s') return `${value.toFixed(1)} M/s`;
  if (head.unit === 'MB/s') return `${(value / 1e6).toFixed(0)} MB/s`;
  if (head.unit === 'µs') return `${value.toFixed(value < 100 ? 1 : 0)} µs`;
  if (head.unit === 'B/B') return value.toFixed(2);
  if (head.unit === 'bytes') return `${value.toFixed(value < 100 ? 1 : 0)} B`;
  return `${Math.round(value).toLocaleString('en-US')} /s`;
}
