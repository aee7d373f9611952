/** A measurement that is not what it says: the run fails, whatever the numbers. */
export class HonestyError extends Error {
  override readonly name = 'HonestyError';
}

/** Throws {@link HonestyError} unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new HonestyError(message);
}
