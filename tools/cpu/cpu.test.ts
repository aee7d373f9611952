import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instructionForms } from '@synos/machine-sim/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCoverage } from './coverage.js';
import { type Combination, combinationsOf, isCompared, nameOf } from './generate/combination.js';
import { type MadeCase, makeCase } from './generate/make-case.js';
import { makeOddities } from './generate/oddities.js';
import { createChance } from './generate/random.js';
import { fitForms, makeLoop, makePair, makeSequence } from './generate/sequences.js';
import { type Mismatch, mismatches, report } from './harness.js';
import { compileNative, runNative } from './native-runner.js';
import { lackingForCpu } from './needs.js';
import { plantedBugs } from './planted-bugs.js';
import { regressions } from './regressions.js';
import { createSimulatedRunner } from './simulated-runner.js';

const lack = lackingForCpu();
const isLong = process.env.SYNOS_LONG !== undefined;
const seed = Number(process.env.SYNOS_SEED ?? (isLong ? Date.now() % 2 ** 31 : 1));
/** Of every combination: cases whose memory can be accessed, and cases whose memory faults somewhere. */
const PLAIN = isLong ? 1500 : 100;
const FAULTING = isLong ? 300 : 20;
const SEQUENCES = isLong ? 500_000 : 40_000;
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

describe.skipIf(lack !== undefined)(`the simulated CPU beside the real one${lack ? ` (${lack})` : ''}`, () => {
  let folder: string;
  let program: string;
  beforeAll(() => {
    say(`seed ${seed}: SYNOS_SEED=${seed} makes the same cases again`);
    folder = mkdtempSync(join(tmpdir(), 'synos-cpu-'));
    program = compileNative('runner.c', folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const simulate = createSimulatedRunner();
  const compare = (cases: readonly MadeCase[]): Mismatch[] => mismatches(cases, runNative(program, cases), simulate);

  test('cases that differed once', () => {
    expect(report(compare(regressions))).toBe('');
  });

  test('every entry of the table, in every width, in registers and in memory, with LOCK and REP', () => {
    const chance = createChance(seed);
    const combinations = instructionForms.filter(isCompared).flatMap(combinationsOf);
    const coverage = createCoverage();
    const found: Mismatch[] = [];
    // Some at a time: a case with its results is a kilobyte.
    for (let at = 0; at < combinations.length; at += 100) {
      const some = combinations.slice(at, at + 100);
      const made = some.flatMap((combination) => casesOf(combination));
      const cases = made.map(({ it }) => it);
      const native = runNative(program, cases);
      made.forEach(({ combination }, i) => {
        coverage.count(combination, native[i]!.trap);
      });
      found.push(...mismatches(cases, native, simulate));
    }
    say(coverage.table());
    const left = instructionForms.filter((form) => !isCompared(form)).map(nameOf);
    say(`not run natively: ${left.join(', ')}`);
    expect(report(found)).toBe('');
    expect(coverage.below(100, combinations)).toEqual([]);

    function casesOf(combination: Combination): { combination: Combination; it: MadeCase }[] {
      const hasMemory = makesFaults(combination);
      return Array.from({ length: PLAIN + (hasMemory ? FAULTING : 0) }, (_, i) => ({
        combination,
        it: makeCase(chance, combination, i >= PLAIN),
      }));
    }
  });

  test('two to five instructions in a row', () => {
    const chance = createChance(seed + 1);
    const forms = fitForms(instructionForms);
    const cases = Array.from({ length: SEQUENCES }, () => makeSequence(chance, forms));
    expect(report(compare(cases))).toBe('');
  });

  test('every condition behind every instruction', () => {
    const chance = createChance(seed + 5);
    const rounds = isLong ? 100 : 2;
    const cases = fitForms(instructionForms).flatMap((form) => {
      // Comparisons and the jumps behind them are one to the simulated CPU, by width and condition.
      const isComparison = form.mnemonic === 'cmp' || form.mnemonic === 'test';
      return Array.from({ length: 16 * rounds * (isComparison ? 30 : 1) }, (_, i) => makePair(chance, form, i % 16));
    });
    expect(report(compare(cases.filter((it) => it !== null)))).toBe('');
  });

  test('small loops', () => {
    const chance = createChance(seed + 4);
    const forms = fitForms(instructionForms);
    const cases = Array.from({ length: SEQUENCES / 4 }, () => makeLoop(chance, forms));
    expect(report(compare(cases))).toBe('');
  });

  test('what compilers do not make: prefixes without a meaning, the ends of memory, no instructions', () => {
    for (const { name, cases } of makeOddities(createChance(seed + 2), isLong ? 50 : 2)) {
      expect(cases.length, name).toBeGreaterThan(0);
      expect(report(compare(cases)), name).toBe('');
    }
  });

  // The comparison itself: it would be of no use if it could not fail.
  describe('finds a planted bug', () => {
    test.each(plantedBugs)('$name', ({ mnemonics, lift }) => {
      const chance = createChance(seed + 3);
      const forms = instructionForms.filter((form) => mnemonics.includes(form.mnemonic) && isCompared(form));
      const cases = forms
        .flatMap(combinationsOf)
        .flatMap((combination) => Array.from({ length: 20 }, (_, i) => makeCase(chance, combination, i >= 16)));
      const native = runNative(program, cases);
      expect(mismatches(cases, native, simulate)).toEqual([]);
      expect(mismatches(cases, native, createSimulatedRunner(lift)).length).toBeGreaterThan(0);
    });
  });
});

/** Whether a combination has memory that may fault, of its own or implied. */
function makesFaults({ form, width, place }: Combination): boolean {
  // MOVSXD of 16 bits reads two bytes on Intel's CPUs and four on AMD's.
  if (form.mnemonic === 'movsxd' && width === 16) return false;
  if (place === 'memory' || form.repeats !== 'none') return true;
  return form.kind === 'stack' || form.kind === 'control' || form.mnemonic === 'xlat' || form.operands.some(isOffset);
}

const isOffset = (operand: string): boolean => operand.startsWith('O');
