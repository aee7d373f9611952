import { failureName } from '@synos/interfaces';

/** What a case throws. `actual` and `expected` are where runners look for them. */
export class ComplianceError extends Error {
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(message: string, actual: unknown, expected: unknown) {
    super(message);
    this.name = 'ComplianceError';
    this.actual = actual;
    this.expected = expected;
  }
}

/** Fails with `message` unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ComplianceError(message, condition, true);
}

/** Fails unless both are the same (`Object.is`). */
export function equal<T>(actual: T, expected: T, what: string): void {
  if (!Object.is(actual, expected)) {
    throw new ComplianceError(`${what}: got ${show(actual)}, expected ${show(expected)}`, actual, expected);
  }
}

/** Fails unless `actual` is one of `allowed`. */
export function oneOf<T>(actual: T, allowed: readonly T[], what: string): void {
  if (!allowed.includes(actual)) {
    const list = allowed.map((each) => show(each)).join(' or ');
    throw new ComplianceError(`${what}: got ${show(actual)}, expected ${list}`, actual, allowed);
  }
}

/** Fails unless `low <= actual <= high`. */
export function within(actual: number, low: number, high: number, what: string): void {
  if (!(actual >= low && actual <= high)) {
    throw new ComplianceError(`${what}: got ${actual}, expected ${low} to ${high}`, actual, [low, high]);
  }
}

/** Fails unless both hold the same bytes; says where they part. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const shorter = Math.min(actual.length, expected.length);
  for (let at = 0; at < shorter; at++) {
    if (actual[at] !== expected[at]) {
      throw new ComplianceError(
        `${what}: byte ${at} of ${expected.length} is ${actual[at]}, expected ${expected[at]}`,
        actual[at],
        expected[at],
      );
    }
  }
  equal(actual.length, expected.length, `${what}: length`);
}

function show(value: unknown): string {
  if (typeof value === 'number') {
    const name = Number.isInteger(value) && value < 0 ? failureName(value) : undefined;
    return name === undefined ? String(value) : `${name} (${value})`;
  }
  if (typeof value === 'string') return `'${value}'`;
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  return String(value);
}
