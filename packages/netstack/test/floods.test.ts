import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { errno, SOCK_STREAM } from '@synos/abi';
import type { NetDevice, Pollable } from '@synos/interfaces';
import { createRandom, createTestEntropy, createVirtualClock, runPollables } from '@synos/netsim';
import { createImpairedLink, createSwitch, macFromSeed } from '@synos/nic';
import type { Socket } from '@synos/socket';
import {
  arpOperation,
  broadcastMac,
  createStackMemory,
  emitArp,
  emitEthernet,
  etherType,
  ipv4,
  ipv4Any,
  ipv4FromWord,
  protocolNumber,
  tcpFlag,
} from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createNetstack, type Netstack } from '../src/index.js';
import { ipPacket, tcpPacket } from './raw-peer.js';
import { End, mustBe0, noise, openSocket } from './transfer.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const attackerMac = new Uint8Array([2, 0, 0, 0, 0, 66]);
const serverMac = macFromSeed('server');
const floodMs = 1000;
/** In bursts, one a millisecond. */
const framesPerMs = 100;
const frameCount = floodMs * framesPerMs;

/** Sends frames as fast as it is told to, and throws away whatever comes. */
class Attacker implements Pollable {
  onWork: (() => void) | null = null;
  private readonly device: NetDevice;
  private readonly pool = createStackMemory({ smallPackets: 512, largePackets: 0, ringBytes: 64 }).packets;
  private readonly frame: (nth: number) => Uint8Array;
  private readonly startMs: number;
  sent = 0;

  constructor(device: NetDevice, startMs: number, frame: (nth: number) => Uint8Array) {
    this.device = device;
    this.startMs = startMs;
    this.frame = frame;
  }

  nextDeadline(): number {
    return this.sent < frameCount ? this.startMs + this.sent / framesPerMs : Number.POSITIVE_INFINITY;
  }

  poll(nowMs: number): boolean {
    for (let packet = this.device.receive(); packet !== null; packet = this.device.receive())
      packet.pool.release(packet);
    const due = Math.min(frameCount, (Math.floor(nowMs - this.startMs) + 1) * framesPerMs);
    while (this.sent < due) {
      const bytes = this.frame(this.sent);
      this.sent += 1;
      const packet = this.pool.take(bytes.length, false);
      if (packet === null) continue;
      packet.start -= 14;
      packet.end = packet.start + bytes.length;
      packet.memory.bytes.set(bytes, packet.start);
      if (!this.device.transmit(packet)) packet.pool.release(packet);
    }
    return false;
  }
}

/** A server, a client with a flow at 2 MB/s, and room for an attacker, all on one switch. */
class Street {
  readonly clock = createVirtualClock();
  readonly lan = createSwitch({ ports: 3 });
  readonly server: Netstack;
  readonly client: Netstack;
  readonly pollables: Pollable[];
  private readonly ends: End[] = [];
  private readonly listener: Socket;

  constructor() {
    const { clock, lan } = this;
    const link = createImpairedLink(lan.port(1), { clock, rateBytesPerMs: 2000, delayMs: 2, queueLength: 64 });
    this.server = this.host('server', lan.port(0), '10.0.0.1/16');
    this.client = this.host('client', link, '10.0.0.2/16');
    this.pollables = [this.server, this.client];
    this.listener = openSocket(this.server);
    mustBe0(this.listener.bind({ address: ipv4Any, port: 80 }), 'bind');
    mustBe0(this.listener.listen(128), 'listen');
  }

  /** Begins a flow of more bytes than it will have time for. */
  startFlow(): void {
    const outgoing = noise('flood', 8_000_000);
    const nothing = new Uint8Array(0);
    const now = (): number => this.clock.now();
    const socket = openSocket(this.client);
    socket.connect({ address: ipv4(10, 0, 0, 1), port: 80 });
    this.ends.push(new End({ socket, outgoing, incoming: nothing, now }));
    this.pollables.push(this.program());
    this.runTo(200);
    const accepted = this.listener.accept();
    if (typeof accepted === 'number') throw new Error('the flow did not begin');
    accepted.nonblocking = true;
    this.ends.push(new End({ socket: accepted, outgoing: nothing, incoming: outgoing, now }));
    this.runTo(1000);
  }

  get received(): number {
    return this.ends[1]?.received ?? 0;
  }

  runTo(timeMs: number): void {
    runPollables({ pollables: this.pollables, clock: this.clock, until: timeMs });
  }

  private program(): Pollable {
    const program: Pollable = {
      onWork: null,
      nextDeadline: () => Number.POSITIVE_INFINITY,
      poll: (nowMs) => {
        for (const end of this.ends) {
          end.onWork = () => program.onWork?.();
          end.poll(nowMs);
        }
        return false;
      },
    };
    for (const end of this.ends) end.onWork = () => program.onWork?.();
    return program;
  }

  private host(name: string, device: NetDevice, address: string): Netstack {
    const memory = createStackMemory({ smallPackets: 1024, largePackets: 16, ringBytes: 4 << 20 });
    const entropy = createTestEntropy(name);
    const interfaces = [{ device, addresses: [address], gateway: '10.0.255.254' }];
    const stack = createNetstack({ clock: this.clock, entropy, memory, interfaces, loopback: false });
    // The way back to spoofed sources leads to the attacker.
    stack.ip.addNeighbour(device, ipv4(10, 0, 255, 254), attackerMac);
    return stack;
  }
}

const random = createRandom('floods');
const toServer = (type: number, payload: Uint8Array, destination = serverMac): Uint8Array =>
  emitEthernet({ destination, source: attackerMac, type, payload });
/** Anywhere outside of our networks that is a host's address. */
const spoofed = (): number => 0x2d000000 | (random.nextUint32() & 0xffffff);

const floods: Record<string, (nth: number) => Uint8Array> = {
  'SYNs from everywhere': () =>
    toServer(
      etherType.ipv4,
      tcpPacket(
        {
          sourcePort: 1024 + (random.nextUint32() % 60_000),
          destinationPort: 80,
          sequence: random.nextUint32() | 0,
          flags: tcpFlag.syn,
        },
        ipv4FromWord(spoofed()),
      ),
    ),
  'ARP requests from everybody': (nth) =>
    toServer(
      etherType.arp,
      emitArp({
        operation: arpOperation.request,
        senderMac: new Uint8Array([2, 1, 0, (nth >> 16) & 255, (nth >> 8) & 255, nth & 255]),
        sender: ipv4FromWord(0x0a000000 | (nth & 0xffff) | 0x100),
        targetMac: new Uint8Array(6),
        target: ipv4(10, 0, 0, 1),
      }),
      broadcastMac,
    ),
  'first fragments that never end': (nth) =>
    toServer(
      etherType.ipv4,
      ipPacket({
        protocol: protocolNumber.udp,
        source: ipv4FromWord(spoofed()),
        identification: nth & 0xffff,
        moreFragments: true,
        payload: new Uint8Array(1400),
      }),
    ),
  'datagrams to closed ports': (nth) =>
    toServer(
      etherType.ipv4,
      ipPacket({
        protocol: protocolNumber.udp,
        source: ipv4FromWord(spoofed()),
        payload: new Uint8Array([0, 9, 0, nth & 255, 0, 8, 0, 0]),
      }),
    ),
};

function goodput(flood: ((nth: number) => Uint8Array) | null): { bytes: number; street: Street } {
  const street = new Street();
  street.startFlow();
  if (flood) {
    street.server.ip.addNeighbour(street.lan.port(0), ipv4(10, 0, 255, 254), attackerMac);
    street.pollables.push(new Attacker(street.lan.port(2), street.clock.now(), flood));
  }
  const before = street.received;
  street.runTo(street.clock.now() + floodMs);
  return { bytes: street.received - before, street };
}

describe('a flow beside 100,000 hostile frames in one second', () => {
  const { bytes: undisturbed } = goodput(null);

  test.each(Object.keys(floods))('%s: it keeps nine tenths of its goodput, memory stays flat', (name) => {
    const flood = floods[name] ?? null;
    collect();
    const heapBefore = process.memoryUsage().heapUsed;
    const { bytes, street } = goodput(flood);
    collect();
    const heapGrowth = process.memoryUsage().heapUsed - heapBefore;
    expect(undisturbed).toBeGreaterThan(1_000_000);
    expect(bytes).toBeGreaterThan(0.9 * undisturbed);
    expect(heapGrowth).toBeLessThan(16 << 20);
    const { packets, blocks } = street.server.memory;
    expect(packets.used).toBeLessThan(packets.capacity / 2);
    expect(blocks.usedBytes).toBeLessThan(4 << 20);
    street.server.dispose();
    street.client.dispose();
    // What is on the wire lies in the senders' packets.
    for (let port = 0; port < 3; port += 1) street.lan.port(port).close();
    expect(packets.used).toBe(0);
    expect(blocks.usedBytes).toBe(0);
  });
});

test('every ephemeral port taken: connect says so, and what runs goes on', () => {
  const street = new Street();
  street.startFlow();
  const sockets: Socket[] = [];
  let refusal = 0;
  for (let nth = 0; nth < 66_000 && refusal === 0; nth += 1) {
    const socket = openSocket(street.client, SOCK_STREAM);
    const result = socket.connect({ address: ipv4(10, 0, 0, 1), port: 81 });
    if (result === -errno.EINPROGRESS) sockets.push(socket);
    else refusal = result;
  }
  expect([-errno.EADDRNOTAVAIL, -errno.EADDRINUSE]).toContain(refusal);
  const before = street.received;
  street.runTo(street.clock.now() + floodMs);
  expect(street.received - before).toBeGreaterThan(500_000);
  for (const socket of sockets) socket.close();
  const again = openSocket(street.client, SOCK_STREAM);
  expect(again.connect({ address: ipv4(10, 0, 0, 1), port: 81 })).toBe(-errno.EINPROGRESS);
});
