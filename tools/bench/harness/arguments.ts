import { parseArgs } from 'node:util';

/** What `npm run bench -- …` was asked for. */
export interface BenchArguments {
  readonly json: string | null;
  readonly only: readonly string[] | null;
  readonly pairs: number;
  readonly isQuick: boolean;
  readonly isPlain: boolean;
  readonly profile: string | null;
  readonly seconds: number;
  readonly instructions: string | null;
  readonly help: boolean;
}

export const usage = `usage: npm run bench -- [options]

  --only NAME,NAME   these rows alone
  --pairs N          pairs of rounds (A B A B ...), at least 5 unless --quick; 7 if not given
  --quick            short rounds and 2 pairs: to see that it works, not to measure
  --plain            V8 as it comes, without the option that the rows' processes have otherwise
  --json FILE        write { "metrics": { NAME: { "ours", "peer", "ratio" } } }; rates are per second, sizes in bytes
  --profile NAME     our side of one row alone under the CPU and heap profilers
  --seconds N        how long to profile; 5 if not given
  --instructions NAME
                     our side of one row alone under valgrind: exact counts of instructions; takes a minute or two
`;

/**
 * Reads the command line.
 *
 * @throws TypeError on what does not make sense
 */
export function readArguments(args: readonly string[], knownRows: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      pairs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      plain: { type: 'boolean', default: false },
      profile: { type: 'string' },
      seconds: { type: 'string' },
      instructions: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const isQuick = values.quick === true;
  const only = values.only === undefined ? null : values.only.split(',').filter((name) => name !== '');
  for (const name of [...(only ?? []), values.profile, values.instructions]) {
    if (name !== undefined && !knownRows.includes(name))
      throw new TypeError(`no row ${name}; there are ${knownRows.join(', ')}`);
  }
  const pairs = count(values.pairs, isQuick ? 2 : 7, '--pairs');
  if (!isQuick && pairs < 5) throw new TypeError('--pairs: fewer than 5 only with --quick');
  return {
    json: values.json ?? null,
    only,
    pairs,
    isQuick,
    isPlain: values.plain === true,
    profile: values.profile ?? null,
    seconds: count(values.seconds, 5, '--seconds'),
    instructions: values.instructions ?? null,
    help: values.help === true,
  };
}

function count(text: string | undefined, otherwise: number, option: string): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000) throw new TypeError(`${option}: not a count: ${text}`);
  return value;
}
