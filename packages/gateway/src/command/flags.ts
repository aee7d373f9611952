import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAddress, parsePrefix } from '@synos/wire';

/** A port of the host that leads to a guest. */
export interface ForwardFlag {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  readonly guest: { readonly address: string; readonly port: number };
}

/** What the command line says. */
export interface Flags {
  /** Absolute paths of unix sockets. */
  readonly streams: readonly string[];
  readonly listens: readonly { readonly host: string; readonly port: number }[];
  /** The gateway's address with its prefix. */
  readonly address: string;
  readonly guests: number;
  readonly forwards: readonly ForwardFlag[];
  readonly allow: readonly string[] | undefined;
  readonly dns: { readonly address: string; readonly port: number } | undefined;
  /** An absolute path. */
  readonly pcap: string | undefined;
  readonly json: boolean;
}

export const usage = `Usage: synos-gateway --stream SOCKET [options]

Gives QEMU guests, or anything else that has Ethernet frames, a network without root: a switch that joins them, addresses
by DHCP, and a gateway whose connections are this machine's own. Frames come as a 32-bit length, most significant byte
first, and then the frame; QEMU speaks it:

  qemu-system-x86_64 -netdev stream,id=n,server=off,addr.type=unix,addr.path=SOCKET -device virtio-net,netdev=n ...

  --stream SOCKET            a unix socket where guests connect; may be repeated
  --listen HOST:PORT         a TCP socket where guests connect; may be repeated; port 0 finds a free one
  --address ADDRESS/BITS     the gateway's address in the guests' network (default 10.0.0.1/24)
  --guests N                 guests at once, 1 to 64 (default 16)
  --forward [HOST:]PORT=GUEST:PORT[/udp]
                             a port of this machine (of 127.0.0.1 unless told) that leads to a guest; may be repeated
  --allow NETWORK            a network of this machine's side that guests may reach; may be repeated. 127.0.0.0/8, the
                             default, is reached at the gateway's address; 0.0.0.0/0 is everything
  --dns ADDRESS[:PORT]       the name server that answers guests' questions; without it guests are told of none
  --pcap FILE                write the guests' frames to FILE, for Wireshark
  --json                     print one JSON object per line: where it listens, and what happened at the end
  --help                     print this

Ctrl-C ends it.
`;

class Wrong extends Error {}

/**
 * Reads the command line.
 *
 * @param folder - what relative paths are relative to
 * @returns the flags, `'help'`, or what is wrong with them
 */
export function parseFlags(args: readonly string[], folder: string): Flags | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        stream: { type: 'string', multiple: true, default: [] },
        listen: { type: 'string', multiple: true, default: [] },
        address: { type: 'string', default: '10.0.0.1/24' },
        guests: { type: 'string', default: '16' },
        forward: { type: 'string', multiple: true, default: [] },
        allow: { type: 'string', multiple: true },
        dns: { type: 'string' },
        pcap: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    if (values.stream.length + values.listen.length === 0)
      throw new Wrong('--stream SOCKET is needed, or --listen HOST:PORT');
    const guests = /^\d{1,2}$/.test(values.guests) ? Number(values.guests) : 0;
    if (!(guests >= 1 && guests <= 64)) throw new Wrong(`--guests takes a number from 1 to 64, not '${values.guests}'`);
    return {
      streams: values.stream.map((path) => socketOf(path, folder)),
      listens: values.listen.map((text) => {
        const [, host, port] = /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
        if (host === undefined || !(Number(port) <= 65_535)) throw new Wrong(`--listen takes HOST:PORT, not '${text}'`);
        return { host, port: Number(port) };
      }),
      address: gatewayOf(values.address),
      guests,
      forwards: values.forward.map(forwardOf),
      allow: values.allow?.map((text) => {
        if (parsePrefix(text) === undefined || text.includes(':')) {
          throw new Wrong(`--allow takes a network like 192.0.2.0/24, not '${text}'`);
        }
        return text;
      }),
      dns: values.dns === undefined ? undefined : resolverOf(values.dns),
      pcap: values.pcap === undefined ? undefined : fileOf('--pcap', values.pcap, folder),
      json: values.json,
    };
  } catch (error) {
    // Node's messages go on with advice about positional arguments.
    const { message } = error as Error;
    return { wrong: error instanceof Wrong ? message : (message.split(/[.\n] ?/, 1)[0] as string) };
  }
}

function fileOf(flag: string, path: string, folder: string): string {
  if (path === '') throw new Wrong(`${flag} takes the name of a file`);
  return resolve(folder, path);
}

/** A longer name would be cut without a word (unix(7): sun_path). */
function socketOf(path: string, folder: string): string {
  const full = fileOf('--stream', path, folder);
  const longestBytes = process.platform === 'linux' ? 107 : 103;
  if (Buffer.byteLength(full) <= longestBytes) return full;
  throw new Wrong(`--stream takes a path of ${longestBytes} bytes at most, not ${full}`);
}

function gatewayOf(text: string): string {
  const prefix = parsePrefix(text);
  const bits = (prefix?.bits ?? 0) - 96;
  const word = prefix?.address.w3 ?? 0;
  const hostMask = bits >= 8 && bits <= 30 ? -1 >>> bits : 0;
  const host = word & hostMask;
  const isHost = host !== 0 && host !== (hostMask | 0);
  // Of 0/8, 127/8, and from 224/4 on nobody is a host.
  const top = word >>> 24;
  if (text.includes(':') || !isHost || top === 0 || top === 127 || top >= 224) {
    throw new Wrong(`--address takes a host's address and 8 to 30 bits, like 10.0.0.1/24, not '${text}'`);
  }
  return text;
}

function forwardOf(text: string): ForwardFlag {
  const [, host = '127.0.0.1', port, address = '', guestPort, udp] =
    /^(?:([^:=]+):)?(\d{1,5})=([\d.]+):(\d{1,5})(\/udp|\/tcp)?$/.exec(text) ?? [];
  const guest = { address, port: Number(guestPort) };
  const isRight =
    Number(port) <= 65_535 && guest.port >= 1 && guest.port <= 65_535 && parseAddress(address) !== undefined;
  if (!isRight) throw new Wrong(`--forward takes [HOST:]PORT=GUEST:PORT, not '${text}'`);
  return { protocol: udp === '/udp' ? 'udp' : 'tcp', host, port: Number(port), guest };
}

function resolverOf(text: string): { address: string; port: number } {
  const [, address = '', port = '53'] = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (parseAddress(address) === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new Wrong(`--dns takes ADDRESS[:PORT], not '${text}'`);
  }
  return { address, port: Number(port) };
}
