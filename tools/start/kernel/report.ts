import type { System, VirtualRun } from '../system/index.js';

/** How the program talks to whoever started it. */
export interface Report {
  /** A line of the kernel. */
  log(line: string): void;
  /** What programs wrote. */
  console(bytes: Uint8Array): void;
  trace(line: string): void;
  panic(text: string): void;
  listening(url: string): void;
  /** A run in virtual time is over. */
  fetched(run: VirtualRun): void;
  ended(system: System, capturedFrames: number | null): void;
}

interface Output {
  write(text: string | Uint8Array): unknown;
}

/** For people: the kernel's lines as they are, the console's bytes as they are. Or an object per line. */
export function createReport(isJson: boolean, stdout: Output, stderr: Output): Report {
  return isJson ? jsonReport(stdout) : plainReport(stdout, stderr);
}

const number = new Intl.NumberFormat('en-US');

function plainReport(stdout: Output, stderr: Output): Report {
  const line = (text: string): void => void stdout.write(`${text}\n`);
  return {
    log: line,
    console: (bytes) => void stdout.write(bytes),
    trace: (text) => void stderr.write(`${text}\n`),
    panic: (text) => void stderr.write(`${text}\n`),
    listening: (url) => line(`\n  ${url}   (Ctrl-C ends it)\n`),
    fetched({ response, exitStatus, instructions, virtualMs }) {
      if (response === null) stderr.write(exitStatus === null ? 'synos: no page came\n' : '');
      else stdout.write(response.slice(response.indexOf('\r\n\r\n') + 4));
      stderr.write(`synos: ${number.format(instructions)} instructions, ${virtualMs.toFixed(3)} ms of virtual time\n`);
    },
    ended({ machine }, capturedFrames) {
      const frames = capturedFrames === null ? '' : `, ${number.format(capturedFrames)} frames captured`;
      stderr.write(`synos: ${number.format(machine.instructions)} instructions in ring 3${frames}\n`);
    },
  };
}

function jsonReport(stdout: Output): Report {
  const event = (name: string, more: object): void => {
    stdout.write(`${JSON.stringify({ event: name, ...more })}\n`);
  };
  // Bytes of a character may come in two pieces.
  const decoder = new TextDecoder();
  return {
    log: (line) => event('log', { line }),
    console: (bytes) => event('console', { text: decoder.decode(bytes, { stream: true }) }),
    trace: (line) => event('trace', { line }),
    panic: (text) => event('panic', { text }),
    listening: (url) => event('listening', { url }),
    fetched: (run) => event('fetched', run),
    ended: ({ machine, kernel }, capturedFrames) =>
      event('ended', { instructions: machine.instructions, census: kernel.census(), capturedFrames }),
  };
}
