import { closeCapture, openCapture } from '../command/capture.js';
import type { CaptureFile } from '../command/capture-file.js';
import { giveUp, whyNoPort } from '../command/give-up.js';
import { type Flags, parseFlags, usage } from './flags.js';
import { type Lan, startLan } from './lan.js';
import { jsonReport, plainReport, type Report, terminalReport } from './report.js';

const { stdout } = process;

async function startOrGiveUp({ port }: Flags, captureFile: CaptureFile | null): Promise<Lan> {
  try {
    return await startLan({ port, writeCapture: captureFile ? (bytes) => captureFile.write(bytes) : undefined });
  } catch (error) {
    return giveUp(1, whyNoPort(port, error));
  }
}

async function main(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, process.env.INIT_CWD ?? process.cwd());
  if (flags === 'help') {
    stdout.write(usage);
    return;
  }
  if ('wrong' in flags) giveUp(2, `${flags.wrong} (--help tells what there is)`);

  const captureFile = openCapture(flags.pcap);
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
    closeCapture(captureFile);
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
