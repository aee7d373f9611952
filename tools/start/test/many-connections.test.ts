import { AF_INET, SOCK_STREAM } from '@synos/abi';
import { createTestEntropy } from '@synos/netsim';
import { createNetstack, type Netstack } from '@synos/netstack';
import { block, type Socket } from '@synos/socket';
import { ipv4 } from '@synos/wire';
import { expect, test } from 'vitest';
import { createWorld, type Other, type World } from './world.js';

const connections = 200;

/** A host at the far end, in the machine's time. */
function farHost(world: World): { stack: Netstack; other: Other } {
  const { clock } = world.machine;
  const entropy = createTestEntropy(99);
  const stack = createNetstack({ clock, entropy, interfaces: [{ device: world.far, addresses: ['10.0.0.1/24'] }] });
  const poll = (): void => {
    while (stack.poll(clock.now(), 64));
  };
  return { stack, other: { poll, nextDeadline: () => stack.nextDeadline() } };
}

const request = Uint8Array.from('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', (letter) =>
  letter.charCodeAt(0),
);

test('200 connections stand before the first request; all are answered; afterwards everything is as it was', () => {
  const world = createWorld({ program: 'httpd' });
  const { stack, other } = farHost(world);
  const others = [other];
  // Until the server listens, and everybody knows everybody's address.
  world.run({ limitMs: 200, others });
  let warm = 0;
  fetchOnce(stack, () => (warm += 1));
  expect(world.run({ until: () => warm === 1, limitMs: 5000, others })).toBe('until');
  // TIME-WAIT is over after 2 MSL.
  world.run({ limitMs: 300_000, others });
  const before = world.kernel.census();
  const [packets, farPackets] = [world.packetsOut(), stack.memory.packets.used];

  const sockets: Socket[] = [];
  for (let n = 0; n < connections; n++) connect(stack, (socket) => sockets.push(socket));
  expect(world.run({ until: () => sockets.length === connections, limitMs: 60_000, others })).toBe('until');
  const during = world.kernel.census();
  let answered = 0;
  for (const socket of sockets) ask(socket, () => (answered += 1));
  expect(world.run({ until: () => answered === connections, limitMs: 60_000, others })).toBe('until');
  world.run({ limitMs: 300_000, others });

  expect(world.kernel.census()).toEqual(before);
  expect(during).not.toEqual(before);
  expect([world.packetsOut(), stack.memory.packets.used]).toEqual([packets, farPackets]);
  expect(world.panics).toEqual([]);
}, 120_000);

function connect(stack: Netstack, connected: (socket: Socket) => void): void {
  const socket = stack.sockets.socket(AF_INET, SOCK_STREAM);
  if (typeof socket === 'number') throw new Error(`socket: errno ${-socket}`);
  block(socket, { call: 'connect', name: { address: ipv4(10, 0, 0, 2), port: 80 } }, (result) => {
    if (result < 0) throw new Error(`connect: errno ${-result}`);
    connected(socket);
  });
}

function ask(socket: Socket, answered: () => void): void {
  socket.send(request);
  const into = new Uint8Array(4096);
  let text = '';
  const receive = (): void => {
    block(socket, { call: 'recv', into }, (count) => {
      if (count > 0) {
        text += String.fromCharCode(...into.subarray(0, count));
        receive();
        return;
      }
      expect(count).toBe(0);
      expect(text).toContain('This page came from a C program in ring 3');
      socket.close();
      answered();
    });
  };
  receive();
}

function fetchOnce(stack: Netstack, answered: () => void): void {
  connect(stack, (socket) => ask(socket, answered));
}
