import { parametersText, type SystemCallSignature } from '@synos/abi';
import type { Signatures, SystemCallTable } from './table.js';

/** A system call as documentation tells it. Plain data: `JSON.stringify` takes it as it is. */
export interface DescribedCall {
  readonly number: number;
  readonly name: string;
  /** As a manual page has it, without the name and what is returned: `int fd, void *buf, size_t count`. */
  readonly parameters: string;
  /** `int`, `ssize_t`, `void *`, `void` …; empty where the signature is not known. */
  readonly returns: string;
  /** Whether there is a handler. Without one the call answers ENOSYS. */
  readonly isSupported: boolean;
}

/** A table of system calls as documentation tells it. */
export interface DescribedTable {
  readonly name: string;
  readonly vector: number;
  readonly supportedCalls: number;
  /** In ascending order of numbers. */
  readonly calls: readonly DescribedCall[];
}

/**
 * What a table has and what of it is supported.
 *
 * @param profile - the table
 * @param signatures - what its calls take
 * @param handlers - what answers them; only its names are looked at
 * @example
 * ```ts
 * import { synosProfile, systemCallSignatures } from '@synos/abi';
 * import { describeTable, tableMarkdown } from '@synos/syscall';
 *
 * console.log(tableMarkdown(describeTable(synosProfile, systemCallSignatures, { getpid: () => 1 })));
 * ```
 */
export function describeTable(profile: SystemCallTable, signatures: Signatures, handlers: object): DescribedTable {
  const calls = profile.calls
    .map(({ number, name }): DescribedCall => {
      const signature = Object.hasOwn(signatures, name) ? signatures[name] : undefined;
      const isSupported = Object.hasOwn(handlers, name) && Reflect.get(handlers, name) !== undefined;
      return {
        number,
        name,
        parameters: signature === undefined ? '' : parametersText(signature),
        returns: signature === undefined ? '' : returnType(signature),
        isSupported,
      };
    })
    .sort((a, b) => a.number - b.number);
  const supportedCalls = calls.filter(({ isSupported }) => isSupported).length;
  return { name: profile.name, vector: profile.vector, supportedCalls, calls };
}

function returnType({ returns }: SystemCallSignature): string {
  switch (returns) {
    case 'size':
      return 'ssize_t';
    case 'offset':
      return 'off_t';
    case 'address':
      return 'void *';
    case 'pid':
      return 'pid_t';
    case 'never':
      return 'void';
    default:
      return 'int';
  }
}

/** How a table is printed. */
export interface TableTextOptions {
  /** Leaves out what is not supported. Default false. */
  readonly onlySupported?: boolean;
}

const heads = ['number', 'hex', 'call', 'supported'] as const;

function rowsOf({ calls }: DescribedTable, { onlySupported = false }: TableTextOptions): string[][] {
  return calls
    .filter(({ isSupported }) => isSupported || !onlySupported)
    .map(({ number, name, parameters, returns, isSupported }) => {
      const space = returns.endsWith('*') || returns === '' ? '' : ' ';
      const prototype = returns === '' ? name : `${returns}${space}${name}(${parameters})`;
      return [String(number), `0x${number.toString(16)}`, prototype, isSupported ? 'yes' : 'no'];
    });
}

/** The table in Markdown, a line per call, with a line end at the end. */
export function tableMarkdown(table: DescribedTable, options: TableTextOptions = {}): string {
  const lines = rowsOf(table, options).map(
    ([number, hex, call, supported]) => `| ${number} | ${hex} | \`${call}\` | ${supported} |`,
  );
  return `| ${heads.join(' | ')} |\n|---:|---:|---|---|\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** The table in aligned columns, with a line end at the end. */
export function tableText(table: DescribedTable, options: TableTextOptions = {}): string {
  const rows = [[...heads], ...rowsOf(table, options)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `${row[0]!.padStart(widths[0]!)}  ${row[1]!.padStart(widths[1]!)}  ${row[3]!.padEnd(widths[3]!)}  ${row[2]!}\n`;
  return rows.map(line).join('');
}
