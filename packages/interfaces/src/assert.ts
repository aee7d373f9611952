/**
 * Throws when a thing that must hold does not: a bug in this project or in a caller that broke a contract.
 * Never used on bytes from a wire or on arguments of a program: those get a counted drop or a failure code.
 *
 * @param condition - what must hold
 * @param message - what is wrong when it does not, in a few words
 * @throws Error with `code: 'ERR_ASSERTION'`
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw Object.assign(new Error(message), { name: 'AssertionError', code: 'ERR_ASSERTION' });
  }
}
