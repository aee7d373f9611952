/**
 * One thing that must hold, as data. Any runner will do:
 *
 * ```ts
 * for (const c of cases) test(c.name, c.run);
 * ```
 */
export interface Case {
  readonly name: string;
  /** The rule it stands on: an RFC's section or a member of a contract. */
  readonly clause: string;
  /** Abilities that the thing under test must have for this case to mean anything. */
  readonly needs: readonly string[];
  /** Throws when it does not hold. Makes and disposes of its own fixture; may be run in any order and again. */
  run(): void | Promise<void>;
}

/** Cases parted by what the thing under test can do. */
export interface CaseSelection {
  readonly cases: readonly Case[];
  /** What is left out, with the reason, for the tester to print. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Leaves out the cases that need what is lacking.
 *
 * @example
 * ```ts
 * const { cases, leftOut } = selectCases(transportSuite(setup), ['broadcast']);
 * for (const { name, reason } of leftOut) test.skip(`${name}: ${reason}`);
 * ```
 */
export function selectCases(cases: readonly Case[], lacks: readonly string[]): CaseSelection {
  const chosen: Case[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  for (const item of cases) {
    const missing = item.needs.filter((need) => lacks.includes(need));
    if (missing.length === 0) chosen.push(item);
    else leftOut.push({ name: item.name, reason: `lacks ${missing.join(', ')}` });
  }
  return { cases: chosen, leftOut };
}

/** What came of one case. */
export interface CaseResult {
  readonly name: string;
  readonly clause: string;
  /** Why it failed, or `undefined`. */
  readonly error: Error | undefined;
}

/**
 * Runs cases without any test runner.
 *
 * @example
 * ```ts
 * const failed = (await runCases(cases)).filter((result) => result.error !== undefined);
 * ```
 */
export async function runCases(cases: readonly Case[]): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const item of cases) {
    let error: Error | undefined;
    try {
      await item.run();
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    results.push({ name: item.name, clause: item.clause, error });
  }
  return results;
}
