import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CpioEntry, cpioArchive } from './cpio.js';
import { toolPath } from './needs.js';

const folder = fileURLToPath(new URL('../../.cache/linux-guest', import.meta.url));

/** The kernel that tools/setup-debian.sh has unpacked. */
export const guestKernel = join(folder, 'vmlinuz');

/** How a guest's card gets its address. */
export type GuestNetwork =
  /** By itself. */
  | { readonly address: string; readonly gateway?: string }
  /** From a DHCP server on its network. */
  | 'dhcp';

/** The card's drivers; what they need is found in the modules. */
const drivers = ['virtio_pci', 'virtio_net'];

const folderMode = 0o040755;
const programMode = 0o100755;
const fileMode = 0o100644;

/** The first root of a guest: busybox, the card's modules, and a script that brings the network up. */
export function guestImage(network: GuestNetwork, files: Readonly<Record<string, string>> = {}): Uint8Array {
  const busybox = toolPath('busybox');
  if (busybox === undefined) throw new Error('no busybox');
  const modules = moduleFiles(join(folder, 'modules'), drivers);
  const names = modules.map((path) => basename(path));
  const text = (path: string, body: string, mode = fileMode): CpioEntry => ({ path, mode, data: Buffer.from(body) });
  return cpioArchive([
    ...['bin', 'proc', 'sys', 'dev', 'etc', 'modules', 'tmp', 'www'].map((path) => ({ path, mode: folderMode })),
    { path: 'bin/busybox', mode: programMode, data: readFileSync(busybox) },
    ...modules.map((path) => ({ path: `modules/${basename(path)}`, mode: fileMode, data: readFileSync(path) })),
    text('init', initScript(names, network), programMode),
    text('etc/udhcpc.script', udhcpcScript, programMode),
    ...Object.entries(files).map(([path, body]) => text(path, body)),
  ]);
}

/** What the console says when the network is up, and what it says when it is not. */
export const guestIsUp = 'guest: network is up';
export const guestFailed = 'guest: no network';

function initScript(modules: readonly string[], network: GuestNetwork): string {
  const up =
    network === 'dhcp'
      ? 'udhcpc -i eth0 -s /etc/udhcpc.script -q -n -t 10 -T 1'
      : [
          `ip address add ${network.address} dev eth0`,
          ...(network.gateway === undefined ? [] : [`ip route add default via ${network.gateway}`]),
        ].join(' && ');
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ PS1=
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
${modules.map((name) => `insmod /modules/${name}`).join('\n')}
ip link set lo up
ip link set eth0 up
if ${up}; then echo '${guestIsUp}'; else echo '${guestFailed}'; fi
# Commands come over the console, a line each; they are not to be seen twice.
stty -echo
while IFS= read -r line; do eval "$line"; done
`;
}

const udhcpcScript = `#!/bin/busybox sh
case "$1" in
  bound | renew)
    ip address flush dev "$interface"
    ip address add "$ip/$mask" dev "$interface"
    [ -n "$router" ] && ip route add default via "\${router%% *}"
    : >/etc/resolv.conf
    for server in $dns; do echo "nameserver $server" >>/etc/resolv.conf; done
    echo "lease: address=$ip mask=$mask router=$router dns=$dns lease=$lease"
    ;;
esac
exit 0
`;

/** The files of modules and of all that they depend on, in the order in which they must be loaded. */
function moduleFiles(root: string, names: readonly string[]): string[] {
  const all = new Map<string, string>();
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (entry.endsWith('.ko')) all.set(basename(entry, '.ko').replaceAll('-', '_'), join(root, entry));
  }
  const order = new Set<string>();
  const visit = (name: string): void => {
    const path = all.get(name);
    // What is not there as a file is built in.
    if (path === undefined || order.has(path)) return;
    for (const needed of dependenciesOf(readFileSync(path))) visit(needed);
    order.add(path);
  };
  for (const name of names) visit(name);
  return [...order];
}

/** The text `depends=a,b` that every module carries in its section `.modinfo`. */
function dependenciesOf(module: Buffer): string[] {
  const key = '\0depends=';
  const at = module.indexOf(key, 0, 'latin1');
  if (at < 0) return [];
  const from = at + key.length;
  const list = module.toString('latin1', from, module.indexOf(0, from));
  return list === '' ? [] : list.split(',').map((name) => name.replaceAll('-', '_'));
}
