import { failure, readiness, type TransportEndpoint } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { addressB, type FakeRoute, Pair } from './fake-network.js';

const mss = 1460;
const turnBytes = 8 * mss;

/** Connections that all send through one device, which takes a few packets with text each half millisecond. */
class BusyDevice {
  readonly pair = new Pair({ timestamps: false });
  readonly clients: TransportEndpoint[] = [];
  readonly servers: TransportEndpoint[] = [];
  /** What the programs have sent, and what came. */
  readonly sent: number[];
  readonly got: number[];
  private readonly route: FakeRoute;
  private readonly packetsPerTick: number;
  private readonly into = new Uint8Array(1 << 19);
  private left: number;

  constructor(connections: number, packetsPerTick: number) {
    const { pair } = this;
    const listener = pair.b.open();
    listener.bind({ address: addressB, port: 80 });
    listener.listen(connections);
    for (let i = 0; i < connections; i++) {
      const client = pair.a.open();
      client.connect({ address: addressB, port: 80 });
      this.clients.push(client);
    }
    pair.run(pair.nowMs + 1000);
    for (let i = 0; i < connections; i++) this.servers.push(listener.accept()!);
    this.sent = this.clients.map(() => 0);
    this.got = this.clients.map(() => 0);
    this.packetsPerTick = packetsPerTick;
    this.left = packetsPerTick;
    this.route = pair.a.host.routes[0] as FakeRoute;
    const send = pair.a.host.send.bind(pair.a.host);
    pair.a.host.send = (packet, ...rest) => {
      if (packet.end - packet.start > 60) {
        expect(this.route.hasRoom).toBe(true);
        this.left--;
        this.route.hasRoom = this.left > 0;
      }
      return send(packet, ...rest);
    };
  }

  /** Sends of a connection's stream of `total` bytes what is taken now. */
  write(i: number, total: number): void {
    for (;;) {
      const rest = Math.min(total - this.sent[i]!, 65_536);
      if (rest <= 0) return;
      const n = this.clients[i]!.send(new Uint8Array(rest), 0, rest, 0, null);
      if (n === failure.wouldBlock) return;
      expect(n).toBeGreaterThan(0);
      this.sent[i]! += n;
    }
  }

  /** Half a millisecond: the wire takes what the device had, segments and acknowledgements travel, programs read. */
  tick(): void {
    const { pair, route } = this;
    const wasFull = !route.hasRoom;
    this.left = this.packetsPerTick;
    route.hasRoom = true;
    pair.a.host.isPolling = true;
    if (wasFull) pair.a.tcp.writable(route.device);
    pair.a.host.isPolling = false;
    pair.run(pair.nowMs + 0.5);
    pair.a.tcp.advance(pair.nowMs);
    this.servers.forEach((server, i) => {
      const n = server.receive(this.into, 0, this.into.length, 0, null);
      if (n > 0) this.got[i]! += n;
    });
  }

  /** A program that writes whenever it is told that it may. */
  writesWhenTold(i: number, total: number): void {
    this.clients[i]!.listenReadiness({
      readinessChanged: (_, bits) => {
        if ((bits & readiness.writable) !== 0) this.write(i, total);
      },
    });
    this.write(i, total);
  }

  get isContended(): boolean {
    return (this.pair.a.tcp.core.roomQueues[0]?.length ?? 0) > 0;
  }
}

describe('writers at a busy device wait for their turn', () => {
  test('150 bulk senders hold a turn each, not a buffer each, and all of them arrive', () => {
    const total = 300_000;
    const device = new BusyDevice(150, 64);
    for (let i = 0; i < 150; i++) device.writesWhenTold(i, total);
    let most = 0;
    let ticks = 0;
    for (; device.got.some((bytes) => bytes < total) && ticks < 10_000; ticks++) {
      device.tick();
      // The first found a device that was free, and have filled their buffers.
      if (ticks > 100) most = Math.max(most, device.pair.a.host.blocks.usedBytes);
    }
    expect(device.got.every((bytes) => bytes === total)).toBe(true);
    // A full buffer each would be 39 MB, and 10 MB at the end of their text.
    expect(most).toBeLessThan(150 * 32_768);
    expect(device.pair.a.tcp.counters.timeouts).toBe(0);
    expect(device.pair.a.tcp.counters.retransmits).toBe(0);
    // The device was never idle while somebody had to send: 31,000 segments, 64 a tick.
    expect(ticks).toBeLessThan(1.2 * ((150 * total) / mss / 64));
  });

  test('who is told of a turn and writes nothing holds nobody up', () => {
    const total = 60_000;
    const device = new BusyDevice(100, 16);
    // The odd ones were refused once, and never write again.
    for (let i = 0; i < 100; i++) {
      if (i % 2 === 0) device.writesWhenTold(i, total);
      else device.write(i, 1 << 20);
    }
    expect(device.isContended).toBe(true);
    for (
      let ticks = 0;
      ticks < 5000 && device.got.some((bytes, i) => bytes < Math.min(total, device.sent[i]!));
      ticks++
    )
      device.tick();
    for (let i = 0; i < 100; i += 2) expect(device.got[i]).toBe(total);
    for (let ticks = 0; ticks < 5000 && device.isContended; ticks++) device.tick();
    expect(device.isContended).toBe(false);
    expect(device.got).toEqual(device.sent);
  });

  test('a word is taken at once, and goes with the turn of who said it', () => {
    const device = new BusyDevice(60, 16);
    for (let i = 1; i < 60; i++) device.writesWhenTold(i, 1 << 20);
    for (let ticks = 0; ticks < 20; ticks++) device.tick();
    expect(device.isContended).toBe(true);
    const before = device.got.slice();
    expect(device.clients[0]!.send(new Uint8Array(5), 0, 5, 0, null)).toBe(5);
    let ticks = 0;
    for (; device.got[0] === 0 && ticks < 1000; ticks++) device.tick();
    expect(device.got[0]).toBe(5);
    // Nobody had many more turns meanwhile.
    device.got.forEach((bytes, i) => {
      if (i > 0) expect(bytes - before[i]!).toBeLessThanOrEqual(3 * turnBytes);
    });
  });

  test('words are taken one after the other, however many turns they take', () => {
    const device = new BusyDevice(60, 16);
    for (let i = 1; i < 60; i++) device.writesWhenTold(i, 1 << 20);
    const [client] = device.clients as [TransportEndpoint];
    let said = 0;
    for (let ticks = 0; ticks < 600; ticks++) {
      device.tick();
      if (ticks % 3 !== 0) continue;
      expect(client.send(new Uint8Array(5), 0, 5, 0, null)).toBe(5);
      said += 5;
    }
    expect(device.isContended).toBe(true);
    for (let ticks = 0; ticks < 1000 && device.got[0]! < said; ticks++) device.tick();
    expect(device.got[0]).toBe(said);
  });

  test('who had no turn yet may leave one; who was refused is refused, and not writable, until it comes', () => {
    const device = new BusyDevice(60, 16);
    for (let i = 1; i < 60; i++) device.write(i, 1 << 18);
    const [client] = device.clients as [TransportEndpoint];
    const many = new Uint8Array(1 << 17);
    expect(client.send(many, 0, many.length, 0, null)).toBe(turnBytes);
    expect(client.send(many, 0, many.length, 0, null)).toBe(failure.wouldBlock);
    expect(client.readiness() & readiness.writable).toBe(0);
    let told = 0;
    client.listenReadiness({
      readinessChanged: (_, bits) => {
        if ((bits & readiness.writable) !== 0) told++;
      },
    });
    for (let ticks = 0; told === 0 && ticks < 1000; ticks++) device.tick();
    expect(told).toBe(1);
    expect(client.send(many, 0, 10, 0, null)).toBe(10);
  });

  test('who has written its turn and wants more is refused, though its buffer is empty', () => {
    const device = new BusyDevice(60, 16);
    const many = new Uint8Array(1 << 17);
    const answers: number[] = [];
    device.clients.forEach((client, i) => {
      device.write(i, 1 << 18);
      client.listenReadiness({
        readinessChanged: (_, bits) => {
          if ((bits & readiness.writable) === 0) return;
          const first = client.send(many, 0, many.length, 0, null);
          if (first > 0) answers.push(client.send(many, 0, many.length, 0, null));
        },
      });
    });
    for (let ticks = 0; ticks < 500; ticks++) device.tick();
    expect(device.isContended).toBe(true);
    expect(answers.length).toBeGreaterThan(100);
    expect(answers.every((answer) => answer === failure.wouldBlock)).toBe(true);
  });

  test('when nobody waits any more a buffer holds what it is set to', () => {
    const device = new BusyDevice(30, 16);
    for (let i = 0; i < 30; i++) device.write(i, 100_000);
    for (let ticks = 0; ticks < 5000 && device.got.some((bytes, i) => bytes < device.sent[i]!); ticks++) device.tick();
    // Until the last acknowledgement too.
    for (let ticks = 0; ticks < 200 || (device.isContended && ticks < 5000); ticks++) device.tick();
    const many = new Uint8Array(1 << 20);
    expect(device.clients[0]!.send(many, 0, many.length, 0, null)).toBe(262_144);
  });

  test('who is closed or aborted while it waits leaves nothing behind', () => {
    const device = new BusyDevice(60, 16);
    for (let i = 0; i < 60; i++) device.write(i, 1 << 18);
    device.clients.forEach((client, i) => {
      if (i % 3 === 0) client.close();
      else if (i % 3 === 1) client.abort();
    });
    for (let ticks = 0; ticks < 5000 && (device.isContended || ticks < 100); ticks++) device.tick();
    expect(device.isContended).toBe(false);
    device.got.forEach((bytes, i) => {
      if (i % 3 !== 1) expect(bytes).toBe(device.sent[i]);
    });
  });
});
