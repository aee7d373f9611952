/** Options of {@link shrinkFaults}. */
export interface ShrinkOptions {
  /** Runs after which the best list so far is good enough, default 2,000. */
  readonly maxRuns?: number;
}

/**
 * Finds a short list that still fails: delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002, algorithm ddmin). Unless the runs run out, no single entry of the answer can be left
 * out.
 *
 * @param faults - a list that fails; entries keep their order. Anything that is a list of independent causes will do
 * @param fails - runs the test with a list, from the beginning, and says whether it fails in the way that matters
 * @throws Error `ERR_NOT_FAILING` when the given list does not fail: then there is nothing to shrink
 * @example
 * const few = shrinkFaults(pair.link.chanceFaults, (faults) => !arrives(seed, faults));
 */
export function shrinkFaults<Entry>(
  faults: readonly Entry[],
  fails: (faults: readonly Entry[]) => boolean,
  options: ShrinkOptions = {},
): Entry[] {
  if (!fails(faults)) {
    throw Object.assign(new Error('the list given does not fail: nothing to shrink'), { code: 'ERR_NOT_FAILING' });
  }
  let runsLeft = (options.maxRuns ?? 2000) - 1;
  let list = [...faults];
  const stillFails = (candidate: readonly Entry[]): boolean => runsLeft-- > 0 && fails(candidate);
  if (list.length > 0 && stillFails([])) return [];
  let parts = 2;
  while (list.length >= 2 && runsLeft > 0) {
    const shorter = reduce(list, parts, stillFails);
    if (shorter !== null) {
      parts = shorter.isPart ? 2 : Math.max(2, parts - 1);
      list = shorter.list;
    } else if (parts < list.length) {
      parts = Math.min(list.length, 2 * parts);
    } else {
      break;
    }
  }
  return list;
}

/** One of `parts` slices that fails alone, or the list without one of them; `null` if neither does. */
function reduce<Entry>(
  list: readonly Entry[],
  parts: number,
  fails: (candidate: readonly Entry[]) => boolean,
): { list: Entry[]; isPart: boolean } | null {
  const edge = (part: number): number => Math.floor((part * list.length) / parts);
  for (let part = 0; part < parts; part++) {
    const slice = list.slice(edge(part), edge(part + 1));
    if (fails(slice)) return { list: slice, isPart: true };
  }
  if (parts === 2) return null;
  for (let part = 0; part < parts; part++) {
    const rest = [...list.slice(0, edge(part)), ...list.slice(edge(part + 1))];
    if (fails(rest)) return { list: rest, isPart: false };
  }
  return null;
}
