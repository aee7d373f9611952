import type { TransportFault, TransportFixture, TransportSetup, TransportSide } from '@synos/compliance';
import {
  type DeviceListener,
  failureName,
  type NetDevice,
  type Packet,
  type TransportFactory,
  type TransportHost,
} from '@synos/interfaces';
import { createTestEntropy, createVirtualClock, runPollables, type VirtualClock } from '@synos/netsim';
import { createCable } from '@synos/nic';
import { ethernetHeaderBytes, ethernetType, etherType, ipv4, ipv4HeaderBytes } from '@synos/wire';
import { createNetstack } from '../src/index.js';

const delayMs = 3;

/** The wire of a fixture: which packet is the how-manieth, and who is asked about it. */
interface Wire {
  readonly clock: VirtualClock;
  plan: ((n: number) => TransportFault | undefined) | null;
  sent: number;
  capture: ((bytes: Uint8Array, device: FaultyDevice) => void) | null;
}

/** A card that does to IPv4 packets what a plan says. */
class FaultyDevice implements NetDevice {
  readonly name: string;
  readonly address: Uint8Array<ArrayBuffer>;
  readonly medium = 'ethernet';
  readonly isLoopback = false;
  readonly features;
  private readonly inner: NetDevice;
  private readonly wire: Wire;
  private late: { readonly packet: Packet; readonly timeMs: number }[] = [];

  constructor(inner: NetDevice, wire: Wire) {
    this.inner = inner;
    this.wire = wire;
    this.name = inner.name;
    this.address = inner.address;
    this.features = inner.features;
  }

  get mtuBytes(): number {
    return this.inner.mtuBytes;
  }

  get linkUp(): boolean {
    return this.inner.linkUp;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.inner.counters;
  }

  transmit(packet: Packet): boolean {
    const { view, bytes } = packet.memory;
    if (ethernetType(view, packet.start) !== etherType.ipv4) return this.inner.transmit(packet);
    const network = packet.start + ethernetHeaderBytes;
    const transport = network + ipv4HeaderBytes(view, network);
    this.wire.capture?.(bytes.slice(transport, packet.end), this);
    const fault = this.wire.plan?.(this.wire.sent++);
    if (fault === 'delay') {
      this.late.push({ packet, timeMs: this.wire.clock.now() + delayMs });
      return true;
    }
    if (fault === 'drop') {
      packet.pool.release(packet);
      return true;
    }
    if (fault === 'corrupt') bytes[transport + 3] = (bytes[transport + 3] ?? 0) ^ 0x10;
    const copy = fault === 'duplicate' ? copyOf(packet) : null;
    if (!this.inner.transmit(packet)) packet.pool.release(packet);
    if (copy !== null && !this.inner.transmit(copy)) copy.pool.release(copy);
    return true;
  }

  receive(): Packet | null {
    return this.inner.receive();
  }

  listen(listener: DeviceListener | null): void {
    this.inner.listen(listener);
  }

  advance(nowMs: number): void {
    this.inner.advance(nowMs);
    while (this.late[0] !== undefined && this.late[0].timeMs <= nowMs) {
      const { packet } = this.late.shift() as { packet: Packet };
      if (!this.inner.transmit(packet)) packet.pool.release(packet);
    }
  }

  nextDeadline(): number {
    return Math.min(this.inner.nextDeadline(), this.late[0]?.timeMs ?? Number.POSITIVE_INFINITY);
  }

  close(): void {
    for (const { packet } of this.late.splice(0)) packet.pool.release(packet);
    this.inner.close();
  }
}

function copyOf(packet: Packet): Packet | null {
  const copy = packet.pool.take(packet.end - packet.start, true);
  if (copy === null) return null;
  copy.start -= ethernetHeaderBytes;
  copy.end = copy.start + packet.end - packet.start;
  copy.memory.bytes.set(packet.memory.bytes.subarray(packet.start, packet.end), copy.start);
  return copy;
}

/** The setup of `transportSuite` over our IPv4 and Ethernet: two stacks on a cable. */
export function ipv4TransportSetup(kind: 'stream' | 'datagram', create: TransportFactory): TransportSetup {
  return { kind, create: () => ipv4Fixture(create) };
}

function ipv4Fixture(create: TransportFactory): TransportFixture {
  const clock = createVirtualClock();
  const cable = createCable();
  const wire: Wire = { clock, plan: null, sent: 0, capture: null };
  const hosts = [cable.a, cable.b].map((end, index) => {
    const device = new FaultyDevice(end, wire);
    let host: TransportHost | undefined;
    const stack = createNetstack({
      clock,
      entropy: createTestEntropy(`host ${index}`),
      transports: [
        (given) => {
          host = given;
          return create(given);
        },
      ],
      interfaces: [{ device, addresses: [`10.0.0.${index + 1}/24`] }],
    });
    const [transport] = stack.transports;
    if (!transport || !host) throw new Error('no transport');
    const address = ipv4(10, 0, 0, index + 1);
    const side: TransportSide = { transport, host, address, loopbackAddress: ipv4(127, 0, 0, 1) };
    return { stack, device, side };
  });
  const [a, b] = hosts;
  if (!a || !b) throw new Error('two hosts');
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    // The plan counts packets of the transport: nobody shall ask for neighbours between them.
    const result = one.stack.ip.addNeighbour(one.device, other.side.address, other.device.address);
    if (result < 0) throw new Error(`neighbour: ${failureName(result)}`);
  }
  // What goes to the absent one leaves the host and is heard by nobody.
  const absentAddress = ipv4(10, 0, 0, 98);
  for (const { stack, device } of [a, b])
    stack.ip.addNeighbour(device, absentAddress, new Uint8Array([2, 0, 0, 0, 0, 98]));
  return {
    a: a.side,
    b: b.side,
    absentAddress,
    unroutableAddress: ipv4(192, 0, 2, 1),
    foreignAddress: ipv4(192, 0, 2, 2),
    broadcastAddress: ipv4(10, 0, 0, 255),
    now: () => clock.now(),
    run: (untilMs) => void runPollables({ pollables: [a.stack, b.stack], clock, until: untilMs }),
    setFaults(plan) {
      wire.sent = 0;
      wire.plan = plan;
    },
    capture(listener) {
      wire.capture = listener && ((bytes, device) => listener(bytes, device === a.device ? a.side : b.side));
    },
    clearWire() {
      for (const { stack, device } of hosts) {
        stack.ip.dispose();
        device.close();
      }
    },
    dispose() {
      for (const { stack, device } of hosts) {
        stack.dispose();
        device.close();
      }
    },
  };
}
