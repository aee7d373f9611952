import { check } from '../harness/honesty.js';
import type { Latencies, LatencySide } from '../harness/latency.js';
import type { Metric } from '../harness/metric.js';
import { openNodeEchoBesideBulk } from '../node-net/echo-beside-bulk.js';
import { checkCableIsSummed } from '../ours/corruption.js';
import { OurEchoBesideBulk } from '../ours/echo-beside-bulk.js';
import type { Row } from './row.js';

/** How long a byte takes there and back while a stream takes all it can get. Less is better. */
export const echoBesideBulk: Row = {
  name: 'echo_beside_bulk',
  title: 'one byte there and back beside a bulk transfer, on the event loop (less is better)',
  unit: 'µs',
  marks: null,
  async run(effort) {
    const roundSeconds = effort.isQuick ? 0.1 : 0.5;
    const sides: readonly { name: string; side: LatencySide }[] = [
      { name: 'ours', side: new OurEchoBesideBulk() },
      { name: "Node's net", side: await openNodeEchoBesideBulk() },
    ];
    const notes: string[] = [];
    const measured: Latencies[] = [];
    for (const { side } of sides) await side.round(effort.isQuick ? 0.2 : 2);
    const warm = sides.map(({ side }) => ({ echoes: side.latencies.count, bytes: side.besideBytes }));
    for (let pair = 0; pair < effort.pairs; pair += 1) {
      for (const { side } of sides) await side.round(roundSeconds);
      effort.say(`pair ${pair + 1}/${effort.pairs}`);
    }
    for (const [index, { name, side }] of sides.entries()) {
      const latencies = side.latencies.since(warm[index]!.echoes);
      const rate = (side.besideBytes - warm[index]!.bytes) / (roundSeconds * effort.pairs);
      const [p50, p99] = [latencies.quantile(0.5).toFixed(1), latencies.quantile(0.99).toFixed(1)];
      notes.push(
        `${name}: p50 ${p50} µs, p99 ${p99} µs of ${latencies.count} echoes; ${(rate / 1e6).toFixed(0)} MB/s beside`,
      );
      check(latencies.count > 0 && rate > 1e6, `${name}: ${latencies.count} echoes beside ${rate} bytes/s`);
      measured.push(latencies);
      await side.close();
    }
    notes.unshift(checkCableIsSummed());
    const [ours, peer] = measured as [Latencies, Latencies];
    const compared = (share: number): Metric => {
      const [mine, theirs] = [ours.quantile(share), peer.quantile(share)];
      return { ours: mine, peer: theirs, ratio: mine / theirs };
    };
    return { metric: compared(0.5), comparison: null, more: { echo_beside_bulk_p99: compared(0.99) }, notes };
  },
};
