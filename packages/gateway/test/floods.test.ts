import {
  emitEthernet,
  emitIpv4,
  emitTcp,
  emitUdp,
  etherType,
  parseAddress,
  protocolNumber,
  tcpFlag,
} from '@synos/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../src/index.js';
import { mac } from './dhcp-frames.js';
import { hostDatagrams, hostServer } from './host-servers.js';
import { createLanBench, type LanBench } from './lan-guests.js';

let bench: LanBench;
let gateway: Gateway;
const servers: { close(): unknown }[] = [];
beforeEach(() => {
  bench = createLanBench();
  gateway = createGateway({ stack: bench.lan.stack, loop: bench.loop });
});
afterEach(async () => {
  await gateway.close();
  for (const server of servers.splice(0)) server.close();
  bench.stop();
});

const source = parseAddress('10.0.0.66')!;
const destination = parseAddress('10.0.0.1')!;

function frameOf(to: Uint8Array, protocol: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const packet = emitIpv4({
    tos: 0,
    identification: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffsetBytes: 0,
    ttl: 64,
    protocol,
    source,
    destination,
    options: new Uint8Array(0),
    payload,
  });
  return emitEthernet({ destination: to, source: mac(66), type: etherType.ipv4, payload: packet });
}

/** The gateway's card, as a guest learns it. */
function gatewayCard(guest: ReturnType<LanBench['guest']>): Uint8Array<ArrayBuffer> {
  guest.ping(destination, 8, 1000, () => {});
  bench.pass(1100);
  return guest.stack.ip.neighbours().find(({ mac: card }) => card !== null)!.mac!;
}

/** A guest that fetches a megabyte from the host. */
function fetchFrom(
  guest: ReturnType<LanBench['guest']>,
  port: number,
): { bytes: number; code?: string; isOver: boolean } {
  const fetched: ReturnType<typeof fetchFrom> = { bytes: 0, isOver: false };
  const socket = guest.net.connect({ host: '10.0.0.1', port });
  socket.on('data', (chunk: Buffer) => {
    fetched.bytes += chunk.length;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    fetched.code = error.code ?? error.message;
  });
  socket.on('close', () => {
    fetched.isOver = true;
  });
  return fetched;
}

const megabyte = Buffer.alloc(1_000_000, 'x');
const flows = 100_000;

test('100,000 connections of one guest: bounded, refused, counted; another guest is served meanwhile', async () => {
  const outbound = gateway.openOutbound({ maxConnectionsPerGuest: 200 });
  let atOnce = 0;
  let most = 0;
  const { server, port } = await hostServer((socket) => {
    most = Math.max(most, ++atOnce);
    socket.on('close', () => {
      atOnce -= 1;
    });
    if (atOnce % 2 === 0) socket.resume();
    socket.end(megabyte);
  });
  servers.push(server);
  const guest = bench.guest('10.0.0.2');
  const card = gatewayCard(guest);
  const flooder = bench.raw();
  // It would answer the gateway's question, if it were more than frames.
  expect(bench.lan.stack.ip.addNeighbour(2, source, mac(66))).toBe(0);
  const syn = (sourcePort: number): Uint8Array<ArrayBuffer> =>
    frameOf(
      card,
      protocolNumber.tcp,
      emitTcp(
        {
          sourcePort,
          destinationPort: port,
          sequence: 1000,
          acknowledgment: 0,
          flags: tcpFlag.syn,
          window: 65_535,
          urgentPointer: 0,
          payload: new Uint8Array(0),
        },
        source,
        destination,
      ),
    );
  const fetched: ReturnType<typeof fetchFrom>[] = [];
  // 60,000 ports, and some of them again: what is held is held once.
  for (let index = 0; index < flows; ) {
    for (let burst = 0; burst < 200; burst += 1, index += 1) flooder.port.push(syn(1024 + (index % 60_000)));
    if (index % 20_000 === 0) fetched.push(fetchFrom(guest, port));
    const goal = bench.loop.now() + 15;
    bench.pass(15);
    if (index % 2000 === 0) await bench.until(() => bench.loop.now() >= goal);
  }
  await bench.until(() => fetched.every(({ isOver }) => isOver));
  expect(fetched.map(({ bytes, code }) => [bytes, code])).toEqual(fetched.map(() => [1_000_000, undefined]));
  expect(fetched).toHaveLength(5);
  const { connections } = outbound.stats;
  expect(connections.waiting).toBeLessThanOrEqual(128);
  expect(connections.refused).toBeGreaterThan(flows / 2);
  expect(connections.accepted).toBe(5);
  // Never more than may wait, and the other guest's.
  expect(most).toBeLessThanOrEqual(128 + 5);
  expect(flooder.heard.length).toBeGreaterThan(flows / 2);
  // Whoever does not come back is forgotten, and his connections on the host's side end.
  bench.pass(61_000);
  await bench.until(() => outbound.stats.connections.waiting === 0 && atOnce === 0);
  expect(outbound.stats.connections.active).toBe(0);
}, 120_000);

test('10,000 UDP flows of one guest wash out its own alone', async () => {
  const outbound = gateway.openOutbound({ maxFlows: 300, maxFlowsPerGuest: 200 });
  const { socket, port } = await hostDatagrams((own, bytes, from, address) => own.send(bytes, from, address));
  servers.push(socket);
  const guest = bench.guest('10.0.0.2');
  const card = gatewayCard(guest);
  const flooder = bench.raw();
  const tell = guest.stack.sockets.socket(2, 2 | 0x800, 0);
  if (typeof tell === 'number') throw new Error();
  const heard = Buffer.alloc(100);
  const ask = async (): Promise<void> => {
    tell.sendto(Buffer.from('still there?'), 0, { address: destination, port });
    await bench.until(() => tell.recv(heard) === 12);
  };
  await ask();
  const total = 10_000;
  for (let index = 0; index < total; ) {
    for (let burst = 0; burst < 100; burst += 1, index += 1) {
      const datagram = { sourcePort: 1024 + (index % 60_000), destinationPort: port, payload: new Uint8Array(4) };
      flooder.port.push(frameOf(card, protocolNumber.udp, emitUdp(datagram, source, destination)));
    }
    bench.pass(10);
    await new Promise((resolve) => setImmediate(resolve));
    if (index % 2500 === 0) await ask();
  }
  const { datagrams } = outbound.stats;
  expect(datagrams.active).toBe(201);
  expect(datagrams.flows).toBe(1 + total);
  expect(datagrams.evicted).toBe(total - 200);
}, 120_000);
