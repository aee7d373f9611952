import { faultsToJson, type LinkFault } from './link-fault.js';
import { type DiagramOptions, sequenceDiagram } from './sequence-diagram.js';
import { formatEntry, type Transcript } from './transcript.js';

/** What {@link formatCounterexample} prints. */
export interface Counterexample {
  /** What went wrong, in a line. */
  readonly title: string;
  readonly seed: number | string;
  readonly faults: readonly LinkFault[];
  /** Of the run with these faults. */
  readonly transcript: Transcript;
  /**
   * The call that runs the test again, as source: is given the seed and the faults as source. Default:
   * `runScenario({ seed, faults })`.
   */
  readonly call?: (seed: string, faults: string) => string;
  readonly diagram?: DiagramOptions;
}

/**
 * A failure that can be handed to somebody: the seed, a test to paste, and a picture of the exchange.
 *
 * @example
 * throw new Error(formatCounterexample({ title: 'bytes out of order', seed, faults, transcript }));
 */
export function formatCounterexample(example: Counterexample): string {
  const seed = JSON.stringify(example.seed);
  const faults = faultsToJson(example.faults).replaceAll('\n', '\n  ');
  const call =
    example.call ?? ((seedSource, faultsSource) => `runScenario({ seed: ${seedSource}, faults: ${faultsSource} })`);
  const title = example.title.replaceAll(/['\\\n]/g, ' ');
  return [
    `${example.title} (seed ${seed}, ${example.faults.length} faults)`,
    '',
    `test('${title}', () => {`,
    `  ${call(seed, faults)};`,
    '});',
    '',
    sequenceDiagram(example.transcript.entries, { ...example.diagram, faults: example.faults }),
    '',
    `transcript ${example.transcript.transcriptHash}`,
  ].join('\n');
}

/**
 * Runs something twice and asserts that both runs were the same, byte for byte.
 *
 * @param run - builds everything anew and runs it
 * @returns the first run's transcript
 * @throws Error `ERR_NOT_DETERMINISTIC` naming the first frame that differs
 * @example
 * replay(() => runScenario({ seed: 7 }).transcript);
 */
export function replay(run: () => Transcript): Transcript {
  const first = run();
  const second = run();
  if (first.transcriptHash === second.transcriptHash && first.frameCount === second.frameCount) return first;
  const length = Math.max(first.entries.length, second.entries.length);
  let at = 0;
  while (at < length && sameEntry(first, second, at)) at++;
  const show = (transcript: Transcript): string => {
    const entry = transcript.entries[at];
    return entry === undefined ? 'nothing' : formatEntry(entry);
  };
  const message =
    at === length
      ? `two runs differ after the ${length} frames kept`
      : `two runs differ at frame ${at}:\n  ${show(first)}\n  ${show(second)}`;
  throw Object.assign(new Error(message), { code: 'ERR_NOT_DETERMINISTIC' });
}

function sameEntry(first: Transcript, second: Transcript, at: number): boolean {
  const one = first.entries[at];
  const two = second.entries[at];
  if (one === undefined || two === undefined) return false;
  return one.nowMs === two.nowMs && one.side === two.side && one.kind === two.kind && one.hash === two.hash;
}
