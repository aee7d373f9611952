import { describeAction, type LinkFault, type Side } from './link-fault.js';
import type { TranscriptEntry } from './transcript.js';

/** Options of {@link sequenceDiagram}. */
export interface DiagramOptions {
  /** Written at the frames they befell. */
  readonly faults?: readonly LinkFault[];
  /** Names above the two lines, default `a` and `b`. */
  readonly names?: { readonly a: string; readonly b: string };
  /** Lines drawn, default 200; what is left out is said. */
  readonly limit?: number;
  /** Characters between the two lines, default 84. */
  readonly width?: number;
}

/**
 * Draws what happened: a line for each frame sent, with its time, what it said, and what became of it (when it came, how
 * often, or that it was lost).
 *
 * @returns lines of plain characters
 * @example
 * console.log(sequenceDiagram(pair.transcript.entries, { faults }));
 */
export function sequenceDiagram(entries: readonly TranscriptEntry[], options: DiagramOptions = {}): string {
  const width = options.width ?? 84;
  const limit = options.limit ?? 200;
  const names = options.names ?? { a: 'a', b: 'b' };
  const arrivals = matchArrivals(entries, options.faults ?? []);
  const lines = [`${' '.repeat(13)}${names.a}${' '.repeat(Math.max(1, width + 1 - names.a.length))}${names.b}`];
  const texts = new RelativeNumbers();
  const drawn = entries.filter((entry) => entry.kind === 'send' || arrivals.strangers.has(entry));
  for (const entry of drawn.slice(0, limit)) {
    lines.push(
      entry.kind === 'send'
        ? drawSend(entry, texts.textOf(entry), arrivals.bySend.get(entry) ?? [], options.faults ?? [], width)
        : drawStranger(texts.textOf(entry), width, entry),
    );
  }
  if (drawn.length > limit) lines.push(`${' '.repeat(12)} ... and ${drawn.length - limit} more`);
  return lines.join('\n');
}

interface Arrivals {
  /** The times at which each sent frame came. */
  readonly bySend: Map<TranscriptEntry, number[]>;
  /** Frames that came and that nobody sent: their bits were flipped on the way. */
  readonly strangers: Set<TranscriptEntry>;
}

function matchArrivals(entries: readonly TranscriptEntry[], faults: readonly LinkFault[]): Arrivals {
  const bySend = new Map<TranscriptEntry, number[]>();
  const strangers = new Set<TranscriptEntry>();
  const sentByHash = new Map<string, TranscriptEntry[]>();
  for (const entry of entries) {
    if (entry.kind === 'send') {
      const key = entry.side + entry.hash;
      const sent = sentByHash.get(key);
      if (sent === undefined) sentByHash.set(key, [entry]);
      else sent.push(entry);
      bySend.set(entry, []);
      continue;
    }
    const candidates = sentByHash.get(other(entry.side) + entry.hash) ?? [];
    // Equal bytes were perhaps sent again: the oldest that has not come and was not changed, else the last one twice.
    const possible = candidates.filter((sent) => !befell(sent, faults, isDrop));
    const waiting = possible.filter((sent) => bySend.get(sent)?.length === 0);
    const match = waiting.find((sent) => !isChanged(sent, faults)) ?? waiting[0] ?? possible.at(-1);
    if (match === undefined) strangers.add(entry);
    else bySend.get(match)?.push(entry.nowMs);
  }
  return { bySend, strangers };
}

function befell(
  sent: TranscriptEntry,
  faults: readonly LinkFault[],
  isSuch: (action: LinkFault['action']) => boolean,
): boolean {
  return faults.some(({ from, ordinal, action }) => from === sent.side && ordinal === sent.ordinal && isSuch(action));
}

function isDrop(action: LinkFault['action']): boolean {
  return action === 'drop';
}

/** Whether its bytes came as others only; the copy of a duplicated frame is not corrupted. */
function isChanged(sent: TranscriptEntry, faults: readonly LinkFault[]): boolean {
  const isCorruption = (action: LinkFault['action']): boolean =>
    action === 'corrupt' || (typeof action === 'object' && 'atBit' in action);
  return befell(sent, faults, isCorruption) && !befell(sent, faults, (action) => action === 'duplicate');
}

function drawSend(
  entry: TranscriptEntry,
  text: string,
  cameMs: readonly number[],
  faults: readonly LinkFault[],
  width: number,
): string {
  const marks = faults.filter((fault) => fault.from === entry.side && fault.ordinal === entry.ordinal);
  const isLost = cameMs.length === 0;
  const came = cameMs.map((timeMs) => `+${(timeMs - entry.nowMs).toFixed(3)}`).join(' and ');
  const notes = marks.map((fault) => `[${describeAction(fault.action)}]`).join(' ');
  const fate = isLost ? 'never came' : came;
  const label = fit(` #${entry.ordinal} ${text} `, width - 8);
  const dashes = '-'.repeat(Math.max(0, width - 5 - label.length));
  const arrow =
    entry.side === 'a'
      ? `|--${label}${dashes}${isLost ? '-X' : '->'} |`
      : `| ${isLost ? 'X-' : '<-'}${label}${dashes}--|`;
  return `${time(entry.nowMs)} ${arrow} ${fate}${notes === '' ? '' : ` ${notes}`}`;
}

function drawStranger(text: string, width: number, entry: TranscriptEntry): string {
  const label = fit(` ${text} `, width - 8);
  const waves = '~'.repeat(Math.max(0, width - 5 - label.length));
  const arrow = entry.side === 'b' ? `|~~${label}${waves}~> |` : `| <~${label}${waves}~~|`;
  return `${time(entry.nowMs)} ${arrow} came with other bytes than were sent`;
}

function other(side: Side): Side {
  return side === 'a' ? 'b' : 'a';
}

function time(timeMs: number): string {
  return timeMs.toFixed(3).padStart(12);
}

/**
 * What a frame says, without the addresses, which are the same all over the picture, and with sequence numbers counted
 * from where each direction of a connection began.
 */
class RelativeNumbers {
  readonly #firstByFlow: Map<string, number>;

  constructor() {
    this.#firstByFlow = new Map();
  }

  textOf(entry: TranscriptEntry): string {
    if (entry.text === '') return `${entry.byteLength} bytes`;
    const flow = /\b(\S+) > (\S+?):? /.exec(entry.text);
    const bare = entry.text.replace(/^IP \S+ > \S+: /, '');
    if (flow === null || !bare.includes('seq ')) return bare;
    const [, from = '', to = ''] = flow;
    return bare
      .replace(/\bseq (\d+)(?::(\d+))?/, (_all, first: string, end: string | undefined) => {
        const start = this.#relative(`${from} > ${to}`, Number(first), true);
        return end === undefined
          ? `seq ${start}`
          : `seq ${start}:${this.#relative(`${from} > ${to}`, Number(end), true)}`;
      })
      .replace(
        /\back (\d+)/,
        (_all, number: string) => `ack ${this.#relative(`${to} > ${from}`, Number(number), false)}`,
      );
  }

  #relative(flow: string, number: number, isOwn: boolean): number {
    let first = this.#firstByFlow.get(flow);
    if (first === undefined) {
      // The peer's numbers count from its own first segment alone.
      if (!isOwn) return number;
      first = number;
      this.#firstByFlow.set(flow, first);
    }
    return (number - first) >>> 0;
  }
}

function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 2)}~ `;
}
