import { readFileSync } from 'node:fs';
import { closeCapture, openCapture } from '../command/capture.js';
import type { CaptureFile } from '../command/capture-file.js';
import { giveUp, reasonOf, whyNoPort } from '../command/give-up.js';
import type { BootFile } from '../system/index.js';
import { exitCodeOf } from './exit-code.js';
import { type Flags, parseFlags, usage } from './flags.js';
import { bootOn, createLan, type Lan } from './host.js';
import { createReport, type Report } from './report.js';
import { loadSystem, type SystemScript } from './script.js';

const { stdout, stderr } = process;

/** The program's file, where it is one of this machine. */
function filesOf({ program }: Flags): BootFile[] {
  if (program.path === null) return [];
  try {
    return [{ name: program.name, bytes: readFileSync(program.path) }];
  } catch (error) {
    return giveUp(1, `cannot read ${program.path}: ${reasonOf(error)}`);
  }
}

/**
 * A port of this machine for the system's port 80: its URL, or why there is none. Somebody who only wants a program to
 * run may do without.
 */
async function listen(lan: Lan, { port, isPortGiven, program }: Flags): Promise<{ url: string } | { why: string }> {
  try {
    const { host, port: found } = await lan.forward(port);
    return { url: `http://${host}:${found}/` };
  } catch (error) {
    const why = whyNoPort(port, error);
    return isPortGiven || program.isDefault ? giveUp(1, why) : { why };
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
  closeCapture(capture);
  report.fetched(run);
  // A program that is no server has an end of its own.
  if (run.exitStatus !== null) process.exit(exitCodeOf(run.exitStatus));
  process.exit(run.response === null ? 1 : 0);
}

async function main(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, process.env.INIT_CWD ?? process.cwd());
  if (flags === 'help') {
    stdout.write(usage);
    return;
  }
  if ('wrong' in flags) giveUp(2, `${flags.wrong} (--help tells what there is)`);

  const capture = openCapture(flags.pcap);
  // A reader that goes away (`| head`) is no reason to end.
  stdout.on('error', () => {});
  const report = createReport(flags.json, stdout, stderr);
  const script = loadSystem();
  if (flags.virtualTime) runInVirtualTime(script, flags, capture, report);

  const files = filesOf(flags);
  const lan = createLan(capture ? (bytes) => capture.write(bytes) : undefined);
  // First: whoever has the port already is told before anything boots.
  const place = await listen(lan, flags);
  const system = bootOn(script, lan, {
    program: flags.program.name,
    args: flags.args,
    files,
    onConsole: (bytes) => report.console(bytes),
    onLog: (line) => report.log(line),
    onTrace: flags.strace ? (line) => report.trace(line) : undefined,
    onPanic: (text) => report.panic(text),
  });
  if ('url' in place) report.listening(place.url);
  else report.log(`no port of this machine: ${place.why}`);

  const end = (code: number): never => {
    report.ended(system, lan.capturedFrames());
    lan.close();
    closeCapture(capture);
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
  setInterval(() => capture?.flush(), 1000).unref();
  if (!flags.program.isDefault) process.stdin.on('data', (bytes: Buffer) => system.machine.type(bytes));
  end(exitCodeOf(await system.ended));
}

await main(process.argv.slice(2));
