import type { Case } from '../../src/index.js';

/** The name of the first case that fails, or `undefined`: enough to know that a planted bug was found. */
export async function firstFailure(cases: readonly Case[]): Promise<string | undefined> {
  for (const each of cases) {
    try {
      await each.run();
    } catch {
      return each.name;
    }
  }
  return undefined;
}
