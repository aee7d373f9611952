/**
 * How a program starts Node whose stack is to be fast (docs/decisions/0016). V8 puts functions into their callers up to a
 * limit for each compiled function, 920 bytes of bytecode; the way of a packet through its layers is longer than that.
 */
export const inliningFlags: readonly string[] = ['--max-inlined-bytecode-size-cumulative=5000'];

/** What a row's process is started with, to be measured, profiled or counted: nothing where V8 is to be as it comes. */
export function engineFlagsFor(row: { readonly isPlain?: boolean }, isPlain: boolean): readonly string[] {
  return isPlain || row.isPlain === true ? [] : inliningFlags;
}
