import { type Address, assert, type Entropy, type PacketPool, type PortTable } from '@synos/interfaces';
import { createStackMemory, ipv4 } from '@synos/wire';
import { createIp, createPing, createPortTable, type Ip, type IpOptions, type Ping } from '../../src/index.js';
import { FakeDevice } from './fake-device.js';
import { FakeTransport } from './fake-transport.js';

/** Entropy that a test can repeat. */
export class SeededEntropy implements Entropy {
  private state: number;

  constructor(seed = 1) {
    this.state = seed;
  }

  fill(bytes: Uint8Array<ArrayBuffer>): void {
    for (let i = 0; i < bytes.length; i++) {
      this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
      bytes[i] = this.state >>> 24;
    }
  }
}

export const protocol = 253; // for experiments, RFC 3692
export const own: Address = ipv4(10, 0, 0, 1);
export const peer: Address = ipv4(10, 0, 0, 2);
export const any: Address = ipv4(0, 0, 0, 0);
export const peerMac: Uint8Array<ArrayBuffer> = new Uint8Array([2, 0, 0, 0, 0, 0x99]);
export const broadcast: Uint8Array<ArrayBuffer> = new Uint8Array(6).fill(255);

/** One stack with a fake card (10.0.0.1/24) and fake transports, and time by hand. */
export interface Bench {
  readonly ip: Ip;
  readonly device: FakeDevice;
  readonly index: number;
  readonly transport: FakeTransport;
  readonly packets: PacketPool;
  readonly ports: PortTable;
  /** The part is attached at the first call. */
  readonly ping: Ping;
  now: number;
  /** Lets time pass to `now` and everything happen that is due. */
  settle(now?: number): void;
  /** Disposes and asserts that every packet is back. */
  end(): void;
}

export function createBench(options: IpOptions = {}, transportProtocol = protocol): Bench {
  const { packets, blocks } = createStackMemory({ smallPackets: 1024, largePackets: 16, ringBytes: 1 << 20 });
  const entropy = new SeededEntropy();
  const ports = createPortTable({ entropy });
  let transport: FakeTransport | undefined;
  const bench = { now: 0 } as { -readonly [K in keyof Bench]: Bench[K] };
  const ip = createIp({
    packets,
    blocks,
    clock: { now: () => bench.now },
    entropy,
    ports,
    transports: [
      (host) => {
        transport = new FakeTransport(host, transportProtocol);
        return transport;
      },
    ],
    options,
  });
  const device = new FakeDevice('eth0', packets);
  const index = ip.addDevice(device);
  assert(index > 0 && ip.addAddress(index, own, 120) === 0, 'the bench stands');
  bench.ip = ip;
  bench.device = device;
  bench.index = index;
  bench.transport = transport!;
  bench.packets = packets;
  bench.ports = ports;
  let ping: Ping | undefined;
  bench.ping = (...words) => {
    ping ??= createPing(ip);
    return ping(...words);
  };
  bench.settle = (now = bench.now) => {
    bench.now = now;
    let turns = 0;
    while (ip.poll(bench.now, 64)) assert(++turns < 10_000, 'the stack comes to rest');
  };
  bench.end = () => {
    ip.dispose();
    device.close();
    assert(packets.used === 0, `${packets.used} packets were lost`);
  };
  return bench;
}
