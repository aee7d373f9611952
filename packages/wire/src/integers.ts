// `Math.max` and `Math.min` make floating-point numbers of their arguments, and whoever uses the result makes integers
// of them again: ten times the code of a comparison, on a path where code is what costs (docs/performance.md).

/** The larger of two integers. */
export function larger(a: number, b: number): number {
  // biome-ignore lint/complexity/useMathMinMax: see above
  return a > b ? a : b;
}

/** The smaller of two integers. */
export function smaller(a: number, b: number): number {
  // biome-ignore lint/complexity/useMathMinMax: see above
  return a < b ? a : b;
}
