import type { Lan, LanStats } from './lan.js';

/** How the program talks to whoever started it. */
export interface Report {
  started(lan: Lan): void;
  /** Once a second. */
  tick(lan: Lan): void;
  ended(stats: LanStats): void;
}

type Write = (text: string) => void;

const number = new Intl.NumberFormat('en-US');
const count = (value: number, unit: string): string => `${number.format(value)} ${unit}${value === 1 ? '' : 's'}`;

/** Bytes as people read them. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return unit === 0 ? count(bytes, 'byte') : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

function figures({ segments, retransmits, bytes }: LanStats): string {
  return `${count(segments, 'segment')} · ${count(retransmits, 'retransmit')} · ${formatBytes(bytes)}`;
}

const line = (stats: LanStats): string => `${count(stats.connections, 'connection')} · ${figures(stats)}`;

const summary = (stats: LanStats): string => {
  const capture = stats.capturedFrames === null ? '' : ` · ${count(stats.capturedFrames, 'captured frame')}`;
  return `${count(stats.connectionsInAll, 'connection')} · ${figures(stats)}${capture} in ${stats.uptimeSeconds} s`;
};

/** On a terminal: one status line, rewritten in place. */
export function terminalReport(write: Write, columns: () => number): Report {
  const rewrite = (lan: Lan): void => write(`\r\u001b[2K${line(lan.stats()).slice(0, Math.max(columns() - 1, 1))}`);
  return {
    started(lan) {
      write(`${lan.url}   (Ctrl-C ends it)\n`);
      rewrite(lan);
    },
    tick: rewrite,
    ended: (stats) => write(`\r\u001b[2K${summary(stats)}\n`),
  };
}

/** To a file or a pipe: the URL, and a summary at the end. */
export function plainReport(write: Write): Report {
  return {
    started: (lan) => write(`${lan.url}\n`),
    tick() {},
    ended: (stats) => write(`${summary(stats)}\n`),
  };
}

/** To a program: an object per line. */
export function jsonReport(write: Write): Report {
  return {
    started: (lan) => write(`${JSON.stringify({ url: lan.url })}\n`),
    tick() {},
    ended: (stats) => write(`${JSON.stringify({ stats })}\n`),
  };
}
