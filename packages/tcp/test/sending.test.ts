import { failure, type Packet, transfer } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { addressB, type FakeRoute, Pair, type Sent } from './fake-network.js';

const textOf = (sent: readonly Sent[]): number[] =>
  sent.map((one) => one.segment.payload.length).filter((length) => length > 0);

describe('super-segments', () => {
  test('one packet of up to 64 KB with the size to cut it by; the short end may wait for Nagle', () => {
    const pair = new Pair({ timestamps: false, sendBufferBytes: 1 << 20, receiveBufferBytes: 1 << 20 });
    pair.a.host.superSegmentBytes = 65_535;
    const { client } = pair.connect();
    pair.a.host.sent.length = 0;
    client.send(new Uint8Array(100_000), 0, 100_000, 0, null);
    // The initial window: ten segments in one packet.
    expect(textOf(pair.a.host.sent)).toEqual([14_600]);
    expect(pair.a.host.sent[0]!.segmentBytes).toBe(1460);
    expect(pair.a.host.sent[0]!.bytes.length).toBeLessThanOrEqual(65_535);
  });

  test('what is lost of one goes again alone', () => {
    const pair = new Pair({ timestamps: false });
    pair.a.host.superSegmentBytes = 65_535;
    const { client } = pair.connect();
    pair.a.host.sent.length = 0;
    client.send(new Uint8Array(14_600), 0, 14_600, 0, null);
    const una = pair.a.host.sent[0]!.segment.sequence;
    const records = pair.a.tcp.core.demux.flows.find((flow) => flow !== null) as unknown as {
      records: { count: number; length(i: number): number };
    };
    expect(records.records.count).toBe(1);
    pair.a.host.queue = [];
    pair.run(pair.nowMs + 210);
    expect(pair.a.host.sent[1]!.segment.payload.length).toBe(1460);
    expect(pair.a.host.sent[1]!.segment.sequence).toBe(una);
  });

  test('with the large packets out, small ones serve', () => {
    const pair = new Pair({ timestamps: false });
    pair.a.host.superSegmentBytes = 65_535;
    const { client, server } = pair.connect();
    const out: Packet[] = [];
    for (let packet = pair.a.host.packets.take(60_000, false); packet !== null; ) {
      out.push(packet);
      packet = pair.a.host.packets.take(60_000, false);
    }
    client.send(new Uint8Array(20_000), 0, 20_000, 0, null);
    let got = 0;
    pair.run(pair.nowMs + 5000, () => {
      const n = server.receive(new Uint8Array(20_000), 0, 20_000, 0, null);
      if (n > 0) got += n;
      return got === 20_000;
    });
    expect(got).toBe(20_000);
    expect(pair.a.tcp.counters.timeouts).toBe(0);
    for (const packet of out) packet.pool.release(packet);
  });
});

describe('a pool without packets', () => {
  test('nothing is lost: it is tried again a little later', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    const out: Packet[] = [];
    for (let packet = pair.a.host.packets.take(0, true); packet !== null; packet = pair.a.host.packets.take(0, true)) {
      out.push(packet);
    }
    for (let packet = pair.a.host.packets.take(5000, true); packet !== null; ) {
      out.push(packet);
      packet = pair.a.host.packets.take(5000, true);
    }
    expect(client.send(new Uint8Array(3000), 0, 3000, 0, null)).toBe(3000);
    expect(pair.a.tcp.counters.noPackets).toBeGreaterThan(0);
    expect(pair.a.tcp.nextDeadline() - pair.nowMs).toBeLessThan(20);
    pair.run(pair.nowMs + 20);
    for (const packet of out) packet.pool.release(packet);
    pair.run(pair.nowMs + 50);
    expect(server.receive(new Uint8Array(5000), 0, 5000, 0, null)).toBe(3000);
  });
});

describe('memory for rings', () => {
  test('an arrival that finds none is dropped, counted, and comes again', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    const { blocks } = pair.b.host;
    const take = blocks.take.bind(blocks);
    blocks.take = () => null;
    client.send(new Uint8Array(100), 0, 100, 0, null);
    pair.run(pair.nowMs + 50);
    expect(pair.b.tcp.counters.dropNoMemory).toBe(1);
    blocks.take = take;
    pair.run(pair.nowMs + 500);
    expect(server.receive(new Uint8Array(200), 0, 200, 0, null)).toBe(100);
  });

  test('a send that finds none says so', () => {
    const pair = new Pair();
    const { client } = pair.connect();
    pair.a.host.blocks.take = () => null;
    expect(client.send(new Uint8Array(100), 0, 100, 0, null)).toBe(failure.noBuffers);
  });

  test('rings come with the first byte, grow, and go with the last', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    expect(pair.a.host.blocks.usedBytes + pair.b.host.blocks.usedBytes).toBe(0);
    client.send(new Uint8Array(100_000), 0, 100_000, 0, null);
    expect(pair.a.host.blocks.usedBytes).toBe(131_072);
    pair.run(pair.nowMs + 2000);
    expect(pair.a.host.blocks.usedBytes).toBe(0);
    expect(pair.b.host.blocks.usedBytes).toBe(131_072);
    expect(server.receive(new Uint8Array(200_000), 0, 200_000, 0, null)).toBe(100_000);
    expect(pair.b.host.blocks.usedBytes).toBe(0);
  });
});

describe('a device with room for one packet', () => {
  test('100 flows share it within a factor of two, and nothing is lost', () => {
    const pair = new Pair({ timestamps: false });
    const listener = pair.b.open();
    listener.bind({ address: addressB, port: 80 });
    listener.listen(200);
    const clients = Array.from({ length: 100 }, () => {
      const client = pair.a.open();
      client.connect({ address: addressB, port: 80 });
      return client;
    });
    pair.run(pair.nowMs + 1000);
    const { host, tcp } = pair.a;
    const route = host.routes[0] as FakeRoute;
    // One slot: taken by each packet with text, free again when the wire has taken it.
    const send = host.send.bind(host);
    host.send = (packet, ...rest) => {
      const hasText = packet.end - packet.start > 60;
      if (hasText) {
        expect(route.hasRoom).toBe(true);
        route.hasRoom = false;
      }
      return send(packet, ...rest);
    };
    const total = 20_000;
    // Who meets a busy device may leave a turn's worth, and the rest when its turn has come.
    const sent = clients.map(() => 0);
    const sendRest = (): void =>
      clients.forEach((client, i) => {
        if (sent[i] === total) return;
        const n = client.send(new Uint8Array(total), sent[i]!, total, 0, null);
        if (n > 0) sent[i]! += n;
      });
    sendRest();
    const servers = Array.from({ length: 100 }, () => listener.accept()!);
    const got = servers.map(() => 0);
    const into = new Uint8Array(65_536);
    let atFirstEnd: number[] | null = null;
    for (let turn = 0; turn < 20_000 && got.some((bytes) => bytes < total); turn++) {
      pair.run(pair.nowMs + 0.5);
      if (!route.hasRoom) {
        route.hasRoom = true;
        tcp.writable(route.device);
      }
      sendRest();
      servers.forEach((server, i) => {
        const n = server.receive(into, 0, into.length, 0, null);
        if (n > 0) got[i]! += n;
      });
      if (atFirstEnd === null && got.some((bytes) => bytes === total)) atFirstEnd = [...got];
    }
    expect(got.every((bytes) => bytes === total)).toBe(true);
    expect(Math.min(...atFirstEnd!) * 2).toBeGreaterThanOrEqual(total);
    expect(tcp.counters.timeouts).toBe(0);
  });
});

describe('short segments that are held', () => {
  test('transfer.more: held until more comes, or 200 ms', () => {
    const pair = new Pair({ timestamps: false });
    const { client } = pair.connect();
    pair.a.host.sent.length = 0;
    client.send(new Uint8Array(10), 0, 10, transfer.more, null);
    expect(pair.a.host.sent).toEqual([]);
    client.send(new Uint8Array(10), 0, 10, 0, null);
    expect(textOf(pair.a.host.sent)).toEqual([20]);
    pair.run(pair.nowMs + 500);
    pair.a.host.sent.length = 0;
    const begin = pair.nowMs;
    client.send(new Uint8Array(10), 0, 10, transfer.more, null);
    pair.run(pair.nowMs + 500);
    expect(textOf(pair.a.host.sent)).toEqual([10]);
    expect(pair.a.host.sent[0]!.atMs - begin).toBe(200);
  });

  test('cork: the same until it is taken out', () => {
    const pair = new Pair({ timestamps: false });
    const { client } = pair.connect();
    pair.a.host.sent.length = 0;
    client.setOption('cork', 1);
    client.send(new Uint8Array(2000), 0, 2000, 0, null);
    expect(textOf(pair.a.host.sent)).toEqual([1460]);
    client.setOption('cork', 0);
    expect(textOf(pair.a.host.sent)).toEqual([1460, 540]);
    pair.run(pair.nowMs + 500);
    pair.a.host.sent.length = 0;
    client.setOption('cork', 1);
    const begin = pair.nowMs;
    client.send(new Uint8Array(10), 0, 10, 0, null);
    pair.run(pair.nowMs + 1000);
    expect(textOf(pair.a.host.sent)).toEqual([10]);
    expect(pair.a.host.sent[0]!.atMs - begin).toBe(200);
  });
});
