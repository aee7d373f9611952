// Node's own HTTP server and client, over a TCP/IP stack in this process: no socket of the operating system is opened.
import { createServer, get } from 'node:http';
import { createNetwork } from '@synos/netstack/streams';
import { createCable } from '@synos/nic';
import { createNet } from '@synos/node/net';

const cable = createCable();
const server = createNetwork({ interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }] });
const client = createNetwork({ interfaces: [{ device: cable.b, addresses: ['10.0.0.2/24'] }] });

const http = createServer((request, response) => response.end(`You asked for ${request.url}.\n`));
const listener = createNet(server.stack).createServer((socket) => http.emit('connection', socket));
await new Promise<void>((resolve) => listener.listen(80, resolve));

const clientNet = createNet(client.stack);
const page = await new Promise<string>((resolve, reject) => {
  const options = { host: '10.0.0.1', path: '/index.html', agent: false as const };
  get({ ...options, createConnection: () => clientNet.connect(80, '10.0.0.1') }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve(text));
  }).on('error', reject);
});
console.log(page.trimEnd());
console.log(`frames: ${cable.a.counters.rxPackets} to the server, ${cable.a.counters.txPackets} back`);

client.close();
server.close();
