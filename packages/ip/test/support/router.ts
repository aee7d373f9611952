import { type Address, assert } from '@synos/interfaces';
import { ipv4 } from '@synos/wire';
import { createForwarding, type IpOptions } from '../../src/index.js';
import { type Bench, createBench, peer, peerMac } from './bench.js';
import { FakeDevice } from './fake-device.js';

export const farOwn: Address = ipv4(192, 168, 1, 1);
export const far: Address = ipv4(192, 168, 1, 2);
export const farMac: Uint8Array<ArrayBuffer> = new Uint8Array([2, 0, 0, 0, 0, 0x77]);

/** A router between 10.0.0.0/24 on `device` and 192.168.1.0/24 on `out`, neighbours on both sides known. */
export interface RouterBench extends Bench {
  readonly out: FakeDevice;
  readonly outIndex: number;
}

export function createRouter(options: IpOptions = {}): RouterBench {
  const bench = createBench(options) as { -readonly [K in keyof RouterBench]: RouterBench[K] };
  const { ip, end } = bench;
  bench.out = new FakeDevice('eth1', bench.packets, 3);
  bench.outIndex = ip.addDevice(bench.out);
  assert(ip.addAddress(bench.outIndex, farOwn, 120) === 0, 'the router has its second address');
  ip.addNeighbour(bench.outIndex, far, farMac);
  ip.addNeighbour(bench.index, peer, peerMac);
  ip.setForwarding(createForwarding());
  bench.end = () => {
    const { out } = bench;
    out.take();
    ip.dispose();
    out.close();
    end();
  };
  return bench;
}
