import { failure, readiness } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { Pair } from './fake-network.js';

function pattern(length: number, seed = 7): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) | 0;
    bytes[i] = x >>> 16;
  }
  return bytes;
}

function transfer(pair: Pair, total: number): void {
  const { client, server, listener } = pair.connect();
  const data = pattern(total);
  const got = [new Uint8Array(total), new Uint8Array(total)];
  const sent = [0, 0];
  const received = [0, 0];
  const ends = [client, server];
  const ended = [false, false];
  const step = (): void => {
    for (const side of [0, 1]) {
      const end = ends[side]!;
      while (sent[side]! < total) {
        const n = end.send(data, sent[side]!, total, 0, null);
        if (n < 0) {
          expect(n).toBe(failure.wouldBlock);
          break;
        }
        sent[side]! += n;
        if (sent[side] === total) expect(end.shutdown(2)).toBe(0);
      }
      for (;;) {
        const n = end.receive(got[side]!, received[side]!, Math.min(total, received[side]! + 10_000), 0, null);
        if (n === 0 && received[side]! === total) {
          const last = new Uint8Array(1);
          const end0 = end.receive(last, 0, 1, 0, null);
          if (end0 === 0) ended[side] = true;
          else expect(end0).toBe(failure.wouldBlock);
          break;
        }
        if (n <= 0) {
          expect([0, failure.wouldBlock]).toContain(n);
          break;
        }
        received[side]! += n;
      }
    }
  };
  pair.run(pair.nowMs + 3_600_000, () => {
    step();
    return ended[0]! && ended[1]!;
  });
  expect(received).toEqual([total, total]);
  expect(Buffer.compare(got[0]!, data)).toBe(0);
  expect(Buffer.compare(got[1]!, data)).toBe(0);
  client.close();
  server.close();
  listener.close();
  pair.run();
  for (const station of [pair.a, pair.b]) {
    expect(station.host.packets.used).toBe(0);
    expect(station.host.blocks.usedBytes).toBe(0);
    expect(station.host.ports.held).toEqual([]);
    expect(station.tcp.core.demux.count).toBe(0);
  }
}

describe('a connection from SYN to the end of TIME-WAIT', () => {
  test('data both ways, byte for byte', () => {
    transfer(new Pair(), 300_000);
  });

  test('under 10 % loss', () => {
    const pair = new Pair();
    let x = 12_345;
    pair.fault = () => {
      x = (Math.imul(x, 1_103_515_245) + 12_345) | 0;
      return (x >>> 16) % 10 === 0 ? 'drop' : 'deliver';
    };
    transfer(pair, 300_000);
  });

  test('under loss, duplication and reordering', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const pair = new Pair();
      let x = seed;
      pair.fault = () => {
        x = (Math.imul(x, 1_103_515_245) + 12_345) | 0;
        const dice = (x >>> 16) % 100;
        if (dice < 5) return 'drop';
        if (dice < 10) return 'duplicate';
        return dice < 20 ? { delayMs: dice } : 'deliver';
      };
      transfer(pair, 50_000);
    }
  });

  test('a small window', () => {
    transfer(new Pair({ receiveBufferBytes: 4096 }), 100_000);
  });

  test('a window of one byte', () => {
    transfer(new Pair({ receiveBufferBytes: 1 }), 500);
  });

  test('connect to a closed port', () => {
    const pair = new Pair();
    const client = pair.a.open();
    expect(client.connect({ address: pair.b.host.address, port: 81 })).toBe(failure.inProgress);
    pair.run();
    expect(client.readiness() & readiness.error).not.toBe(0);
    expect(client.takeError()).toBe(failure.connectionRefused);
    client.close();
    expect(pair.a.host.ports.held).toEqual([]);
  });
});
