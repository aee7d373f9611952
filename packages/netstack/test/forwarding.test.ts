import { MSG_DONTWAIT, SOCK_DGRAM } from '@synos/abi';
import { createForwarding } from '@synos/ip';
import {
  createRandom,
  createSimulatedLink,
  createTestEntropy,
  createVirtualClock,
  runPollables,
  type SimulatedLink,
} from '@synos/netsim';
import { createCable } from '@synos/nic';
import { createStackMemory, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createNetstack, type Netstack } from '../src/index.js';
import { createPing } from '../src/ping/index.js';
import { Programs } from './scenario-run.js';
import { End, mustBe0, noise, openSocket } from './transfer.js';

const memorySize = { smallPackets: 2048, largePackets: 16, ringBytes: 4 * 1024 * 1024 };

/**
 * Hosts in a row, routers all but the first and the last: network `n` (10.0.n.0/24) joins host `n` as .1 and host
 * `n + 1` as .2.
 */
class Chain {
  readonly clock = createVirtualClock();
  readonly programs = new Programs();
  readonly hosts: Netstack[];
  readonly links: SimulatedLink[];

  constructor(seed: number, mtus: readonly number[], lossRate: number) {
    const random = createRandom(seed);
    const memories = Array.from({ length: mtus.length + 1 }, () => createStackMemory(memorySize));
    this.links = mtus.map((mtuBytes, n) =>
      createSimulatedLink({
        clock: this.clock,
        random: random.fork(`link ${n}`),
        profile: { lossRate, delayMs: 5 },
        mtuBytes,
        pools: { a: memories[n]!.packets, b: memories[n + 1]!.packets },
      }),
    );
    this.hosts = memories.map((memory, n) => {
      const isFirst = n === 0;
      const isLast = n === mtus.length;
      const interfaces = [];
      if (!isFirst) {
        // The way back is the default; the way on goes by one route a network.
        const gateway = isLast || n > 1 ? { gateway: `10.0.${n - 1}.1` } : {};
        interfaces.push({ device: this.links[n - 1]!.b, addresses: [`10.0.${n - 1}.2/24`], ...gateway });
      }
      if (!isLast) {
        const gateway = isFirst ? { gateway: '10.0.0.2' } : {};
        interfaces.push({ device: this.links[n]!.a, addresses: [`10.0.${n}.1/24`], ...gateway });
      }
      const stack = createNetstack({
        clock: this.clock,
        entropy: createTestEntropy(`${seed} ${n}`),
        memory,
        loopback: false,
        interfaces,
        ...(isFirst || isLast ? {} : { forwarding: createForwarding() }),
      });
      for (let network = n + 1; network < mtus.length; network++) {
        if (isFirst) break;
        const gateway = ipv4(10, 0, n, 2);
        mustBe0(stack.ip.addRoute({ prefix: ipv4(10, 0, network, 0), bits: 120, gateway }), 'route');
      }
      return stack;
    });
  }

  get first(): Netstack {
    return this.hosts[0]!;
  }

  get last(): Netstack {
    return this.hosts.at(-1)!;
  }

  get lastAddress() {
    return ipv4(10, 0, this.links.length - 1, 2);
  }

  run(until: () => boolean, deadlineMs = this.clock.now() + 600_000): string {
    const { clock } = this;
    return runPollables({ pollables: [...this.hosts, this.programs], clock, until, deadlineMs }).end;
  }

  /** Where a tenth of all frames is lost, a resolution may fail all its attempts: the hosts meet first. */
  meet(): void {
    const ping = createPing(this.first.ip);
    for (let attempt = 0; attempt < 100; attempt++) {
      let result: number | null = null;
      const done = (answer: number): void => {
        result = answer;
      };
      mustBe0(ping(this.lastAddress, 0, 5000, done), 'ping');
      this.run(() => result !== null);
      if (result !== null && result >= 0) return;
    }
    throw new Error('the ends never met');
  }

  /** Noise both ways over one connection between the ends; answers what went wrong. */
  transfer(bytes: number): string[] {
    const [up, down] = [noise('up', bytes), noise('down', bytes)];
    const now = (): number => this.clock.now();
    const listener = openSocket(this.last);
    mustBe0(listener.bind({ address: ipv4(0, 0, 0, 0), port: 80 }), 'bind');
    mustBe0(listener.listen(1), 'listen');
    this.programs.serve(listener, (socket) => {
      socket.nonblocking = true;
      this.programs.add(new End({ socket, outgoing: down, incoming: up, now }));
    });
    const client = openSocket(this.first);
    client.connect({ address: this.lastAddress, port: 80 });
    this.programs.add(new End({ socket: client, outgoing: up, incoming: down, now }));
    const { ends } = this.programs;
    const end = this.run(() => ends.length === 2 && ends.every((one) => one.isDone));
    const failures = ends.flatMap((one) => one.failure ?? []);
    listener.close();
    return end === 'done' ? failures : [...failures, end];
  }

  /** Closes all; answers what did not come back to the pools. */
  leftOver(): number[] {
    for (const host of this.hosts) host.dispose();
    for (const link of this.links) link.close();
    return this.hosts.flatMap(({ memory }) => [memory.packets.used, memory.blocks.usedBytes]);
  }
}

describe('through a router', () => {
  test.each([1, 2, 3])('seed %i: a tenth lost on both links, MTUs 1500 and 600, 100 KB each way', (seed) => {
    const chain = new Chain(seed, [1500, 600], 0.1);
    chain.meet();
    expect(chain.transfer(100_000)).toEqual([]);
    const [, router] = chain.hosts;
    expect(router!.ip.counters.forwarded).toBeGreaterThan(2 * (100_000 / 560));
    expect(chain.first.ip.counters.forwarded).toBe(0);
    expect(chain.leftOver()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a smaller MTU in the middle that neither end sees: path MTU discovery finds it both ways (RFC 1191)', () => {
    const chain = new Chain(4, [1500, 700, 1400], 0.02);
    chain.meet();
    expect(chain.transfer(100_000)).toEqual([]);
    const [first, near, beyond, last] = chain.hosts;
    expect(near!.ip.counters.forwardTooLong).toBeGreaterThan(0);
    expect(beyond!.ip.counters.forwardTooLong).toBeGreaterThan(0);
    for (const end of [first!, last!]) expect(end.ip.counters.icmpPathMtuLowered).toBe(1);
    // Found once, and then kept to: nothing but the segments under way was in vain.
    expect(near!.ip.counters.forwardTooLong).toBeLessThan(60);
    expect(near!.ip.counters.forwardFragmented).toBe(0);
    const route = first!.ip.host.route(ipv4(0, 0, 0, 0), chain.lastAddress);
    expect(route).toMatchObject({ mtuBytes: 700 });
    expect(chain.leftOver()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('a datagram longer than the second link arrives whole, in fragments', () => {
    const chain = new Chain(5, [1500, 600], 0);
    const to = openSocket(chain.last, SOCK_DGRAM);
    mustBe0(to.bind({ address: ipv4(0, 0, 0, 0), port: 7 }), 'bind');
    const from = openSocket(chain.first, SOCK_DGRAM);
    const data = noise('datagram', 4000);
    expect(from.sendto(data, 0, { address: chain.lastAddress, port: 7 })).toBe(4000);
    const buffer = new Uint8Array(8000);
    let count = 0;
    chain.run(() => {
      count = to.recv(buffer, MSG_DONTWAIT);
      return count > 0;
    });
    expect(Buffer.compare(buffer.subarray(0, count), data)).toBe(0);
    expect(chain.hosts[1]!.ip.counters.forwardFragmented).toBe(3);
    expect(chain.leftOver()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('the time to live ends a loop of two routers that point at each other', () => {
    const chain = new Chain(6, [1500, 1500, 1500], 0);
    const [first, near, beyond] = chain.hosts;
    mustBe0(near!.ip.addRoute({ prefix: ipv4(20, 0, 0, 0), bits: 104, gateway: ipv4(10, 0, 1, 2) }), 'route');
    let result: number | null = null;
    const done = (answer: number): void => {
      result = answer;
    };
    mustBe0(createPing(first!.ip)(ipv4(20, 0, 0, 1), 0, 60_000, done), 'ping');
    chain.run(() => result !== null);
    expect(result).toBeLessThan(0);
    const hops = near!.ip.counters.forwarded + beyond!.ip.counters.forwarded;
    expect(near!.ip.counters.forwardTtlExpired + beyond!.ip.counters.forwardTtlExpired).toBe(1);
    // 63 hops with the request, and one with the error where the second router had to say it.
    expect(hops).toBeGreaterThanOrEqual(63);
    expect(hops).toBeLessThanOrEqual(64);
    expect(chain.leftOver()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

test('between cables that vouch, and to one that does not: super-segments and open sums reach their end whole', () => {
  for (const vouches of [
    [true, true],
    [true, false],
    [false, true],
  ]) {
    const clock = createVirtualClock();
    const cables = vouches.map((each) => createCable({ vouches: each }));
    const make = (n: number, interfaces: Parameters<typeof createNetstack>[0]['interfaces'], isRouter = false) =>
      createNetstack({
        clock,
        entropy: createTestEntropy(`offload ${n}`),
        memory: createStackMemory(memorySize),
        loopback: false,
        interfaces: interfaces!,
        ...(isRouter ? { forwarding: createForwarding() } : {}),
      });
    const a = make(0, [{ device: cables[0]!.a, addresses: ['10.0.0.1/24'], gateway: '10.0.0.2' }]);
    const router = make(
      1,
      [
        { device: cables[0]!.b, addresses: ['10.0.0.2/24'] },
        { device: cables[1]!.a, addresses: ['10.0.1.1/24'] },
      ],
      true,
    );
    const b = make(2, [{ device: cables[1]!.b, addresses: ['10.0.1.2/24'], gateway: '10.0.1.1' }]);
    const programs = new Programs();
    const data = noise('offload', 300_000);
    const now = (): number => clock.now();
    const none = new Uint8Array(0);
    const listener = openSocket(b);
    mustBe0(listener.bind({ address: ipv4(0, 0, 0, 0), port: 80 }), 'bind');
    mustBe0(listener.listen(1), 'listen');
    programs.serve(listener, (socket) => {
      socket.nonblocking = true;
      programs.add(new End({ socket, outgoing: none, incoming: data, now }));
    });
    const client = openSocket(a);
    client.connect({ address: ipv4(10, 0, 1, 2), port: 80 });
    programs.add(new End({ socket: client, outgoing: data, incoming: none, now }));
    const { ends } = programs;
    const until = (): boolean => ends.length === 2 && ends.every((one) => one.isDone);
    const { end } = runPollables({ pollables: [a, router, b, programs], clock, until, deadlineMs: 60_000 });
    expect([end, ...ends.map((one) => one.failure)]).toEqual(['done', null, null]);
    // With offload on the way in, far fewer packets pass than segments arrive.
    const segments = Math.ceil(data.length / 1460);
    if (vouches[0]) expect(router.ip.counters.forwarded).toBeLessThan(segments);
    expect(router.ip.counters.superSegmentsCut > 0).toBe(vouches[0] === true && vouches[1] === false);
    for (const stack of [a, router, b]) stack.dispose();
    for (const cable of cables) cable.close();
    for (const { memory } of [a, router, b]) expect(memory.packets.used).toBe(0);
  }
});
