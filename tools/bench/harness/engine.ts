/**
 * How a program starts Node whose stack is to be fast (docs/decisions/0016). V8 puts functions into their callers up to a
 * limit for each compiled function, 920 bytes of bytecode; the way of a packet through its layers is longer than that.
 */
export const inliningFlags = ['--max-inlined-bytecode-size-cumulative=5000'] as const;
