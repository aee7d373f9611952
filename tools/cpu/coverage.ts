import type { InstructionForm } from '@synos/machine-sim/testing';
import { type Combination, nameOf } from './generate/combination.js';

/** Counts what was compared. */
export interface Coverage {
  count(combination: Combination, trap: number): void;
  /** Combinations below a number of cases, by name. */
  below(cases: number, combinations: readonly Combination[]): string[];
  /** A table for people: a line for each mnemonic. */
  table(): string;
}

const keyOf = ({ form, width, place, modifier }: Combination): string =>
  `${nameOf(form)} ${width} ${place} ${modifier}`;

interface Line {
  readonly forms: Set<InstructionForm>;
  readonly widths: Set<number>;
  readonly places: Set<string>;
  readonly modifiers: Set<string>;
  readonly combinations: Set<string>;
  cases: number;
  faults: number;
}

export function createCoverage(): Coverage {
  const counts = new Map<string, number>();
  const lines = new Map<string, Line>();
  return {
    count(combination, trap) {
      const key = keyOf(combination);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const { mnemonic } = combination.form;
      let line = lines.get(mnemonic);
      if (line === undefined) {
        line = {
          forms: new Set(),
          widths: new Set(),
          places: new Set(),
          modifiers: new Set(),
          combinations: new Set(),
          cases: 0,
          faults: 0,
        };
        lines.set(mnemonic, line);
      }
      line.forms.add(combination.form);
      line.widths.add(combination.width);
      if (combination.place !== 'none') line.places.add(combination.place);
      if (combination.modifier !== 'none') line.modifiers.add(combination.modifier);
      line.combinations.add(key);
      line.cases++;
      if (trap !== 3) line.faults++;
    },
    below: (cases, combinations) => {
      const few = combinations.map(keyOf).filter((key) => (counts.get(key) ?? 0) < cases);
      return few.map((key) => `${key}: ${counts.get(key) ?? 0}`);
    },
    table: () => {
      const rows = [['mnemonic', 'forms', 'combinations', 'cases', 'faults', 'widths', 'places and prefixes']];
      for (const [mnemonic, line] of [...lines].sort(([a], [b]) => (a < b ? -1 : 1))) {
        rows.push([
          mnemonic,
          `${line.forms.size}`,
          `${line.combinations.size}`,
          `${line.cases}`,
          `${line.faults}`,
          [...line.widths].sort((a, b) => a - b).join(' '),
          [...line.places, ...line.modifiers].join(' '),
        ]);
      }
      const sizes = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
      return rows
        .map((row) =>
          row
            .map((cell, i) => cell.padEnd(sizes[i]!))
            .join('  ')
            .trimEnd(),
        )
        .join('\n');
    },
  };
}
