// The same C program, byte for byte, over three networks: our TCP/IP on a virtual card, the host's own sockets, and a
// network in memory. `--network ours`, `--network host`, `--network memory`.
import { parseArgs } from 'node:util';
import { createKernel, driveKernel } from '@synos/kernel';
import { createSimulatedPc } from '@synos/machine-sim';
import { createDefaultHost } from '@synos/netstack/streams';
import { init } from '@synos/userland/init';
import { tcpEcho } from '@synos/userland/tcp-echo';
import { talk } from './client.js';
import { networks } from './networks.js';

const { values } = parseArgs({ options: { network: { type: 'string', default: 'ours' } } });
const create = Object.hasOwn(networks, values.network) ? networks[values.network] : undefined;
if (create === undefined) throw new Error(`--network is one of ${Object.keys(networks).join(', ')}`);

const host = createDefaultHost();
const { factory, devices, client, address, close } = create(host);
const machine = createSimulatedPc({
  time: { mode: 'host', loop: host.loop, wallTimeMs: () => Date.now() },
  entropy: host.entropy,
  bootModules: [init, tcpEcho].map((program) => ({ name: program.name, bytes: program.bytes() })),
  network: devices,
  onConsole: (bytes) => process.stdout.write(bytes),
  onPanic: (text) => console.error(text),
});
// The program listens on a port of every address that its network has. On the host's it should be nobody else's.
const port = 20_000 + Math.floor(Math.random() * 10_000);
const kernel = createKernel({
  machine,
  sockets: [factory],
  init: { path: '/boot/init', argv: ['init', 'tcp-echo', String(port)] },
});
void driveKernel(kernel, machine, { yield: () => new Promise((resolve) => setImmediate(resolve)) });

console.log(await talk(client, { address, port }, 'the same program, over any network'));
machine.powerOff();
close();
process.exit(0);
