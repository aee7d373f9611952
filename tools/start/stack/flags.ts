import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command line says. */
export interface Flags {
  readonly port: number;
  /** An absolute path. */
  readonly pcap: string | undefined;
  readonly json: boolean;
}

export const usage = `Usage: npm run start:stack -- [flags]

Two hosts on a virtual Ethernet, and a gateway that relays a port of this machine to the HTTP server on one of them.

  --port N      listen on port N of 127.0.0.1 (default 8080; 0 finds a free one)
  --pcap FILE   write the frames of the virtual Ethernet to FILE, for Wireshark
  --json        print one JSON object per line: the URL, and what happened at the end
  --help        print this

Ctrl-C ends it.
`;

/**
 * Reads the command line.
 *
 * @returns the flags, `'help'`, or what is wrong with them
 */
export function parseFlags(args: readonly string[], folder: string): Flags | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8080' },
        pcap: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
    if (!(port <= 65_535)) return { wrong: `--port takes a number from 0 to 65535, not '${values.port}'` };
    if (values.pcap === '') return { wrong: '--pcap takes the name of a file' };
    const pcap = values.pcap === undefined ? undefined : resolve(folder, values.pcap);
    return { port, pcap, json: values.json };
  } catch (error) {
    // Node's messages go on with advice about positional arguments.
    return { wrong: (error as Error).message.split(/[.\n] ?/, 1)[0] as string };
  }
}
