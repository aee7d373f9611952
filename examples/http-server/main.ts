// Node's own HTTP server and client, over a TCP/IP stack in this process: no socket of the operating system is opened.
import { createServer, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { createNetwork } from '@synos/netstack/streams';
import { createCable } from '@synos/nic';
import { createHttpAgent, createNet, serveHttp } from '@synos/node/net';

const cable = createCable();
const server = createNetwork({ interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }] });
const client = createNetwork({ interfaces: [{ device: cable.b, addresses: ['10.0.0.2/24'] }] });

const http = createServer((request, response) => response.end(`You asked for ${request.url}.`));
serveHttp(createNet(server.stack), http).listen(80);

const agent = createHttpAgent(createNet(client.stack));
const page = await new Promise<string>((resolve, reject) => {
  get({ host: '10.0.0.1', path: '/index.html', agent }, (response) => resolve(text(response))).on('error', reject);
});
console.log(page);
console.log(`frames: ${cable.a.counters.rxPackets} to the server, ${cable.a.counters.txPackets} back`);

client.close();
server.close();
