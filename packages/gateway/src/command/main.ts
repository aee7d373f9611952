#!/usr/bin/env node
import { CaptureFile } from './capture-file.js';
import { type Flags, parseFlags, usage } from './flags.js';
import { endLines, startLines } from './report.js';
import { type RunningGateway, type StartFailure, startGateway } from './running.js';

const { stdout, stderr } = process;

/** Says one line and ends. */
function giveUp(exitCode: number, text: string): never {
  stderr.write(`synos-gateway: ${text}\n`);
  process.exit(exitCode);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

function openCapture(path: string): CaptureFile {
  try {
    return new CaptureFile(path);
  } catch (error) {
    return giveUp(1, `cannot write ${path}: ${reasonOf(error)}`);
  }
}

async function startOrGiveUp(flags: Flags, captureFile: CaptureFile | null): Promise<RunningGateway> {
  try {
    return await startGateway(flags, captureFile && ((bytes) => captureFile.write(bytes)));
  } catch (error) {
    const { what, code } = error as StartFailure;
    if (code === 'EADDRINUSE') return giveUp(1, `${what} is taken`);
    return giveUp(1, what === undefined ? reasonOf(error) : `${what} cannot be had: ${reasonOf(error)}`);
  }
}

async function main(args: readonly string[]): Promise<void> {
  // npm's scripts run in the package's folder; INIT_CWD is where the user stands.
  const flags = parseFlags(args, process.env.INIT_CWD ?? process.cwd());
  if (flags === 'help') {
    stdout.write(usage);
    return;
  }
  if ('wrong' in flags) giveUp(2, `${flags.wrong} (--help tells what there is)`);

  const captureFile = flags.pcap === undefined ? null : openCapture(flags.pcap);
  // A reader that goes away (`| head`) is no reason to end.
  stdout.on('error', () => {});
  const running = await startOrGiveUp(flags, captureFile);
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    const stats = running.stats();
    // Whoever does not let go within a second does not hold the program up.
    await Promise.race([running.close(), new Promise((resolve) => setTimeout(resolve, 1000))]);
    captureFile?.close();
    stdout.write(flags.json ? `${JSON.stringify({ stats })}\n` : endLines(stats));
    if (captureFile?.error) giveUp(1, `${captureFile.path} is not whole: ${reasonOf(captureFile.error)}`);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());
  const { places, address, forwards } = running;
  stdout.write(flags.json ? `${JSON.stringify({ places, address, forwards })}\n` : startLines(running));
  setInterval(() => captureFile?.flush(), 1000);
}

main(process.argv.slice(2)).catch((error: unknown) => giveUp(1, reasonOf(error)));
