// One echo program over two transports: `--transport tcp` is ours, `--transport toy` the one in toy-transport.ts.
import { createTestEntropy, createVirtualClock, runPollables } from '@synos/netsim';
import { createNetstack } from '@synos/netstack';
import { createCable } from '@synos/nic';
import { createTcp } from '@synos/tcp';
import { ipv4 } from '@synos/wire';
import { echo, startEchoServer } from './echo.js';
import { createToyTransport } from './toy-transport.js';

const at = process.argv.indexOf('--transport');
const name = at < 0 ? 'tcp' : process.argv[at + 1];
if (name !== 'tcp' && name !== 'toy') throw new Error(`--transport is tcp or toy, not ${name}`);
const transport = name === 'tcp' ? createTcp() : createToyTransport;

const clock = createVirtualClock();
const cable = createCable();
const host = (device: (typeof cable)['a'], address: string, seed: number) =>
  createNetstack({
    clock,
    entropy: createTestEntropy(seed),
    interfaces: [{ device, addresses: [address] }],
    transports: [transport],
  });
const server = host(cable.a, '10.0.0.1/24', 1);
const client = host(cable.b, '10.0.0.2/24', 2);

const echoed = startEchoServer(server, 7);
const sent = new Uint8Array(100_000).map((_, index) => index % 251);
let answer: Uint8Array | undefined;
echo(client, { address: ipv4(10, 0, 0, 1), port: 7 }, sent, (bytes) => {
  answer = bytes;
});
runPollables({ pollables: [server, client], clock, until: () => answer !== undefined });

const isSame = answer?.every((byte, index) => byte === sent[index]) && answer.length === sent.length;
console.log(`${echoed()} bytes echoed over ${server.transports[0]?.name}: ${isSame ? 'the same' : 'DIFFERENT'}`);
cable.close();
server.dispose();
client.dispose();
console.log(`packets left: ${server.memory.packets.used + client.memory.packets.used}`);
