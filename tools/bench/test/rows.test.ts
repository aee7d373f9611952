import { describe, expect, test } from 'vitest';
import { duplexBulk } from '../faces/duplex-bulk.js';
import { httpLoad } from '../faces/http-load.js';
import { nodeDuplexPair, nodeHttp, nodeWebPair } from '../faces/node.js';
import { ourDuplexPair, ourHttp, ourWebPair } from '../faces/ours.js';
import { webBulk } from '../faces/web-bulk.js';
import { HonestyError } from '../harness/honesty.js';
import { Latencies } from '../harness/latency.js';
import { openNodeBulk } from '../node-net/bulk.js';
import { openNodeConnections } from '../node-net/connections.js';
import { openNodeDatagrams } from '../node-net/datagrams.js';
import { openNodeEcho } from '../node-net/echo.js';
import { openNodeEchoBesideBulk } from '../node-net/echo-beside-bulk.js';
import { OurBulk } from '../ours/bulk.js';
import { OurConnections } from '../ours/connections.js';
import { CorruptingDevice } from '../ours/corrupting-device.js';
import { checkCableIsSummed, checkHashSees } from '../ours/corruption.js';
import { checkDatagramsAreSummed, OurDatagrams } from '../ours/datagrams.js';
import { OurEcho } from '../ours/echo.js';
import { OurEchoBesideBulk } from '../ours/echo-beside-bulk.js';
import { FrameCount } from '../ours/frame-count.js';
import { cabledHosts, loopbackHosts } from '../ours/hosts.js';
import { ManyStreams } from '../ours/many-streams.js';

const megabytes = 4 << 20;

describe('bulk', () => {
  test('over a cable goes frame by frame, as many as the segment size asks for', () => {
    const bulk = new OurBulk(cabledHosts());
    expect(bulk.run(megabytes).amount).toBe(megabytes);
    const { frames, headerBytes } = bulk.wire!;
    expect(frames).toBeGreaterThanOrEqual(Math.ceil(megabytes / (1514 - headerBytes)));
    bulk.close();
  });

  test('over loopback goes in super-segments', () => {
    const bulk = new OurBulk(loopbackHosts());
    bulk.run(megabytes);
    expect(bulk.wire!.payloadPerSegmentBytes).toBeGreaterThan(32_768);
    bulk.close();
  });

  test('a stream that passed the device by would be found out', () => {
    const hosts = cabledHosts();
    const bulk = new OurBulk(hosts);
    const frames = new FrameCount(hosts);
    bulk.transfer(megabytes);
    expect(() => frames.settle(2 * megabytes)).toThrow(HonestyError);
    bulk.close();
  });

  test('what is sent again is allowed for, to the segment', () => {
    const devices: CorruptingDevice[] = [];
    const hosts = cabledHosts({
      decorate: (inner) => {
        devices.push(new CorruptingDevice(inner));
        return devices[0]!;
      },
    });
    const bulk = new OurBulk(hosts);
    devices[0]!.passes = 50;
    bulk.run(megabytes);
    expect(bulk.wire!.retransmits).toBeGreaterThan(0);
    bulk.close();
  });

  test('one corrupted frame is dropped on the cable that is measured', () => {
    expect(checkCableIsSummed()).toContain('one drop each');
  });

  test('the hash sees a corrupted frame where nobody sums', () => {
    expect(checkHashSees()).toContain('seen by the hash');
  });

  test("Node's net brings the same bytes, round after round", async () => {
    const bulk = await openNodeBulk();
    expect((await bulk.round(megabytes)).amount).toBe(megabytes);
    expect((await bulk.round(megabytes / 2)).amount).toBe(megabytes / 2);
    await bulk.close();
  });
});

describe('faces', () => {
  test.each([
    ['ours through Web Streams', async () => webBulk('ours', await ourWebPair())],
    ["Node's net through Web Streams", async () => webBulk('node', await nodeWebPair())],
    ['ours through Node streams', async () => duplexBulk('ours', await ourDuplexPair())],
    ["Node's net through Node streams", async () => duplexBulk('node', await nodeDuplexPair())],
  ])('%s brings the bytes that were sent', async (_name, open) => {
    const bulk = await open();
    expect((await bulk.round(megabytes)).amount).toBe(megabytes);
    expect((await bulk.round(megabytes)).amount).toBe(megabytes);
    await bulk.close();
  });

  test.each([
    ['ours', async () => httpLoad('ours', await ourHttp(4), 4)],
    ["Node's net", async () => httpLoad('node', await nodeHttp(4), 4)],
  ])('HTTP over %s', async (_name, open) => {
    const load = await open();
    expect((await load.round(40)).amount).toBe(40);
    await load.close();
  });
});

describe('datagrams', () => {
  test('ours: each is a frame of its own and the next one', async () => {
    const datagrams = new OurDatagrams(cabledHosts());
    expect((await datagrams.round(500)).amount).toBe(500);
    expect((await datagrams.round(500)).amount).toBe(500);
    datagrams.close();
  });

  test('a flipped bit is seen', () => {
    expect(checkDatagramsAreSummed()).toContain('one drop');
  });

  test('one that is lost is found out', () => {
    const devices: CorruptingDevice[] = [];
    const hosts = cabledHosts({
      decorate: (inner) => {
        devices.push(new CorruptingDevice(inner));
        return devices[0]!;
      },
    });
    const stalled = { ...hosts, pump: (isDone: () => boolean) => hosts.pump(countdown(10_000, isDone)) };
    const datagrams = new OurDatagrams(stalled);
    devices[0]!.smallestBytes = 0;
    // Not the question for the neighbour's address, which is the first frame.
    devices[0]!.passes = 5;
    devices[0]!.fromEnd = 10;
    expect(() => datagrams.run(100)).toThrow(HonestyError);
    datagrams.close();
  });

  test('node:dgram', async () => {
    const datagrams = await openNodeDatagrams();
    expect((await datagrams.round(500)).amount).toBe(500);
    expect((await datagrams.round(500)).amount).toBe(500);
    await datagrams.close();
  });
});

/** Polls so often and no more: what never comes shall not be waited for a minute. */
function countdown(polls: number, isDone: () => boolean): () => boolean {
  return () => {
    polls -= 1;
    if (polls < 0) throw new HonestyError('stalled');
    return isDone();
  };
}

describe('many connections', () => {
  test('each of them brings its share', async () => {
    const many = new ManyStreams(cabledHosts(), 20);
    const amount = 20 * 2 * 65_536;
    expect((await many.round(amount)).amount).toBe(amount);
    expect((await many.round(amount)).amount).toBe(amount);
    expect(many.wire!.payloadPerSegmentBytes).toBeGreaterThan(1000);
    many.close();
  });
});

describe('an echo beside a stream', () => {
  test.each([
    ['ours', async () => new OurEchoBesideBulk()],
    ["Node's net", openNodeEchoBesideBulk],
  ] as const)('%s', async (_name, open) => {
    const side = await open();
    await side.round(0.05);
    await side.round(0.05);
    expect(side.latencies.count).toBeGreaterThanOrEqual(2);
    expect(side.besideBytes).toBeGreaterThan(0);
    await side.close();
  });

  test('quantiles', () => {
    const latencies = new Latencies(Array.from({ length: 100 }, (_, index) => 100 - index));
    expect([latencies.quantile(0.5), latencies.quantile(0.99), latencies.quantile(1)]).toEqual([51, 100, 100]);
    expect(latencies.since(98).count).toBe(2);
  });
});

describe('round trips', () => {
  test('ours', () => {
    const echo = new OurEcho(cabledHosts());
    expect(echo.run(200).amount).toBe(200);
    echo.close();
  });

  test("Node's net", async () => {
    const echo = await openNodeEcho();
    expect((await echo.round(200)).amount).toBe(200);
    await echo.close();
  });
});

describe('connections', () => {
  test('ours: each leaves a flow in TIME-WAIT, and a second round is as good', () => {
    const hosts = cabledHosts();
    const connections = new OurConnections(hosts, 8);
    connections.run(100);
    connections.run(100);
    expect(hosts.client.counters()['tcp.timeWaits']).toBe(200);
    connections.close();
  });

  test('a round of more than 20,000 is refused', () => {
    const connections = new OurConnections(cabledHosts(), 8);
    expect(() => connections.run(20_001)).toThrow('20,000');
    connections.close();
  });

  test("Node's net", async () => {
    const connections = openNodeConnections(8);
    expect((await connections.round(50)).amount).toBe(50);
    await connections.close();
  });
});
