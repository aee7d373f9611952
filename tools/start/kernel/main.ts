import { readFileSync } from 'node:fs';
import { CaptureFile } from '../capture/capture-file.js';
import type { BootFile } from '../system/index.js';
import { exitCodeOf } from './exit-code.js';
import { type Flags, parseFlags, usage } from './flags.js';
import { places, type RunningHost, startHost } from './host.js';
import { createReport, type Report } from './report.js';
import { loadSystem, type SystemScript } from './script.js';

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

/** The program's file, where it is one of this machine. */
function filesOf({ program }: Flags): BootFile[] {
  if (program.path === null) return [];
  try {
    return [{ name: program.name, bytes: readFileSync(program.path) }];
  } catch (error) {
    return giveUp(1, `cannot read ${program.path}: ${reasonOf(error)}`);
  }
}

/** A port of this machine for the system's port 80. Somebody who only wants a program to run may do without. */
async function forward(host: RunningHost, { port, isPortGiven, program }: Flags, report: Report): Promise<void> {
  try {
    const { host: address, port: found } = await host.forward(port);
    report.listening(`http://${address}:${found}/`);
  } catch (error) {
    const code = reasonOf(error);
    const why =
      code === 'EADDRINUSE'
        ? `port ${port} of ${places.listen} is taken: choose another with --port`
        : code === 'EACCES'
          ? `port ${port} needs rights that you do not have: choose another with --port`
          : `cannot listen on port ${port} of ${places.listen}: ${code}`;
    if (isPortGiven || program.isDefault) giveUp(1, why);
    report.log(`no port of this machine: ${why}`);
  }
}

function runInVirtualTime(script: SystemScript, flags: Flags, capture: CaptureFile | null, report: Report): never {
  const { program, args, strace } = flags;
  const run = script.runVirtual({
    program: program.name,
    args,
    files: filesOf(flags),
    onConsole: (bytes) => report.console(bytes),
    onLog: (line) => report.log(line),
    onTrace: strace ? (line) => report.trace(line) : undefined,
    onPanic: (text) => report.panic(text),
    writeCapture: capture ? (bytes) => capture.write(bytes) : undefined,
  });
  capture?.close();
  report.fetched(run);
  process.exit(run.response === null ? 1 : 0);
}

async function main(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, process.env.INIT_CWD ?? process.cwd());
  if (flags === 'help') {
    stdout.write(usage);
    return;
  }
  if ('wrong' in flags) giveUp(2, `${flags.wrong} (--help tells what there is)`);

  const capture = flags.pcap === undefined ? null : openCapture(flags.pcap);
  // A reader that goes away (`| head`) is no reason to end.
  stdout.on('error', () => {});
  const report = createReport(flags.json, stdout, stderr);
  const script = loadSystem();
  if (flags.virtualTime) runInVirtualTime(script, flags, capture, report);

  const host = startHost(script, {
    program: flags.program.name,
    args: flags.args,
    files: filesOf(flags),
    onConsole: (bytes) => report.console(bytes),
    onLog: (line) => report.log(line),
    onTrace: flags.strace ? (line) => report.trace(line) : undefined,
    onPanic: (text) => report.panic(text),
    writeCapture: capture ? (bytes) => capture.write(bytes) : undefined,
  });
  const end = (code: number): never => {
    report.ended(host.system, host.capturedFrames());
    host.close();
    capture?.close();
    if (capture?.error) giveUp(1, `${capture.path} is not whole: ${reasonOf(capture.error)}`);
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
  const flushing = setInterval(() => capture?.flush(), 1000);
  flushing.unref();
  if (!flags.program.isDefault) process.stdin.on('data', (bytes: Buffer) => host.system.machine.type(bytes));
  await forward(host, flags, report);
  end(exitCodeOf(await host.ended));
}

await main(process.argv.slice(2));
