import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command line says. */
export interface Flags {
  readonly port: number;
  /** Whether the port was asked for, or is what there is without asking. */
  readonly isPortGiven: boolean;
  /** An absolute path. */
  readonly pcap: string | undefined;
  readonly json: boolean;
  readonly strace: boolean;
  readonly virtualTime: boolean;
  /** A program of ours by its name, or a file. */
  readonly program: ProgramChoice;
  readonly args: readonly string[];
}

/** Which program runs: under `name` in `/boot`, from a file of this machine where `path` is one. */
export interface ProgramChoice {
  readonly name: string;
  readonly path: string | null;
  /** Nobody asked for it. */
  readonly isDefault: boolean;
}

export const usage = `Usage: npm start -- [flags]

Boots a kernel on a simulated PC. Its programs run in ring 3 and enter it with INT 0x80; the web server among them answers
at a port of this machine.

  --port N             listen on port N of 127.0.0.1 (default 8080; 0 finds a free one)
  --program NAME ARGS  run this program instead of httpd: one of ours, or a path to a static ELF file; what follows is
                       its own, and its exit status becomes this command's
  --strace             print each system call (on standard error)
  --pcap FILE          write the frames of the virtual Ethernet to FILE, for Wireshark
  --virtual-time       no port of this machine: a client inside fetches the page once, prints it, and all ends;
                       two runs are the same, instruction by instruction
  --json               print one JSON object per line
  --help               print this

Programs: init httpd tcp-echo udp-echo fetch abi-check faults mem-check net-check hog hello sha256
Ctrl-C ends it.
`;

const ownFlags = {
  port: { type: 'string' },
  pcap: { type: 'string' },
  json: { type: 'boolean', default: false },
  strace: { type: 'boolean', default: false },
  'virtual-time': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Reads the command line.
 *
 * @param folder - what paths are relative to
 * @returns the flags, `'help'`, or what is wrong with them
 */
export function parseFlags(args: readonly string[], folder: string): Flags | 'help' | { readonly wrong: string } {
  // What follows the program's name is the program's, dashes and all.
  const at = args.findIndex((each) => each === '--program' || each.startsWith('--program='));
  const before = at < 0 ? args : args.slice(0, at);
  let rest = at < 0 ? [] : args.slice(at + 1);
  let name = 'httpd';
  if (at >= 0) {
    const given = args[at] as string;
    if (given === '--program') [name = '', ...rest] = rest;
    else name = given.slice('--program='.length);
  }
  if (name === '') return { wrong: '--program takes the name of a program, or a path' };
  try {
    const { values } = parseArgs({ args: [...before], options: ownFlags });
    if (values.help) return 'help';
    const text = values.port ?? '8080';
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (!(port <= 65_535)) return { wrong: `--port takes a number from 0 to 65535, not '${text}'` };
    if (values.pcap === '') return { wrong: '--pcap takes the name of a file' };
    return {
      port,
      isPortGiven: values.port !== undefined,
      pcap: values.pcap === undefined ? undefined : resolve(folder, values.pcap),
      json: values.json,
      strace: values.strace,
      virtualTime: values['virtual-time'],
      program: { ...placeOf(name, folder), isDefault: at < 0 },
      args: rest,
    };
  } catch (error) {
    // Node's messages go on with advice about positional arguments.
    return { wrong: (error as Error).message.split(/[.\n] ?/, 1)[0] as string };
  }
}

/** A name is one of ours unless it looks like a path, or a file of that name is here. */
function placeOf(name: string, folder: string): { name: string; path: string | null } {
  const path = resolve(folder, name);
  const isPath = name.includes('/') || name.includes('\\') || existsSync(path);
  return isPath ? { name: basename(path), path } : { name, path: null };
}
