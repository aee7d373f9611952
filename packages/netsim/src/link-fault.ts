import type { Fault, FaultAction } from '@synos/nic';

/** One of two ends. */
export type Side = 'a' | 'b';

/** A fault of one direction of a link: what happens to the `ordinal`-th frame (from 0) that `from` sends. */
export interface LinkFault extends Fault {
  readonly from: Side;
}

/** The faults of one direction, in the order of sending. */
export function faultsFrom(faults: readonly LinkFault[], from: Side): Fault[] {
  return faults
    .filter((fault) => fault.from === from)
    .map(({ ordinal, action }) => ({ ordinal, action }))
    .sort((x, y) => x.ordinal - y.ordinal);
}

/** A list of faults as JSON, one to a line: short enough to read, exact enough to run again. */
export function faultsToJson(faults: readonly LinkFault[]): string {
  if (faults.length === 0) return '[]';
  return `[\n${faults.map((fault) => `  ${JSON.stringify(fault)}`).join(',\n')}\n]`;
}

/**
 * Reads what {@link faultsToJson} wrote.
 *
 * @returns the list, or what is wrong
 */
export function faultsFromJson(json: string): LinkFault[] | { readonly error: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return { error: 'not JSON' };
  }
  if (!Array.isArray(parsed)) return { error: 'not a list' };
  const faults: LinkFault[] = [];
  for (const [index, entry] of parsed.entries()) {
    const fault = readFault(entry);
    if (fault === null) return { error: `entry ${index} is no fault` };
    faults.push(fault);
  }
  return faults;
}

function readFault(entry: unknown): LinkFault | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const { from, ordinal, action } = entry as Record<string, unknown>;
  if (from !== 'a' && from !== 'b') return null;
  if (typeof ordinal !== 'number' || !Number.isInteger(ordinal) || ordinal < 0) return null;
  const read = readAction(action);
  return read === null ? null : { from, ordinal, action: read };
}

function readAction(action: unknown): FaultAction | null {
  if (action === 'deliver' || action === 'drop' || action === 'duplicate' || action === 'corrupt') return action;
  if (typeof action !== 'object' || action === null) return null;
  const { delayMs, atBit, pattern } = action as Record<string, unknown>;
  if (typeof delayMs === 'number' && delayMs >= 0) return { delayMs };
  const isBurst =
    typeof atBit === 'number' && Number.isInteger(atBit) && atBit >= 0 && typeof pattern === 'number' && pattern > 0;
  return isBurst && pattern <= 0x7fff && Number.isInteger(pattern) ? { atBit, pattern } : null;
}

/** A fault in a few words. */
export function describeAction(action: FaultAction): string {
  if (typeof action === 'string') return action;
  if ('delayMs' in action) return `delay ${Math.round(action.delayMs * 1000) / 1000} ms`;
  return `flip 0x${action.pattern.toString(16)} at bit ${action.atBit}`;
}
