import { CaptureFile } from '../capture/capture-file.js';
import { type Flags, parseFlags, usage } from './flags.js';
import { type Lan, places, startLan } from './lan.js';
import { jsonReport, plainReport, type Report, terminalReport } from './report.js';

const { stdout, stderr } = process;

/** Says one line and ends. */
function giveUp(exitCode: number, text: string): never {
  stderr.write(`synos: ${text}\n`);
  process.exit(exitCode);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : code;
}

function openCapture(path: string): CaptureFile {
  try {
    return new CaptureFile(path);
  } catch (error) {
    return giveUp(1, `cannot write ${path}: ${reasonOf(error)}`);
  }
}

async function startOrGiveUp({ port }: Flags, captureFile: CaptureFile | null): Promise<Lan> {
  try {
    return await startLan({ port, writeCapture: captureFile ? (bytes) => captureFile.write(bytes) : undefined });
  } catch (error) {
    const code = reasonOf(error);
    if (code === 'EADDRINUSE') giveUp(1, `port ${port} of ${places.listen} is taken: choose another with --port`);
    if (code === 'EACCES') giveUp(1, `port ${port} needs rights that you do not have: choose another with --port`);
    return giveUp(1, `cannot listen on port ${port} of ${places.listen}: ${code}`);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, process.env.INIT_CWD ?? process.cwd());
  if (flags === 'help') {
    stdout.write(usage);
    return;
  }
  if ('wrong' in flags) giveUp(2, `${flags.wrong} (--help tells what there is)`);

  const captureFile = flags.pcap === undefined ? null : openCapture(flags.pcap);
  const lan = await startOrGiveUp(flags, captureFile);
  // A reader that goes away (`| head`) is no reason to end: the URL still works.
  stdout.on('error', () => {});
  const write = (text: string): void => void stdout.write(text);
  const report: Report = flags.json
    ? jsonReport(write)
    : stdout.isTTY
      ? terminalReport(write, () => stdout.columns)
      : plainReport(write);

  const end = (): void => {
    const stats = lan.stats();
    lan.close();
    captureFile?.close();
    report.ended(stats);
    if (captureFile?.error) giveUp(1, `${captureFile.path} is not whole: ${reasonOf(captureFile.error)}`);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  report.started(lan);
  setInterval(() => {
    captureFile?.flush();
    report.tick(lan);
  }, 1000);
}

await main(process.argv.slice(2));
