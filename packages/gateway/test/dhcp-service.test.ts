import { AF_INET, SOCK_DGRAM } from '@synos/abi';
import { formatAddress, ipv4, parseAddress } from '@synos/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addressOption, dhcpType, wordsOption } from '../src/dhcp/message.js';
import { createGateway, type Gateway } from '../src/index.js';
import { dhcpFrame, everybody, fromClient, mac, readReply, udpFrame } from './dhcp-frames.js';
import { createVirtualLan, gatewayAddress, type VirtualLan } from './virtual-lan.js';

const { discover, offer, request, ack } = dhcpType;
const address = `${gatewayAddress}/24`;

let lan: VirtualLan;
let gateway: Gateway;
beforeEach(() => {
  lan = createVirtualLan(1);
  gateway = createGateway({ stack: lan.stack, loop: lan.loop });
});
afterEach(async () => {
  await gateway.close();
  lan.stop();
});

/** Sends a frame and answers what the server said since. */
function exchange(frame: Uint8Array): NonNullable<ReturnType<typeof readReply>>[] {
  lan.heard.length = 0;
  lan.raw.push(frame);
  lan.pass(10);
  return lan.heard.map(readReply).filter((reply) => reply !== null);
}

test('a client without an address, from 0.0.0.0 to everybody, is answered by broadcast', () => {
  const dhcp = gateway.serveDhcp({
    address,
    nameServer: gatewayAddress,
    pool: { first: '10.0.0.100', last: '10.0.0.101' },
  });
  const [offered] = exchange(dhcpFrame(fromClient({ type: discover })));
  expect(offered).toMatchObject({ type: offer, yiaddr: 0x0a000064, xid: 7 });
  expect([formatAddress(offered!.to), offered!.link]).toEqual(['255.255.255.255', everybody]);
  const options = { 50: wordsOption(offered!.yiaddr), 54: wordsOption(addressOption(offered!, 54)) };
  const [granted] = exchange(dhcpFrame(fromClient({ type: request, options })));
  expect(granted).toMatchObject({ type: ack, yiaddr: 0x0a000064 });
  expect(dhcp.stats).toMatchObject({ leases: 1, poolSize: 2, discovers: 1, offers: 1, requests: 1, acks: 1 });
  // Time passes in the stack's own loop.
  lan.pass(3_600_000);
  expect(dhcp.stats.leases).toBe(0);
});

test('one that renews asks the server alone, and is answered alone', () => {
  gateway.serveDhcp({ address });
  const chaddr = mac(9);
  const own = ipv4(10, 0, 0, 50);
  lan.stack.ip.addNeighbour(1, own, chaddr);
  lan.stack.ip.addNeighbour(2, own, chaddr);
  const payload = dhcpFrame(fromClient({ type: request, chaddr, ciaddr: own.w3 })).subarray(42);
  const to = { mac: lan.lan.port(0).address, address: parseAddress(gatewayAddress)!, port: 67 };
  const [granted] = exchange(udpFrame({ from: { mac: chaddr, address: own, port: 68 }, to, payload }));
  expect(granted).toMatchObject({ type: ack, yiaddr: own.w3, to: own, link: chaddr });
});

test('whatever else comes to its port is counted', () => {
  const dhcp = gateway.serveDhcp({ address });
  expect(exchange(udpFrame({ from: { mac: mac(1), port: 68 }, to: { port: 67 }, payload: new Uint8Array(3) }))).toEqual(
    [],
  );
  expect(dhcp.stats).toMatchObject({ malformed: 1, offers: 0 });
});

test('addresses that somebody else uses are not given', () => {
  const asked: [string, string][] = [];
  gateway.serveDhcp({
    address,
    isTaken(wanted, station) {
      asked.push([wanted, station]);
      return wanted === '10.0.0.2';
    },
  });
  const [offered] = exchange(dhcpFrame(fromClient({ type: discover })));
  expect(offered!.yiaddr).toBe(0x0a000003);
  expect(asked).toContainEqual(['10.0.0.2', '020000000001']);
});

test('closing frees the port', () => {
  const dhcp = gateway.serveDhcp({ address });
  expect(() => gateway.serveDhcp({ address })).toThrow('port 67');
  dhcp.close();
  expect(exchange(dhcpFrame(fromClient({ type: discover })))).toEqual([]);
  const socket = lan.stack.sockets.socket(AF_INET, SOCK_DGRAM, 0);
  if (typeof socket === 'number') throw new Error();
  expect(socket.bind({ address: ipv4(0, 0, 0, 0), port: 67 })).toBe(0);
});

test('misuse is refused', () => {
  const wrong: [Parameters<Gateway['serveDhcp']>[0], ErrorConstructor][] = [
    [{ address: '10.0.0.1' }, TypeError],
    [{ address: '10.0.0.1/31' }, TypeError],
    [{ address, router: 'router' }, TypeError],
    [{ address, nameServer: '::1' }, TypeError],
    [{ address, leaseSeconds: 0 }, RangeError],
    [{ address, pool: { first: '10.0.0.9', last: '10.0.0.8' } }, RangeError],
    [{ address, pool: { first: '10.0.0.0', last: '10.0.0.8' } }, RangeError],
    [{ address, pool: { first: '10.0.0.9', last: '10.0.0.255' } }, RangeError],
    [{ address: '10.0.0.1/8', pool: { first: '10.0.0.9', last: '10.1.0.9' } }, RangeError],
  ];
  for (const [options, kind] of wrong) expect(() => gateway.serveDhcp(options)).toThrow(kind);
  // A pool of a large network is its beginning.
  expect(gateway.serveDhcp({ address: '10.0.0.1/8' }).stats.poolSize).toBe(4095);
});
