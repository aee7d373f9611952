/** Whether sequence number `a` comes before `b`, modulo 2^32 (RFC 9293 §3.4). */
export function seqLess(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Whether `a` comes before `b` or is it. */
export function seqLessOrEqual(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

/** Whether `a` comes after `b`. */
export function seqGreater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** Whether `a` comes after `b` or is it. */
export function seqGreaterOrEqual(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

/** How far `to` is ahead of `from`, -2^31 to 2^31 - 1. */
export function seqDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The later of two sequence numbers, as int32. */
export function seqMax(a: number, b: number): number {
  return (((a - b) | 0) > 0 ? a : b) | 0;
}

/** The earlier of two sequence numbers, as int32. */
export function seqMin(a: number, b: number): number {
  return (((a - b) | 0) < 0 ? a : b) | 0;
}

/** Whether `low <= x < high` on the circle: true for x from `low` on, as many as `high` is ahead. */
export function seqBetween(low: number, x: number, high: number): boolean {
  return (x - low) >>> 0 < (high - low) >>> 0;
}
